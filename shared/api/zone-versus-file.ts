/**
 * What stands in the zone beside what the file says, record by record: for people, before anything is
 * adopted or applied. It judges nothing; whether a difference matters is the decision's business.
 */
import { classifyAddress } from '../adapters/addresses.ts';
import { byText, type Service } from '../core/model.ts';
import { safeText } from '../core/safe-text.ts';
import { isWeighted, type Snapshot, servedText, slotsOf, targetText } from '../core/snapshot.ts';
import type { ZoneRecord } from '../core/zone-record.ts';
import type { RecordBeside } from './plan.ts';

export function zoneVersusFile(service: Service, snapshot: Snapshot): readonly RecordBeside[] {
  const slots = service.endpoints.flatMap((endpoint) =>
    slotsOf(service, endpoint).map((slot) => ({ ...slot, endpoint })),
  );
  const wanted = slots.map(({ name, type, target, endpoint }): RecordBeside => {
    const record = snapshot.records.find(
      (one) =>
        one.name === name && one.type === type && one.setIdentifier === endpoint.setIdentifier,
    );
    const inFile = { weight: endpoint.weight, answers: targetText(target) };
    return {
      name,
      type,
      setIdentifier: endpoint.setIdentifier,
      endpoint: endpoint.id,
      inZone: record === undefined ? null : zoneSide(record),
      inFile,
      differences:
        record === undefined ? ['not in the zone'] : differences(service, record, inFile),
    };
  });
  const extra = snapshot.records
    .filter(
      (record) =>
        !slots.some(
          ({ name, type, endpoint }) =>
            record.name === name &&
            record.type === type &&
            record.setIdentifier === endpoint.setIdentifier,
        ),
    )
    .map(
      (record): RecordBeside => ({
        name: record.name,
        type: record.type,
        setIdentifier: record.setIdentifier ?? null,
        endpoint: null,
        inZone: zoneSide(record),
        inFile: null,
        differences: [isWeighted(record) ? 'not in the file' : kindOf(record)],
      }),
    );
  return [...wanted, ...extra].sort((a, b) => byText(keyOf(a), keyOf(b)));
}

const keyOf = ({ name, type, setIdentifier }: RecordBeside): string =>
  `${name} ${type} ${setIdentifier ?? ''}`;

const zoneSide = (record: ZoneRecord): NonNullable<RecordBeside['inZone']> => ({
  weight: record.weight ?? null,
  answers: safeText(servedText(record)),
});

function differences(
  service: Service,
  record: ZoneRecord,
  inFile: NonNullable<RecordBeside['inFile']>,
): readonly string[] {
  const { weight, ttlSeconds } = record;
  return [
    ...(isWeighted(record) ? [] : [kindOf(record)]),
    ...(weight === undefined || weight === inFile.weight
      ? []
      : [`weight ${weight}, the file says ${inFile.weight}`]),
    ...(sameAnswer(servedText(record), inFile.answers)
      ? []
      : [`answers ${safeText(servedText(record))}, the file says ${inFile.answers}`]),
    ...(ttlSeconds === undefined || ttlSeconds === service.ttlSeconds
      ? []
      : [`TTL ${ttlSeconds} s, the file says ${service.ttlSeconds} s`]),
  ];
}

/** However an address or a name is spelled; ELB names are served with and without `dualstack.`. */
const sameAnswer = (one: string, other: string): boolean => plain(one) === plain(other);
const plain = (text: string): string =>
  classifyAddress(text)?.canonical ??
  text
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^dualstack\./, '');

const ROUTING: Readonly<Record<string, string>> = {
  Region: 'latency',
  GeoLocation: 'geolocation',
  GeoProximityLocation: 'geoproximity',
  Failover: 'failover',
  MultiValueAnswer: 'multivalue',
  CidrRoutingConfig: 'IP-based',
  TrafficPolicyInstanceId: 'traffic policy',
};

/** How Route 53 routes it, in the words of its console. */
export function routingOf(record: ZoneRecord): string {
  const other = Object.keys(record.other ?? {}).map((key) => ROUTING[key] ?? key);
  if (other.length > 0) return other.join(' and ');
  return record.setIdentifier === undefined ? 'simple' : 'weighted';
}

const kindOf = (record: ZoneRecord): string =>
  `not a weighted record (${routingOf(record)} routing)`;

/**
 *     app.example.com A eu-west-1   100   as in the file
 *     app.example.com A us-east-1   -     not in the zone
 */
export function besideText(records: readonly RecordBeside[]): readonly string[] {
  const subject = ({ name, type, setIdentifier }: RecordBeside): string =>
    `${name} ${type}${setIdentifier === null ? '' : ` ${setIdentifier}`}`;
  const width = Math.max(0, ...records.map((record) => subject(record).length));
  return records.map((record) => {
    const weight = String(record.inZone?.weight ?? '-').padEnd(4);
    const words =
      record.differences.length === 0 ? 'as in the file' : record.differences.join('; ');
    return `${subject(record).padEnd(width)}   ${weight}  ${words}`;
  });
}
