/**
 * The bench measured by the bench: contenders whose name servers change at moments that the test knows.
 * What it reports must enclose those moments, by real queries over UDP.
 */
import { describe, expect, it } from 'vitest';
import type { Break, Contender, Facts, Running, Subject } from '../../scripts/bench/contender.ts';
import { benchNow } from '../../scripts/bench/poller.ts';
import { hasMoved } from '../../scripts/bench/report.ts';
import { type BenchOptions, runBench, type Sample } from '../../scripts/bench/run-bench.ts';
import { startDns } from '../../scripts/local/dns-server.ts';

const GONE_AFTER_MS = 300;
const BACK_AFTER_MS = 500;
/** Of timers and sockets on a busy machine; far below what the bench is for. */
const SLACK_MS = 200;

describe('the bench', () => {
  it('encloses the moments at which a name server really changed, for every fault', async () => {
    const known = clockwork('clockwork', { leaves: true });

    const { samples } = await runBench(options({ contenders: [known.contender], runs: 2 }));

    expect(samples.map(({ fault, run }) => `${fault} ${run}`).sort()).toEqual([
      'hang 1',
      'hang 2',
      'kill 1',
      'kill 2',
    ]);
    for (const sample of samples) {
      const { left, returned } = known.changes.get(keyOf(sample)) ?? { left: 0, returned: 0 };
      expect(hasMoved(sample)).toBe(true);
      expectEnclosed(left, sample.faultAt + (sample.goneMs ?? 0), sample.bracketsMs.gone);
      // A first answer comes after the change: its bracket reaches back over it.
      const firstAt = (sample.healedAt ?? 0) + (sample.backMs ?? 0);
      expectEnclosed(returned, firstAt - (sample.bracketsMs.back ?? 0), sample.bracketsMs.back);
      expect(sample.fullMs).toBe(sample.backMs);
    }
  });

  it('breaks every contender at the same moments, and tells the one that never moves', async () => {
    const moving = clockwork('moving', { leaves: true });
    const stuck = clockwork('stuck', { leaves: false });
    const heard: Sample[] = [];

    const { samples, facts } = await runBench(
      options({
        contenders: [moving.contender, stuck.contender],
        runs: 1,
        onSample: (sample) => heard.push(sample),
      }),
    );

    expect(heard).toEqual(samples);
    expect([...facts.keys()].sort()).toEqual(['moving', 'stuck']);
    for (const fault of ['kill', 'hang'] as const) {
      const [one, other] = ['moving', 'stuck'].map((name) =>
        samples.find((sample) => sample.contender === name && sample.fault === fault),
      );
      expect(one && hasMoved(one)).toBe(true);
      expect(other).toMatchObject({ goneMs: null, backMs: null, fullMs: null, healedAt: null });
      expect(Math.abs((one?.faultAt ?? 0) - (other?.faultAt ?? Infinity))).toBeLessThan(SLACK_MS);
    }
  });

  it('ends with the reason of whoever fails to start, and closes the others', async () => {
    const fine = clockwork('fine', { leaves: true });
    const broken: Contender = {
      name: 'broken',
      summary: 'does not start',
      start: async () => {
        throw new Error('no such program');
      },
    };

    const running = runBench(options({ contenders: [fine.contender, broken], runs: 1 }));

    await expect(running).rejects.toThrow('no such program');
    expect(fine.open()).toBe(0);
  });
});

const options = (
  given: Pick<BenchOptions, 'contenders' | 'runs'> & Partial<BenchOptions>,
): BenchOptions => ({
  groups: 1,
  everyMs: 200,
  fall: 1,
  insyncDelayMs: 0,
  seed: 5,
  patienceMs: 2_500,
  signal: new AbortController().signal,
  onSample: () => undefined,
  onProgress: () => undefined,
  ...given,
});

function expectEnclosed(changedAt: number, fromAt: number, bracketMs: number | null): void {
  expect(changedAt).toBeGreaterThan(fromAt - SLACK_MS);
  expect(changedAt).toBeLessThan(fromAt + (bracketMs ?? 0) + SLACK_MS);
}

const keyOf = ({ fault, subject }: Pick<Sample, 'fault' | 'subject'>): string =>
  `${fault} ${subject}`;

type Changes = { readonly left: number; readonly returned: number };

/** A name server that leaves a broken primary, and returns to a healed one, after fixed times. */
function clockwork(
  name: string,
  { leaves }: { readonly leaves: boolean },
): {
  readonly contender: Contender;
  readonly changes: ReadonlyMap<string, Changes>;
  readonly open: () => number;
} {
  const changes = new Map<string, Changes>();
  let open = 0;
  return {
    changes,
    open: () => open,
    contender: {
      name,
      summary: 'changes at moments that are known',
      start: async ({ subjects: count, everyMs }): Promise<Running> => {
        const subjects = Array.from(
          { length: count },
          (_, index): Subject => ({
            id: `s${index}`,
            name: `s${index}.example.test`,
            address: `127.0.9.${index + 1}`,
          }),
        );
        const away = new Set<string>();
        const faults = new Map<string, Break>();
        const dns = await startDns({
          random: () => 0,
          resolveAlias: () => [],
          zones: () => [
            {
              name: 'example.test',
              records: subjects.map((subject) => ({
                name: subject.name,
                type: 'A',
                ttlSeconds: 1,
                values: [away.has(subject.id) ? '127.0.9.200' : subject.address],
              })),
            },
          ],
        });
        open += 1;
        const leave = async (fault: Break, subject: Subject): Promise<void> => {
          if (!leaves) return;
          faults.set(subject.id, fault);
          setTimeout(() => {
            away.add(subject.id);
            changes.set(`${fault} ${subject.id}`, { left: benchNow(), returned: 0 });
          }, GONE_AFTER_MS);
        };
        return {
          dns,
          subjects,
          facts: { ...FACTS, everyMs },
          kill: (subject) => leave('kill', subject),
          hang: (subject) => leave('hang', subject),
          heal: async (subject) => {
            if (!leaves) return;
            setTimeout(() => {
              away.delete(subject.id);
              const key = `${faults.get(subject.id)} ${subject.id}`;
              changes.set(key, { left: changes.get(key)?.left ?? 0, returned: benchNow() });
            }, BACK_AFTER_MS);
          },
          [Symbol.asyncDispose]: async () => {
            await dns[Symbol.asyncDispose]();
            open -= 1;
          },
        };
      },
    },
  };
}

const FACTS: Facts = {
  everyMs: 200,
  timeoutMs: 100,
  fall: 1,
  rise: 1,
  vantages: 1,
  quorum: 1,
  restsMs: [0],
  roundMs: 0,
  replicationLagMs: 0,
  pollMs: 0,
  insyncDelayMs: 0,
  schedulePeriodMs: 0,
  holdDownMs: 0,
  ramp: [],
  rampStepMs: 0,
};
