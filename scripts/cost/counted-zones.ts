/**
 * Route 53 without a socket, counted: the local world's API behind the production adapter, with every
 * service's records in place and, where it is enforced, a `_quorate` record as a calm month leaves it.
 */
import { Route53Client } from '@aws-sdk/client-route-53';
import { sha256 } from '../../shared/adapters/digest.ts';
import { route53Zone } from '../../shared/adapters/route53-zone.ts';
import { checkMark } from '../../shared/core/endpoint-mark.ts';
import { fenceValue, newEntry } from '../../shared/core/fence.ts';
import {
  byText,
  type Config,
  digest,
  type Endpoint,
  epochMs,
  fenceName,
  nonce,
  type Service,
  type Weight,
} from '../../shared/core/model.ts';
import { markOf, slotsOf } from '../../shared/core/snapshot.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import type { Zone } from '../../shared/ports.ts';
import { route53Api } from '../local/route53-api.ts';
import { inProcess } from './in-process.ts';
import type { VirtualClock } from './virtual-clock.ts';

export type CountedZones = {
  readonly zone: Zone;
  readonly requests: () => Readonly<Record<string, number>>;
  readonly reset: () => void;
  readonly close: () => void;
};

export function countedZones(config: Config, clock: VirtualClock, latencyMs: number): CountedZones {
  const api = route53Api({
    clock,
    zones: zonesOf(config).map(([id, services]) => ({
      id,
      name: apexOf(services),
      records: services.flatMap((service) => recordsOf(service, config, clock)),
    })),
  });
  let before: Readonly<Record<string, number>> = {};
  let serial = 0;
  const client = new Route53Client({
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'counted', secretAccessKey: 'counted' },
    requestHandler: inProcess(clock, latencyMs, async ({ method, url, body }) => {
      serial += 1;
      const answer = api.answer(method, url, body, `counted-${serial}`);
      if (answer === 'cut') throw new Error('the local Route 53 cut the connection');
      return {
        statusCode: answer.httpStatus,
        headers: { 'content-type': 'text/xml', date: new Date(clock.now()).toUTCString() },
        body: answer.body,
      };
    }) as never,
  });
  return {
    zone: route53Zone({ reader: () => client, writer: () => client, clock }),
    requests: () =>
      Object.fromEntries(
        Object.entries(api.counters.requests).map(([action, count]) => [
          action,
          count - (before[action] ?? 0),
        ]),
      ),
    reset: () => {
      before = { ...api.counters.requests };
    },
    close: () => {
      api.stop();
      client.destroy();
    },
  };
}

const zonesOf = (config: Config): readonly (readonly [string, readonly Service[]])[] => [
  ...Map.groupBy(config.services, ({ zone }) => zone.id),
];

/** The longest end that all names share, but not the whole of one: good enough for a zone's name. */
function apexOf(services: readonly Service[]): string {
  const names = services.flatMap(({ names: own }) => own.map((name) => name.split('.').reverse()));
  const [first = []] = names;
  const depth = first.findIndex((label, index) => names.some((name) => name[index] !== label));
  const shared = depth < 0 ? first.length : depth;
  return first
    .slice(0, Math.max(1, Math.min(shared, first.length - 1)))
    .reverse()
    .join('.');
}

const weightOf = ({ tier, weight }: Endpoint, first: number): number =>
  tier === first ? weight : 0;

function recordsOf(service: Service, config: Config, clock: VirtualClock): readonly ZoneRecord[] {
  const first = Math.min(...service.endpoints.map(({ tier }) => tier));
  const own = service.endpoints.flatMap((endpoint) =>
    slotsOf(service, endpoint).map(({ name, type, target }): ZoneRecord => {
      const common = {
        name,
        type,
        setIdentifier: endpoint.setIdentifier,
        weight: weightOf(endpoint, first),
      };
      if (target.kind === 'value') {
        return { ...common, ttlSeconds: service.ttlSeconds, values: [target.value] };
      }
      const { kind: _kind, ...alias } = target;
      return { ...common, alias };
    }),
  );
  return service.mode === 'observe' ? own : [...own, fenceRecord(service, config, first, clock)];
}

const fenceRecord = (
  service: Service,
  config: Config,
  first: number,
  clock: VirtualClock,
): ZoneRecord => ({
  name: fenceName(service),
  type: 'TXT',
  ttlSeconds: 60,
  values: [
    fenceValue({
      deployment: config.deployment,
      generation: 1,
      nonce: nonce('counted1'),
      parentNonce: null,
      asofAt: epochMs(clock.now() - 60_000),
      config: service.settings,
      packagedAt: config.packagedAt,
      record: digest('record-of-a-counted-run'),
      rescuedAt: null,
      entries: service.endpoints
        .map((endpoint) => ({
          ...newEntry(markOf(endpoint, sha256), weightOf(endpoint, first) as Weight, {
            kind: 'in',
          }),
          provenAs: checkMark(endpoint, sha256),
        }))
        .sort((a, b) => byText(a.mark, b.mark)),
      orders: [],
    }),
  ],
});
