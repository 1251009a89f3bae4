/**
 * One region's replica → the objectives of services as `GET /v1/slo` and `quorate slo` show them. Minutes are read
 * for the last hours, hours for what is older; both are kept in memory once nothing is added to them any more, so
 * that asking every minute costs little.
 */
import { type EpochMs, epochMs, type Service, type ServiceId } from '../core/model.ts';
import type { DecisionRecord } from '../core/record.ts';
import { recordSortKey } from '../core/record.ts';
import { parseMark, parseRecord } from '../core/record-parse.ts';
import { hourOf, parseRollup, type Rollup } from '../core/rollup.ts';
import { BURN_MS_MAX, type ServiceSlo, sloOf } from '../core/slo.ts';
import { type Cell, cellsOf } from '../core/slo-measure.ts';
import { type Served, servedBy } from '../core/slo-weights.ts';
import { HOUR_MS, MINUTE_MS } from '../core/units.ts';
import type { Store } from '../ports.ts';

/** Minutes live for 3 h; the hour is added up some minutes after it is over. */
const MINUTES_FROM_MS = 2 * HOUR_MS;
/** By then every run has written its part, and replication has brought it. */
const SETTLED_AFTER = { minute: 15 * MINUTE_MS, hour: 3 * HOUR_MS } as const;
const RECORDS_PER_PAGE = 100;
const RECORD_PAGES_MAX = 20;

type Span = Rollup['span'];
/** Of one process, whose configuration is one. */
export type SloMemory = { readonly [span in Span]: Map<EpochMs, Cell> } & {
  readonly readFrom: { [span in Span]: EpochMs | null };
};

export const sloMemory = (): SloMemory => ({
  minute: new Map(),
  hour: new Map(),
  readFrom: { minute: null, hour: null },
});

export async function readSlo(
  store: Pick<Store, 'readRollups' | 'readRecords' | 'readMarks'>,
  config: { readonly services: readonly Service[] },
  services: readonly Service[],
  now: EpochMs,
  signal: AbortSignal,
  memory: SloMemory = sloMemory(),
): Promise<readonly ServiceSlo[]> {
  const stating = config.services.filter(({ slo }) => slo !== undefined);
  const backMs = Math.max(BURN_MS_MAX, ...stating.map(({ slo }) => slo?.windowMs ?? 0));
  const minutesFrom = epochMs(hourOf(now) - MINUTES_FROM_MS);
  const cells = stating.length === 0 ? [] : await readCells();
  return Promise.all(
    services.map(async (service) =>
      sloOf(
        service,
        cells,
        service.slo === undefined
          ? servedBy(service, [], [])
          : await readServed(store, service, now - backMs, signal),
        now,
      ),
    ),
  );

  async function readCells(): Promise<readonly Cell[]> {
    const vantages = [...new Set(stating.flatMap((service) => service.vantages))];
    const ids = new Set<ServiceId>(stating.map(({ id }) => id));
    const read = async (span: Span, from: EpochMs, to: EpochMs): Promise<readonly Cell[]> => {
      const isKnown = memory.readFrom[span] !== null && memory.readFrom[span] <= from;
      const settledTo = epochMs(now - SETTLED_AFTER[span]);
      const known = isKnown
        ? [...memory[span].values()].filter(({ startAt }) => startAt >= from)
        : [];
      const last = Math.max(
        from,
        ...known.map(({ startAt, length }) => startAt + length * MINUTE_MS),
      );
      const raw = await Promise.all(
        vantages.map((vantage) => store.readRollups(vantage, span, epochMs(last), to, signal)),
      );
      const fresh = cellsOf(raw.flat().flatMap((item) => ofServices(parseRollup(item), ids)));
      for (const startAt of memory[span].keys()) if (startAt < from) memory[span].delete(startAt);
      for (const cell of fresh) if (cell.startAt < settledTo) memory[span].set(cell.startAt, cell);
      memory.readFrom[span] = from;
      return [...known, ...fresh];
    };
    const [minutes, hours] = await Promise.all([
      read('minute', minutesFrom, epochMs(now + 1)),
      read('hour', hourOf(now - backMs), minutesFrom),
    ]);
    return [...hours, ...minutes];
  }
}

const ofServices = (rollup: Rollup | undefined, ids: ReadonlySet<ServiceId>): readonly Rollup[] =>
  rollup === undefined
    ? []
    : [{ ...rollup, lines: rollup.lines.filter(({ service }) => ids.has(service)) }];

type Records = Pick<Store, 'readRecords' | 'readMarks'>;

async function readServed(
  store: Records,
  service: Service,
  from: number,
  signal: AbortSignal,
): Promise<Served> {
  const [records, marks] = await Promise.all([
    readBackTo(store, service, from, signal),
    store.readMarks(service.id, signal),
  ]);
  return servedBy(
    service,
    records,
    marks.flatMap((item) => parseMark(item) ?? []),
  );
}

/** Newest first, until a record is older than the window: that one tells what was served at its beginning. */
async function readBackTo(
  store: Records,
  service: Service,
  from: number,
  signal: AbortSignal,
): Promise<readonly DecisionRecord[]> {
  const records: DecisionRecord[] = [];
  for (let page = 0; page < RECORD_PAGES_MAX; page += 1) {
    const oldest = records.at(-1);
    const before = oldest === undefined ? {} : { before: recordSortKey(oldest) };
    const items = await store.readRecords(
      service.id,
      { limit: RECORDS_PER_PAGE, ...before },
      signal,
    );
    const read = items.flatMap((item) => parseRecord(item) ?? []);
    records.push(...read);
    if (items.length < RECORDS_PER_PAGE || !read.every(({ at }) => at >= from)) break;
    if (read.length === 0) break;
  }
  return records;
}
