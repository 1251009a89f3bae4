/**
 * What is deployed and what the file says → what a deployment does, in order: the table and its replicas
 * one by one, a canary, the other vantages, then what has left the file. Pure; refusing is preflight's.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, VantageId } from '../../shared/core/model.ts';
import { servicesSeenBy } from '../../shared/core/report.ts';
import { tableName, tableStackName, vantageStackName } from '../names.ts';
import type { FactsByRegion } from './deployment-checks.ts';
import type { RegionFacts } from './region-survey.ts';
import { isGone } from './stack-state.ts';

export type TableStep = 'create' | 'take-over' | 'update';
export type VantageStep = {
  readonly region: VantageId;
  readonly change: 'new' | 'update' | 'same';
  readonly why: string;
  readonly reserves: boolean;
};
export type DeployPlan = {
  readonly table: {
    readonly step: TableStep;
    /** As the table has them before, home first. */
    readonly replicas: readonly VantageId[];
    /** One per update, in this order. */
    readonly adds: readonly VantageId[];
  };
  readonly canary: VantageStep;
  readonly others: readonly VantageStep[];
  /** Deployed and no longer in the file: stack first, then the replica. */
  readonly leaving: readonly VantageId[];
};

export type PlanOptions = { readonly only?: VantageId; readonly canary?: VantageId };

export function planDeployment(
  config: Config,
  facts: FactsByRegion,
  isAws: boolean,
  options: PlanOptions,
): DeployPlan {
  const { home, vantages } = config;
  for (const [flag, region] of [
    ['--only', options.only],
    ['--canary', options.canary],
  ] as const) {
    if (region !== undefined && !vantages.includes(region)) {
      throw new QuorateError(
        'BAD_REQUEST',
        `${flag} ${region} is no vantage of ${config.deployment}; write one of ${vantages.join(', ')}`,
      );
    }
  }
  const canary = options.only ?? options.canary ?? canaryOf(config, facts);
  const step = (region: VantageId): VantageStep => vantageStep(config, region, facts.get(region));
  const others =
    options.only === undefined ? vantages.filter((region) => region !== canary).map(step) : [];
  const atHome = facts.get(home);
  const replicas = replicasOf(config, facts, isAws);
  const wanted = options.only === undefined ? vantages : [home, options.only];
  return {
    table: {
      step: !isGone(atHome?.tableStack ?? null) ? 'update' : atHome?.table ? 'take-over' : 'create',
      replicas,
      adds: [...new Set(wanted)].filter((region) => region !== home && !replicas.includes(region)),
    },
    canary: step(canary),
    others,
    leaving:
      options.only === undefined
        ? [...facts.values()]
            .filter(
              ({ region, stack }) =>
                !vantages.includes(region) && (!isGone(stack) || replicas.includes(region)),
            )
            .map(({ region }) => region)
        : [],
  };
}

/**
 * Not home, which owns the table; rather one that is deployed, whose change is only the new file's; and
 * of those one that looks at the most services, as what it does not look at it can't judge.
 */
function canaryOf(config: Config, facts: FactsByRegion): VantageId {
  const { home, vantages } = config;
  const rank = (region: VantageId): number =>
    (region === home ? 0 : 1_000_000) +
    (facts.get(region)?.deployed == null ? 0 : 100_000) +
    servicesSeenBy(config, region).length;
  return vantages.reduce((best, region) => (rank(region) > rank(best) ? region : best), home);
}

function replicasOf({ home }: Config, facts: FactsByRegion, isAws: boolean): readonly VantageId[] {
  const table = facts.get(home)?.table;
  const listed = isAws
    ? (table?.replicas.map(({ region }) => region) ?? [])
    : [...facts.values()].filter((one) => one.table !== null).map(({ region }) => region);
  return [home, ...listed.filter((region) => region !== home)];
}

function vantageStep(
  config: Config,
  region: VantageId,
  facts: RegionFacts | undefined,
): VantageStep {
  const base = { region, reserves: facts?.reserves ?? false };
  if (facts === undefined || isGone(facts.stack)) {
    return { ...base, change: 'new', why: 'nothing is there' };
  }
  const { deployed } = facts;
  if (deployed === null) {
    return { ...base, change: 'update', why: 'what runs there can not be read' };
  }
  return deployed.digest === config.digest
    ? { ...base, change: 'same', why: 'the same file; code that changed is deployed' }
    : { ...base, change: 'update', why: changedText(deployed, config) };
}

function changedText(before: Config, after: Config): string {
  const old = new Map(before.services.map((service) => [service.id, service]));
  const words: string[] = [];
  for (const service of after.services) {
    const was = old.get(service.id);
    if (was === undefined) words.push(`+ ${service.id}`);
    else if (was.settings !== service.settings || was.mode !== service.mode) {
      words.push(
        was.mode === service.mode ? service.id : `${service.id} ${was.mode} → ${service.mode}`,
      );
    }
  }
  for (const id of old.keys()) {
    if (!after.services.some((service) => service.id === id)) words.push(`- ${id}`);
  }
  if (before.vantages.join() !== after.vantages.join()) words.push('vantages');
  return words.length === 0 ? 'the file changed' : `the file changed: ${words.join(', ')}`;
}

/** Lines as a person reads them, in the order in which they would happen. */
export function planLines(
  config: Config,
  { table, canary, others, leaving }: DeployPlan,
): readonly string[] {
  const { deployment, home } = config;
  const name = tableName(deployment);
  const line = (what: string, region: VantageId, thing: string, why: string): string =>
    `${what.padEnd(10)}${region.padEnd(15)} ${thing.padEnd(8)} ${why}`;
  const vantage = ({ region, change, why }: VantageStep, note = ''): string =>
    line(change, region, 'vantage', `${vantageStackName(deployment)}: ${why}${note}`);
  return [
    line(TABLE_WORDS[table.step], home, 'table', `${name} by stack ${tableStackName(deployment)}`),
    ...table.adds.map((region) =>
      line('new', region, 'replica', `of ${name}, alone in its update`),
    ),
    vantage(canary, '; first, as the canary'),
    ...others.map((step) => vantage(step)),
    ...leaving.flatMap((region) => [
      line('remove', region, 'vantage', `${vantageStackName(deployment)}: no longer in the file`),
      line('remove', region, 'replica', `of ${name}, alone in its update`),
    ]),
  ];
}

const TABLE_WORDS: Readonly<Record<TableStep, string>> = {
  create: 'new',
  'take-over': 'take over',
  update: 'keep',
};
