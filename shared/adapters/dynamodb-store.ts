/**
 * The `Store` port on DynamoDB: one region's replica of the global table. Nouns in, raw JSON values
 * out; the core parses them. Every call of the port has one deadline, whatever number of requests it
 * takes, and no answer of DynamoDB gets out but as a `QuorateError`. Nothing is retried here: the next
 * round is the retry.
 */

import { isDeepStrictEqual } from 'node:util';
import { type ServiceId, type VantageId, vantageId } from '../core/model.ts';
import { recordSortKey } from '../core/record.ts';
import type { ConfigManifest } from '../core/report.ts';
import type { Head, Store } from '../ports.ts';
import {
  drillBound,
  drillKey,
  drillPartition,
  HISTORY_TTL_MS,
  HOUR_ROLLUP_TTL_MS,
  headKey,
  historyBound,
  historyKey,
  historyPartition,
  INCIDENT_TTL_MS,
  incidentBound,
  incidentKey,
  incidentPartition,
  isSameRound,
  itemOf,
  MINUTE_ROLLUP_TTL_MS,
  manifestKey,
  markKey,
  markPartition,
  outboxPartition,
  PULSE_TTL_MS,
  pulseKey,
  recordPartition,
  reportItem,
  reportKey,
  reportOf,
  rollupBound,
  rollupKey,
  rollupPartition,
  shadowKey,
} from './dynamodb-items.ts';
import { type DynamodbDeps, dynamodbRequests } from './dynamodb-requests.ts';

/** The newest of each: about half a year of one service that changes daily. */
const MARKS_MAX = 2_000;
const ROLLUPS_MAX = 20_000;
/** Of one vantage in 40 days, the newest: an endpoint that flaps every 10 minutes changes 12,000 times. */
const HISTORY_MAX = 20_000;
/** Events of a year of weekly drills of five regions. */
const DRILLS_MAX = 1_000;
/** Of one service: a flapping endpoint leaves some dozen a day and region. */
const EVENTS_MAX = 5_000;
/** Of one region. */
const OUTBOX_MAX = 2_000;

/** Also an item whose `roundKey` no version of us wrote: a foreign item must not lock a vantage out. */
const NEVER_WRITTEN = {
  ConditionExpression: 'attribute_not_exists(roundKey) OR NOT attribute_type(roundKey, :string)',
  ExpressionAttributeValues: { ':string': { S: 'S' } },
};

export function dynamodbStore(deps: DynamodbDeps): Store {
  const { call, put, putOnce, batchGet, query } = dynamodbRequests(deps);

  return {
    readReports: (vantages, signal) =>
      call('reading reports', signal, (inner) => batchGet(vantages, reportKey, inner, reportOf)),

    writeReport: (report, expected, signal) =>
      call('writing the report', signal, async (inner) => {
        const isUnchanged =
          expected === null
            ? NEVER_WRITTEN
            : {
                ConditionExpression: 'roundKey = :expected',
                ExpressionAttributeValues: { ':expected': { S: expected } },
              };
        const winner = await put(reportItem(report), isUnchanged, inner);
        if (winner === 'written') return { kind: 'written' };
        if (winner === 'absent') return { kind: 'beaten', stored: undefined };
        if (isSameRound(winner, report)) return { kind: 'written' };
        return { kind: 'beaten', stored: reportOf(winner) };
      }),

    writeHistory: (report, at, signal) =>
      call('writing history', signal, async (inner) => {
        await put(itemOf(historyKey(report, at), report, at + HISTORY_TTL_MS), {}, inner);
      }),

    readHistory: (vantage, from, to, signal) =>
      call('reading history', signal, async (inner) => {
        if (from >= to) return []; // BETWEEN refuses bounds in the wrong order.
        const newestFirst = await query(
          {
            KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
            ExpressionAttributeValues: {
              ':pk': { S: historyPartition(vantage) },
              ':from': { S: historyBound(from) },
              ':to': { S: historyBound(to) },
            },
            ScanIndexForward: false,
          },
          HISTORY_MAX,
          inner,
        );
        return newestFirst.toReversed();
      }),

    writeRollup: (rollup, signal) =>
      call('writing a rollup', signal, async (inner) => {
        const ttlMs = rollup.span === 'minute' ? MINUTE_ROLLUP_TTL_MS : HOUR_ROLLUP_TTL_MS;
        await put(itemOf(rollupKey(rollup), rollup, rollup.startAt + ttlMs), {}, inner);
      }),

    readRollups: (vantage, span, from, to, signal) =>
      call('reading rollups', signal, (inner) =>
        from >= to // BETWEEN refuses bounds in the wrong order.
          ? Promise.resolve([])
          : query(
              {
                KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
                ExpressionAttributeValues: {
                  ':pk': { S: rollupPartition(vantage) },
                  ':from': { S: rollupBound(span, from) },
                  ':to': { S: rollupBound(span, to) },
                },
              },
              ROLLUPS_MAX,
              inner,
            ),
      ),

    writeManifest: (manifest, signal) =>
      call('writing the configuration manifest', signal, (inner) =>
        putOnce(manifestKey(manifest.digest), manifest, isSameManifest, inner),
      ),

    readManifests: (digests, signal) =>
      call('reading configuration manifests', signal, (inner) =>
        batchGet(digests, manifestKey, inner),
      ),

    writeHead: (head, signal) =>
      call('writing the head', signal, async (inner) => {
        await put(itemOf(headKey(head.region), head), {}, inner);
      }),

    readHeads: (regions, signal) =>
      call('reading heads', signal, async (inner) => {
        const bodies = await batchGet(regions, headKey, inner);
        return [...bodies].map(([region, body]) => headOf(region, body));
      }),

    writePulse: (pulse, signal) =>
      call('writing the pulse', signal, async (inner) => {
        await put(itemOf(pulseKey(pulse.region), pulse, pulse.at + PULSE_TTL_MS), {}, inner);
      }),

    readPulses: (regions, signal) =>
      call('reading pulses', signal, (inner) => batchGet(regions, pulseKey, inner)),

    writeShadow: (shadow, signal) =>
      call('writing a shadow', signal, async (inner) => {
        await put(itemOf(shadowKey(shadow.service, shadow.region), shadow), {}, inner);
      }),

    readShadows: (region, services, signal) =>
      call('reading shadows', signal, (inner) =>
        batchGet(services, (service: ServiceId) => shadowKey(service, region), inner),
      ),

    deleteShadow: (region, service, signal) =>
      call('discarding a shadow', signal, async (inner) => {
        // Its TTL is over, so no read shows it: that needs no `DeleteItem`, which no role may do.
        const ended = itemOf(shadowKey(service, region), null, deps.clock.now() - 1000);
        await put(ended, { ConditionExpression: 'attribute_exists(pk)' }, inner);
      }),

    recordIntent: (record, signal) =>
      call('recording a decision', signal, (inner) =>
        putOnce(
          { pk: recordPartition(record.service), sk: recordSortKey(record) },
          record,
          isDeepStrictEqual,
          inner,
        ),
      ),

    readRecords: (service, { limit, before }, signal) =>
      call('reading decision records', signal, (inner) =>
        query(
          {
            ...(before === undefined
              ? { KeyConditionExpression: 'pk = :pk' }
              : { KeyConditionExpression: 'pk = :pk AND sk < :before' }),
            ExpressionAttributeValues: {
              ':pk': { S: recordPartition(service) },
              ...(before === undefined ? {} : { ':before': { S: before } }),
            },
            ScanIndexForward: false,
          },
          limit,
          inner,
        ),
      ),

    writeDrillEvent: (event, signal) =>
      call('writing a drill', signal, async (inner) => {
        await put(itemOf(drillKey(event), event), {}, inner);
      }),

    readDrillEvents: (deployment, since, signal) =>
      call('reading drills', signal, (inner) =>
        query(
          {
            KeyConditionExpression: 'pk = :pk AND sk >= :since',
            ExpressionAttributeValues: {
              ':pk': { S: drillPartition(deployment) },
              ':since': { S: drillBound(Math.max(0, since)) },
            },
            ScanIndexForward: false,
          },
          DRILLS_MAX,
          inner,
        ),
      ),

    writeMark: (mark, signal) =>
      call('writing a mark', signal, async (inner) => {
        await put(itemOf(markKey(mark), mark), {}, inner);
      }),

    readMarks: (service, signal) =>
      call('reading marks', signal, (inner) =>
        query(
          {
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': { S: markPartition(service) } },
            ScanIndexForward: false,
          },
          MARKS_MAX,
          inner,
        ),
      ),

    writeIncidentEvent: (event, signal) =>
      call('writing an incident', signal, async (inner) => {
        await put(itemOf(incidentKey(event), event, event.at + INCIDENT_TTL_MS), {}, inner);
      }),

    readIncidentEvents: (service, since, signal) =>
      call('reading incidents', signal, async (inner) => {
        // The newest are kept where there are too many of them.
        const newestFirst = await query(
          {
            KeyConditionExpression: 'pk = :pk AND sk >= :since',
            ExpressionAttributeValues: {
              ':pk': { S: incidentPartition(service) },
              ':since': { S: incidentBound(Math.max(0, since)) },
            },
            ScanIndexForward: false,
          },
          EVENTS_MAX,
          inner,
        );
        return newestFirst.toReversed();
      }),

    writeOutbox: (item, expected, signal) =>
      call('writing the outbox', signal, async (inner) => {
        const key = { pk: outboxPartition(item.region), sk: item.key };
        const stored = {
          ...itemOf(key, item, item.expiresAt),
          version: { S: item.version },
        };
        const winner = await put(stored, unlessMoved(expected, deps.clock.now()), inner);
        // A lost reply: what is stored is this very write.
        return winner === 'written' || (winner !== 'absent' && winner.version?.S === item.version);
      }),

    readOutbox: (regions, prefix, signal) =>
      call('reading the outbox', signal, async (inner) => {
        const found = await Promise.all(
          regions.map((region) =>
            query(
              {
                KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
                ExpressionAttributeValues: {
                  ':pk': { S: outboxPartition(region) },
                  ':prefix': { S: prefix },
                },
              },
              OUTBOX_MAX,
              inner,
            ),
          ),
        );
        return found.flat();
      }),
  };

  /** A head is only a hint to look again: where it can't be read, it hints at nothing. */
  function headOf(region: VantageId, body: unknown): Head {
    const generations = isObject(body) && isObject(body.generations) ? body.generations : {};
    const numbers = Object.entries(generations).filter((entry): entry is [string, number] =>
      Number.isSafeInteger(entry[1]),
    );
    return { region: vantageId(region), generations: Object.fromEntries(numbers) };
  }
}

/** `version` stands outside the body, so that a condition can see it; an ended item counts as none. */
const unlessMoved = (
  expected: { readonly version: string | null } | 'any',
  now: number,
): Parameters<ReturnType<typeof dynamodbRequests>['put']>[1] => {
  if (expected === 'any') return {};
  if (expected.version === null) {
    return {
      ConditionExpression: 'attribute_not_exists(pk) OR #ttl <= :now',
      ExpressionAttributeNames: { '#ttl': 'ttl' },
      ExpressionAttributeValues: { ':now': { N: String(Math.floor(now / 1000)) } },
    };
  }
  return {
    ConditionExpression: '#version = :expected',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':expected': { S: expected.version } },
  };
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** The same file packaged twice differs in its time only; the first one stays. */
const isSameManifest = (stored: unknown, manifest: unknown): boolean =>
  isDeepStrictEqual(servicesOf(stored), servicesOf(manifest));

const servicesOf = (manifest: unknown): unknown =>
  isObject(manifest) ? manifest['services' satisfies keyof ConfigManifest] : undefined;
