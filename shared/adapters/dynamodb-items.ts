/**
 * The table's layout: which key each noun has, how long it lives, and how it lies in an item.
 *
 * The noun itself is one JSON string, `body`; beside it stand only the attributes that DynamoDB has to
 * see (`changed` for the stream's filter, `roundKey` and `run` for the condition, `ttl`). As a map a
 * report would be larger (every field's type and name is stored and sent again), its floats would pass
 * through decimal numbers, and a field called `__proto__` or a number beyond 2^53 would reach the SDK's
 * unmarshaller before it reaches our parser. JSON comes back exactly as it was written, or not at all.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { DrillEvent } from '../core/drill-report.ts';
import type { IncidentEvent } from '../core/incident.ts';
import type { EpochMs, ServiceId, VantageId } from '../core/model.ts';
import type { Mark } from '../core/record.ts';
import { recordSortKey } from '../core/record.ts';
import { type Report, roundKey } from '../core/report.ts';
import type { Rollup, RollupKey } from '../core/rollup.ts';

export type Item = Record<string, AttributeValue>;
export type Key = { readonly pk: string; readonly sk: string };

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Minutes are folded into hours long before; hours and history serve a month's charts and replays. */
export const MINUTE_ROLLUP_TTL_MS = 3 * HOUR_MS;
export const HOUR_ROLLUP_TTL_MS = 40 * DAY_MS;
export const HISTORY_TTL_MS = 40 * DAY_MS;
export const INCIDENT_TTL_MS = 400 * DAY_MS;
/** A region that left the file leaves nothing behind. */
export const PULSE_TTL_MS = DAY_MS;

const iso = (at: number): string => new Date(at).toISOString();

export const reportKey = (vantage: VantageId): Key => ({ pk: `report#${vantage}`, sk: 'now' });
export const historyPartition = (vantage: VantageId): string => `history#${vantage}`;
/** Every key of a report kept at `at` or later sorts behind this. */
export const historyBound = (at: EpochMs): string => iso(at);
export const historyKey = (report: Report, at: EpochMs): Key => ({
  pk: historyPartition(report.vantage),
  sk: `${iso(at)}#${report.run.id}`,
});
export const rollupPartition = (vantage: VantageId): string => `rollup#${vantage}`;
/** Every key of a rollup starting at `at` sorts after this, so two of them bound `from ≤ start < to`. */
export const rollupBound = (span: Rollup['span'], at: EpochMs): string => `${span}#${iso(at)}`;
export const rollupKey = (rollup: RollupKey): Key => ({
  pk: rollupPartition(rollup.vantage),
  sk: `${rollupBound(rollup.span, rollup.startAt)}#${rollup.run}`,
});
export const manifestKey = (digest: string): Key => ({ pk: `config#${digest}`, sk: 'manifest' });
export const headKey = (region: VantageId): Key => ({ pk: `head#${region}`, sk: 'now' });
export const pulseKey = (region: VantageId): Key => ({ pk: `pulse#${region}`, sk: 'now' });
export const shadowKey = (service: ServiceId, region: VantageId): Key => ({
  pk: `shadow#${service}`,
  sk: region,
});
export const incidentPartition = (service: ServiceId): string => `incident#${service}`;
/** Every key of an event seen at `at` or later sorts behind this. */
export const incidentBound = (at: number): string => String(at).padStart(14, '0');
/** The region is in the key: each event has one writer. */
export const incidentKey = ({ service, at, id, step, region }: IncidentEvent): Key => ({
  pk: incidentPartition(service as ServiceId),
  sk: `${incidentBound(at)}#${id}#${step}#${region}`,
});
export const outboxPartition = (region: VantageId): string => `outbox#${region}`;
export const drillPartition = (deployment: string): string => `drill#${deployment}`;
/** The actor is in the key: each event has one writer. */
export const drillKey = ({ deployment, fromAt, drill, step, actor }: DrillEvent): Key => ({
  pk: drillPartition(deployment),
  sk: `${drillBound(fromAt)}#${drill}#${step}#${actor}`,
});
export const drillBound = (at: number): string => String(at).padStart(14, '0');
export const recordPartition = (service: ServiceId): string => `decision#${service}`;
export const markPartition = (service: ServiceId): string => `mark#${service}`;
/** Kind and region are in the key: each mark has one writer, so last-writer-wins has nothing to lose. */
export const markKey = (mark: Mark): Key => ({
  pk: markPartition(mark.service),
  sk: `${recordSortKey(mark)}#${mark.kind}#${mark.region}`,
});

export const keyAttributes = ({ pk, sk }: Key): Item => ({ pk: { S: pk }, sk: { S: sk } });

/** `expiresAt` in epoch ms; DynamoDB's TTL attribute is in whole seconds. */
export const itemOf = (key: Key, noun: unknown, expiresAt?: number): Item => ({
  ...keyAttributes(key),
  body: { S: JSON.stringify(noun) },
  ...(expiresAt === undefined ? {} : { ttl: { N: String(Math.floor(expiresAt / 1000)) } }),
});

const runText = (report: Report): string => `${report.run.startedAt}#${report.run.id}`;

/** `changed` must be a top-level attribute: an event source mapping's filter can't look into a string. */
export const reportItem = (report: Report): Item => ({
  ...itemOf(reportKey(report.vantage), report),
  changed: { BOOL: report.changed },
  roundKey: { S: roundKey(report) },
  run: { S: runText(report) },
});

/** A lost reply: what is stored is this very round of this very run, so it was our own write. */
export const isSameRound = (item: Item, report: Report): boolean =>
  item.roundKey?.S === roundKey(report) && item.run?.S === runText(report);

/** TTL deletes within days, so expired items are still readable: age decides, never presence. */
export const isExpired = (item: Item, now: EpochMs): boolean => {
  const seconds = item.ttl?.N;
  return seconds !== undefined && Number(seconds) * 1000 <= now;
};

/** What an item holds that no version of us wrote. No parser accepts it, so it reads as malformed. */
export type Unreadable = { readonly unreadable: string };

/** The noun as written, raw. Never throws: a foreign hand may have put anything into the item. */
export function bodyOf(item: Item): unknown {
  const text = item.body?.S;
  if (typeof text !== 'string') return unreadable('the attribute `body` is not a string');
  try {
    return JSON.parse(text);
  } catch {
    return unreadable('the attribute `body` is not JSON');
  }
}

/**
 * A report with the `roundKey` that its item is compared by: where the rest can't be read, the vantage
 * can still replace it, instead of being locked out by its own broken item. Without one the item can't
 * be compared with, so nothing of it counts.
 */
export function reportOf(item: Item): unknown {
  const body = asObject(bodyOf(item));
  const stored = item.roundKey?.S;
  if (stored !== undefined) return { ...body, roundKey: stored };
  return 'unreadable' in body ? body : unreadable('the attribute `roundKey` is not a string');
}

const asObject = (body: unknown): object =>
  typeof body === 'object' && body !== null && !Array.isArray(body)
    ? body
    : unreadable('the attribute `body` is not a JSON object');

const unreadable = (why: string): Unreadable => ({ unreadable: why });
