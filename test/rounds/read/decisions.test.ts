/** Records and marks as the table has them → pages of decisions, and a history of some days. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../shared/adapters/digest.ts';
import { decisionsDocument } from '../../../shared/api/decision-document.ts';
import { decisionsSchema } from '../../../shared/api/decisions.ts';
import { QuorateError } from '../../../shared/core/errors.ts';
import { epochMs, nonce, serviceId, vantageId } from '../../../shared/core/model.ts';
import { type DecisionRecord, recordDigest, recordSortKey } from '../../../shared/core/record.ts';
import {
  readDecisions,
  readHistory,
  recentDecisions,
} from '../../../shared/rounds/read-decisions.ts';
import { type FakeStore, fakeStore } from '../../fakes/fake-store.ts';
import { HOUR, MINUTE, NEVER, quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleService } from '../../fakes/sample-service.ts';
import { drain } from './reading.ts';

const app = serviceId('app');
const never = NEVER;

describe('a page of decisions', () => {
  it('has what automation and operators committed, newest first, each with its marks', async () => {
    const service = sampleService();
    const world = quorumWorld();
    world.sees('us-east-1', { vote: 'down', code: 'timeout' });
    await world.minutes(2);
    await drain(world, service, 'eu-west-1', 'order001');

    const deps = { store: world.region(0).store, digestOf: sha256 };
    const page = await readDecisions(deps, app, { limit: 50 }, never);
    const document = decisionsDocument(app, page, {
      region: vantageId('eu-west-1'),
      at: world.clock.now(),
    });

    const told = page.decisions.filter(({ outcome }) => outcome === 'committed');
    expect(told.map(({ record }) => [record.generation, record.actor])).toEqual([
      [43, 'ann'],
      [42, expect.stringMatching(/^quorum@/)],
    ]);
    expect(told[1]).toMatchObject({
      digest: told[0]?.record.parent,
      changeId: expect.stringMatching(/./),
      committedAt: expect.any(Number),
      insyncAt: expect.any(Number),
    });
    expect(() => v.assert(decisionsSchema, document)).not.toThrow();
    // The seed of this world is no record of a release.
    expect(document).toMatchObject({ next: null, malformed: 1 });
  });

  it('hands a record on as it is stored, so that its digest can be proved', async () => {
    const store = fakeStore();
    const record = { ...recordOf(1), later: { field: 'of another release' } };
    store.table.records.set(`app ${recordSortKey(record)}`, record);

    const { decisions } = await readDecisions(
      { store, digestOf: sha256 },
      app,
      { limit: 5 },
      never,
    );

    expect(decisions[0]?.record).toEqual(record);
    expect(decisions[0]?.digest).toBe(recordDigest(record, sha256));
  });

  it('leads to the next one until all are read, across items that are no records', async () => {
    const store = storeOf(Array.from({ length: 12 }, (_, i) => recordOf(i + 1)));
    for (const generation of [4, 5, 6]) {
      const { nonce: own } = recordOf(generation);
      store.table.records.set(`app ${recordSortKey({ generation, nonce: own })}`, {
        generation,
        nonce: own,
        broken: true,
      });
    }

    const seen: number[] = [];
    let malformed = 0;
    let before: string | undefined;
    for (let pages = 0; pages < 20; pages += 1) {
      const at = { limit: 3, ...(before === undefined ? {} : { before }) };
      const page = await readDecisions({ store, digestOf: sha256 }, app, at, never);
      seen.push(...page.decisions.map(({ record }) => record.generation));
      malformed += page.malformed;
      if (page.next === null) break;
      before = page.next;
    }

    expect(seen).toEqual([12, 11, 10, 9, 8, 7, 3, 2, 1]);
    expect(malformed).toBe(3);
  });

  it('ends where nothing on it says where it stands', async () => {
    const store = fakeStore();
    store.table.records.set('app 0000000001#x', 'unreadable');

    const page = await readDecisions({ store, digestOf: sha256 }, app, { limit: 1 }, never);

    expect(page).toEqual({ decisions: [], next: null, malformed: 1 });
  });

  it('of a table that is away is none for whoever can do without, and an error for who asked', async () => {
    const store = storeOf([recordOf(1)]);
    store.trouble('readRecords', { kind: 'refused' }, 2);

    expect(await recentDecisions({ store, digestOf: sha256 }, app, never)).toEqual([]);
    await expect(
      readDecisions({ store, digestOf: sha256 }, app, { limit: 1 }, never),
    ).rejects.toBeInstanceOf(QuorateError);
    expect(await recentDecisions({ store, digestOf: sha256 }, app, never)).toHaveLength(1);
  });
});

describe('a history', () => {
  const hourly = Array.from({ length: 500 }, (_, i) => recordOf(i + 1, { at: epochMs(i * HOUR) }));
  const history = (store: Pick<FakeStore, 'readRecords' | 'readMarks'>, asked: Partial<Asked>) =>
    readHistory(
      (page) => readDecisions({ store: store as FakeStore, digestOf: sha256 }, app, page, never),
      { sinceAt: 0, observed: false, limit: 1000, ...asked },
    );

  it('goes back to its time and no further', async () => {
    const store = storeOf(hourly);

    const told = await history(store, { sinceAt: 490 * HOUR });

    expect(told.decisions.map(({ record }) => record.generation)).toEqual([
      500, 499, 498, 497, 496, 495, 494, 493, 492, 491,
    ]);
    expect(told).toMatchObject({ isCut: false, malformed: 0 });
    expect(store.callsOf('readRecords')).toHaveLength(2);
  });

  it('says where it was cut', async () => {
    const told = await history(storeOf(hourly), { limit: 20 });

    expect(told.decisions).toHaveLength(20);
    expect(told.isCut).toBe(true);
  });

  it('reads to the first record where time allows it', async () => {
    const told = await history(storeOf(hourly), {});

    expect(told.decisions).toHaveLength(500);
    expect(told.isCut).toBe(false);
  });

  it('keeps what observe mode would have done apart from what was done', async () => {
    const store = storeOf([
      recordOf(1),
      recordOf(2, { actor: 'observed@eu-west-1' }),
      recordOf(3, { actor: 'observed@us-east-1' }),
    ]);
    const generations = async (observed: boolean) =>
      (await history(store, { observed })).decisions.map(({ record }) => record.generation);

    expect(await generations(true)).toEqual([3, 2]);
    expect(await generations(false)).toEqual([1]);
  });

  it('is bounded where records have no end', async () => {
    const endless = {
      ...storeOf([]),
      readRecords: async (_: unknown, { limit }: { readonly limit: number }) =>
        Array.from({ length: limit }, () => recordOf(9, { actor: 'observed@eu-west-1' })),
    };

    expect(await history(endless, {})).toEqual({ decisions: [], malformed: 0, isCut: true });
  });
});

type Asked = { readonly sinceAt: number; readonly observed: boolean; readonly limit: number };

function storeOf(records: readonly DecisionRecord[]): FakeStore {
  const store = fakeStore();
  for (const record of records) store.table.records.set(`app ${recordSortKey(record)}`, record);
  return store;
}

function recordOf(generation: number, changes: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    format: 1,
    service: app,
    generation,
    nonce: nonce(`n${String(generation).padStart(7, '0')}`),
    parent: null,
    region: vantageId('eu-west-1'),
    actor: 'quorum@eu-west-1',
    at: epochMs(generation * MINUTE),
    config: 'config',
    lines: [],
    sentences: [],
    plan: '',
    checksum: '',
    outbox: [],
    ...changes,
  };
}
