/**
 * Facts of all regions → is the file a step from what is deployed? The table stays where it is, `home`
 * never changes silently, and `vantages` changes by one per deployment: two configurations whose vantages
 * differ by one have a vantage in common in any two majorities. Pure.
 */
import { byText, type Config, type VantageId } from '../../shared/core/model.ts';
import { tableName, tableStackName } from '../names.ts';
import {
  ROLE_POLICIES_DEFAULT,
  ROLE_POLICIES_MAX,
  zonePolicies,
} from '../package/permissions-zone.ts';
import { type Check, fail, ok, warn } from './check.ts';
import { type RegionFacts, TABLE_KEYS } from './region-survey.ts';
import { isGone, stackReadiness } from './stack-state.ts';

export type FactsByRegion = ReadonlyMap<VantageId, RegionFacts>;

export function deploymentChecks(
  config: Config,
  facts: FactsByRegion,
  isAws: boolean,
): readonly Check[] {
  return [
    ...homeChecks(config, facts),
    ...config.vantages.flatMap((region) => {
      const own = facts.get(region);
      return own === undefined ? [] : tableChecks(config, own, facts.get(config.home), isAws);
    }),
    ...vantageChecks(config, facts),
    ...quotaChecks(config),
  ];
}

function homeChecks({ home, deployment }: Config, facts: FactsByRegion): readonly Check[] {
  const elsewhere = [...facts.values()].find(
    ({ region, tableStack }) => region !== home && !isGone(tableStack),
  );
  const other = [...facts.values()].find(({ deployed }) => (deployed?.home ?? home) !== home);
  const is = elsewhere?.region ?? other?.deployed?.home;
  if (is !== undefined) {
    return [
      fail(
        home,
        'home',
        `the table of ${deployment} belongs to stack ${tableStackName(deployment)} in ${is}: home never changes; write home: ${is}`,
      ),
    ];
  }
  const state = facts.get(home)?.tableStack ?? null;
  const readiness = stackReadiness(home, tableStackName(deployment), state);
  return readiness.kind === 'busy' || readiness.kind === 'broken'
    ? [fail(home, 'stack', readiness.text)]
    : [];
}

function tableChecks(
  { deployment, home }: Config,
  { region, table, tableStack }: RegionFacts,
  atHome: RegionFacts | undefined,
  isAws: boolean,
): readonly Check[] {
  const name = tableName(deployment);
  const line = (check: typeof ok, text: string): readonly Check[] => [check(region, 'table', text)];
  if (table === null) {
    return line(ok, region === home ? `the name ${name} is free` : 'the replica will be made');
  }
  if (table.keys !== TABLE_KEYS) {
    return line(
      fail,
      `a table ${name} that is not Quorate's is there (its keys are ${table.keys}); write another deployment, which names the table`,
    );
  }
  if (table.status !== 'ACTIVE' && table.status !== 'UPDATING') {
    return line(fail, `table ${name} is ${table.status}; wait for the end of that, then repeat`);
  }
  if (region === home) {
    return isGone(tableStack)
      ? line(ok, `${name} was left by an earlier deployment, with what it holds; it is taken over`)
      : line(ok, `${name} is ours`);
  }
  const isReplica = atHome?.table?.replicas.some((replica) => replica.region === region) === true;
  if (isReplica) return line(ok, 'the replica is there');
  return isAws
    ? line(
        fail,
        `a table ${name} is there that is no replica of the one in ${home}, and AWS makes no replica over it; delete it, or write another deployment`,
      )
    : line(ok, 'a table stands for the replica, as on engines that replicate nothing');
}

function vantageChecks(config: Config, facts: FactsByRegion): readonly Check[] {
  const running = [...facts.values()].flatMap(({ region, deployed }) =>
    deployed === null ? [] : [{ region, vantages: deployed.vantages }],
  );
  if (running.length === 0) return [];
  const far = running.find(({ vantages }) => difference(vantages, config.vantages).length > 1);
  if (far !== undefined) {
    return [
      fail(
        null,
        'vantages',
        `change by one per deployment, and ${far.region} runs with ${far.vantages.join(', ')}: this would change ${difference(far.vantages, config.vantages).join(', ')}; deploy once for each of them`,
      ),
    ];
  }
  const changed = [
    ...new Set(running.flatMap(({ vantages }) => difference(vantages, config.vantages))),
  ].sort(byText);
  if (changed.length === 0) return [ok(null, 'vantages', 'are those that are deployed')];
  return [
    warn(
      null,
      'vantages',
      `change: ${changed.map((region) => `${config.vantages.includes(region) ? '+' : '-'} ${region}`).join(', ')}; until all regions run this file, votes under the old one and the new one are counted apart, and DNS stays as it is`,
    ),
  ];
}

/** Names are allowed in groups, one managed policy each, all carried by one role. */
function quotaChecks(config: Config): readonly Check[] {
  const count = zonePolicies(config, config.home).length;
  return count <= ROLE_POLICIES_DEFAULT
    ? []
    : [
        warn(
          null,
          'policies',
          `the enforced names need ${count} IAM policies on a role, and an account allows ${ROLE_POLICIES_DEFAULT} until its quota "Managed policies attached to an IAM role" is raised (to ${ROLE_POLICIES_MAX} at most); ask for it first, or give some zones a role`,
        ),
      ];
}

const difference = (a: readonly VantageId[], b: readonly VantageId[]): readonly VantageId[] => [
  ...a.filter((region) => !b.includes(region)),
  ...b.filter((region) => !a.includes(region)),
];
