/**
 * What every engine behind the `Zone` port must do, as Route 53 does it: exact DELETE, atomic batches,
 * listings in its order and by pages, PENDING then INSYNC, and each failure as the reply that the
 * rounds expect. An engine that differs declares where, and the build breaks once it no longer does.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../shared/core/errors.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { ZoneRef } from '../../shared/core/model.ts';
import {
  type Change,
  recordKey,
  recordText,
  type ZoneRead,
  type ZoneRecord,
} from '../../shared/core/zone-record.ts';
import type { CommitReply, Zone } from '../../shared/ports.ts';
import { describeRules } from './zone-rules-contract.ts';
import {
  APEX,
  anyRecords,
  asserted,
  DIFFERENCES,
  FENCE,
  fence,
  KINDS,
  replacing,
  weighted,
} from './zone-samples.ts';

/** What the next commit meets. */
export type CommitTrouble =
  | 'throttled'
  | 'busy'
  | 'access-denied'
  | 'lost-before-effect'
  | 'lost-after-effect';
export type ReadTrouble = 'throttled' | 'unavailable' | 'access-denied';

export type OpenZone = AsyncDisposable & {
  readonly zone: Zone;
  readonly ref: ZoneRef;
  /** Lets every accepted change be served. */
  readonly settle: () => Promise<void>;
  readonly troubleCommit: (trouble: CommitTrouble) => void;
  readonly troubleRead: (trouble: ReadTrouble) => void;
  /** Ends a trouble that lasts. */
  readonly heal: () => void;
  /** The control plane loses what is still PENDING. */
  readonly strandPending: () => void;
  readonly now: () => number;
};

export type ZoneEngine = {
  readonly name: string;
  /** A zone named `example.test` with these records, beside the SOA and NS of its own. */
  readonly open: (records: readonly ZoneRecord[]) => Promise<OpenZone>;
  readonly divergences?: readonly { readonly test: string; readonly reason: string }[];
  /** Fewer where each zone costs time and requests. */
  readonly propertyRuns?: number;
};

export type Act = {
  readonly read: (from?: string, to?: string) => Promise<ZoneRead>;
  readonly commit: (changes: readonly Change[], comment?: string) => Promise<CommitReply>;
  readonly status: (changeId: string) => Promise<string>;
  readonly texts: () => Promise<readonly string[]>;
};

/** Before and after everything in the zone: labels of one sign, the lowest and a high one. */
const ALL = { from: APEX, to: `~.${APEX}` };

const withoutOwn = (records: readonly ZoneRecord[]): readonly ZoneRecord[] =>
  records.filter(({ name, type }) => !(name === APEX && (type === 'SOA' || type === 'NS')));
const names = (read: ZoneRead): readonly string[] =>
  withoutOwn(read.records).map(({ name }) => name);
const simple = (name: string, last = 1): ZoneRecord => ({
  name: `${name}.${APEX}`,
  type: 'A',
  ttlSeconds: 60,
  values: [`192.0.2.${last}`],
});
const signal = (): AbortSignal => new AbortController().signal;

export function describeZone(engine: ZoneEngine): void {
  const { name, open, divergences = [], propertyRuns = 40 } = engine;
  const unmatched = new Set(divergences.map((d) => d.test));
  const mustRun = (title: string, test: () => Promise<void>): void => {
    unmatched.delete(title);
    const differs = divergences.find((d) => d.test === title);
    if (differs) it.fails(`${title} (differs: ${differs.reason})`, test);
    else it(title, test);
  };
  const must: Must = (title, records, run) =>
    mustRun(title, async () => {
      await using engine = await open(records);
      await run(actOn(engine), engine);
    });

  describe(`zone contract: ${name}`, () => {
    describeReads(must);
    describeExactness(must);
    describeRules(must);
    describeRaces(must);
    describeTrouble(must);

    mustRun('reads, asserts and reads again any zone content without changing it', () =>
      fc.assert(
        fc.asyncProperty(anyRecords, async (records) => {
          await using engine = await open(records);
          const act = actOn(engine);
          const read = withoutOwn((await act.read()).records);

          const reply = await act.commit(asserted(read));

          expect(reply).toMatchObject({ kind: 'accepted' });
          expect(read.map(recordText).sort()).toEqual(records.map(recordText).sort());
          expect(await act.texts()).toEqual(read.map(recordText));
        }),
        { numRuns: propertyRuns },
      ),
    );

    it('declares no divergence that is not a test', () => expect([...unmatched]).toEqual([]));
  });
}

export type Must = (
  title: string,
  records: readonly ZoneRecord[],
  run: (act: Act, engine: OpenZone) => Promise<void>,
) => void;

function describeReads(must: Must): void {
  must('reads a zone without records of ours', [], async ({ read }) => {
    expect(names(await read())).toEqual([]);
  });

  must(
    'reads from one name to another, both included, and nothing beside them',
    ['a', 'b', 'c', 'd'].map((label) => simple(label)),
    async ({ read }) => {
      expect(names(await read(`b.${APEX}`, `c.${APEX}`))).toEqual([`b.${APEX}`, `c.${APEX}`]);
      expect(names(await read(`c.${APEX}`, `c.${APEX}`))).toEqual([`c.${APEX}`]);
    },
  );

  must(
    'reads a stretch whose ends are no records',
    [simple('a'), simple('m'), simple('z')],
    async ({ read }) => {
      expect(names(await read(`b.${APEX}`, `y.${APEX}`))).toEqual([`m.${APEX}`]);
      expect(names(await read(`n.${APEX}`, `y.${APEX}`))).toEqual([]);
    },
  );

  must(
    'lists in the order of reversed labels with the final dot: a hyphen comes before the subtree',
    ['app', 'app-b', '_quorate.app', '1.app', '*.app', 'apq'].map((label) => simple(label)),
    async ({ read }) => {
      const labels = names(await read()).map((one) => one.slice(0, -APEX.length - 1));

      expect(labels).toEqual(['app-b', 'app', '*.app', '1.app', '_quorate.app', 'apq']);
      expect(names(await read(`app.${APEX}`, FENCE))).not.toContain(`app-b.${APEX}`);
      expect(names(await read(`app-b.${APEX}`, `app.${APEX}`))).toHaveLength(2);
    },
  );

  must(
    'lists the records of one name by type, then by set identifier',
    [
      weighted('b', 1),
      weighted('a', 2),
      weighted('a', 1, { type: 'AAAA', values: ['2001:db8::1'] }),
    ],
    async ({ read }) => {
      const { records } = await read(`app.${APEX}`, `app.${APEX}`);

      expect(records.map(recordKey)).toEqual([
        `app.${APEX} A a`,
        `app.${APEX} A b`,
        `app.${APEX} AAAA a`,
      ]);
    },
  );

  const many = Array.from({ length: 640 }, (_, n) => simple(`h${String(n).padStart(4, '0')}`, 1));
  must('follows pages over more than 300 records', many, async ({ read }) => {
    expect(names(await read())).toEqual(many.map((record) => record.name));
    expect(names(await read(`h0299.${APEX}`, `h0300.${APEX}`))).toHaveLength(2);
    expect(names(await read(`h0001.${APEX}`, `h0301.${APEX}`))).toHaveLength(301);
  });

  const group = Array.from({ length: 90 }, (_, n) =>
    weighted(`e${n}`, n, { values: ['192.0.2.1'] }),
  );
  const groups = [0, 1, 2, 3, 4].flatMap((n) =>
    group.map((record) => ({ ...record, name: `g${n}.${APEX}` })),
  );
  must('follows pages that end within a weighted group', groups, async ({ texts }) => {
    expect((await texts()).toSorted()).toEqual(groups.map(recordText).sort());
  });

  must(
    'takes names in capitals and with a final dot',
    [KINDS.weighted as ZoneRecord],
    async ({ read, commit, texts }) => {
      expect(names(await read(`APP.${APEX}.`, `App.${APEX.toUpperCase()}`))).toEqual([
        `app.${APEX}`,
      ]);

      const shouted = { ...(KINDS.weighted as ZoneRecord), name: `APP.${APEX}.` };

      expect(await commit(asserted([shouted]))).toMatchObject({ kind: 'accepted' });
      expect(await texts()).toEqual([recordText(KINDS.weighted as ZoneRecord)]);
    },
  );

  must('gives the clock of the server and its own', [], async ({ read }, { now }) => {
    const before = now();
    const { serverAt, readAt } = await read();

    expect(readAt).toBeGreaterThanOrEqual(before);
    expect(Math.abs((serverAt ?? 0) - before)).toBeLessThan(5_000);
  });
}

function describeExactness(must: Must): void {
  for (const [kind, record] of Object.entries(KINDS)) {
    must(`reads and asserts a record as it is: ${kind}`, [record], async ({ commit, texts }) => {
      expect(await texts()).toEqual([recordText(record)]);

      expect(await commit(asserted([record]))).toMatchObject({ kind: 'accepted' });

      expect(await texts()).toEqual([recordText(record)]);
    });

    must(`creates and deletes a record: ${kind}`, [], async ({ commit, texts }) => {
      expect(await commit([{ action: 'CREATE', record }])).toMatchObject({ kind: 'accepted' });
      expect(await texts()).toEqual([recordText(record)]);

      expect(await commit([{ action: 'DELETE', record }])).toMatchObject({ kind: 'accepted' });

      expect(await texts()).toEqual([]);
    });
  }

  const served = KINDS['health check'] as ZoneRecord;
  for (const [field, differing] of Object.entries(DIFFERENCES)) {
    must(`refuses a DELETE that differs in one field: ${field}`, [served], async (act) => {
      const reply = await act.commit([{ action: 'DELETE', record: differing(served) }]);

      expect(reply.kind).toBe('refused');
      expect(await act.texts()).toEqual([recordText(served)]);
    });
  }

  const alias = KINDS['weighted alias'] as ZoneRecord;
  must('refuses a DELETE that differs in the alias target', [alias], async (act) => {
    const target = alias.alias as NonNullable<ZoneRecord['alias']>;
    for (const differing of [
      { ...target, evaluateTargetHealth: false },
      { ...target, zone: 'Z35SXDOTRQ7X7K' },
      { ...target, name: 'other.eu-west-1.elb.amazonaws.com' },
    ]) {
      const record = { ...alias, alias: differing };

      expect((await act.commit([{ action: 'DELETE', record }])).kind).toBe('refused');
    }
    expect(await act.texts()).toEqual([recordText(alias)]);
  });

  const latency = KINDS.latency as ZoneRecord;
  must('refuses a DELETE that differs in a field we have no word for', [latency], async (act) => {
    const record = { ...latency, other: { Region: 'us-east-1' } };

    expect((await act.commit([{ action: 'DELETE', record }])).kind).toBe('refused');
    expect(await act.texts()).toEqual([recordText(latency)]);
  });

  must('takes the values of a record in any order', [KINDS.simple as ZoneRecord], async (act) => {
    const record = KINDS.simple as ZoneRecord;
    const turned = { ...record, values: [...(record.values ?? [])].reverse() };

    expect(await act.commit(asserted([turned]))).toMatchObject({ kind: 'accepted' });
  });

  must('refuses a CREATE of what is there', [weighted('a', 1)], async (act) => {
    const reply = await act.commit([{ action: 'CREATE', record: weighted('a', 2) }]);

    expect(reply.kind).toBe('refused');
    expect(await act.texts()).toEqual([recordText(weighted('a', 1))]);
  });

  const pair = [fence('41'), weighted('a', 100), weighted('b', 100)];
  must('applies all of a batch or nothing', pair, async (act) => {
    const reply = await act.commit([
      ...replacing(fence('41'), fence('42')),
      ...replacing(weighted('a', 100), weighted('a', 0)),
      ...replacing(weighted('b', 99), weighted('b', 0)),
    ]);

    expect(reply.kind).toBe('refused');
    expect((await act.texts()).toSorted()).toEqual(pair.map(recordText).sort());
  });

  must('names each record that stood in the way', pair, async (act) => {
    const reply = await act.commit([
      ...replacing(fence('40'), fence('42')),
      ...replacing(weighted('b', 99), weighted('b', 0)),
    ]);

    const messages = reply.kind === 'refused' ? reply.messages : [];
    expect(messages.length).toBeGreaterThanOrEqual(2);
    expect(messages.some((message) => message.includes(FENCE))).toBe(true);
    expect(messages.some((message) => message.includes(`'app.${APEX}`))).toBe(true);
  });

  must('shows a commit to the very next read', pair, async (act) => {
    await act.commit(replacing(fence('41'), fence('42')));

    expect((await act.read(FENCE, FENCE)).records).toEqual([fence('42')]);
  });

  must('says what is wrong with a batch that can never be valid', [], async (act) => {
    const reply = await act.commit([{ action: 'CREATE', record: weighted('a', 256) }]);

    expect(reply).toMatchObject({ kind: 'denied', code: 'invalid-input' });
    expect(reply.kind === 'denied' && reply.message).toMatch(/256/);
  });

  must('takes a comment of any length', pair, async (act) => {
    const reply = await act.commit(asserted(pair), `${'why '.repeat(300)}é`);

    expect(reply.kind).toBe('accepted');
  });
}

function describeRaces(must: Must): void {
  const state = [fence('41'), weighted('a', 100), weighted('b', 100)];
  must('lets exactly one of many concurrent batches on one fence through', state, async (act) => {
    const writers = Array.from({ length: 12 }, (_, n) => n);

    const replies = await Promise.all(
      writers.map((n) =>
        act.commit([
          ...replacing(fence('41'), fence(`42-${n}`)),
          ...replacing(weighted('a', 100), weighted('a', n)),
          ...asserted([weighted('b', 100)]),
        ]),
      ),
    );

    const winners = writers.filter((n) => replies[n]?.kind === 'accepted');
    expect(winners).toHaveLength(1);
    // AWS may turn one away while another is in process.
    const losers = replies.filter(({ kind }) => kind === 'refused' || kind === 'busy');
    expect(losers).toHaveLength(11);
    expect((await act.read(FENCE, FENCE)).records).toEqual([fence(`42-${winners[0]}`)]);
    expect(await act.texts()).toContain(recordText(weighted('a', winners[0] ?? -1)));
  });

  must('gives one effect to a batch sent twice', state, async (act) => {
    const batch = replacing(fence('41'), fence('42'));

    expect((await act.commit(batch)).kind).toBe('accepted');
    expect((await act.commit(batch)).kind).toBe('refused');
    expect((await act.read(FENCE, FENCE)).records).toEqual([fence('42')]);
  });

  must('takes a change from pending to insync', state, async (act, { settle }) => {
    const reply = await act.commit(replacing(fence('41'), fence('42')));
    const changeId = reply.kind === 'accepted' ? reply.changeId : '';

    expect(await act.status(changeId)).toBe('pending');
    await settle();
    expect(await act.status(changeId)).toBe('insync');
  });

  must('calls a change that nobody knows stranded', state, async (act) => {
    expect(await act.status('C0000000000000UNKNOWN')).toBe('stranded');
  });

  must(
    'strands what the control plane forgot, and reads what it went back to',
    state,
    async (act, { strandPending }) => {
      const reply = await act.commit(replacing(fence('41'), fence('42')));
      strandPending();

      expect(await act.status(reply.kind === 'accepted' ? reply.changeId : '')).toBe('stranded');
      expect((await act.read(FENCE, FENCE)).records).toEqual([fence('41')]);
    },
  );
}

function describeTrouble(must: Must): void {
  const state = [fence('41')];
  const batch = replacing(fence('41'), fence('42'));
  const commits: Readonly<Record<CommitTrouble, { reply: object; leaves: string }>> = {
    throttled: { reply: { kind: 'throttled' }, leaves: '41' },
    busy: { reply: { kind: 'busy' }, leaves: '41' },
    'access-denied': { reply: { kind: 'denied', code: 'access-denied' }, leaves: '41' },
    'lost-before-effect': { reply: { kind: 'unknown' }, leaves: '41' },
    'lost-after-effect': { reply: { kind: 'unknown' }, leaves: '42' },
  };
  for (const [trouble, { reply, leaves }] of Object.entries(commits)) {
    must(`sends once and answers with what it knows: ${trouble}`, state, async (act, engine) => {
      engine.troubleCommit(trouble as CommitTrouble);

      expect(await act.commit(batch)).toMatchObject(reply);

      engine.heal();
      expect((await act.read(FENCE, FENCE)).records).toEqual([fence(leaves)]);
    });
  }

  const reads: Readonly<Record<ReadTrouble, ErrorCode>> = {
    throttled: 'ZONE_THROTTLED',
    unavailable: 'ZONE_UNAVAILABLE',
    'access-denied': 'ACCESS_DENIED',
  };
  for (const [trouble, code] of Object.entries(reads)) {
    must(`fails to read with a code: ${code}`, state, async (act, engine) => {
      engine.troubleRead(trouble as ReadTrouble);

      const error = await act.read().then(undefined, (thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(QuorateError);
      expect(error).toMatchObject({ code });
      engine.heal();
      expect((await act.read(FENCE, FENCE)).records).toEqual([fence('41')]);
    });
  }

  must(
    'tells a zone that does not exist from one that is empty',
    state,
    async (_, { zone, ref }) => {
      const nowhere: ZoneRef = { ...ref, id: 'Z0000000000000NOWHERE' };

      await expect(zone.read(nowhere, ALL, signal())).rejects.toMatchObject({ code: 'NOT_FOUND' });
      const reply = await zone.commit(nowhere, batch, 'test', signal());
      expect(reply).toMatchObject({ kind: 'denied', code: 'no-such-zone' });
    },
  );

  must('sends nothing once the signal has aborted', state, async (act, { zone, ref }) => {
    const reply = await zone.commit(ref, batch, 'test', AbortSignal.abort(new Error('too late')));

    expect(reply.kind).toBe('unknown');
    expect((await act.read(FENCE, FENCE)).records).toEqual([fence('41')]);
  });
}

function actOn({ zone, ref }: OpenZone): Act {
  const read: Act['read'] = (from = ALL.from, to = ALL.to) =>
    zone.read(ref, { from, to }, signal());
  return {
    read,
    commit: (changes, comment = 'zone contract') => zone.commit(ref, changes, comment, signal()),
    status: (changeId) => zone.changeStatus(ref, changeId, signal()),
    texts: async () => withoutOwn((await read()).records).map(recordText),
  };
}
