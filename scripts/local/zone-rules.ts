/**
 * What Route 53 refuses in a record by itself, whatever the zone holds: a record in normal form → the
 * messages it gets, in AWS's words. Two kinds, as AWS tells them apart: a malformed request
 * (`InvalidInput`) and a value that can never be served (`InvalidChangeBatch`).
 * Numbers: API reference of ResourceRecordSet and ResourceRecord, Developer Guide "Quotas".
 */
import { isIPv4, isIPv6 } from 'node:net';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { nameProblem, normalName, wireName } from './zone-name.ts';

export type EngineChange = {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
  readonly record: ZoneRecord;
};

const TYPES = [
  'A', 'AAAA', 'CAA', 'CNAME', 'DS', 'HTTPS', 'MX', 'NAPTR', 'NS', 'PTR', 'SOA', 'SPF', 'SRV',
  'SSHFP', 'SVCB', 'TLSA', 'TXT',
]; // biome-ignore format: one list, one glance

const TTL_MAX = 2_147_483_647;
const WEIGHT_MAX = 255;
const SET_IDENTIFIER_CHARACTERS_MAX = 128;
const VALUE_CHARACTERS_MAX = 4_000;
const STRING_CHARACTERS_MAX = 255;

/** The fields of a ResourceRecordSet, besides Weight, that choose a routing policy. */
const OTHER_POLICIES = {
  Region: 'latency',
  Failover: 'failover',
  GeoLocation: 'geolocation',
  GeoProximityLocation: 'geoproximity',
  CidrRoutingConfig: 'IP-based',
  MultiValueAnswer: 'multivalue answer',
} as const;
const ANY_POLICY =
  'Weight, Region, Failover, GeoLocation, GeoProximityLocation, CidrRoutingConfig or MultiValueAnswer';

/** Same spelling everywhere, so that equal records compare equal; unknown fields stay as they are. */
export function normalRecord({ values, ...record }: ZoneRecord): ZoneRecord {
  const { alias } = record;
  return {
    ...record,
    name: normalName(record.name),
    type: record.type.toUpperCase(),
    ...(values === undefined || values.length === 0 ? {} : { values }),
    ...(alias ? { alias: { ...alias, name: normalName(alias.name) } } : {}),
  };
}

/** The routing policies that a record asks for; none is a simple record. */
export function policiesOf(record: ZoneRecord): readonly string[] {
  const others = Object.entries(OTHER_POLICIES)
    .filter(([field]) => record.other?.[field] !== undefined && record.other[field] !== false)
    .map(([, policy]) => policy);
  return record.weight === undefined ? others : ['weighted', ...others];
}

const constraint = (value: unknown, field: string, rule: string): string =>
  `1 validation error detected: Value '${value}' at '${field}' failed to satisfy constraint: Member must ${rule}`;

const isWhole = (value: number, max: number): boolean =>
  Number.isInteger(value) && value >= 0 && value <= max;

/** Malformed whatever it says: the request is `InvalidInput`, and the zone is not even looked at. */
export const inputProblems = (change: EngineChange, position: number): string[] => [
  ...boundProblems(change.record, `changeBatch.changes.${position + 1}.member.resourceRecordSet`),
  ...shapeProblems(change),
];

function boundProblems(record: ZoneRecord, at: string): string[] {
  const problems: string[] = [];
  const { setIdentifier, weight, ttlSeconds, values = [] } = record;

  if (!TYPES.includes(record.type))
    problems.push(
      constraint(record.type, `${at}.type`, `satisfy enum value set: [${TYPES.join(', ')}]`),
    );
  if (weight !== undefined && !isWhole(weight, WEIGHT_MAX))
    problems.push(constraint(weight, `${at}.weight`, `have value between 0 and ${WEIGHT_MAX}`));
  if (ttlSeconds !== undefined && !isWhole(ttlSeconds, TTL_MAX))
    problems.push(constraint(ttlSeconds, `${at}.tTL`, `have value between 0 and ${TTL_MAX}`));
  if (
    setIdentifier !== undefined &&
    (setIdentifier.length < 1 || setIdentifier.length > SET_IDENTIFIER_CHARACTERS_MAX)
  )
    problems.push(
      constraint(
        setIdentifier,
        `${at}.setIdentifier`,
        `have length between 1 and ${SET_IDENTIFIER_CHARACTERS_MAX}`,
      ),
    );
  for (const value of values)
    if (value.length > VALUE_CHARACTERS_MAX)
      problems.push(
        constraint(
          value.slice(0, 40),
          `${at}.resourceRecords`,
          `have length less than or equal to ${VALUE_CHARACTERS_MAX}`,
        ),
      );

  return problems;
}

function shapeProblems({ action, record }: EngineChange): string[] {
  const problems: string[] = [];
  const { setIdentifier, ttlSeconds, values = [] } = record;
  const policies = policiesOf(record);
  const where = `in Change with [Action=${action}, Name=${wireName(record.name)}, Type=${record.type}, SetIdentifier=${setIdentifier ?? 'null'}]`;
  const hasValues = values.length > 0 && ttlSeconds !== undefined;
  const answers =
    (record.alias ? 1 : 0) +
    (hasValues ? 1 : 0) +
    (record.other?.TrafficPolicyInstanceId === undefined ? 0 : 1);
  const choice =
    'exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]';
  const strays = record.alias !== undefined && (values.length > 0 || ttlSeconds !== undefined);
  if (answers === 0) problems.push(`Invalid request: Expected ${choice}, but found none ${where}`);
  if (answers > 1 || (answers === 1 && strays))
    problems.push(`Invalid request: Expected ${choice}, but found more than one ${where}`);
  if (policies.length > 0 && setIdentifier === undefined)
    problems.push(`Invalid request: Missing field 'SetIdentifier' ${where}`);
  if (policies.length === 0 && setIdentifier !== undefined)
    problems.push(
      `Invalid request: Expected exactly one of [${ANY_POLICY}], but found none ${where}`,
    );
  if (policies.length > 1)
    problems.push(
      `Invalid request: Expected exactly one of [${ANY_POLICY}], but found more than one ${where}`,
    );
  return problems;
}

/** Well formed, but nothing that could be answered. A DELETE is not judged: it just matches nothing. */
export function valueProblems(record: ZoneRecord): string[] {
  const name = nameProblem(record.name);
  const invalid = (problem: string): string => `Invalid Resource Record: '${problem}'`;
  const values = record.values ?? [];
  const problems = name === undefined ? [] : [name];
  for (const value of values) {
    const problem = rdataProblem(record.type, value);
    if (problem !== undefined)
      problems.push(invalid(`FATAL problem: ${problem} encountered with '${value.slice(0, 300)}'`));
  }
  if (new Set(values).size < values.length)
    problems.push(
      invalid(
        `FATAL problem: DuplicateValue (Duplicate values) encountered with '${values.join(', ').slice(0, 300)}'`,
      ),
    );
  if (record.type === 'CNAME' && values.length > 1)
    problems.push(
      `RRSet of type CNAME with DNS name ${wireName(record.name)} must contain exactly one resource record.`,
    );
  if (record.weight !== undefined && values.length > 1)
    problems.push(
      `RRSet with DNS name ${wireName(record.name)}, type ${record.type}, SetIdentifier ${record.setIdentifier} cannot be created as weighted sets must contain exactly one resource record.`,
    );
  return problems;
}

function rdataProblem(type: string, value: string): string | undefined {
  switch (type) {
    case 'A':
      return isIPv4(value)
        ? undefined
        : 'ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)';
    case 'AAAA':
      return isIPv6(value) && !value.includes('%')
        ? undefined
        : 'AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)';
    case 'CNAME':
    case 'NS':
    case 'PTR':
      return nameProblem(normalName(value)) === undefined
        ? undefined
        : 'UnparseableName (Value is not a valid domain name)';
    case 'TXT':
    case 'SPF':
      return txtProblem(value);
    default:
      return value.trim() === '' ? 'EmptyValue (Value is empty)' : undefined;
  }
}

function txtProblem(value: string): string | undefined {
  if (!value.startsWith('"'))
    return 'InvalidCharacterString (Value should be enclosed in quotation marks)';
  const strings = txtStrings(value);
  if (strings === undefined) return 'InvalidTXTRDATA (Value is not a list of quoted strings)';
  if (strings.some((bytes) => bytes.length > STRING_CHARACTERS_MAX))
    return 'CharacterStringTooLong (Value is too long)';
  return undefined;
}

/** `"a b" "c\"d"` → the bytes of each string; undefined where the value is not made of quoted strings.
 *  Escapes as in zone files at Route 53: `\"`, `\\` and three *octal* digits. */
export function txtStrings(value: string): readonly Buffer[] | undefined {
  if (!/^\s*"(?:[^"\\]|\\[\s\S])*"(?:\s*"(?:[^"\\]|\\[\s\S])*")*\s*$/.test(value)) return undefined;
  return [...value.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)].map(([, text = '']) =>
    Buffer.concat(
      [...text.matchAll(/\\([0-3][0-7]{2})|\\([\s\S])|([^\\]+)/g)].map(
        ([, digits, escaped, plain]) =>
          digits === undefined
            ? Buffer.from(escaped ?? plain ?? '')
            : Buffer.from([Number.parseInt(digits, 8)]),
      ),
    ),
  );
}
