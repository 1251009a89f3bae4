/** Decision records: one digest for equal records, and a chain that shows any tampering. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import { type Digest, epochMs, nonce, serviceId, vantageId } from '../../shared/core/model.ts';
import {
  type DecisionRecord,
  recordDigest,
  recordSortKey,
  verifyChain,
} from '../../shared/core/record.ts';
import { NOW } from '../fakes/decision-world.ts';

function recordOf(
  generation: number,
  parent: Digest | null,
  changes: Partial<DecisionRecord> = {},
): DecisionRecord {
  return {
    format: 1,
    service: serviceId('app'),
    generation,
    nonce: nonce(`nonce${String(generation).padStart(3, '0')}`),
    parent,
    region: vantageId('eu-west-1'),
    actor: 'quorum@eu-west-1',
    at: epochMs(NOW + generation * 1_000),
    config: 'config',
    lines: [
      {
        endpoint: 'a',
        verdict: 'down',
        from: 100,
        to: 0,
        code: 'quorum-down',
        sentence: 'down: a',
        votes: { 'eu-west-1': 'down', 'us-east-1': 'silent' },
      },
    ],
    sentences: ['down: a'],
    plan: 'plan text',
    checksum: 'abcdefgh',
    outbox: ['sns'],
    ...changes,
  };
}

/** Oldest first, each naming the digest of the one before. */
function chainOf(length: number, first = 1): DecisionRecord[] {
  const records: DecisionRecord[] = [];
  for (let i = 0; i < length; i += 1) {
    const last = records.at(-1);
    records.push(recordOf(first + i, last === undefined ? null : recordDigest(last, sha256)));
  }
  return records;
}
const anchorOf = (records: readonly DecisionRecord[]) => {
  const last = records.at(-1)!;
  return { generation: last.generation, record: recordDigest(last, sha256) };
};
const verify = (records: readonly DecisionRecord[], anchor: ReturnType<typeof anchorOf>) =>
  verifyChain(records, anchor, sha256);

describe('a decision record', () => {
  it('sorts by generation, whatever its number of digits, then by nonce', () => {
    const keys = [9, 10, 2].map((generation) => recordSortKey(recordOf(generation, null)));

    expect([...keys].sort()).toEqual([
      '0000000002#nonce002',
      '0000000009#nonce009',
      '0000000010#nonce010',
    ]);
  });

  it('has one digest however its keys are ordered, of at least 128 bits', () => {
    const record = recordOf(1, null);
    const reversed = Object.fromEntries(Object.entries(record).reverse()) as DecisionRecord;

    expect(recordDigest(reversed, sha256)).toBe(recordDigest(record, sha256));
    expect(recordDigest(record, sha256).length * 6).toBeGreaterThanOrEqual(128);
  });

  it('F97: two regions that race for one generation have two items', () => {
    expect(recordSortKey({ generation: 7, nonce: nonce('aaaaaaaa') })).not.toBe(
      recordSortKey({ generation: 7, nonce: nonce('bbbbbbbb') }),
    );
  });
});

describe('the chain of records', () => {
  it('is whole from the fence back to the first, newest first', () => {
    const records = chainOf(5);

    expect(verify(records, anchorOf(records))).toEqual({
      kind: 'whole',
      committed: [...records].reverse(),
      sideBranches: [],
    });
  });

  it('lists records of lost races beside it', () => {
    const records = chainOf(3);
    const lost = recordOf(3, records[1]!.parent, { nonce: nonce('lostlost') });

    expect(verify([...records, lost], anchorOf(records))).toMatchObject({
      kind: 'whole',
      sideBranches: [lost],
    });
  });

  it('names the generation whose record was edited or deleted', () => {
    const records = chainOf(3);
    const anchor = anchorOf(records);
    const edited = records.map((record) =>
      record.generation === 2 ? { ...record, actor: 'nobody' } : record,
    );
    const missing = {
      kind: 'broken',
      generation: 2,
      why: `no record has the digest ${records[2]!.parent}: it was edited or deleted`,
    };

    expect(verify(edited, anchor)).toEqual(missing);
    expect(verify([records[0]!, records[2]!], anchor)).toEqual(missing);
  });

  it('names a record that stands at another generation than its place', () => {
    const [first, second] = chainOf(2);
    const skipped = recordOf(4, recordDigest(second!, sha256));

    expect(verify([first!, second!, skipped], anchorOf([skipped]))).toEqual({
      kind: 'broken',
      generation: 3,
      why: 'its record says generation 2',
    });
    expect(verify([first!], { ...anchorOf([first!]), generation: 2 })).toMatchObject({
      kind: 'broken',
      generation: 2,
      why: 'its record says generation 1',
    });
  });

  it('names a chain that claims to begin later than with the first generation', () => {
    const records = chainOf(2, 3);

    expect(verify(records, anchorOf(records))).toEqual({
      kind: 'broken',
      generation: 2,
      why: 'the chain ends before the first generation',
    });
  });

  it('the chain shows any edit, deletion, reorder or truncation', () => {
    const arbTampering = fc.constantFrom('edit', 'delete', 'swap', 'renumber', 'truncate');
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 8 }),
        fc.nat(),
        fc.nat(),
        arbTampering,
        (length, i, j, tampering) => {
          const records = chainOf(length);
          const anchor = anchorOf(records);
          const at = i % length;
          const other = j % length;
          fc.pre(tampering !== 'swap' || at !== other);
          const swap = (key: 'lines' | 'at' | 'parent' | 'generation', index: number) => ({
            ...records[index]!,
            [key]: records[index === at ? other : at]![key],
          });
          const tampered =
            tampering === 'edit'
              ? records.map((one, k) => (k === at ? { ...one, sentences: ['edited'] } : one))
              : tampering === 'delete'
                ? records.filter((_, k) => k !== at)
                : tampering === 'swap'
                  ? records.map((one, k) => (k === at || k === other ? swap('at', k) : one))
                  : tampering === 'renumber'
                    ? records.map((one, k) =>
                        k === at ? { ...one, generation: one.generation + 1 } : one,
                      )
                    : records.slice(0, at);

          expect(verify(tampered, anchor).kind).toBe('broken');
          expect(verify([...records].reverse(), anchor).kind).toBe('whole');
        },
      ),
    );
  });
});
