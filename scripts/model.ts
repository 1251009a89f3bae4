/**
 * `npm run model`: the Promela models of test/model, put to Spin. Each question names a variant, a property and
 * what must come of it; a trail counts only if that very property broke, and a search only if it was exhaustive.
 * Ends with `N passed, N failed`; exit code 1 on any surprise, 2 on wrong usage or where a tool is missing.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { MODELS, QUESTIONS, type Question } from '../test/model/variants.ts';

const run = promisify(execFile);
const FOLDER = resolve(import.meta.dirname, '../test/model');
const SIDE_BY_SIDE = 2;
const LIMITS = {
  depthMax: 200_000,
  memoryMb: 2_000,
  timeoutMs: 180_000,
  outputMax: 16 * 1024 * 1024,
};

type Answer = {
  readonly question: Question;
  readonly ok: boolean;
  readonly result: string;
  readonly states: number;
  readonly seconds: number;
};

/** Questions that one compiled verifier answers. */
type Group = {
  readonly model: string;
  readonly defines: readonly string[];
  readonly questions: readonly Question[];
};

const command = new Command('model')
  .description(
    'Check the Promela models of the design with Spin: what must hold holds, what must fail fails.',
  )
  .option('--only <name>', 'one model only (see --list)')
  .option('--list', 'list the models and their variants')
  .option('--json', 'one JSON object a line and question, then a summary, on stdout')
  .addHelpText(
    'after',
    `
Examples:
  npm run model                          all of them, in under a minute
  npm run model -- --only inflight       one model
  npm run --silent model -- --json | jq 'select(.ok == false)'

Needs spin and gcc: apt-get install spin gcc libc6-dev
Exit codes: 0 all as expected, 1 a surprise, 2 wrong usage or a missing tool.`,
  )
  .exitOverride();

async function main(): Promise<number> {
  try {
    command.parse();
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    return code === 'commander.helpDisplayed' || code === 'commander.help' ? 0 : 2;
  }
  const options = command.opts<{ only?: string; list?: true; json?: true }>();
  const { only } = options;
  if (only !== undefined && !MODELS.includes(only)) {
    console.error(`There is no model ${only}. Known: ${MODELS.join(', ')}.`);
    return 2;
  }
  const questions = QUESTIONS.filter(({ model }) => only === undefined || model === only);
  if (options.list === true) {
    for (const question of questions) console.log(rowOf(question).join('  '));
    return 0;
  }
  const missing = await missingTools();
  if (missing.length > 0) {
    console.error(
      `Missing: ${missing.join(' and ')}. Run \`apt-get install spin gcc libc6-dev\`, then this again.`,
    );
    return 2;
  }
  const started = Date.now();
  const answers = await answerAll(questions, (answer) => {
    if (options.json === true) console.log(JSON.stringify(flat(answer)));
    else process.stderr.write(answer.ok ? '.' : '!');
  });
  const failed = answers.filter(({ ok }) => !ok).length;
  const seconds = (Date.now() - started) / 1000;
  if (options.json === true) {
    const states = answers.reduce((sum, { states }) => sum + states, 0);
    console.log(
      JSON.stringify({
        event: 'summary',
        passed: answers.length - failed,
        failed,
        states,
        seconds,
      }),
    );
  } else {
    process.stderr.write('\n');
    console.log(tableText(answers));
    if (failed === 0) console.log(`\n${meaningText(answers, seconds)}`);
    console.log(`\n${answers.length - failed} passed, ${failed} failed`);
  }
  return failed === 0 ? 0 : 1;
}

/** Only of answers that are all as expected. */
function meaningText(answers: readonly Answer[], seconds: number): string {
  const asked = (expected: Question['expected']): readonly Question[] =>
    answers.flatMap(({ question }) => (question.expected === expected ? [question] : []));
  const holding = new Set(asked('holds').map(({ model }) => model)).size;
  return `${holding} ${holding === 1 ? 'model holds' : 'models hold'}; ${asked('fails').length} weakenings and stated limits fail as they must; ${seconds.toFixed(0)} s`;
}

async function missingTools(): Promise<readonly string[]> {
  const answers = await Promise.all(
    [
      ['spin', '-V'],
      ['gcc', '--version'],
    ].map(async ([tool = '', flag = '']) => {
      try {
        await run(tool, [flag]);
        return [];
      } catch {
        return [tool];
      }
    }),
  );
  return answers.flat();
}

/** Two verifiers at a time; answers come back in the order of the questions. */
async function answerAll(
  questions: readonly Question[],
  onAnswer: (answer: Answer) => void,
): Promise<readonly Answer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-model-'));
  try {
    const waiting = [...groupsOf(questions).entries()];
    const answers = new Map<Question, Answer>();
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, group] = next;
        for (const answer of await answerGroup(join(folder, `${index}`), group)) {
          answers.set(answer.question, answer);
          onAnswer(answer);
        }
      }
    };
    await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
    return questions.flatMap((question) => answers.get(question) ?? []);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function groupsOf(questions: readonly Question[]): readonly Group[] {
  const groups = new Map<string, Question[]>();
  for (const question of questions) {
    const key = `${question.model} ${question.defines.join(' ')}`;
    groups.set(key, [...(groups.get(key) ?? []), question]);
  }
  return [...groups.values()].flatMap((all) => {
    const [first] = all;
    return first === undefined
      ? []
      : [{ model: first.model, defines: first.defines, questions: all }];
  });
}

async function answerGroup(folder: string, group: Group): Promise<readonly Answer[]> {
  const started = Date.now();
  try {
    await mkdir(folder);
    const exec = { cwd: folder, timeout: LIMITS.timeoutMs, maxBuffer: LIMITS.outputMax };
    const defines = group.defines.map((name) => `-D${name}`);
    await run('spin', [...defines, '-a', join(FOLDER, `${group.model}.pml`)], exec);
    const endless = group.questions.some((question) => question.endless === true);
    const kind = endless ? [] : ['-DSAFETY'];
    // A search that soon fails takes less time than optimising it would.
    const level = group.questions.some(({ expected }) => expected === 'holds') ? '-O1' : '-O0';
    await run(
      'gcc',
      [level, '-w', ...kind, '-DCOLLAPSE', `-DMEMLIM=${LIMITS.memoryMb}`, '-o', 'pan', 'pan.c'],
      exec,
    );
    const answers: Answer[] = [];
    for (const question of group.questions) answers.push(await ask(question, folder));
    return answers;
  } catch (error) {
    const result = `not compiled: ${firstLine(error)}`;
    const seconds = (Date.now() - started) / 1000;
    return group.questions.map((question) => ({ question, ok: false, result, states: 0, seconds }));
  }
}

async function ask(question: Question, folder: string): Promise<Answer> {
  const started = Date.now();
  const mode = question.endless === true ? ['-a', '-f'] : [];
  const flags = [...mode, `-m${LIMITS.depthMax}`, '-n', '-N', question.property];
  const exec = { cwd: folder, timeout: LIMITS.timeoutMs, maxBuffer: LIMITS.outputMax };
  const said = await run('./pan', flags, exec).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string }) => error.stdout ?? '',
  );
  const result = judge(said, question);
  const states = Number(/^\s*(\d+) states, stored/m.exec(said)?.[1] ?? 0);
  const ok = result === (question.expected === 'holds' ? 'holds' : 'fails');
  return { question, ok, result, states, seconds: (Date.now() - started) / 1000 };
}

/**
 * A property broke only if Spin names its claim and the error is the claim's own: an index out of range, a
 * deadlock or an assertion of the model is a mistake of the model. It holds only after a whole search.
 */
function judge(said: string, { property, endless }: Question): string {
  const claims = said.includes(`ltl formula ${property}`) || said.includes(`(${property})`);
  if (!claims) return 'the verifier does not know this property';
  const errors = /errors: (\d+)/.exec(said)?.[1];
  if (errors === undefined) return 'the search did not end';
  const trouble = /^pan:\d+: (.*)$/m.exec(said)?.[1] ?? '';
  if (errors !== '0') {
    const own =
      endless === true
        ? trouble.startsWith('acceptance cycle')
        : trouble.startsWith('assertion violated  !(');
    return own ? 'fails' : `fails for another reason: ${trouble}`;
  }
  const cut = /max search depth too small|out of memory|reached -DMEMLIM|Search not completed/.exec(
    said,
  )?.[0];
  return cut === undefined ? 'holds' : `the search was cut short: ${cut}`;
}

function firstLine(error: unknown): string {
  const {
    stdout = '',
    stderr = '',
    message = '',
  } = error as { stdout?: string; stderr?: string; message?: string };
  const lines = `${stdout}\n${stderr}\n${message}`.split('\n');
  return lines.find((line) => line.includes('rror')) ?? message;
}

function flat({ question, ...answer }: Answer): Record<string, unknown> {
  return { event: 'question', ...question, ...answer };
}

function rowOf({ model, variant, property, expected }: Question): readonly string[] {
  return [model.padEnd(10), variant.padEnd(36), property.padEnd(37), expected.padEnd(7)];
}

function tableText(answers: readonly Answer[]): string {
  const head = [
    'model'.padEnd(10),
    'variant'.padEnd(36),
    'property'.padEnd(37),
    'expects',
    'result ',
    '   states',
    'seconds',
  ];
  const rows = answers.map(({ question, result, ok, states, seconds }) => [
    ...rowOf(question),
    (ok && question.expected === 'reached' ? 'reached' : result).padEnd(7),
    states.toLocaleString('en').padStart(9),
    seconds.toFixed(1).padStart(7),
    ...(ok ? [] : ['SURPRISE']),
  ]);
  return [head, ...rows].map((row) => row.join('  ').trimEnd()).join('\n');
}

process.exitCode = await main();
