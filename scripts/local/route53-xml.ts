/**
 * Route 53's XML, both ways: a request body → changes or the reason why it is none; records, change
 * ids, zones and errors → the documents that the real SDK reads. No rule of a zone lives here.
 */
import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import type { AliasTarget, ZoneRecord } from '../../shared/core/zone-record.ts';
import type { ChangeInfo } from './zone-ledger.ts';
import { wireName } from './zone-name.ts';
import type { EngineChange } from './zone-rules.ts';

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/';

type Xml = { readonly [key: string]: unknown };

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true, // numeric references too
  removeNSPrefix: true,
  isArray: (name) => name === 'Change' || name === 'ResourceRecord',
});
const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: '@' });

const print = (root: string, content: Xml, namespace = NAMESPACE): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ [root]: { '@xmlns': namespace, ...content } })}`;

export type ParsedBatch =
  | { readonly kind: 'batch'; readonly comment: string; readonly changes: readonly EngineChange[] }
  | {
      readonly kind: 'malformed';
      readonly code: 'MalformedInput' | 'InvalidInput';
      readonly message: string;
    };

const ACTIONS = ['CREATE', 'DELETE', 'UPSERT'] as const;

/** Any text: what is no ChangeResourceRecordSetsRequest says so, and never throws. */
export function parseBatch(text: string): ParsedBatch {
  const malformed = (message: string): ParsedBatch => ({
    kind: 'malformed',
    code: 'MalformedInput',
    message,
  });
  // No DOCTYPE: a request of the SDK has none, and entity bombs need one.
  if (/<!DOCTYPE/i.test(text) || XMLValidator.validate(text) !== true)
    return malformed('The request body is not well-formed XML');
  let document: unknown;
  try {
    document = parser.parse(text);
  } catch {
    return malformed('The request body is not well-formed XML');
  }
  const batch = child(child(document, 'ChangeResourceRecordSetsRequest'), 'ChangeBatch');
  if (batch === undefined)
    return malformed('ChangeBatch is not valid, expected ChangeResourceRecordSetsRequest');
  const listed = child(batch, 'Changes')?.Change;
  const changes: EngineChange[] = [];
  for (const [position, item] of (Array.isArray(listed) ? listed : []).entries()) {
    const change = parseChange(item);
    if (typeof change === 'string')
      return {
        kind: 'malformed',
        code: 'InvalidInput',
        message: `1 validation error detected: ${change} at 'changeBatch.changes.${position + 1}.member' failed to satisfy constraint`,
      };
    changes.push(change);
  }
  return { kind: 'batch', comment: textOf(batch.Comment) ?? '', changes };
}

function parseChange(item: unknown): EngineChange | string {
  const set = child(item, 'ResourceRecordSet');
  const action = ACTIONS.find((known) => known === (item as Xml | undefined)?.Action);
  if (action === undefined) return "Value at 'action' must be one of [CREATE, DELETE, UPSERT]";
  const [name, type] = [textOf(set?.Name), textOf(set?.Type)];
  if (set === undefined || name === undefined || type === undefined)
    return "Value null at 'resourceRecordSet' must have a name and a type";
  const {
    Name: _name,
    Type: _type,
    SetIdentifier: _identifier,
    Weight: _weight,
    TTL: _ttl,
    ResourceRecords: _records,
    AliasTarget: _alias,
    HealthCheckId: _healthCheck,
    ...rest
  } = set;

  const setIdentifier = textOf(set.SetIdentifier);
  const weight = numberOf(set.Weight);
  const ttlSeconds = numberOf(set.TTL);
  const healthCheckId = textOf(set.HealthCheckId);
  const values = valuesOf(set.ResourceRecords);
  const alias = aliasOf(child(set, 'AliasTarget'));
  const other = otherOf(rest);
  const record: ZoneRecord = {
    name,
    type,
    ...(setIdentifier === undefined ? {} : { setIdentifier }),
    ...(weight === undefined ? {} : { weight }),
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(values === undefined ? {} : { values }),
    ...(alias === undefined ? {} : { alias }),
    ...(healthCheckId === undefined ? {} : { healthCheckId }),
    ...(Object.keys(other).length === 0 ? {} : { other }),
  };
  return { action, record };
}

function child(value: unknown, key: string): Xml | undefined {
  const inner = isXml(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  // An element without children parses as text; it is there all the same.
  return isXml(inner) ? inner : typeof inner === 'string' && inner.trim() === '' ? {} : undefined;
}

const isXml = (value: unknown): value is Xml =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** NaN where text is no number: the engine then refuses it by its bounds. */
const numberOf = (value: unknown): number | undefined =>
  value === undefined ? undefined : /^-?\d{1,15}$/.test(String(value)) ? Number(value) : Number.NaN;

function valuesOf(records: unknown): readonly string[] | undefined {
  if (records === undefined) return undefined;
  const list = isXml(records) ? records.ResourceRecord : undefined;
  return Array.isArray(list)
    ? list.map((item) => textOf(child({ item }, 'item')?.Value) ?? '')
    : [];
}

function aliasOf(alias: Xml | undefined): AliasTarget | undefined {
  if (alias === undefined) return undefined;
  return {
    name: textOf(alias.DNSName) ?? '',
    zone: (textOf(alias.HostedZoneId) ?? '').replace(/^\/hostedzone\//, ''),
    evaluateTargetHealth: alias.EvaluateTargetHealth === 'true',
  };
}

/** The SDK gives these two back as other types than text. */
const BOOLEANS = ['MultiValueAnswer'];
const NUMBERS = ['Bias'];

function otherOf(rest: Xml): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(rest)
      .filter(([key]) => key !== '#text' && key !== '__proto__')
      .map(([key, value]) => {
        if (isXml(value)) return [key, otherOf(value)];
        if (BOOLEANS.includes(key)) return [key, value === 'true'];
        return [key, NUMBERS.includes(key) ? Number(value) : value];
      }),
  );
}

/** Route 53's field order; names with a final dot, `*` as `\052`. */
const recordXml = (record: ZoneRecord): Xml => ({
  Name: wireName(record.name),
  Type: record.type,
  ...(record.setIdentifier === undefined ? {} : { SetIdentifier: record.setIdentifier }),
  ...(record.weight === undefined ? {} : { Weight: record.weight }),
  ...record.other,
  ...(record.ttlSeconds === undefined ? {} : { TTL: record.ttlSeconds }),
  ...(record.values === undefined
    ? {}
    : { ResourceRecords: { ResourceRecord: record.values.map((Value) => ({ Value })) } }),
  ...(record.alias === undefined
    ? {}
    : {
        AliasTarget: {
          HostedZoneId: record.alias.zone,
          DNSName: wireName(record.alias.name),
          EvaluateTargetHealth: record.alias.evaluateTargetHealth,
        },
      }),
  ...(record.healthCheckId === undefined ? {} : { HealthCheckId: record.healthCheckId }),
});

export const printRecords = (
  page: { readonly records: readonly ZoneRecord[]; readonly next?: ZoneRecord },
  itemsMax: number,
): string =>
  print('ListResourceRecordSetsResponse', {
    ResourceRecordSets: { ResourceRecordSet: page.records.map(recordXml) },
    IsTruncated: page.next !== undefined,
    ...(page.next === undefined
      ? {}
      : {
          NextRecordName: wireName(page.next.name),
          NextRecordType: page.next.type,
          ...(page.next.setIdentifier === undefined
            ? {}
            : { NextRecordIdentifier: page.next.setIdentifier }),
        }),
    MaxItems: itemsMax,
  });

const changeInfoXml = (changeId: string, info: ChangeInfo): Xml => ({
  ChangeInfo: {
    Id: `/change/${changeId}`,
    Status: info.status,
    SubmittedAt: new Date(info.submittedAt).toISOString(),
    ...(info.comment === '' ? {} : { Comment: info.comment }),
  },
});

export const printAccepted = (changeId: string, info: ChangeInfo): string =>
  print('ChangeResourceRecordSetsResponse', changeInfoXml(changeId, info));

export const printChange = (changeId: string, info: ChangeInfo): string =>
  print('GetChangeResponse', changeInfoXml(changeId, info));

export type ZoneFacts = {
  readonly id: string;
  readonly name: string;
  readonly recordCount: number;
  readonly nameServers: readonly string[];
  readonly acceleratedRecoveryStatus: string;
};

const zoneXml = (zone: ZoneFacts): Xml => ({
  Id: `/hostedzone/${zone.id}`,
  Name: wireName(zone.name),
  CallerReference: zone.id,
  Config: { PrivateZone: false },
  ResourceRecordSetCount: zone.recordCount,
  Features: { AcceleratedRecoveryStatus: zone.acceleratedRecoveryStatus },
});

export const printZone = (zone: ZoneFacts): string =>
  print('GetHostedZoneResponse', {
    HostedZone: zoneXml(zone),
    DelegationSet: { NameServers: { NameServer: zone.nameServers } },
  });

export const printZones = (
  zones: readonly ZoneFacts[],
  page: { readonly marker?: string; readonly next?: string; readonly itemsMax: number },
): string =>
  print('ListHostedZonesResponse', {
    HostedZones: { HostedZone: zones.map(zoneXml) },
    ...(page.marker === undefined ? {} : { Marker: page.marker }),
    IsTruncated: page.next !== undefined,
    ...(page.next === undefined ? {} : { NextMarker: page.next }),
    MaxItems: page.itemsMax,
  });

export const printZonesByName = (
  zones: readonly ZoneFacts[],
  page: { readonly dnsName?: string; readonly next?: ZoneFacts; readonly itemsMax: number },
): string =>
  print('ListHostedZonesByNameResponse', {
    HostedZones: { HostedZone: zones.map(zoneXml) },
    ...(page.dnsName === undefined ? {} : { DNSName: page.dnsName }),
    IsTruncated: page.next !== undefined,
    ...(page.next === undefined
      ? {}
      : { NextDNSName: wireName(page.next.name), NextHostedZoneId: page.next.id }),
    MaxItems: page.itemsMax,
  });

export const printError = (code: string, message: string, requestId: string): string =>
  print('ErrorResponse', {
    Error: { Type: 'Sender', Code: code, Message: message },
    RequestId: requestId,
  });

/** The two shapes in which Route 53 refuses a batch; both are read as `InvalidChangeBatch`. */
export const printRefusal = (
  shape: 'list' | 'messages',
  messages: readonly string[],
  requestId: string,
): string =>
  shape === 'list'
    ? printError('InvalidChangeBatch', `[${messages.join(', ')}]`, requestId)
    : print('InvalidChangeBatch', { Messages: { Message: messages }, RequestId: requestId });
