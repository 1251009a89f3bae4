/**
 * The table's stack in home, then its replicas, one per update and nothing else in it: AWS refuses two
 * at once. A table that lost its stack (removed with the table kept, as it is retained) is imported into
 * a new stack around it, with the replicas that it has.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, VantageId } from '../../shared/core/model.ts';
import { tableName, tableStackName } from '../names.ts';
import { TABLE_LOGICAL_ID, tableTemplate } from '../package/table-template.ts';
import type { StackChange } from './cloud.ts';
import type { DeployPlan } from './deploy-plan.ts';
import { stackDone, type Waiting } from './stack-wait.ts';

const POLL_MS = 5_000;
/** AWS takes minutes for an empty table. */
const REPLICA_MS_MAX = 30 * 60_000;
const ENGINE_REPLICA_MS_MAX = 2 * 60_000;
const GLOBAL_TABLE = 'AWS::DynamoDB::GlobalTable';

export async function settleTable(
  deps: Waiting,
  config: Config,
  { step, replicas, adds }: DeployPlan['table'],
  signal: AbortSignal,
): Promise<void> {
  const { home } = config;
  let present = inOrder(config, replicas);
  const hasStack = await begin();
  await replicaReady(deps, config, home, signal);
  for (const region of adds) {
    deps.tell({
      event: 'step',
      region,
      text: `adding the replica of ${tableName(config.deployment)}`,
    });
    present = inOrder(config, [...present, region]);
    if (hasStack) await updateTable(deps, config, present, [], signal);
    await replicaReady(deps, config, region, signal);
  }

  async function begin(): Promise<boolean> {
    switch (step) {
      case 'create':
        await create(deps, config, present, signal);
        return true;
      case 'take-over':
        return await takeOver(deps, config, present, signal);
      case 'update':
        await updateTable(deps, config, present, [], signal);
        return true;
    }
  }
}

/**
 * A replica goes, and what it held is in all others. Its protection ends in an update of its own: nothing
 * else may be in the one that removes it.
 */
export async function dropReplica(
  deps: Waiting,
  config: Config,
  region: VantageId,
  present: readonly VantageId[],
  signal: AbortSignal,
): Promise<void> {
  const { cloud, tell } = deps;
  const name = tableName(config.deployment);
  if ((await cloud.table(region, name, signal)) === null) return;
  tell({ event: 'step', region, text: `removing the replica of ${name}` });
  await updateTable(deps, config, present, [region], signal);
  const remaining = present.filter((one) => one !== region);
  await updateTable(deps, config, remaining, [], signal);
}

export async function updateTable(
  deps: Waiting,
  config: Config,
  replicas: readonly VantageId[],
  unprotected: readonly VantageId[],
  signal: AbortSignal,
): Promise<void> {
  const change = changeOf(config, inOrder(config, replicas), unprotected);
  if ((await deps.cloud.updateStack(change, signal)) === 'started') {
    await stackDone(deps, change.region, change.name, signal);
  }
}

const changeOf = (
  config: Config,
  replicas: readonly VantageId[],
  unprotected: readonly VantageId[] = [],
): StackChange => ({
  region: config.home,
  name: tableStackName(config.deployment),
  template: JSON.stringify(tableTemplate(config, replicas, unprotected)),
  tags: config.aws.tags,
});

async function create(
  deps: Waiting,
  config: Config,
  replicas: readonly VantageId[],
  signal: AbortSignal,
): Promise<void> {
  const change = changeOf(config, replicas);
  deps.tell({ event: 'step', region: config.home, text: `creating stack ${change.name}` });
  await deps.cloud.createStack(change, signal);
  await stackDone(deps, change.region, change.name, signal);
}

/** Outputs may not come in with an import, so they follow in an update. */
async function takeOver(
  deps: Waiting,
  config: Config,
  replicas: readonly VantageId[],
  signal: AbortSignal,
): Promise<boolean> {
  const { cloud, tell } = deps;
  const change = changeOf(config, replicas);
  tell({
    event: 'step',
    region: change.region,
    text: `taking table ${tableName(config.deployment)} over into stack ${change.name}`,
  });
  const template = JSON.stringify({ ...tableTemplate(config, replicas), Outputs: undefined });
  const table = {
    type: GLOBAL_TABLE,
    logicalId: TABLE_LOGICAL_ID,
    identifier: { TableName: tableName(config.deployment) },
  };
  try {
    await cloud.importStack({ ...change, template }, [table], signal);
    await stackDone(deps, change.region, change.name, signal);
  } catch (error) {
    if (cloud.isAws || !(error instanceof QuorateError)) throw error;
    tell({
      event: 'step',
      region: change.region,
      text: `this endpoint imports no tables (${error.message}); the table is used as it is, without a stack`,
    });
    return false;
  }
  await updateTable(deps, config, replicas, [], signal);
  return true;
}

async function replicaReady(
  { cloud, clock }: Waiting,
  { deployment }: Config,
  region: VantageId,
  signal: AbortSignal,
): Promise<void> {
  const name = tableName(deployment);
  const waitMs = cloud.isAws ? REPLICA_MS_MAX : ENGINE_REPLICA_MS_MAX;
  const until = clock.now() + waitMs;
  for (;;) {
    const table = await cloud.table(region, name, signal);
    if (table?.status === 'ACTIVE' && table.hasStream) return;
    if (clock.now() >= until) {
      const state =
        table === null ? 'not there' : table.hasStream ? table.status : 'without a stream';
      throw new QuorateError(
        'DEPLOY_FAILED',
        cloud.isAws
          ? `the replica of ${name} in ${region} is ${state} after ${waitMs / 60_000} min; AWS may still be making it: repeat npm run deploy later, nothing is lost`
          : `the replica of ${name} in ${region} is ${state} after ${waitMs / 60_000} min: this endpoint (AWS_ENDPOINT_URL) makes none; create a table ${name} there, with the keys pk and sk and a stream, and repeat`,
      );
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** Home first, then as in the file: one order, so that an update shows only what changes. */
function inOrder({ home, vantages }: Config, replicas: readonly VantageId[]): readonly VantageId[] {
  const known = [home, ...vantages.filter((region) => region !== home)];
  return [
    ...known.filter((region) => replicas.includes(region)),
    ...replicas.filter((region) => !known.includes(region)),
  ];
}
