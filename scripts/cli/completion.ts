/**
 * `quorate completion bash|zsh|fish`: a script that asks this very command for words, so that services,
 * endpoints, regions and orders in force are those of the file and of now. Whatever fails while a person
 * presses Tab is silence.
 */
import type { Command } from 'commander';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { overridesSchema } from '../../shared/api/overrides.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { FORCEABLE_RULES, ORDER_KINDS } from '../../shared/core/fence.ts';
import type { Config } from '../../shared/core/model.ts';
import type { Cli, Register } from './cli.ts';
import { suggestion } from './find.ts';
import { regionsOf } from './order-scope.ts';

const SCRIPTS: Readonly<Record<string, string>> = {
  bash: `# quorate completion bash >> ~/.bashrc
_quorate() {
  local IFS=$'\\n'
  COMPREPLY=($(quorate completion words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -F _quorate quorate
`,
  zsh: `# quorate completion zsh >> ~/.zshrc
_quorate() {
  local -a found
  found=(\${(f)"$(quorate completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
compdef _quorate quorate
`,
  fish: `# quorate completion fish > ~/.config/fish/completions/quorate.fish
complete -c quorate -f -a '(quorate completion words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};
const SHELLS = Object.keys(SCRIPTS);
/** Nobody waits longer for a Tab. */
const ORDERS_MS_MAX = 1_500;

export const registerCompletion: Register = (program, cli) => {
  program
    .command('completion')
    .argument('<shell>', SHELLS.join(', '))
    .argument('[words...]', 'of the shell itself')
    .description('a script that completes commands, services, endpoints, regions and orders')
    .addHelpText(
      'after',
      `
Example:
  source <(quorate completion bash)`,
    )
    .action(async (shell: string, words: readonly string[]) => {
      if (shell === 'words') {
        for (const word of await wordsFor(program, cli, words)) cli.terminal.out(`${word}\n`);
        return;
      }
      const script = SCRIPTS[shell];
      if (script === undefined) {
        throw new QuorateError(
          'BAD_REQUEST',
          `no completion for ${shell}; ${suggestion(shell, SHELLS)}`,
        );
      }
      cli.terminal.out(script);
    });
};

async function wordsFor(
  program: Command,
  cli: Cli,
  typed: readonly string[],
): Promise<readonly string[]> {
  const current = typed.at(-1) ?? '';
  const config = configOf(cli);
  const orders = () => ordersInForce(cli);
  const words = await candidates(program, config, typed.slice(0, -1), current, orders);
  return [...new Set(words)].filter((word) => word.startsWith(current)).sort();
}

async function candidates(
  program: Command,
  config: Config | null,
  before: readonly string[],
  current: string,
  orders: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const last = before.at(-1) ?? '';
  const { command, words } = commandIn(program, before);
  const options = [...program.options, ...(command?.options ?? [])];
  const pending = options.find(({ long, required }) => required && long === last);
  if (pending !== undefined) return valuesOf(pending.long ?? '', config);
  if (current.startsWith('-')) {
    return [...options.flatMap(({ long }) => (long ? [long] : [])), '--help'];
  }
  if (command === null) {
    return program.commands.map((one) => one.name());
  }
  if (command.commands.length > 0) return command.commands.map((one) => one.name());
  const place = command.registeredArguments[words.length] ?? command.registeredArguments.at(-1);
  const service = config?.services.find(({ id }) => id === words[0]);
  switch (place?.name()) {
    case 'service':
    case 'services': {
      const services = config?.services.map(({ id }) => id) ?? [];
      const ends = ORDER_KINDS.some((kind) => `un${kind}` === command.name());
      return ends ? [...services, ...(await orders())] : services;
    }
    case 'endpoint':
      return service === undefined
        ? []
        : [...service.endpoints.map(({ id }) => id), ...regionsOf([service])];
    case 'order':
      return await orders();
    case 'shell':
      return SHELLS;
    default:
      return [];
  }
}

/** The command, and the words behind it that are neither options nor their values. */
function commandIn(
  program: Command,
  before: readonly string[],
): { readonly command: Command | null; readonly words: readonly string[] } {
  let command: Command | null = null;
  let words: string[] = [];
  let isValue = false;
  for (const word of before) {
    if (isValue) {
      isValue = false;
      continue;
    }
    if (word.startsWith('-')) {
      const options = [...program.options, ...(command?.options ?? [])];
      isValue = options.some(({ long, required }) => required && long === word);
      continue;
    }
    const within: readonly Command[] = (command ?? program).commands;
    const next: Command | undefined = within.find((one) => one.name() === word);
    if (next !== undefined) {
      command = next;
      words = [];
    } else words = [...words, word];
  }
  return { command, words };
}

function valuesOf(option: string, config: Config | null): readonly string[] {
  switch (option) {
    case '--region':
      return config === null ? [] : [...regionsOf(config.services), ...config.vantages];
    case '--force':
      return FORCEABLE_RULES;
    case '--then':
      return ['auto', 'approve'];
    case '--for':
      return ['30m', '1h', '2h', '4h', '24h'];
    default:
      return [];
  }
}

function configOf(cli: Cli): Config | null {
  try {
    return cli.load().config;
  } catch {
    // A file that is wrong or away has no words to give.
    return null;
  }
}

async function ordersInForce(cli: Cli): Promise<readonly string[]> {
  const clock = cli.terminal.overrides?.clock ?? systemClock();
  try {
    return await clock.withDeadline(ORDERS_MS_MAX, cli.terminal.signal, async (signal) => {
      const api = await cli.api(cli.load());
      const { document } = await api.ask(overridesSchema, 'GET', '/v1/overrides', {}, signal);
      return document.overrides.map(({ id }) => id);
    });
  } catch {
    // No API, no orders to offer.
    return [];
  }
}
