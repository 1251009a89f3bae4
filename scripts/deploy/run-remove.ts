/**
 * A removal as a story: look, show, and unless told to go on change nothing; then let go of DNS (the
 * `_quorate` records go, every other record stays, with its weight or the configured one), take away the
 * stacks, and the table only if asked. A quorum that still runs after the release finds nothing that it
 * manages and writes nothing. Each step finds what is left, so a removal can be repeated at any point.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, EpochMs, VantageId } from '../../shared/core/model.ts';
import type { Clock } from '../../shared/ports.ts';
import { tableName, tableStackName, vantageStackName } from '../names.ts';
import type { Cloud, StackState, TableState } from './cloud.ts';
import type { Tell } from './event.ts';
import {
  differing,
  type Held,
  heldLines,
  heldServices,
  type Releases,
  type Releasing,
} from './records.ts';
import { isBusy, isGone } from './stack-state.ts';
import { stackGone } from './stack-wait.ts';
import { removableAt, removeTable, type Tables } from './table-removal.ts';
import type { UrlCache } from './url-cache.ts';

export type RemoveDeps = Releases & {
  readonly cloud: Cloud;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly urls: UrlCache;
};

export type RemoveOptions = {
  /** False: nothing is changed. */
  readonly isApplied: boolean;
  readonly weights: Releasing | null;
  readonly takesTable: boolean;
};

type Standing = {
  readonly stacks: ReadonlyMap<VantageId, StackState>;
  readonly tableStack: StackState | null;
  readonly tables: Tables;
};

export async function runRemove(
  deps: RemoveDeps,
  config: Config,
  options: RemoveOptions,
  signal: AbortSignal,
): Promise<void> {
  const { tell } = deps;
  const standing = await lookAround(deps, config, signal);
  const held = await heldServices(config, deps);
  const isAnythingLeft =
    standing.stacks.size > 0 ||
    held.some(({ state }) => state.kind === 'managed') ||
    (options.takesTable && (standing.tables.size > 0 || !isGone(standing.tableStack)));
  tell({ event: 'plan', lines: planLines(deps, config, options, standing, held) });
  if (!isAnythingLeft) {
    tell({ event: 'end', text: `nothing is left to remove${keptText(config, standing, options)}` });
    return;
  }
  refuseWhatIsBusy(config, standing);
  if (differing(held).length > 0 && options.weights === null) throw whichWeights(held, options);
  if (!options.isApplied) {
    tell({
      event: 'end',
      text: `dry run: nothing was changed; to do this: ${lineOf(options.weights, options.takesTable)}`,
    });
    return;
  }

  for (const one of held) await letGo(deps, one, options.weights ?? 'leave');
  await removeStacks(deps, config, standing, signal);
  deps.urls.write(new Map());
  if (options.takesTable) await endTable(deps, config, standing, signal);
  tell({
    event: 'end',
    text: `removed; every record but _quorate stays in DNS${keptText(config, standing, options)}`,
  });
}

async function lookAround(
  { cloud, urls }: RemoveDeps,
  config: Config,
  signal: AbortSignal,
): Promise<Standing> {
  const { deployment, home, vantages } = config;
  await cloud.identity(home, signal);
  const stacks = new Map<VantageId, StackState>();
  const tables = new Map<VantageId, TableState>();
  const look = async (regions: Iterable<VantageId>): Promise<void> => {
    await Promise.all(
      [...regions].map(async (region) => {
        const [stack, table] = await Promise.all([
          cloud.stack(region, vantageStackName(deployment), signal),
          cloud.table(region, tableName(deployment), signal),
        ]);
        if (stack !== null && !isGone(stack)) stacks.set(region, stack);
        if (table !== null) tables.set(region, table);
      }),
    );
  };
  const first = new Set([home, ...vantages, ...urls.read().keys()]);
  await look(first);
  const replicas = [...tables.values()].flatMap((table) => table.replicas.map((one) => one.region));
  await look([...new Set(replicas)].filter((region) => !first.has(region)));
  const tableStack = await cloud.stack(home, tableStackName(deployment), signal);
  return { stacks: inOrder(stacks), tables: inOrder(tables), tableStack };
}

const inOrder = <T>(map: ReadonlyMap<VantageId, T>): ReadonlyMap<VantageId, T> =>
  new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));

function planLines(
  deps: RemoveDeps,
  config: Config,
  { takesTable, weights }: RemoveOptions,
  { stacks, tables, tableStack }: Standing,
  held: readonly Held[],
): readonly string[] {
  const { deployment, home } = config;
  const releases = held.filter(({ state }) => state.kind === 'managed');
  const how = weights === 'restore' ? 'weights as configured' : 'weights as they are now';
  return [
    ...heldLines(held),
    ...releases.map(
      ({ service }) =>
        `release   _quorate.${service.names[0] ?? ''} goes, its records stay, ${how}`,
    ),
    ...[...stacks].map(
      ([region, { status }]) =>
        `remove    ${region.padEnd(15)} stack ${vantageStackName(deployment)} (${status})`,
    ),
    ...tableLines(),
  ];

  function tableLines(): readonly string[] {
    if (tables.size === 0 && isGone(tableStack)) return [];
    const name = `table ${tableName(deployment)} in ${[...tables.keys()].join(', ') || home}`;
    if (!takesTable) return [`keep      ${name}: --table removes it, and all history with it`];
    const at = tableAt(deps, config, tables);
    return [`remove    ${name}${at === null ? '' : `, which AWS allows from ${clockText(at)}`}`];
  }
}

/** An engine has no such rule; there the table just goes. */
const tableAt = ({ cloud, clock }: RemoveDeps, { home }: Config, tables: Tables): EpochMs | null =>
  cloud.isAws ? removableAt(home, tables, clock.now()) : null;

const clockText = (at: number): string => `${new Date(at).toISOString().slice(0, 16)}Z`;

function refuseWhatIsBusy(config: Config, { stacks, tableStack }: Standing): void {
  const name = vantageStackName(config.deployment);
  const busy = [...stacks].find(([, state]) => isBusy(state) && !isDeleting(state));
  if (busy !== undefined) {
    throw new QuorateError(
      'REFUSED',
      `stack ${name} in ${busy[0]} is ${busy[1].status}: a deployment is at work; wait for its end, then repeat. Nothing was changed`,
    );
  }
  if (isBusy(tableStack) && !isDeleting(tableStack)) {
    throw new QuorateError(
      'REFUSED',
      `stack ${tableStackName(config.deployment)} in ${config.home} is ${tableStack?.status ?? ''}: a deployment is at work; wait for its end, then repeat. Nothing was changed`,
    );
  }
}

const isDeleting = (state: StackState | null): boolean => state?.status === 'DELETE_IN_PROGRESS';

function whichWeights(held: readonly Held[], { takesTable }: RemoveOptions): QuorateError {
  const records = differing(held);
  const first = records[0];
  const count = `${records.length} ${records.length === 1 ? 'record has' : 'records have'}`;
  const example =
    first === undefined
      ? ''
      : ` (${first.name} ${first.type} ${first.setIdentifier}: now ${first.weight}, configured ${first.configured})`;
  return new QuorateError(
    'REFUSED',
    `${count} another weight now than configured${example}, and nobody would move it any more. To leave them as they are: ${lineOf('leave', takesTable)}   To give each its configured weight, healthy or not: ${lineOf('restore', takesTable)}   Nothing was changed`,
  );
}

const lineOf = (weights: Releasing | null, takesTable: boolean): string =>
  [
    'npm run remove -- --yes',
    ...(weights === null ? [] : [`--${weights}-weights`]),
    ...(takesTable ? ['--table'] : []),
  ].join(' ');

async function letGo(
  { release, tell }: RemoveDeps,
  { service, state }: Held,
  how: Releasing,
): Promise<void> {
  if (state.kind !== 'managed') return;
  const answer = await release(service, how, false);
  switch (answer.kind) {
    case 'committed':
    case 'planned':
    case 'nothing-to-do':
      tell({ event: 'step', region: null, text: `${service.id}: ${answer.sentence}` });
      return;
    case 'plan-changed':
    case 'refused':
      throw new QuorateError(
        'REFUSED',
        `${service.id} can't be released: ${answer.sentence}; no stack was removed`,
      );
    case 'failed':
      throw new QuorateError(
        'ZONE_UNAVAILABLE',
        `${service.id} was not released: ${answer.sentence}; no stack was removed`,
      );
  }
}

/** All at once: they know nothing of each other. What fails in one region stops no other. */
async function removeStacks(
  deps: RemoveDeps,
  { deployment }: Config,
  { stacks }: Standing,
  signal: AbortSignal,
): Promise<void> {
  const name = vantageStackName(deployment);
  const failures: string[] = [];
  await Promise.all(
    [...stacks.keys()].map(async (region) => {
      try {
        deps.tell({ event: 'step', region, text: `removing stack ${name}` });
        await deps.cloud.deleteStack(region, name, signal);
        await stackGone(deps, region, name, signal);
        deps.tell({ event: 'step', region, text: 'removed' });
      } catch (error) {
        if (!(error instanceof QuorateError)) throw error;
        failures.push(error.message);
      }
    }),
  );
  if (failures.length > 0) throw new QuorateError('DEPLOY_FAILED', failures.join('\n'));
}

async function endTable(
  deps: RemoveDeps,
  config: Config,
  { tables }: Standing,
  signal: AbortSignal,
): Promise<void> {
  const at = tableAt(deps, config, tables);
  if (at !== null) {
    throw new QuorateError(
      'REFUSED',
      `everything else is removed; table ${tableName(config.deployment)} stays: AWS deletes no table within 24 h after a replica was made from it. From ${clockText(at)} on: ${lineOf(null, true)}   (a deployment before then takes the table over)`,
    );
  }
  await removeTable(deps, config, tables, signal);
}

function keptText(
  { deployment }: Config,
  { tables }: Standing,
  { takesTable }: RemoveOptions,
): string {
  return takesTable || tables.size === 0
    ? ''
    : `; table ${tableName(deployment)} is kept with its history (npm run remove -- --table), and the next deployment goes on with it`;
}
