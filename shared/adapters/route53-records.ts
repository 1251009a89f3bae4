/**
 * One record between Route 53's shape and ours. Nothing is lost on the way there and back: what this
 * code has no word for travels in `other` under its API name, zeros are kept as zeros, and values stay
 * as they are in the zone. A record that Route 53 could not have sent is a problem, not a guess.
 */
import type { Change, ResourceRecordSet } from '@aws-sdk/client-route-53';
import type { ZoneRecord } from '../core/zone-record.ts';
import { encodeName, normaliseName } from './route53-names.ts';

type Read =
  | { readonly record: ZoneRecord; readonly problem?: undefined }
  | { readonly record?: undefined; readonly problem: string };

const WEIGHT_MAX = 255;
const TTL_SECONDS_MAX = 2_147_483_647;

export function fromResourceRecordSet(set: ResourceRecordSet): Read {
  const {
    Name,
    Type,
    SetIdentifier,
    Weight,
    TTL,
    ResourceRecords,
    AliasTarget,
    HealthCheckId,
    ...rest
  } = set;
  if (!Name || !Type) return { problem: 'a record has no name or no type' };
  const where = `${normaliseName(Name)} ${Type}`.slice(0, 300);
  if (!isWhole(Weight, WEIGHT_MAX)) return { problem: `${where} has the weight ${Weight}` };
  if (!isWhole(TTL, TTL_SECONDS_MAX)) return { problem: `${where} has the TTL ${TTL}` };

  const values = (ResourceRecords ?? []).map(({ Value }) => Value);
  if (!values.every(isText)) return { problem: `${where} has a value that is no text` };
  if (AliasTarget && !(AliasTarget.DNSName && AliasTarget.HostedZoneId)) {
    return { problem: `${where} is an alias without a target` };
  }
  if (!AliasTarget && values.length === 0 && !hasPolicyOf(rest)) {
    return { problem: `${where} has neither values nor an alias` };
  }
  const other = Object.entries(rest).filter(([, value]) => value !== undefined);
  return {
    record: {
      name: normaliseName(Name),
      type: Type,
      ...(SetIdentifier === undefined ? {} : { setIdentifier: SetIdentifier }),
      ...(Weight === undefined ? {} : { weight: Weight }),
      ...(TTL === undefined ? {} : { ttlSeconds: TTL }),
      ...(values.length === 0 ? {} : { values }),
      ...(AliasTarget ? { alias: aliasOf(AliasTarget) } : {}),
      ...(HealthCheckId === undefined ? {} : { healthCheckId: HealthCheckId }),
      ...(other.length === 0 ? {} : { other: Object.fromEntries(other) }),
    },
  };
}

export function toResourceRecordSet(record: ZoneRecord): NonNullable<Change['ResourceRecordSet']> {
  const { name, type, setIdentifier, weight, ttlSeconds, values, alias, healthCheckId } = record;
  return {
    ...record.other,
    Name: encodeName(name),
    Type: type as ResourceRecordSet['Type'],
    ...(setIdentifier === undefined ? {} : { SetIdentifier: setIdentifier }),
    ...(weight === undefined ? {} : { Weight: weight }),
    ...(ttlSeconds === undefined ? {} : { TTL: ttlSeconds }),
    ...(values === undefined ? {} : { ResourceRecords: values.map((Value) => ({ Value })) }),
    ...(alias === undefined
      ? {}
      : {
          AliasTarget: {
            DNSName: encodeName(alias.name),
            HostedZoneId: alias.zone,
            EvaluateTargetHealth: alias.evaluateTargetHealth,
          },
        }),
    ...(healthCheckId === undefined ? {} : { HealthCheckId: healthCheckId }),
  };
}

/** A traffic policy's record is listed with neither: its values are made when it is asked for. */
const hasPolicyOf = (rest: { readonly TrafficPolicyInstanceId?: string | undefined }): boolean =>
  rest.TrafficPolicyInstanceId !== undefined;

const aliasOf = ({
  DNSName,
  HostedZoneId,
  EvaluateTargetHealth,
}: NonNullable<ResourceRecordSet['AliasTarget']>): NonNullable<ZoneRecord['alias']> => ({
  name: normaliseName(DNSName ?? ''),
  zone: HostedZoneId ?? '',
  evaluateTargetHealth: EvaluateTargetHealth === true,
});

const isText = (value: unknown): value is string => typeof value === 'string';

const isWhole = (value: number | undefined, max: number): boolean =>
  value === undefined || (Number.isInteger(value) && value >= 0 && value <= max);
