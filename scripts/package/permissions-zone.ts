/**
 * The right to change a zone, per zone and group of names: exact names (fences included), types in use,
 * CREATE and DELETE and nothing else. Only for services that enforce; none enforces, none is made. The
 * three conditions are independent lists, so a TXT at a managed name is not excluded here: the code's own
 * rule is. Without the `Null` guard a request without these keys would pass, as `ForAllValues` is true of
 * nothing. A batch never spans groups, because one statement must allow it as a whole.
 */
import { encodeName } from '../../shared/adapters/route53-names.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import {
  byText,
  type Config,
  fenceName,
  type Service,
  type VantageId,
  type ZoneRef,
} from '../../shared/core/model.ts';
import { zonePolicyName } from '../names.ts';
import { type Statement, zoneArn } from './permission-text.ts';

export type ZonePolicy = {
  readonly zoneKey: string;
  readonly group: number;
  /** Of the managed policy. */
  readonly name: string;
  readonly statements: readonly Statement[];
};

/** Managed policies that a role carries (IAM quotas). */
export const ROLE_POLICIES_DEFAULT = 10;
/** The most that AWS raises it to. */
export const ROLE_POLICIES_MAX = 20;

const KEY = {
  names: 'route53:ChangeResourceRecordSetsNormalizedRecordNames',
  types: 'route53:ChangeResourceRecordSetsRecordTypes',
  actions: 'route53:ChangeResourceRecordSetsActions',
} as const;

/** One managed policy each, carried by who commits in this vantage. A zone with a `role` has none. */
export function zonePolicies(config: Config, region: VantageId): readonly ZonePolicy[] {
  const policies = Object.values(config.zones)
    .filter(({ role }) => role === undefined)
    .flatMap((zone) =>
      changeStatements(config, zone).map(({ group, statement }) => ({
        zoneKey: zone.key,
        group,
        name: zonePolicyName(config.deployment, region, zone.key, group),
        statements: [statement],
      })),
    )
    .toSorted((a, b) => a.group - b.group);
  if (policies.length > ROLE_POLICIES_MAX) {
    throw new QuorateError(
      'CONFIG_INVALID',
      `the enforced names need ${policies.length} IAM policies, a role carries ${ROLE_POLICIES_MAX} at ` +
        'most; give some zones a `role`, or split the deployment',
    );
  }
  return policies;
}

/** One statement per group: each fits a policy of its own. */
export function changeStatements(
  config: Config,
  zone: ZoneRef,
): readonly { readonly group: number; readonly statement: Statement }[] {
  const enforced = config.services.filter(
    (service) => service.mode === 'enforce' && service.zone.id === zone.id,
  );
  return [...Map.groupBy(enforced, ({ group }) => group)]
    .toSorted(([a], [b]) => a - b)
    .map(([group, services]) => ({ group, statement: changeStatement(services, group) }));
}

/** Of services of one group, which are in one zone. */
export function changeStatement(services: readonly Service[], group: number): Statement {
  const names = services.flatMap((service) => [...service.names, fenceName(service)]);
  const types = services.flatMap((service) => service.types);
  return {
    Sid: `ChangeGroup${group}`,
    Effect: 'Allow',
    Action: ['route53:ChangeResourceRecordSets'],
    Resource: sorted(services.map(({ zone }) => zone.id)).map(zoneArn),
    Condition: {
      'ForAllValues:StringEquals': {
        [KEY.names]: sorted(names.map(normalizedName)),
        [KEY.types]: sorted([...types, 'TXT']),
        [KEY.actions]: ['CREATE', 'DELETE'],
      },
      Null: { [KEY.names]: 'false', [KEY.types]: 'false', [KEY.actions]: 'false' },
    },
  };
}

/** As Route 53 spells it, without the final dot. */
const normalizedName = (name: string): string => encodeName(name).slice(0, -1);

const sorted = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts)].toSorted(byText);
