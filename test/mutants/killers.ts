/**
 * What can kill a mutant: named tests in a tester's process, the simulator, the explorer. A test kills by
 * failing, not by being unable to load or run; simulator and explorer kill by naming a broken invariant.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Mutant, NamedTest } from './mutant.ts';
import type { Answer, Question } from './tester.ts';
import type { Seen } from './vitest-lab.ts';

const path = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url));

export const KILLERS = ['tests', 'sim', 'explorer'] as const;
export type Killer = (typeof KILLERS)[number];

export type Verdict = {
  readonly killedBy: string | null;
  /** Seeds simulated or states explored until then; null for a test. */
  readonly size: string | null;
  /** Why it was not killed. */
  readonly why: string;
};

export type Tester = {
  readonly ask: (question: Question) => Promise<readonly Seen[]>;
  readonly close: () => void;
};

export function startTester(): Tester {
  const child: ChildProcess = fork(path('test/mutants/tester.ts'), [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, QUORATE_MUTANT: '0' },
  });
  return {
    ask: async (question) => {
      const answered = new AbortController();
      const { signal } = answered;
      try {
        child.send(question);
        const [answer] = (await Promise.race([
          once(child, 'message', { signal }),
          once(child, 'exit', { signal }).then(() => [{ trouble: 'the tester ended' }]),
        ])) as [Answer];
        if ('trouble' in answer) throw new Error(answer.trouble);
        return answer.seen;
      } finally {
        answered.abort();
      }
    },
    close: () => child.kill(),
  };
}

/** Tests that don't pass, or aren't there, without any mutant: they can't kill. */
export async function unfit(
  tester: Tester,
  tests: readonly NamedTest[],
): Promise<readonly string[]> {
  const seen = await tester.ask({ mutant: 0, tests });
  return tests.flatMap(({ file, title }) => {
    const own = seen.filter((one) => one.file === file && one.title === title);
    const bad = seen.find((one) => one.file === file && one.title === '') ?? own[0];
    if (bad === undefined) return [`${file}: no test is called "${title}"`];
    return own.length > 0 && own.every(({ state }) => state === 'passed')
      ? []
      : [`${file}: "${title}" fails without any mutant: ${bad.why}`];
  });
}

export async function byTests(tester: Tester, mutant: Mutant): Promise<Verdict> {
  const byFile = Map.groupBy(mutant.tests, ({ file }) => file);
  let why = 'no test is named';
  for (const tests of byFile.values()) {
    const seen = await tester.ask({ mutant: mutant.id, tests });
    const named = seen.filter(({ title }) => tests.some((test) => test.title === title));
    const failed = named.find(({ state }) => state === 'failed');
    if (failed !== undefined) {
      return { killedBy: `${failed.file.slice(5)}: ${failed.title}`, size: null, why: '' };
    }
    const broken = seen.find(({ state }) => state === 'broken');
    why = broken === undefined ? 'its tests pass all the same' : `it does not run: ${broken.why}`;
  }
  return { killedBy: null, size: null, why };
}

type SimSummary = {
  readonly seeds?: number;
  readonly violations?: number;
  readonly failures?: readonly { readonly seed?: number; readonly invariant?: string }[];
};

export async function bySim(mutant: Mutant, seeds: number): Promise<Verdict> {
  const args = ['--seeds', String(seeds), '--stop-at-first', '--json'];
  const summary = (await lastLine('scripts/sim.ts', args, mutant)) as SimSummary | null;
  const size = `${summary?.seeds ?? 0} seeds`;
  if (summary === null) return { killedBy: null, size, why: 'the simulator told no summary' };
  const [first] = summary.failures ?? [];
  return (summary.violations ?? 0) > 0
    ? {
        killedBy: `simulator: ${first?.invariant ?? 'an invariant'}, seed ${first?.seed ?? '?'}`,
        size,
        why: '',
      }
    : { killedBy: null, size, why: `${size} broke nothing` };
}

type ExplorerSummary = {
  readonly states?: number;
  readonly failures?: readonly { readonly violation?: { readonly invariant?: string } }[];
};

export async function byExplorer(mutant: Mutant, minutes: number): Promise<Verdict> {
  const args = ['--json', '--minutes', String(minutes)];
  const summary = (await lastLine('scripts/explore.ts', args, mutant)) as ExplorerSummary | null;
  const size = `${summary?.states ?? 0} states`;
  const [first] = summary?.failures ?? [];
  return first === undefined
    ? { killedBy: null, size, why: `${size} broke nothing` }
    : { killedBy: `explorer: ${first.violation?.invariant ?? 'an invariant'}`, size, why: '' };
}

/** A script of ours under this mutant, worker threads included: the summary that it ends with. */
async function lastLine(script: string, args: readonly string[], { id }: Mutant): Promise<unknown> {
  const register = path('test/mutants/register.ts');
  const child = spawn(process.execPath, ['--import', register, path(script), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, QUORATE_MUTANT: String(id) },
  });
  let last: unknown = null;
  for await (const line of createInterface({ input: child.stdout })) {
    try {
      const parsed = JSON.parse(line) as { readonly event?: string };
      if (parsed.event === 'summary') last = parsed;
    } catch {
      // What is no JSON is for people.
    }
  }
  return last;
}
