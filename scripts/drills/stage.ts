/**
 * Where a drill plays: one local world, a recorder of what its name server *answers* (real queries, many
 * a second) and of what happened inside, and ways to wait for either. Waiting is for a condition with a
 * limit, and running into the limit is an observation, not an exception.
 */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { parseConfig, problemText } from '../../shared/core/config.ts';
import { type Config, epochMs } from '../../shared/core/model.ts';
import { AIDS } from '../../shared/wire.ts';
import { askAddresses } from '../local/dns-client.ts';
import type { Fault } from '../local/faults.ts';
import { startWorld, type World, type WorldOptions } from '../local/world.ts';
import type { WorldEvent } from '../local/world-events.ts';

/** One real answer: which endpoint the name server named, and when. */
export type Answer = { readonly at: number; readonly service: string; readonly endpoint: string };

export type Stage = AsyncDisposable & {
  readonly world: World;
  readonly events: readonly WorldEvent[];
  readonly answers: readonly Answer[];
  readonly now: () => number;
  readonly inject: (fault: Fault) => Promise<{ readonly id: string; readonly at: number }>;
  readonly heal: (id: string) => Promise<number>;
  /** True once the condition held; false if it didn't within the limit. */
  readonly until: (condition: () => boolean, limitMs: number) => Promise<boolean>;
  readonly pass: (ms: number) => Promise<void>;
  /** Endpoints answered for a service between two times, sorted. */
  readonly answered: (service: string, from: number, to?: number) => readonly string[];
  /** When the last answer that named the endpoint came, at or after `from`; null if none did. */
  readonly lastAnswerOf: (service: string, endpoint: string, from: number) => number | null;
  /** DNS has not named the endpoint for long enough that chance can't explain it. */
  readonly isGone: (service: string, endpoint: string) => boolean;
  readonly weights: (service: string) => Readonly<Record<string, number | null>>;
};

const ASK_EVERY_MS = 40;
/** With a share of 1 in 3 and 25 answers a second, 2 s of silence happen by chance once in 10^8. */
const GONE_AFTER_MS = 2000;
const LOOK_EVERY_MS = 50;

/** What all drills play; each may change the data before it is judged. */
const BASE = new URL('./drills.yml', import.meta.url);

/** drills.yml as data: what an edit may start from. */
export type DrillData = { readonly services: { readonly app: object } };

export type StageOptions = {
  readonly block: number;
  readonly edit?: (data: DrillData) => unknown;
  readonly world?: Partial<WorldOptions>;
  readonly signal: AbortSignal;
};

export function drillConfig(edit: StageOptions['edit']): Config {
  const base = parse(readFileSync(BASE, 'utf8')) as DrillData;
  const data = edit === undefined ? base : edit(base);
  const parsed = parseConfig(data, () => undefined, AIDS, {
    allowLoopback: true,
    packagedAt: epochMs(Date.now()),
  });
  if ('config' in parsed) return parsed.config;
  throw new Error(parsed.problems.map(problemText).join('\n'));
}

export async function openStage(options: StageOptions): Promise<Stage> {
  const config = drillConfig(options.edit);
  await using opened = new AsyncDisposableStack();
  const world = opened.use(
    await startWorld({
      config,
      block: options.block,
      schedulePeriodMs: 5_000,
      insyncDelayMs: 500,
      ...options.world,
    }),
  );
  const events: WorldEvent[] = [];
  world.onEvent((event) => events.push(event));
  const answers: Answer[] = [];
  const stop = new AbortController();
  const asking = config.services.map((service) => record(world, service.id, answers, stop.signal));
  opened.defer(async () => {
    stop.abort();
    await Promise.all(asking);
  });
  const now = (): number => world.clock.now();
  const running = opened.move();

  const until: Stage['until'] = async (condition, limitMs) => {
    const limitAt = now() + limitMs;
    while (!condition()) {
      if (now() > limitAt) return false;
      await world.clock.sleep(LOOK_EVERY_MS, options.signal);
    }
    return true;
  };
  const lastAnswerOf: Stage['lastAnswerOf'] = (service, endpoint, from) =>
    answers.findLast(
      (answer) => answer.at >= from && answer.service === service && answer.endpoint === endpoint,
    )?.at ?? null;

  return {
    world,
    events,
    answers,
    now,
    inject: async (fault) => {
      const at = now();
      const { id } = await world.addFault(fault);
      return { id, at };
    },
    heal: async (id) => {
      await world.removeFault(id);
      return now();
    },
    until,
    pass: (ms) => world.clock.sleep(ms, options.signal),
    answered: (service, from, to = Number.POSITIVE_INFINITY) =>
      [
        ...new Set(
          answers
            .filter((one) => one.service === service && one.at >= from && one.at <= to)
            .map(({ endpoint }) => endpoint),
        ),
      ].sort(),
    lastAnswerOf,
    isGone: (service, endpoint) =>
      now() - (lastAnswerOf(service, endpoint, 0) ?? 0) > GONE_AFTER_MS,
    weights: (service) =>
      Object.fromEntries(
        (world.state().services.find((one) => one.service === service)?.endpoints ?? []).map(
          (endpoint) => [endpoint.endpoint, endpoint.weight.served],
        ),
      ),
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** Asks the name server over UDP, again and again, until told to stop. */
async function record(
  world: World,
  service: string,
  answers: Answer[],
  signal: AbortSignal,
): Promise<void> {
  const state = (): ReturnType<World['state']>['services'][number] | undefined =>
    world.state().services.find((one) => one.service === service);
  const name = state()?.names[0] ?? '';
  const named = new Map(
    (state()?.endpoints ?? []).map((endpoint) => [endpoint.address, endpoint.endpoint]),
  );
  while (!signal.aborted) {
    const addresses = await askAddresses(world.dns.port, name, 'A', { timeoutMs: 1000 }).catch(
      () => [],
    );
    for (const address of addresses) {
      answers.push({ at: world.clock.now(), service, endpoint: named.get(address) ?? address });
    }
    await world.clock.sleep(ASK_EVERY_MS, signal).catch(() => undefined);
  }
}
