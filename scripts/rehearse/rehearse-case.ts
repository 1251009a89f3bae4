/**
 * One case and one seed → what happened to each endpoint that was lost: when the first vantage voted, when
 * it was decided and committed, when clients had moved, what was held back, and what clients met in ten
 * minutes, beside three others. The production handlers decide; the world answers.
 */
import type { Config } from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import { seededRandom } from '../../test/sim/kernel/random.ts';
import { clientModel, type ServiceClients } from '../../test/sim/world/clients.ts';
import type { WorldEvent } from '../../test/sim/world/events.ts';
import { SIM_START_MS, simWorld } from '../../test/sim/world/world.ts';
import type { Case } from './cases.ts';

/** Votes are up, endpoints proven; then somewhere within a minute. */
const CALM_MS = 4 * 60_000;
export const WATCHED_MS = 10 * 60_000;
export const CASE_MS = CALM_MS + 30_000 + WATCHED_MS;

/** After its death; null where it did not happen within the time. */
export type LostEndpoint = {
  readonly service: string;
  readonly endpoint: string;
  readonly detectMs: number | null;
  readonly decideMs: number | null;
  readonly commitMs: number | null;
  readonly moved90Ms: number | null;
};
export type CaseOutcome = {
  readonly lost: readonly LostEndpoint[];
  readonly clients: readonly ServiceClients[];
  /** Sentences of what the policy held back, by rule. */
  readonly withheld: ReadonlyMap<string, string>;
};

type Told<K extends WorldEvent['kind']> = Extract<WorldEvent, { readonly kind: K }>;
type Times = {
  diedMs: number;
  detectMs: number | null;
  decideMs: number | null;
  commitMs: number | null;
};

export async function rehearseCase(config: Config, one: Case, seed: string): Promise<CaseOutcome> {
  const world = await simWorld({
    seed: `${seed} ${one.scenario} ${one.region}`,
    config: { ...config, packagedAt: (SIM_START_MS - 86_400_000) as Config['packagedAt'] },
    functions: ['probe', 'quorum'],
  });
  const { sim } = world;
  const random = seededRandom(`phase ${seed}`);
  await world.run(CALM_MS + random.integer(0, 60_000));
  const clients = clientModel(world, { name: one.scenario });
  const times = new Map<string, Times>(
    one.lost.map((key) => [
      key,
      { diedMs: sim.nowMs(), detectMs: null, decideMs: null, commitMs: null },
    ]),
  );
  const withheld = new Map<string, string>();
  const records = config.services.flatMap(({ id, names, types, endpoints }) =>
    endpoints.map(({ id: endpoint, setIdentifier }) => ({
      service: id,
      endpoint,
      key: `${names[0]} ${types[0]} ${setIdentifier}`,
    })),
  );
  const since = (own: Times): number => sim.nowMs() - own.diedMs;

  const hear: { readonly [K in WorldEvent['kind']]?: (event: Told<K>) => void } = {
    'endpoint-changed': ({ service, endpoint, isUp, atMs }) => {
      const own = times.get(`${service}/${endpoint}`);
      if (own !== undefined && !isUp) own.diedMs = atMs;
    },
    'report-written': ({ report }) => {
      for (const { service, endpoint, vote } of report.entries) {
        const own = times.get(`${service}/${endpoint}`);
        if (own !== undefined && vote === 'down') own.detectMs ??= since(own);
      }
    },
    'record-written': ({ record }) => {
      for (const { endpoint, to, from } of record.lines) {
        const own = times.get(`${record.service}/${endpoint}`);
        if (own !== undefined && from > 0 && to === 0) own.decideMs ??= since(own);
      }
    },
    decided: ({ results }) => {
      for (const { decision } of results) {
        for (const { withheld: held, endpoint } of decision.endpoints) {
          if (!times.has(`${decision.service}/${endpoint}`)) continue;
          for (const reason of held) {
            withheld.set(`${decision.service} ${endpoint} ${reason.code}`, sentence(reason));
          }
        }
      }
    },
    'batch-arrived': ({ answer, after }) => {
      if (answer !== 'accepted') return;
      for (const { service, endpoint, key } of records) {
        const own = times.get(`${service}/${endpoint}`);
        if (own !== undefined && after.get(key)?.weight === 0) own.commitMs ??= since(own);
      }
    },
  };
  world.on((event) => (hear[event.kind] as ((told: WorldEvent) => void) | undefined)?.(event));
  one.begin(world);
  await world.run(WATCHED_MS);
  const moved = new Map(
    clients
      .moved90()
      .map(({ service, endpoint, moved90Ms }) => [`${service}/${endpoint}`, moved90Ms]),
  );
  return {
    lost: [...times].map(([key, { detectMs, decideMs, commitMs }]) => {
      const [service = '', endpoint = ''] = key.split('/');
      const isRemoved = commitMs !== null;
      return {
        service,
        endpoint,
        detectMs,
        decideMs: decideMs ?? commitMs,
        commitMs,
        moved90Ms: isRemoved ? (moved.get(key) ?? null) : null,
      };
    }),
    clients: clients.perService(),
    withheld,
  };
}
