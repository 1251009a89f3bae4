/**
 * Items that no version of us wrote, or that a later one did, under the production adapter: a broken
 * item is shown as unreadable, hides nothing beside it and locks nobody out. Every engine that stores
 * items runs it; a store without a table (the fake) has none.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock, Store } from '../../shared/ports.ts';
import {
  APP,
  aManifest,
  aMark,
  anEntry,
  aRecord,
  aReport,
  clockAt,
  EU,
  keyOf,
  LIVE,
  NOW,
  US,
} from './store-samples.ts';

export type ItemEngine = {
  readonly name: string;
  /** A store over an empty table, and the table itself. */
  readonly open: (clock: Clock) => Promise<OpenTable>;
};
export type OpenTable = {
  readonly store: Store;
  readonly plant: (item: { pk: string; sk: string } & Record<string, unknown>) => Promise<void>;
  readonly item: (pk: string, sk: string) => Promise<Record<string, AttributeValue>>;
} & AsyncDisposable;

export function describeForeignItems({ name, open }: ItemEngine): void {
  describe(`items that no version of us wrote: ${name}`, () => {
    const bodies: readonly (readonly [string, AttributeValue | undefined])[] = [
      ['no body', undefined],
      ['a number', { N: '42' }],
      ['a number beyond 2^53', { N: '9007199254740993.5' }],
      ['a number of 126 digits', { N: '1e125' }],
      ['a truth value', { BOOL: true }],
      ['null', { NULL: true }],
      ['binary', { B: new Uint8Array([1, 2, 255]) }],
      ['a string set', { SS: ['a', 'b'] }],
      ['a number set', { NS: ['1e30', '0.1'] }],
      ['a binary set', { BS: [new Uint8Array([1])] }],
      ['a list', { L: [{ N: '9007199254740993.5' }] }],
      ['a map', { M: { format: { N: '1' } } }],
      ['an empty string', { S: '' }],
      ['cut JSON', { S: '{"format":1,' }],
      ['JSON with NaN', { S: '{"format":NaN}' }],
      ['JSON nested 50,000 deep', { S: '['.repeat(50_000) + ']'.repeat(50_000) }],
      ['a control character', { S: '\u0000' }],
    ];

    it.each(bodies)(
      'hands over a report whose body is %s, and the others beside it',
      async (_, body) => {
        await using world = await open(clockAt(NOW));
        await world.store.writeReport(aReport({ round: 1, vantage: US }), null, LIVE);
        await world.plant({ pk: `report#${EU}`, sk: 'now', ...(body && { body }) });

        const read = await world.store.readReports([EU, US], LIVE);

        expect(read.get(US)).toMatchObject(aReport({ round: 1, vantage: US }));
        expect(read.has(EU)).toBe(true);
        expect(read.get(EU)).not.toHaveProperty('format');
      },
    );

    it('says what is wrong with a body that is no JSON text', async () => {
      await using world = await open(clockAt(NOW));
      await world.plant({ pk: `report#${EU}`, sk: 'now', body: { N: '1' } });
      await world.plant({ pk: `report#${US}`, sk: 'now', body: { S: '{' } });

      expect([...(await world.store.readReports([EU, US], LIVE)).values()]).toEqual([
        { unreadable: 'the attribute `body` is not a string' },
        { unreadable: 'the attribute `body` is not JSON' },
      ]);
    });

    it('never lets a body reach a prototype', async () => {
      await using world = await open(clockAt(NOW));
      const body = { S: '{"__proto__":{"format":1},"constructor":{"prototype":{"x":1}}}' };
      await world.plant({ pk: `report#${EU}`, sk: 'now', body, roundKey: { S: 'k' } });

      const read = (await world.store.readReports([EU], LIVE)).get(EU);

      expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
      expect(Object.hasOwn(read as object, 'format')).toBe(false);
      expect((read as Record<string, unknown>).format).toBeUndefined();
      expect({}).not.toHaveProperty('x');
    });

    it('never throws and never hides another vantage, whatever attributes an item has', async () => {
      await using world = await open(clockAt(NOW));
      await world.store.writeReport(aReport({ round: 1, vantage: US }), null, LIVE);

      await fc.assert(
        fc.asyncProperty(anyAttributes, async (attributes) => {
          await world.plant({ ...attributes, pk: `report#${EU}`, sk: 'now' });
          await world.plant({ ...attributes, pk: `head#${EU}`, sk: 'now' });
          await world.plant({ ...attributes, pk: `decision#${APP}`, sk: '0000000002#x' });

          const read = await world.store.readReports([EU, US], LIVE);

          expect(read.get(US)).toMatchObject(aReport({ round: 1, vantage: US }));
          await world.store.readHeads([EU], LIVE);
          await world.store.readRecords(APP, { limit: 10 }, LIVE);
        }),
        { numRuns: 60 },
      );
    });

    it.each(['{', 'null', '[]', '7', '{}'])(
      'lets a vantage replace its own broken item %s, by the round it shows',
      async (body) => {
        await using world = await open(clockAt(NOW));
        const roundKey = { S: keyOf({ round: 1 }) };
        await world.plant({ pk: `report#${EU}`, sk: 'now', body: { S: body }, roundKey });

        const broken = (await world.store.readReports([EU], LIVE)).get(EU);
        const reply = await world.store.writeReport(
          aReport({ round: 2 }),
          keyOf({ round: 1 }),
          LIVE,
        );

        expect(broken).toMatchObject({ roundKey: keyOf({ round: 1 }) });
        expect(reply).toEqual({ kind: 'written' });
      },
    );

    it.each([
      ['no round', {}],
      ['a round that is no text', { roundKey: { N: '1' } }],
    ] as const)('lets a vantage replace a foreign item with %s', async (_, attributes) => {
      await using world = await open(clockAt(NOW));
      await world.plant({ pk: `report#${EU}`, sk: 'now', ...attributes });

      expect(await world.store.writeReport(aReport({ round: 1 }), null, LIVE)).toEqual({
        kind: 'written',
      });
    });

    it('counts nothing of a report whose round can not be compared', async () => {
      await using world = await open(clockAt(NOW));
      const body = { S: JSON.stringify(aReport({ round: 1 })) };
      await world.plant({ pk: `report#${EU}`, sk: 'now', body });

      const read = await world.store.readReports([EU], LIVE);

      expect(read.get(EU)).toEqual({ unreadable: 'the attribute `roundKey` is not a string' });
    });

    it('reads a head it does not understand as no hint', async () => {
      await using world = await open(clockAt(NOW));
      const body = { S: '{"generations":{"app":7,"db":"8","x":1e400,"y":1.5}}' };
      await world.plant({ pk: `head#${EU}`, sk: 'now', body });
      await world.plant({ pk: `head#${US}`, sk: 'now', body: { S: '[]' } });

      expect(await world.store.readHeads([EU, US], LIVE)).toEqual([
        { region: EU, generations: { app: 7 } },
        { region: US, generations: {} },
      ]);
    });

    it('refuses to write a record over a foreign item', async () => {
      await using world = await open(clockAt(NOW));
      await world.plant({ pk: `decision#${APP}`, sk: '0000000001#aaaaaaaa', body: { N: '1' } });

      await expect(world.store.recordIntent(aRecord(1), LIVE)).rejects.toMatchObject({
        code: 'REFUSED',
      });
    });

    it('keeps what the stream filter and the condition need outside the body', async () => {
      await using world = await open(clockAt(NOW));
      await world.store.writeReport(aReport({ round: 1, changed: true }), null, LIVE);

      const item = await world.item(`report#${EU}`, 'now');

      expect(item).toMatchObject({
        changed: { BOOL: true },
        roundKey: { S: keyOf({ round: 1 }) },
        run: { S: `${NOW - 60_000}#run` },
      });
      expect(Object.keys(item).sort()).toEqual(['body', 'changed', 'pk', 'roundKey', 'run', 'sk']);
    });

    it('leaves alone what a later version added to an item', async () => {
      await using world = await open(clockAt(NOW));
      await world.store.writeReport(aReport({ round: 1 }), null, LIVE);
      const later = await world.item(`report#${EU}`, 'now');
      const tomorrow = { M: { x: { N: '1' } } };
      await world.plant({ ...later, pk: `report#${EU}`, sk: 'now', tomorrow });

      const read = (await world.store.readReports([EU], LIVE)).get(EU);
      const reply = await world.store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);

      expect(read).toMatchObject(aReport({ round: 1 }));
      expect(reply).toEqual({ kind: 'written' });
    });

    it('says that an item is too large for DynamoDB, and keeps what was there', async () => {
      await using world = await open(clockAt(NOW));
      await world.store.writeReport(aReport({ round: 1 }), null, LIVE);
      const entries = Array.from({ length: 450 }, () => anEntry({ detail: 'x'.repeat(1_000) }));
      const tooLarge = { ...aReport({ round: 2 }), entries };

      await expect(
        world.store.writeReport(tooLarge, keyOf({ round: 1 }), LIVE),
      ).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/size/),
      });

      const read = await world.store.readReports([EU], LIVE);
      expect(read.get(EU)).toMatchObject(aReport({ round: 1 }));
    });

    it('keeps one manifest and one mark, whatever number of regions write them at once', async () => {
      await using world = await open(clockAt(NOW));
      const ten = Array.from({ length: 10 }, (_, n) => n);

      await Promise.all(ten.map(() => world.store.writeManifest(aManifest('d1'), LIVE)));
      await Promise.all(ten.map(() => world.store.writeMark(aMark({}), LIVE)));

      expect((await world.store.readManifests(['d1'], LIVE)).get('d1')).toEqual(aManifest('d1'));
      expect(await world.store.readMarks(APP, LIVE)).toEqual([aMark({})]);
    });
  });
}

const scalar: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.string().map((S) => ({ S })),
  fc.json().map((S) => ({ S })),
  fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }).map((n) => ({ N: String(n) })),
  fc.integer({ min: -129, max: 125 }).map((e) => ({ N: `1e${e}` })),
  fc.boolean().map((BOOL) => ({ BOOL })),
  fc.constant({ NULL: true as const }),
  fc.uint8Array({ minLength: 1, maxLength: 8 }).map((B) => ({ B: new Uint8Array(B) })),
  fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }).map((SS) => ({ SS })),
);
const attribute: fc.Arbitrary<AttributeValue> = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }).map((L) => ({ L })),
  fc.dictionary(fc.string({ minLength: 1 }), scalar, { maxKeys: 3 }).map((M) => ({ M })),
);
const anyAttributes = fc.record(
  {
    body: attribute,
    ttl: attribute,
    roundKey: attribute,
    run: attribute,
    changed: attribute,
  },
  { requiredKeys: [] },
);
