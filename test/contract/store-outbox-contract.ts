/** The part of the `Store` contract that incidents and notifications rest on. */
import { describe, expect } from 'vitest';
import { epochMs } from '../../shared/core/model.ts';
import type { OutboxItem } from '../../shared/core/outbox.ts';
import type { Store } from '../../shared/ports.ts';
import { anEvent } from '../fakes/sample-incident.ts';
import { APP, DB, EU, HOUR, LIVE, NOW, US } from './store-samples.ts';

type Must = (title: string, run: (store: Store) => Promise<void>) => void;

export function describeOutbox(must: Must): void {
  describe('incidents and outbox', () => {
    must('reads the events of a service since a time, oldest first', async (store) => {
      const events = [
        anEvent({ at: NOW + 5 }),
        anEvent({ at: NOW + 5, step: 'committed', label: 'out' }),
        anEvent({ at: NOW + 5, region: US }),
        anEvent({ at: NOW + 20, id: 'other' }),
        anEvent({ at: NOW - 1 }),
      ];
      for (const event of [...events, ...events]) await store.writeIncidentEvent(event, LIVE);
      await store.writeIncidentEvent(anEvent({ service: DB, at: NOW + 9 }), LIVE);

      const read = await store.readIncidentEvents(APP, epochMs(NOW), LIVE);

      expect(byJson(read)).toEqual(byJson(events.slice(0, 4)));
      expect(read.at(-1)).toMatchObject({ id: 'other' });
      expect(await store.readIncidentEvents(APP, epochMs(-1), LIVE)).toHaveLength(5);
      expect(await store.readIncidentEvents(APP, epochMs(NOW + 21), LIVE)).toEqual([]);
    });

    must('reads what the outboxes of regions hold under a prefix', async (store) => {
      const [due, told] = [anItem({}), anItem({ key: 'told#1' })];
      const other = anItem({ region: US });
      for (const item of [due, told, other]) await store.writeOutbox(item, 'any', LIVE);

      expect(await store.readOutbox([EU], 'due#', LIVE)).toEqual([due]);
      expect(byJson(await store.readOutbox([EU, US], 'due#', LIVE))).toEqual(byJson([due, other]));
      expect(await store.readOutbox([], 'due#', LIVE)).toEqual([]);
    });

    must('lets one of two claims win, and the same write again be no error', async (store) => {
      const claim = (version: string): OutboxItem => anItem({ key: 'told#1', version });
      const first = { version: null };

      expect(await store.writeOutbox(claim('a'), first, LIVE)).toBe(true);
      expect(await store.writeOutbox(claim('a'), first, LIVE)).toBe(true);
      expect(await store.writeOutbox(claim('b'), first, LIVE)).toBe(false);
      expect(await store.writeOutbox(claim('b'), { version: 'x' }, LIVE)).toBe(false);
      expect(await store.writeOutbox(claim('b'), { version: 'a' }, LIVE)).toBe(true);
      expect(await store.readOutbox([EU], 'told#', LIVE)).toEqual([claim('b')]);
      expect(await store.writeOutbox(claim('c'), 'any', LIVE)).toBe(true);
    });

    must('lets exactly one of many claims win', async (store) => {
      const claims = ['a', 'b', 'c', 'd', 'e', 'f'].map((version) => anItem({ version }));

      const won = await Promise.all(
        claims.map((claim) => store.writeOutbox(claim, { version: null }, LIVE)),
      );

      expect(won.filter(Boolean)).toHaveLength(1);
      expect(await store.readOutbox([EU], 'due#', LIVE)).toEqual([claims[won.indexOf(true)]]);
    });

    must('takes an item away by an end that is over, and lets it begin again', async (store) => {
      await store.writeOutbox(anItem({}), 'any', LIVE);
      const ended = anItem({ expiresAt: epochMs(NOW - 1_000) });

      expect(await store.writeOutbox(ended, { version: 'v1' }, LIVE)).toBe(true);
      expect(await store.readOutbox([EU], 'due#', LIVE)).toEqual([]);
      const anew = anItem({ version: 'v2' });
      expect(await store.writeOutbox(anew, { version: null }, LIVE)).toBe(true);
      expect(await store.readOutbox([EU], 'due#', LIVE)).toEqual([anew]);
    });

    must('refuses to follow an item that is gone', async (store) => {
      expect(await store.writeOutbox(anItem({}), { version: 'v0' }, LIVE)).toBe(false);
    });
  });
}

const anItem = (changes: Partial<OutboxItem>): OutboxItem => ({
  region: EU,
  key: 'due#1',
  version: 'v1',
  expiresAt: epochMs(NOW + HOUR),
  body: { what: 'news' },
  ...changes,
});

const byJson = (values: readonly unknown[]): readonly string[] =>
  values.map((value) => JSON.stringify(value)).sort();
