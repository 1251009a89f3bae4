/**
 * The `Store` port in memory, stateful: conditions are judged against what is stored, values are copied
 * on the way in and out. Several stores may share one table (regions of a world without replication
 * lag). Troubles are injected per method: refused before or after the effect, late, or never answered.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { VantageId } from '../../shared/core/model.ts';
import type { OutboxItem } from '../../shared/core/outbox.ts';
import { recordSortKey } from '../../shared/core/record.ts';
import { roundKey } from '../../shared/core/report.ts';
import type { Clock, Store } from '../../shared/ports.ts';

export type StoreMethod = keyof Store;
export type Trouble =
  /** Refused, nothing happened. */
  | { readonly kind: 'refused' }
  /** It happened, the reply was lost. */
  | { readonly kind: 'reply-lost' }
  /** Answers, and takes effect, `ms` later (needs a clock). */
  | { readonly kind: 'slow'; readonly ms: number }
  /** Never answers; ends with the signal. */
  | { readonly kind: 'hung' }
  /** Runs once when the call arrives, then the call goes on. */
  | { readonly kind: 'before'; readonly run: () => void | Promise<void> };

export type StoreCall = { readonly method: StoreMethod; readonly args: readonly unknown[] };

/** What one global table holds, by item. Items are what an adapter would read: plain data. */
export type FakeTable = {
  readonly reports: Map<string, Record<string, unknown>>;
  readonly history: Map<string, unknown>;
  readonly rollups: Map<string, Record<string, unknown>>;
  readonly manifests: Map<string, unknown>;
  readonly heads: Map<string, unknown>;
  readonly pulses: Map<string, unknown>;
  readonly shadows: Map<string, unknown>;
  readonly records: Map<string, unknown>;
  readonly marks: Map<string, unknown>;
  readonly drills: Map<string, Record<string, unknown>>;
  /** By service, time, incident, step and region. */
  readonly incidents: Map<string, unknown>;
  /** By region and key. */
  readonly outbox: Map<string, OutboxItem>;
};

export const fakeTable = (): FakeTable => ({
  reports: new Map(),
  history: new Map(),
  rollups: new Map(),
  manifests: new Map(),
  heads: new Map(),
  pulses: new Map(),
  shadows: new Map(),
  records: new Map(),
  marks: new Map(),
  drills: new Map(),
  incidents: new Map(),
  outbox: new Map(),
});

export type FakeStore = Store & {
  readonly table: FakeTable;
  /** Every call in order of arrival, troubled ones included. */
  readonly calls: readonly StoreCall[];
  /** The next `times` calls of `method` meet this trouble. Several queue up. */
  readonly trouble: (method: StoreMethod, trouble: Trouble, times?: number) => void;
  /** Ends every trouble that has not been met. */
  readonly heal: () => void;
  readonly callsOf: (method: StoreMethod) => readonly StoreCall[];
  /** Puts an item as another release, or a broken one, might have left it. */
  readonly putReport: (vantage: VantageId, item: unknown) => void;
};

export function fakeStore(table: FakeTable = fakeTable(), clock?: Clock): FakeStore {
  const calls: StoreCall[] = [];
  const troubles = new Map<StoreMethod, Trouble[]>();

  /** Each method: note the call, meet its trouble, take effect on copies. */
  const call = async <T>(
    method: StoreMethod,
    args: readonly unknown[],
    signal: AbortSignal,
    effect: () => T,
  ): Promise<T> => {
    calls.push({ method, args: copy(args) });
    const trouble = troubles.get(method)?.shift();
    if (signal.aborted) throw unavailable(method, signal.reason);
    if (trouble?.kind === 'before') await trouble.run();
    if (trouble?.kind === 'refused') throw unavailable(method);
    if (trouble?.kind === 'hung') await aborted(signal);
    if (trouble?.kind === 'slow') {
      if (clock === undefined) throw new Error('a slow store needs a clock');
      await clock.sleep(trouble.ms, signal).catch((cause: unknown) => {
        throw unavailable(method, cause);
      });
    }
    await Promise.resolve();
    const result = effect();
    if (trouble?.kind === 'reply-lost') throw unavailable(method);
    return result;
  };
  const put = <V>(map: Map<string, V>, key: string, value: V): void => {
    map.set(key, copy(value));
  };

  return {
    table,
    calls,
    callsOf: (method) => calls.filter((entry) => entry.method === method),
    trouble: (method, trouble, times = 1) => {
      const queue = troubles.get(method) ?? [];
      troubles.set(method, [...queue, ...Array.from({ length: times }, () => trouble)]);
    },
    heal: () => troubles.clear(),
    putReport: (vantage, item) => put(table.reports, vantage, item as Record<string, unknown>),

    readReports: (vantages, signal) =>
      call('readReports', [vantages], signal, () => found(table.reports, vantages)),
    writeReport: (report, expected, signal) =>
      call('writeReport', [report, expected], signal, () => {
        const stored = table.reports.get(report.vantage);
        const storedKey = typeof stored?.roundKey === 'string' ? stored.roundKey : null;
        const run = stored?.run as { id?: unknown } | undefined;
        const isOwn = storedKey === roundKey(report) && run?.id === report.run.id;
        if (isOwn) return { kind: 'written' };
        if (storedKey !== expected) return { kind: 'beaten', stored: copy(stored) };
        put(table.reports, report.vantage, { ...report, roundKey: roundKey(report) });
        return { kind: 'written' };
      }),
    writeHistory: (report, at, signal) =>
      call('writeHistory', [report, at], signal, () =>
        put(table.history, `${report.vantage} ${String(at).padStart(14, '0')}`, report),
      ),
    readHistory: (vantage, from, to, signal) =>
      call('readHistory', [vantage, from, to], signal, () =>
        [...table.history]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .filter(([key]) => {
            const [of, at] = key.split(' ');
            return of === vantage && Number(at) >= from && Number(at) < to;
          })
          .map(([, report]) => copy(report)),
      ),
    writeRollup: (rollup, signal) =>
      call('writeRollup', [rollup], signal, () =>
        put(
          table.rollups,
          `${rollup.vantage} ${rollup.span} ${String(rollup.startAt).padStart(14, '0')} ${rollup.run}`,
          rollup,
        ),
      ),
    readRollups: (vantage, span, from, to, signal) =>
      call('readRollups', [vantage, span, from, to], signal, () =>
        [...table.rollups]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([, rollup]) => rollup)
          .filter(
            (rollup) =>
              rollup.vantage === vantage &&
              rollup.span === span &&
              Number(rollup.startAt) >= from &&
              Number(rollup.startAt) < to,
          )
          .map(copy),
      ),
    writeManifest: (manifest, signal) =>
      call('writeManifest', [manifest], signal, () =>
        put(table.manifests, manifest.digest, manifest),
      ),
    readManifests: (digests, signal) =>
      call('readManifests', [digests], signal, () => found(table.manifests, digests)),
    writeHead: (head, signal) =>
      call('writeHead', [head], signal, () => put(table.heads, head.region, head)),
    readHeads: (regions, signal) =>
      call(
        'readHeads',
        [regions],
        signal,
        () => [...found(table.heads, regions).values()] as never,
      ),
    writePulse: (pulse, signal) =>
      call('writePulse', [pulse], signal, () => put(table.pulses, pulse.region, pulse)),
    readPulses: (regions, signal) =>
      call('readPulses', [regions], signal, () => found(table.pulses, regions)),
    writeShadow: (shadow, signal) =>
      call('writeShadow', [shadow], signal, () =>
        put(table.shadows, `${shadow.region} ${shadow.service}`, shadow),
      ),
    readShadows: (region, services, signal) =>
      call(
        'readShadows',
        [region, services],
        signal,
        () =>
          new Map(
            services
              .filter((service) => table.shadows.has(`${region} ${service}`))
              .map((service) => [service, copy(table.shadows.get(`${region} ${service}`))]),
          ),
      ),
    deleteShadow: (region, service, signal) =>
      call('deleteShadow', [region, service], signal, () => {
        table.shadows.delete(`${region} ${service}`);
      }),
    recordIntent: (record, signal) =>
      call('recordIntent', [record], signal, () => {
        const key = `${record.service} ${recordSortKey(record)}`;
        if (!table.records.has(key)) put(table.records, key, record);
      }),
    readRecords: (service, { limit, before }, signal) =>
      call('readRecords', [service, { limit, before }], signal, () =>
        [...table.records]
          .filter(([key]) => key.startsWith(`${service} `))
          .filter(([key]) => before === undefined || key < `${service} ${before}`)
          .sort(([a], [b]) => (a > b ? -1 : 1))
          .slice(0, limit)
          .map(([, record]) => copy(record)),
      ),
    writeDrillEvent: (event, signal) =>
      call('writeDrillEvent', [event], signal, () =>
        put(
          table.drills,
          `${event.deployment} ${String(event.fromAt).padStart(14, '0')} ${event.drill} ${event.step} ${event.actor}`,
          event,
        ),
      ),
    readDrillEvents: (deployment, since, signal) =>
      call('readDrillEvents', [deployment, since], signal, () =>
        [...table.drills]
          .filter(([, event]) => event.deployment === deployment && Number(event.fromAt) >= since)
          .sort(([a], [b]) => (a > b ? -1 : 1))
          .map(([, event]) => copy(event)),
      ),
    writeMark: (mark, signal) =>
      call('writeMark', [mark], signal, () =>
        put(
          table.marks,
          `${mark.service} ${mark.generation} ${mark.nonce} ${mark.kind} ${mark.region}`,
          mark,
        ),
      ),
    readMarks: (service, signal) =>
      call('readMarks', [service], signal, () =>
        [...table.marks]
          .filter(([key]) => key.startsWith(`${service} `))
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([, mark]) => copy(mark)),
      ),
    writeIncidentEvent: (event, signal) =>
      call('writeIncidentEvent', [event], signal, () => {
        const at = String(event.at).padStart(14, '0');
        const key = `${event.service} ${at} ${event.id} ${event.step} ${event.region}`;
        put(table.incidents, key, event);
      }),
    readIncidentEvents: (service, since, signal) =>
      call('readIncidentEvents', [service, since], signal, () =>
        [...table.incidents]
          .filter(([key]) => key >= `${service} ${String(Math.max(0, since)).padStart(14, '0')}`)
          .filter(([key]) => key.startsWith(`${service} `))
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([, event]) => copy(event)),
      ),
    writeOutbox: (item, expected, signal) =>
      call('writeOutbox', [item, expected], signal, () => {
        const key = `${item.region} ${item.key}`;
        const stored = table.outbox.get(key);
        const live = stored !== undefined && !isOver(stored) ? stored : undefined;
        const isFirst = expected === 'any' || (live?.version ?? null) === expected.version;
        if (isFirst) put(table.outbox, key, item);
        return isFirst || live?.version === item.version;
      }),
    readOutbox: (regions, prefix, signal) =>
      call('readOutbox', [regions, prefix], signal, () =>
        regions.flatMap((region) =>
          [...table.outbox]
            .filter(([key, item]) => key.startsWith(`${region} ${prefix}`) && !isOver(item))
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([, item]) => copy(item)),
        ),
      ),
  };

  /** Seconds, as a table's TTL counts. Without a clock nothing ends but what never began. */
  function isOver({ expiresAt }: OutboxItem): boolean {
    const now = clock?.now() ?? 0;
    return Math.floor(expiresAt / 1000) * 1000 <= now;
  }
}

const copy = <T>(value: T): T => structuredClone(value);

const found = <K extends string>(map: Map<string, unknown>, keys: readonly K[]): Map<K, unknown> =>
  new Map(keys.filter((key) => map.has(key)).map((key) => [key, copy(map.get(key))]));

const unavailable = (method: StoreMethod, cause?: unknown): QuorateError =>
  new QuorateError('STORE_UNAVAILABLE', `the store did not answer ${method}`, { cause });

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener(
      'abort',
      () => reject(new QuorateError('STORE_UNAVAILABLE', 'aborted', { cause: signal.reason })),
      { once: true },
    );
  });
}
