/**
 * The end of the table: replicas one by one, each freed of its protection first, then the table itself,
 * then its stack, which is last so that a table which AWS still refuses to delete keeps its owner. AWS refuses for 24 h
 * after a replica was made from it [DDB globaltables-CoreConcepts].
 */
import { QuorateError } from '../../shared/core/errors.ts';
import { type Config, type EpochMs, epochMs, type VantageId } from '../../shared/core/model.ts';
import { tableName, tableStackName } from '../names.ts';
import type { TableState } from './cloud.ts';
import { isGone } from './stack-state.ts';
import { stackGone, type Waiting } from './stack-wait.ts';
import { dropReplica, updateTable } from './table-phase.ts';

const REPLICA_SOURCE_MS = 24 * 3_600_000;
const POLL_MS = 5_000;
const GONE_MS_MAX = 30 * 60_000;

export type Tables = ReadonlyMap<VantageId, TableState>;

/** When AWS will allow it; null: now, as far as can be known. */
export function removableAt(home: VantageId, tables: Tables, now: EpochMs): EpochMs | null {
  const times = [...tables]
    .filter(([region]) => region !== home)
    .flatMap(([, { createdAt }]) => (createdAt === null ? [] : [createdAt]));
  const at = Math.max(0, ...times) + REPLICA_SOURCE_MS;
  return times.length > 0 && at > now ? epochMs(at) : null;
}

export async function removeTable(
  deps: Waiting,
  config: Config,
  tables: Tables,
  signal: AbortSignal,
): Promise<void> {
  const { deployment, home } = config;
  const { cloud, tell } = deps;
  const name = tableName(deployment);
  const stack = tableStackName(deployment);
  const hasStack = !isGone(await cloud.stack(home, stack, signal));
  const abroad = [...tables.keys()].filter((region) => region !== home);
  if (hasStack && tables.has(home)) {
    for (const [i, region] of abroad.entries()) {
      await dropReplica(deps, config, region, [home, ...abroad.slice(i)], signal);
      await tableGone(deps, region, name, signal);
    }
    await updateTable(deps, config, [home], [home], signal);
  } else await withoutStack(deps, config, tables, signal);
  if (tables.has(home)) {
    tell({ event: 'step', region: home, text: `deleting table ${name}` });
    await cloud.deleteTable(home, name, signal);
    await tableGone(deps, home, name, signal);
  }
  if (!hasStack) return;
  tell({ event: 'step', region: home, text: `removing stack ${stack}` });
  await cloud.deleteStack(home, stack, signal);
  await stackGone(deps, home, stack, signal);
}

/** A table that lost its stack: the same by DynamoDB's own calls. */
async function withoutStack(
  deps: Waiting,
  { deployment, home }: Config,
  tables: Tables,
  signal: AbortSignal,
): Promise<void> {
  const { cloud, tell } = deps;
  const name = tableName(deployment);
  for (const [region, { isProtected }] of tables) {
    if (isProtected) await cloud.unprotectTable(region, name, signal);
  }
  for (const region of tables.keys()) {
    if (region === home) continue;
    tell({ event: 'step', region, text: `removing the replica of ${name}` });
    if (cloud.isAws) await cloud.removeReplica(home, name, region, signal);
    else await cloud.deleteTable(region, name, signal);
    await tableGone(deps, region, name, signal);
  }
}

async function tableGone(
  { cloud, clock }: Waiting,
  region: VantageId,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const until = clock.now() + GONE_MS_MAX;
  while ((await cloud.table(region, name, signal)) !== null) {
    if (clock.now() >= until) {
      throw new QuorateError(
        'DEPLOY_FAILED',
        `table ${name} in ${region} is still there after ${GONE_MS_MAX / 60_000} min; AWS may still be deleting it: run npm run remove -- --table again later`,
      );
    }
    await clock.sleep(POLL_MS, signal);
  }
}
