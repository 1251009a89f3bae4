/**
 * The `Store` port of one process over its region's replica: conditions as DynamoDB judges them, errors
 * as AWS names them, sorted by the production adapter's own table.
 */
import { storeError } from '../../../shared/adapters/dynamodb-errors.ts';
import type { QuorateError } from '../../../shared/core/errors.ts';
import type { VantageId } from '../../../shared/core/model.ts';
import type { OutboxItem } from '../../../shared/core/outbox.ts';
import { type DecisionRecord, recordSortKey } from '../../../shared/core/record.ts';
import { type Report, roundKey } from '../../../shared/core/report.ts';
import type { Head, Store } from '../../../shared/ports.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { TableConditions } from './conditions.ts';
import type { Listener } from './events.ts';
import { PLAIN_CALL, type Process, remoteCall } from './process.ts';
import type { Replicas } from './replicas.ts';

/** `CALL_TIMEOUT_MS` of the production adapter. */
const TIMEOUT_MS = 2_000;
/** The last one is what a table with strong consistency would say of two regions at once. */
const STORE_ERRORS = [
  'ThrottlingException',
  'InternalServerError',
  'ReplicatedWriteConflictException',
] as const;

export type StoredReport = { readonly report: Report; readonly key: string };

export type SimStoreDeps = {
  readonly sim: Simulation;
  readonly process: Process;
  readonly replicas: Replicas;
  readonly conditions: TableConditions;
  readonly tell: Listener;
  /** What is stored in the place of a report: a liar's, or a broken one's. */
  readonly distort: (report: Report) => unknown;
  /** What this reader gets to see of it. */
  readonly distortRead: (vantage: VantageId, item: unknown) => unknown;
};

/** Names are made once: a key that is put together anew is looked up slowly. */
function named<Id extends string>(prefix: string): (id: Id) => string {
  const names = new Map<Id, string>();
  return (id) => {
    const known = names.get(id);
    if (known !== undefined) return known;
    names.set(id, `${prefix}${id}`);
    return `${prefix}${id}`;
  };
}
const reportOf = named<VantageId>('report#');
const headOf = named<VantageId>('head#');
const pulseOf = named<VantageId>('pulse#');
const outboxOf = named<string>('outbox#');

const padded = (n: number): string => String(Math.max(0, n)).padStart(14, '0');

export function simStore(deps: SimStoreDeps): Store {
  const { sim, process, replicas, conditions, tell } = deps;
  const { place, random, name } = process;
  const { region } = name;
  const where = (call: string) => ({ call, table: name.config.deployment, region });
  const failed = (call: string, code: string): QuorateError => {
    const cause = Object.assign(new Error(code), { name: code });
    return storeError(cause, where(call), { timeoutMs: TIMEOUT_MS, ended: 'by-answer' });
  };

  const call = <T>(kind: string, signal: AbortSignal, serve: () => T): Promise<T> => {
    const { errorChance, replyLoss, isCut, repeats } = place.table;
    const isCalm = errorChance === 0 && replyLoss === 0 && repeats === 0;
    const plan = isCalm
      ? PLAIN_CALL
      : {
          ...PLAIN_CALL,
          replies: !random.chance(replyLoss),
          times: random.chance(repeats) ? 2 : 1,
        };
    return remoteCall(sim, process, signal, {
      kind,
      plan: isCut || place.isDead ? { ...plan, arrives: false } : plan,
      timeoutMs: TIMEOUT_MS,
      serve: () => {
        if (conditions.isGone) throw failed(kind, 'ResourceNotFoundException');
        if (errorChance > 0 && random.chance(errorChance)) {
          throw failed(kind, random.pick(STORE_ERRORS));
        }
        return serve();
      },
      unanswered: (ended) =>
        storeError(new Error('no answer'), where(kind), { timeoutMs: TIMEOUT_MS, ended }),
    });
  };
  const get = (partition: string, sort?: string): unknown => replicas.get(region, partition, sort);
  const put = (partition: string, sort: string, value: unknown): void =>
    replicas.put(region, partition, sort, value);
  const some = <K extends string>(
    ids: readonly K[],
    partition: (id: K) => string,
  ): Map<K, unknown> => {
    const found = new Map<K, unknown>();
    for (const id of ids) {
      const value = get(partition(id));
      if (value !== undefined && value !== null) found.set(id, value);
    }
    return found;
  };

  return {
    readReports: (vantages, signal) =>
      call('read reports', signal, () => {
        const reports = new Map<VantageId, unknown>();
        for (const vantage of vantages) {
          const stored = get(reportOf(vantage)) as { readonly item: unknown } | undefined;
          if (stored === undefined) continue;
          if (place.table.readMisses > 0 && random.chance(place.table.readMisses)) continue;
          reports.set(vantage, deps.distortRead(vantage, stored.item));
        }
        tell({ kind: 'reports-read', atMs: sim.nowMs(), by: name, reports });
        return reports;
      }),
    writeReport: (report, expected, signal) => {
      const isSteady =
        Math.abs(process.clock.now() - sim.nowMs() - process.firstProbeAheadMs) < 500;
      const observedAtMs = isSteady ? process.firstProbeMs : null;
      process.firstProbeMs = null;
      return call('write report', signal, () => {
        if (place.table.reportWritesFail > 0 && random.chance(place.table.reportWritesFail)) {
          throw failed('write report', 'ProvisionedThroughputExceededException');
        }
        const key = reportOf(report.vantage);
        const stored = get(key) as
          | { readonly key: string; readonly run: string; readonly item: unknown }
          | undefined;
        const own = roundKey(report);
        // A lost reply, or the network's repeat: what is stored is this very round of this very run.
        if (stored?.key === own && stored.run === report.run.id) return { kind: 'written' };
        if ((stored?.key ?? null) !== expected) return { kind: 'beaten', stored: stored?.item };
        const item = deps.distort(report);
        const read = item === report ? item : withRoundKey(item, own);
        const kept = { key: own, run: report.run.id, item: read, changed: report.changed };
        put(key, '', kept);
        tell({
          kind: 'report-written',
          atMs: sim.nowMs(),
          by: name,
          report: item as Report,
          observedAtMs,
        });
        return { kind: 'written' };
      });
    },
    writeHistory: (report, at, signal) =>
      call('write history', signal, () => put(`history#${report.vantage}`, padded(at), report)),
    readHistory: (vantage, from, to, signal) =>
      call('read history', signal, () =>
        replicas.query(
          region,
          `history#${vantage}`,
          (sort) => sort >= padded(from) && sort < padded(to),
        ),
      ),
    writeRollup: (rollup, signal) =>
      call('write rollup', signal, () =>
        put(
          `rollup#${rollup.vantage} ${rollup.span}`,
          `${padded(rollup.startAt)} ${rollup.run}`,
          rollup,
        ),
      ),
    readRollups: (vantage, span, from, to, signal) =>
      call('read rollups', signal, () =>
        replicas.query(
          region,
          `rollup#${vantage} ${span}`,
          (sort) => sort >= padded(from) && sort < padded(to),
        ),
      ),
    writeManifest: (manifest, signal) =>
      call('write manifest', signal, () => {
        if (get(`config#${manifest.digest}`) === undefined) {
          put(`config#${manifest.digest}`, '', manifest);
        }
      }),
    readManifests: (digests, signal) =>
      call('read manifests', signal, () => some(digests, (digest) => `config#${digest}`)),
    writeHead: (head, signal) =>
      call('write head', signal, () => put(headOf(head.region), '', head)),
    readHeads: (regions, signal) =>
      call('read heads', signal, () => [...(some(regions, headOf) as Map<string, Head>).values()]),
    writePulse: (pulse, signal) =>
      call('write pulse', signal, () => put(pulseOf(pulse.region), '', pulse)),
    readPulses: (regions, signal) => call('read pulses', signal, () => some(regions, pulseOf)),
    writeShadow: (shadow, signal) =>
      call('write shadow', signal, () =>
        put(`shadow#${shadow.service} ${shadow.region}`, '', shadow),
      ),
    readShadows: (of, services, signal) =>
      call('read shadows', signal, () => some(services, (service) => `shadow#${service} ${of}`)),
    deleteShadow: (of, service, signal) =>
      call('delete shadow', signal, () => {
        if (get(`shadow#${service} ${of}`) !== undefined) put(`shadow#${service} ${of}`, '', null);
      }),
    recordIntent: (record, signal) =>
      call('record intent', signal, () => {
        const sort = recordSortKey(record);
        const stored = get(`decision#${record.service}`, sort) as DecisionRecord | undefined;
        if (stored !== undefined) {
          if (JSON.stringify(stored) === JSON.stringify(record)) return;
          throw failed('record intent', 'ConditionalCheckFailedException');
        }
        put(`decision#${record.service}`, sort, record);
        tell({ kind: 'record-written', atMs: sim.nowMs(), by: name, record });
      }),
    readRecords: (service, { limit, before }, signal) =>
      call('read records', signal, () =>
        replicas
          .query(region, `decision#${service}`, (sort) => before === undefined || sort < before)
          .slice(-limit)
          .reverse(),
      ),
    writeMark: (mark, signal) =>
      call('write mark', signal, () => {
        const sort = `${String(mark.generation).padStart(10, '0')}#${mark.nonce} ${mark.kind} ${mark.region}`;
        put(`mark#${mark.service}`, sort, mark);
        tell({ kind: 'mark-written', atMs: sim.nowMs(), by: name, mark });
      }),
    readMarks: (service, signal) =>
      call('read marks', signal, () =>
        replicas.query(region, `mark#${service}`, () => true).toReversed(),
      ),
    writeDrillEvent: (event, signal) =>
      call('write drill', signal, () =>
        put(
          `drill#${event.deployment}`,
          `${padded(event.fromAt)} ${event.drill} ${event.step} ${event.actor}`,
          event,
        ),
      ),
    readDrillEvents: (deployment, since, signal) =>
      call('read drills', signal, () =>
        replicas.query(region, `drill#${deployment}`, (sort) => sort >= padded(since)).toReversed(),
      ),
    writeIncidentEvent: (event, signal) =>
      call('write incident', signal, () =>
        put(
          `incident#${event.service}`,
          `${padded(event.at)} ${event.id} ${event.step} ${event.region}`,
          event,
        ),
      ),
    readIncidentEvents: (service, since, signal) =>
      call('read incidents', signal, () =>
        replicas.query(region, `incident#${service}`, (sort) => sort >= padded(since)),
      ),
    writeOutbox: (item, expected, signal) =>
      call('write outbox', signal, () => {
        const stored = get(outboxOf(item.region), item.key) as OutboxItem | undefined;
        const live = stored !== undefined && !isOver(stored) ? stored : undefined;
        const isFirst = expected === 'any' || (live?.version ?? null) === expected.version;
        if (isFirst) put(outboxOf(item.region), item.key, item);
        return isFirst || live?.version === item.version;
      }),
    readOutbox: (regions, prefix, signal) =>
      call('read outbox', signal, () =>
        regions.flatMap((one) =>
          replicas
            .query(region, outboxOf(one), (sort) => sort.startsWith(prefix))
            .filter((item) => !isOver(item as OutboxItem)),
        ),
      ),
  };

  /** By the table's clock, which is right, in whole seconds. */
  function isOver({ expiresAt }: OutboxItem): boolean {
    return Math.floor(expiresAt / 1_000) * 1_000 <= sim.nowMs();
  }
}

/** As the adapter hands out a body beside whose attributes it stands: what can't be read can be replaced. */
const withRoundKey = (item: unknown, roundKey: string): unknown => ({
  ...(typeof item === 'object' && item !== null ? item : { unreadable: 'no object' }),
  roundKey,
});
