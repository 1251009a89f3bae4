/**
 * The one suite of the `Store` port. Every engine runs it; what an engine does otherwise it declares,
 * and the declaration breaks the build on the day it stops being true. Global-table replication is no
 * part of it: a store is one region's replica (see global-table.test.ts).
 */
import { describe, expect, it } from 'vitest';
import {
  endpointId,
  epochMs,
  nonce,
  orderId,
  type VantageId,
  vantageId,
} from '../../shared/core/model.ts';
import { type DecisionRecord, recordSortKey } from '../../shared/core/record.ts';
import type { Report } from '../../shared/core/report.ts';
import type { Rollup } from '../../shared/core/rollup.ts';
import type { Clock, Store } from '../../shared/ports.ts';
import { describeOutbox } from './store-outbox-contract.ts';
import {
  APP,
  aDrillEvent,
  aLine,
  aManifest,
  aMark,
  anEntry,
  aRecord,
  aReport,
  aRollup,
  aShadow,
  clockAt,
  DB,
  EU,
  HOUR,
  keyOf,
  LIVE,
  MINUTE,
  NOW,
  US,
} from './store-samples.ts';

export type StoreEngine = {
  readonly name: string;
  /** A store over an empty table. */
  readonly open: (clock: Clock) => Promise<OpenStore>;
  readonly divergences?: readonly { readonly test: string; readonly reason: string }[];
};
export type OpenStore = { readonly store: Store } & AsyncDisposable;

export function describeStore({ name, open, divergences = [] }: StoreEngine): void {
  const unmatched = new Set(divergences.map((d) => d.test));
  const must = (title: string, run: (store: Store) => Promise<void>): void => {
    unmatched.delete(title);
    const differs = divergences.find((d) => d.test === title);
    const body = async (): Promise<void> => {
      await using opened = await open(clockAt(NOW));
      await run(opened.store);
    };
    if (differs === undefined) it(title, body);
    else it.fails(`${title} (differs: ${differs.reason})`, body);
  };

  describe(`store contract: ${name}`, () => {
    describe('reports', () => {
      must('answers with what was written, and leaves out what is not there', async (store) => {
        const report = aReport({ round: 1 });

        await store.writeReport(report, null, LIVE);
        const read = await store.readReports([EU, US], LIVE);

        expect([...read.keys()]).toEqual([EU]);
        expect(read.get(EU)).toMatchObject(report);
      });

      must('reads nothing for nobody', async (store) => {
        expect(await store.readReports([], LIVE)).toEqual(new Map());
      });

      must('reads a vantage that is named twice once', async (store) => {
        await store.writeReport(aReport({ round: 1 }), null, LIVE);

        expect((await store.readReports([EU, EU], LIVE)).size).toBe(1);
      });

      must('reads more vantages than one batch holds', async (store) => {
        const vantages = Array.from({ length: 130 }, (_, i) => vantageId(`vantage-${i}`));
        await inTens(vantages, (vantage) =>
          store.writeReport(aReport({ round: 1, vantage }), null, LIVE),
        );

        expect([...(await store.readReports(vantages, LIVE)).keys()].sort()).toEqual(
          [...vantages].sort(),
        );
      });

      must('keeps only the last report of a vantage', async (store) => {
        await store.writeReport(aReport({ round: 1 }), null, LIVE);
        const reply = await store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);

        expect(reply).toEqual({ kind: 'written' });
        expect((await store.readReports([EU], LIVE)).get(EU)).toMatchObject(aReport({ round: 2 }));
      });

      must('keeps the reports of two vantages apart', async (store) => {
        await store.writeReport(aReport({ round: 1 }), null, LIVE);
        await store.writeReport(aReport({ round: 7, vantage: US }), null, LIVE);

        const read = await store.readReports([US, EU], LIVE);

        expect(read.get(EU)).toMatchObject(aReport({ round: 1 }));
        expect(read.get(US)).toMatchObject(aReport({ round: 7, vantage: US }));
      });

      must(
        'refuses a round that was read before another run wrote, and shows that',
        async (store) => {
          await store.writeReport(aReport({ round: 1 }), null, LIVE);
          await store.writeReport(aReport({ round: 2, run: 'newer' }), keyOf({ round: 1 }), LIVE);

          const reply = await store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);

          expect(reply).toMatchObject({
            kind: 'beaten',
            stored: aReport({ round: 2, run: 'newer' }),
          });
          expect((await store.readReports([EU], LIVE)).get(EU)).toMatchObject(
            aReport({ round: 2, run: 'newer' }),
          );
        },
      );

      must('refuses a first report where there is one already', async (store) => {
        await store.writeReport(aReport({ round: 1 }), null, LIVE);

        const reply = await store.writeReport(aReport({ round: 1, run: 'other' }), null, LIVE);

        expect(reply).toMatchObject({ kind: 'beaten', stored: aReport({ round: 1 }) });
      });

      must('refuses to follow a report that is gone', async (store) => {
        const reply = await store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);

        expect(reply).toEqual({ kind: 'beaten', stored: undefined });
        expect((await store.readReports([EU], LIVE)).size).toBe(0);
      });

      must('lets exactly one of many racing runs write a round', async (store) => {
        await store.writeReport(aReport({ round: 1 }), null, LIVE);
        const runs = ['a', 'b', 'c', 'd', 'e', 'f'];

        const replies = await Promise.all(
          runs.map((run) =>
            store.writeReport(aReport({ round: 2, run }), keyOf({ round: 1 }), LIVE),
          ),
        );

        const winners = runs.filter((_, i) => replies[i]?.kind === 'written');
        expect(winners).toHaveLength(1);
        const stored = aReport({ round: 2, run: winners[0]! });
        expect((await store.readReports([EU], LIVE)).get(EU)).toMatchObject(stored);
        for (const reply of replies) {
          if (reply.kind === 'beaten') expect(reply.stored).toMatchObject(stored);
        }
      });

      must('lets exactly one of two racing runs write the first round', async (store) => {
        const replies = await Promise.all(
          ['a', 'b'].map((run) => store.writeReport(aReport({ round: 1, run }), null, LIVE)),
        );

        expect(replies.map(({ kind }) => kind).sort()).toEqual(['beaten', 'written']);
      });

      must('takes the same round of the same run again after a lost reply', async (store) => {
        await store.writeReport(aReport({ round: 1 }), null, LIVE);
        await store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);

        const first = await store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);
        const second = await store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);

        expect([first.kind, second.kind]).toEqual(['written', 'written']);
      });

      must('never takes an older round of the same run for a retry', async (store) => {
        await store.writeReport(aReport({ round: 1 }), null, LIVE);
        await store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);
        await store.writeReport(aReport({ round: 3 }), keyOf({ round: 2 }), LIVE);

        const reply = await store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);

        expect(reply).toMatchObject({ kind: 'beaten', stored: aReport({ round: 3 }) });
      });

      must('brings back every character and number of a report as it was', async (store) => {
        const report: Report = {
          ...aReport({ round: 1 }),
          entries: [anEntry({ detail: 'ünï\u2028"\\ {} \u{1f525}', latencyMs: 0.1 + 0.2 })],
        };

        await store.writeReport(report, null, LIVE);

        expect((await store.readReports([EU], LIVE)).get(EU)).toMatchObject(report);
      });

      must('keeps a report of 300 KB', async (store) => {
        const entries = Array.from({ length: 1_050 }, (_, i) =>
          anEntry({ endpoint: endpointId(`e${i}`), detail: 'x'.repeat(120) }),
        );
        const report = { ...aReport({ round: 1 }), entries };
        expect(JSON.stringify(report).length).toBeGreaterThan(300_000);

        await store.writeReport(report, null, LIVE);

        expect((await store.readReports([EU], LIVE)).get(EU)).toMatchObject(report);
      });

      must('keeps history beside the report and apart from it', async (store) => {
        await store.writeHistory(aReport({ round: 1 }), epochMs(NOW), LIVE);
        await store.writeHistory(aReport({ round: 1 }), epochMs(NOW), LIVE);

        expect((await store.readReports([EU], LIVE)).size).toBe(0);
        expect(await store.readHistory(EU, epochMs(NOW), epochMs(NOW + 1), LIVE)).toEqual([
          aReport({ round: 1 }),
        ]);
      });

      must('gives the history of a stretch, its end left out, oldest first', async (store) => {
        for (const n of [4, 1, 3, 2]) {
          await store.writeHistory(aReport({ round: n }), epochMs(NOW - n * MINUTE), LIVE);
        }

        const from = epochMs(NOW - 3 * MINUTE);
        expect(await store.readHistory(EU, from, epochMs(NOW - MINUTE), LIVE)).toEqual([
          aReport({ round: 3 }),
          aReport({ round: 2 }),
        ]);
        expect(await store.readHistory(US, from, epochMs(NOW), LIVE)).toEqual([]);
        expect(await store.readHistory(EU, epochMs(NOW), from, LIVE)).toEqual([]);
      });
    });

    describe('rollups', () => {
      must('gives the rollups of a stretch, its end left out, oldest first', async (store) => {
        const minutes = [4, 1, 3, 2].map((n) => aRollup({ startAt: NOW - n * MINUTE }));
        for (const rollup of minutes) await store.writeRollup(rollup, LIVE);

        const read = await store.readRollups(
          EU,
          'minute',
          epochMs(NOW - 3 * MINUTE),
          epochMs(NOW - MINUTE),
          LIVE,
        );

        expect(read).toEqual([
          aRollup({ startAt: NOW - 3 * MINUTE }),
          aRollup({ startAt: NOW - 2 * MINUTE }),
        ]);
      });

      must('keeps apart spans, vantages and the runs that share a minute', async (store) => {
        const all = [
          aRollup({ startAt: NOW - HOUR }),
          aRollup({ startAt: NOW - HOUR, run: 'other' }),
          aRollup({ startAt: NOW - HOUR, span: 'hour' }),
          aRollup({ startAt: NOW - HOUR, vantage: US }),
        ];
        for (const rollup of all) await store.writeRollup(rollup, LIVE);
        const read = (vantage: VantageId, span: Rollup['span']): Promise<readonly unknown[]> =>
          store.readRollups(vantage, span, epochMs(NOW - 2 * HOUR), epochMs(NOW), LIVE);

        expect(await read(EU, 'minute')).toHaveLength(2);
        expect(await read(EU, 'hour')).toEqual([all[2]]);
        expect(await read(US, 'minute')).toEqual([all[3]]);
      });

      must('replaces the part of one run in one minute', async (store) => {
        await store.writeRollup(aRollup({ startAt: NOW - MINUTE }), LIVE);
        const grown = { ...aRollup({ startAt: NOW - MINUTE }), lines: [aLine(9)] };
        await store.writeRollup(grown, LIVE);

        expect(await lastHour(store)).toEqual([grown]);
      });

      must('answers an empty or backward stretch with nothing', async (store) => {
        await store.writeRollup(aRollup({ startAt: NOW }), LIVE);

        expect(await store.readRollups(EU, 'minute', epochMs(NOW), epochMs(NOW), LIVE)).toEqual([]);
        expect(await store.readRollups(EU, 'minute', epochMs(NOW), epochMs(0), LIVE)).toEqual([]);
      });

      must(EXPIRED, async (store) => {
        await store.writeRollup(aRollup({ startAt: NOW - 3 * HOUR }), LIVE);
        await store.writeRollup(aRollup({ startAt: NOW - 3 * HOUR + MINUTE }), LIVE);
        await store.writeRollup(aRollup({ startAt: NOW - 4 * HOUR, span: 'hour' }), LIVE);
        const read = (span: Rollup['span']): Promise<readonly unknown[]> =>
          store.readRollups(EU, span, epochMs(NOW - 9 * HOUR), epochMs(NOW), LIVE);

        expect(await read('minute')).toEqual([aRollup({ startAt: NOW - 3 * HOUR + MINUTE })]);
        expect(await read('hour')).toHaveLength(1);
      });
    });

    describe('manifests, heads, shadows', () => {
      must('gives the manifests that are there, by digest', async (store) => {
        await store.writeManifest(aManifest('d1'), LIVE);
        await store.writeManifest(aManifest('d1'), LIVE);

        const read = await store.readManifests(['d1', 'd2'], LIVE);

        expect([...read]).toEqual([['d1', aManifest('d1')]]);
      });

      must('takes the same configuration packaged again', async (store) => {
        await store.writeManifest(aManifest('d1'), LIVE);
        await store.writeManifest({ ...aManifest('d1'), packagedAt: epochMs(NOW + 1) }, LIVE);

        expect((await store.readManifests(['d1'], LIVE)).get('d1')).toMatchObject({
          services: aManifest('d1').services,
        });
      });

      must(OTHER_MANIFEST, async (store) => {
        await store.writeManifest(aManifest('d1'), LIVE);
        const other = { ...aManifest('d1'), services: {} };

        await expect(store.writeManifest(other, LIVE)).rejects.toThrow(/immutable/);
        expect((await store.readManifests(['d1'], LIVE)).get('d1')).toEqual(aManifest('d1'));
      });

      must('gives the heads of the regions that wrote one, the last of each', async (store) => {
        await store.writeHead({ region: EU, generations: { app: 1 } }, LIVE);
        await store.writeHead({ region: EU, generations: { app: 2, db: 7 } }, LIVE);

        expect(await store.readHeads([EU, US], LIVE)).toEqual([
          { region: EU, generations: { app: 2, db: 7 } },
        ]);
      });

      must('keeps one shadow per service and region, until it is deleted', async (store) => {
        const first = aShadow({ weights: { a: 1 } });
        const second = aShadow({ weights: { a: 2 } });
        await store.writeShadow(aShadow({ region: US }), LIVE);
        await store.writeShadow(first, LIVE);
        await store.writeShadow(second, LIVE);

        const kept = await store.readShadows(EU, [APP, DB], LIVE);
        await store.deleteShadow(EU, APP, LIVE);
        await store.deleteShadow(EU, APP, LIVE);

        expect([...kept]).toEqual([[APP, second]]);
        expect((await store.readShadows(EU, [APP], LIVE)).size).toBe(0);
        expect((await store.readShadows(US, [APP], LIVE)).size).toBe(1);
      });
    });

    describe('pulses', () => {
      const pulse = (region: VantageId, at: number) => ({ region, at: epochMs(at) });

      must(
        'keeps the last pulse of each region, and leaves out what is not there',
        async (store) => {
          await store.writePulse(pulse(EU, NOW - MINUTE), LIVE);
          await store.writePulse(pulse(EU, NOW), LIVE);
          await store.writePulse(pulse(US, NOW - MINUTE), LIVE);

          expect(await store.readPulses([US, EU, vantageId('sa-east-1')], LIVE)).toEqual(
            new Map([
              [US, pulse(US, NOW - MINUTE)],
              [EU, pulse(EU, NOW)],
            ]),
          );
        },
      );

      must(OLD_PULSE, async (store) => {
        await store.writePulse(pulse(EU, NOW - 25 * HOUR), LIVE);

        expect((await store.readPulses([EU], LIVE)).size).toBe(0);
      });
    });

    describe('decision records and marks', () => {
      must('gives a record back whole, and takes it again', async (store) => {
        await store.recordIntent(aRecord(1), LIVE);
        await store.recordIntent(aRecord(1), LIVE);

        expect(await store.readRecords(APP, { limit: 10 }, LIVE)).toEqual([aRecord(1)]);
      });

      must(OTHER_RECORD, async (store) => {
        await store.recordIntent(aRecord(1), LIVE);

        const changed = { ...aRecord(1), actor: 'mallory' };

        await expect(store.recordIntent(changed, LIVE)).rejects.toThrow(/immutable/);
        expect(await store.readRecords(APP, { limit: 10 }, LIVE)).toEqual([aRecord(1)]);
      });

      must('keeps both records of two regions that race for one generation', async (store) => {
        await Promise.all([
          store.recordIntent(aRecord(5, 'aaaaaaaa'), LIVE),
          store.recordIntent(aRecord(5, 'bbbbbbbb'), LIVE),
        ]);

        expect(await store.readRecords(APP, { limit: 10 }, LIVE)).toEqual([
          aRecord(5, 'bbbbbbbb'),
          aRecord(5, 'aaaaaaaa'),
        ]);
      });

      must('gives 300 records newest first, page by page, none twice', async (store) => {
        const numbers = Array.from({ length: 300 }, (_, i) => i + 1);
        await inTens(numbers, (n) => store.recordIntent(aRecord(n, 'n', 6_000), LIVE));

        const whole = await store.readRecords(APP, { limit: 1_000 }, LIVE);
        const paged: unknown[] = [];
        for (let before: string | undefined; ; ) {
          const page = await store.readRecords(
            APP,
            { limit: 70, ...(before === undefined ? {} : { before }) },
            LIVE,
          );
          if (page.length === 0) break;
          expect(page.length).toBeLessThanOrEqual(70);
          paged.push(...page);
          before = recordSortKey(page.at(-1) as DecisionRecord);
        }

        const generations = (records: readonly unknown[]): number[] =>
          records.map((record) => (record as DecisionRecord).generation);
        expect(generations(whole)).toEqual(Array.from({ length: 300 }, (_, i) => 300 - i));
        expect(generations(paged)).toEqual(generations(whole));
      });

      must('keeps the records of two services apart', async (store) => {
        await store.recordIntent(aRecord(1), LIVE);

        expect(await store.readRecords(DB, { limit: 10 }, LIVE)).toEqual([]);
      });

      must('never changes a record by its marks', async (store) => {
        await store.recordIntent(aRecord(1), LIVE);
        await store.writeMark(aMark({ kind: 'committed' }), LIVE);

        expect(await store.readRecords(APP, { limit: 10 }, LIVE)).toEqual([aRecord(1)]);
      });

      must('keeps one mark per record, kind and region', async (store) => {
        const marks = [
          aMark({ kind: 'committed' }),
          aMark({ kind: 'insync' }),
          aMark({ kind: 'insync', region: US }),
          aMark({ kind: 'lost', nonce: nonce('bbbbbbbb') }),
          aMark({ kind: 'insync', generation: 12 }),
        ];
        for (const mark of [...marks, ...marks]) await store.writeMark(mark, LIVE);
        await store.writeMark(aMark({ service: DB }), LIVE);

        const read = await store.readMarks(APP, LIVE);

        expect(byJson(read)).toEqual(byJson(marks));
      });
    });

    describe('drills', () => {
      must('keeps each event of a drill, newest drill first, of one deployment', async (store) => {
        const begun = aDrillEvent();
        const stopped = aDrillEvent({ step: 'stopped', actor: 'drill@us-east-1' });
        const next = aDrillEvent({ drill: orderId('next0001'), fromAt: epochMs(NOW + HOUR) });
        for (const event of [begun, stopped, next, begun]) await store.writeDrillEvent(event, LIVE);
        await store.writeDrillEvent(aDrillEvent({ deployment: 'another' }), LIVE);

        const all = await store.readDrillEvents('prod', epochMs(0), LIVE);
        expect(all).toEqual([next, stopped, begun]);
        expect(await store.readDrillEvents('prod', epochMs(NOW + 1), LIVE)).toEqual([next]);
        expect(await store.readDrillEvents('none', epochMs(0), LIVE)).toEqual([]);
      });
    });

    describeOutbox(must);

    describe('troubles', () => {
      must(ABORTED, async (store) => {
        const ended = AbortSignal.abort(new Error('the round ended'));

        await expect(store.readReports([EU], ended)).rejects.toMatchObject({
          name: 'QuorateError',
          code: 'STORE_UNAVAILABLE',
        });
      });
    });

    it('declares no divergence that is not a test', () => expect([...unmatched]).toEqual([]));
  });
}

/** Titles that an engine declares a divergence from. */
export const EXPIRED = 'leaves out what has expired, though it was not deleted yet';
export const OLD_PULSE = 'forgets a region that decided long ago';
export const OTHER_MANIFEST = 'refuses another configuration under the digest of one';
export const OTHER_RECORD = 'refuses to change a record';
export const ABORTED = 'ends a call whose signal has aborted with STORE_UNAVAILABLE';

const lastHour = (store: Store): Promise<readonly unknown[]> =>
  store.readRollups(EU, 'minute', epochMs(NOW - HOUR), epochMs(NOW), LIVE);

/** A few at a time: all at once would queue behind one another until the deadline. */
async function inTens<T>(items: readonly T[], run: (item: T) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < items.length; start += 10) {
    await Promise.all(items.slice(start, start + 10).map(run));
  }
}

const byJson = (values: readonly unknown[]): readonly string[] =>
  values.map((value) => JSON.stringify(value)).sort();
