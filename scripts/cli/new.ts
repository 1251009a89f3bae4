/**
 * `quorate new`: writes a first `quorate.yml`. Asks where somebody sits at the terminal and an option is
 * missing; elsewhere examples stand in and say so. The text is loaded before it is written, and an
 * existing file is never touched.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { QuorateError } from '../../shared/core/errors.ts';
import { epochMs } from '../../shared/core/model.ts';
import { configPath, loadConfig } from '../config-file.ts';
import type { Cli, Register } from './cli.ts';
import {
  DEFAULT_DEPLOYMENT,
  DEFAULT_VANTAGES,
  EXAMPLE_NAME,
  type NewEndpoint,
  newFileText,
} from './new-text.ts';

type Options = {
  readonly deployment?: string;
  readonly vantages?: string;
  readonly name?: string;
  readonly service?: string;
  readonly zone?: string;
  readonly url?: string;
  readonly endpoint?: readonly string[];
};

export const registerNew: Register = (program, cli) => {
  program
    .command('new')
    .description('writes a first quorate.yml, commented and valid')
    .option('--deployment <name>', `names stacks and table; default: ${DEFAULT_DEPLOYMENT}`)
    .option(
      '--vantages <regions>',
      `where to look from, with commas; default: ${DEFAULT_VANTAGES.join(',')}`,
    )
    .option('--name <name>', 'the DNS name to steer')
    .option('--service <id>', 'what to call it; default: the first label of the name')
    .option('--zone <id>', 'the hosted zone of the name')
    .option('--url <url>', 'what to ask each endpoint; default: https://{target}/health')
    .option(
      '--endpoint <id=target>',
      'an endpoint and its address or host name; may be repeated',
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .addHelpText(
      'after',
      `
Example:
  quorate new --name app.example.com --zone Z0123456789ABCDEFGHIJ \\
    --endpoint eu-west-1=198.51.100.10 --endpoint us-east-1=203.0.113.10
Records that stand in Route 53 already are better read from there: quorate import app.example.com`,
    )
    .action(async (options: Options) => {
      const { config, stage } = cli.options();
      const { env, folder } = cli.terminal;
      const file = configPath({
        env,
        ...(config === undefined ? {} : { path: config }),
        ...(stage === undefined ? {} : { stage }),
      });
      const text = newFileText(await answersOf(options, cli));
      assertLoads(text, file, cli);
      writeNew(resolve(folder, file), file, text);
      cli.print({ written: file }, () =>
        [
          `${file} is written; it only observes.`,
          ...(text.includes('EXAMPLE')
            ? ['Put your own values where it says EXAMPLE, then:']
            : ['Next:']),
          '  quorate validate        all mistakes at once, and what the file means',
          '  quorate probe <service> asks the endpoints from this machine',
          '  npm run deploy          to AWS',
        ].join('\n'),
      );
    });
};

async function answersOf(options: Options, cli: Cli): Promise<Parameters<typeof newFileText>[0]> {
  const { ask } = cli.terminal;
  const answer = async (
    given: string | undefined,
    question: string,
    otherwise: string,
  ): Promise<string> => {
    if (given !== undefined) return given;
    if (ask === undefined || cli.options().json) return otherwise;
    const typed = (await ask(`${question}${otherwise === '' ? '' : ` [${otherwise}]`}: `)).trim();
    return typed === '' ? otherwise : typed;
  };
  const deployment = await answer(options.deployment, 'Name of the deployment', DEFAULT_DEPLOYMENT);
  const vantages = await answer(
    options.vantages,
    'Regions to look from',
    DEFAULT_VANTAGES.join(','),
  );
  const name = await answer(options.name, 'DNS name to steer', EXAMPLE_NAME);
  const zone = await answer(options.zone, 'Its hosted zone id (empty: later)', '');
  const endpoints =
    options.endpoint ??
    words(await answer(undefined, 'Endpoints as id=address, with commas (empty: later)', ''));
  return {
    deployment,
    vantages: words(vantages),
    zone: zone === '' ? null : zone,
    name: name.toLowerCase().replace(/\.$/, ''),
    service: options.service ?? serviceIdOf(name),
    url: options.url ?? 'https://{target}/health',
    endpoints: endpoints.map(endpointOf),
  };
}

const words = (text: string): readonly string[] =>
  text
    .split(/[\s,]+/)
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** `app` of `app.example.com`. */
export const serviceIdOf = (name: string): string => {
  const [label = ''] = name.toLowerCase().split('.');
  const id = label.replace(/[^a-z0-9-]/g, '-').replace(/^[^a-z]+/, '');
  return id === '' ? 'app' : id;
};

function endpointOf(text: string): NewEndpoint {
  const [, id = '', target = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (id !== '' && target !== '') return { id: id.trim(), target: target.trim() };
  throw new QuorateError(
    'BAD_REQUEST',
    `--endpoint ${text} is not an id and a target; write one such as --endpoint eu-west-1=198.51.100.10`,
  );
}

/** A file that does not load is not written: its mistakes are told in its own words and lines. */
function assertLoads(text: string, file: string, cli: Cli): void {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-new-'));
  try {
    const path = join(folder, basename(file));
    writeFileSync(path, text);
    loadConfig({ path: basename(file), folder, env: {}, packagedAt: epochMs(Date.now()) });
  } catch (error) {
    if (!(error instanceof QuorateError)) throw error;
    throw new QuorateError(
      'BAD_REQUEST',
      `with these values the file would not be valid, so nothing was written:\n${error.message}`,
      { cause: error },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  if (cli.terminal.signal.aborted)
    throw new QuorateError('REFUSED', 'stopped; nothing was written');
}

/** Created, never opened: what stands there already is somebody's work. */
function writeNew(path: string, file: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx' });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === 'EEXIST') {
      throw new QuorateError(
        'REFUSED',
        `${file} exists already and was not touched; edit it, or write another with --config or --stage`,
        { cause },
      );
    }
    throw new QuorateError('REFUSED', `${file} could not be written (${code}); check the folder`, {
      cause,
    });
  }
}
