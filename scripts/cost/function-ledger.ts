/**
 * What the functions did while they were watched: invocations, the time they ran, what they printed, and
 * the metrics in it. CloudWatch sells a metric per name and set of dimensions, in each region.
 */
import type { FunctionId } from '../names.ts';
import type { Printing } from './counted-run.ts';
import type { FunctionCounts } from './counts.ts';
import type { VirtualClock } from './virtual-clock.ts';

export type FunctionLedger = {
  readonly run: (
    who: { readonly region: string; readonly id: FunctionId },
    invoke: () => Promise<unknown>,
  ) => void;
  readonly takeText: (text: string) => void;
  readonly of: (id: FunctionId) => FunctionCounts;
  readonly metrics: () => number;
  readonly failures: () => readonly string[];
  /** From here on; what runs now counts from now. */
  readonly reset: () => void;
};

type Mutable = { -readonly [Key in keyof FunctionCounts]: FunctionCounts[Key] };
type Running = { readonly id: FunctionId; since: number };

const FAILURES_MAX = 5;

export function functionLedger(clock: VirtualClock, printing: Printing): FunctionLedger {
  let counts = new Map<FunctionId, Mutable>();
  let metrics = new Set<string>();
  let failures: string[] = [];
  const running = new Set<Running>();
  const own = (id: FunctionId): Mutable => {
    const known = counts.get(id) ?? { invocations: 0, runningMs: 0, logBytes: 0, logLines: 0 };
    counts.set(id, known);
    return known;
  };
  const settle = (): void => {
    for (const one of running) {
      own(one.id).runningMs += clock.now() - one.since;
      one.since = clock.now();
    }
  };
  const fail = (who: string, error: unknown): void => {
    const what = error instanceof Error ? error.message : JSON.stringify(error);
    if (failures.length < FAILURES_MAX) failures.push(`${who}: ${what}`);
  };

  return {
    run: (who, invoke) => {
      own(who.id).invocations += 1;
      const one: Running = { id: who.id, since: clock.now() };
      running.add(one);
      printing
        .run(who, invoke)
        .then(
          (result) => {
            // An operating error is a result, not a throw.
            if (typeof result === 'object' && result !== null && 'error' in result) {
              fail(`${who.id} in ${who.region}`, result);
            }
          },
          (error: unknown) => fail(`${who.id} in ${who.region}`, error),
        )
        .finally(() => {
          own(one.id).runningMs += clock.now() - one.since;
          running.delete(one);
        });
    },
    takeText: (text) => {
      const who = printing.getStore();
      if (who === undefined) return;
      for (const line of text.split('\n')) {
        if (line === '') continue;
        const count = own(who.id);
        count.logLines += 1;
        count.logBytes += Buffer.byteLength(line);
        for (const metric of metricsIn(line)) metrics.add(`${who.region} ${metric}`);
      }
    },
    of: (id) => {
      settle();
      return { ...own(id) };
    },
    metrics: () => metrics.size,
    failures: () => failures,
    reset: () => {
      settle();
      counts = new Map();
      metrics = new Set();
      failures = [];
    },
  };
}

type Emf = {
  readonly _aws?: {
    readonly CloudWatchMetrics?: readonly {
      readonly Namespace?: string;
      readonly Dimensions?: readonly (readonly string[])[];
      readonly Metrics?: readonly { readonly Name?: string }[];
    }[];
  };
} & Readonly<Record<string, unknown>>;

/** Each set of dimensions of each name is one metric; a line that is no metric gives none. */
function metricsIn(line: string): readonly string[] {
  if (!line.includes('"CloudWatchMetrics"')) return [];
  const document = JSON.parse(line) as Emf;
  return (document._aws?.CloudWatchMetrics ?? []).flatMap(
    ({ Namespace, Dimensions = [], Metrics = [] }) =>
      Metrics.flatMap(({ Name }) =>
        Dimensions.map((names) => {
          const values = names.map((name) => `${name}=${String(document[name])}`);
          return `${Namespace} ${Name} ${values.join(' ')}`;
        }),
      ),
  );
}
