/**
 * The end of the table: protection off, replicas one by one, then the table itself, then its stack. Its
 * stack goes last, so that a table which AWS still refuses to delete keeps its owner. AWS refuses for 24 h
 * after a replica was made from it [DDB globaltables-CoreConcepts].
 */
import { QuorateError } from '../../shared/core/errors.ts';
import { type Config, type EpochMs, epochMs, type VantageId } from '../../shared/core/model.ts';
import { tableName, tableStackName } from '../names.ts';
import type { TableState } from './cloud.ts';
import { isGone } from './stack-state.ts';
import { stackGone, type Waiting } from './stack-wait.ts';

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
  if (tables.has(home)) {
    tell({ event: 'step', region: home, text: `deleting table ${name}` });
    await cloud.deleteTable(home, name, signal);
    await tableGone(deps, home, name, signal);
  }
  const stack = tableStackName(deployment);
  if (isGone(await cloud.stack(home, stack, signal))) return;
  tell({ event: 'step', region: home, text: `removing stack ${stack}` });
  await cloud.deleteStack(home, stack, signal);
  await stackGone(deps, home, stack, signal);
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
