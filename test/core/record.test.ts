/** Decision records: one digest for equal records. Their chain is in chain.test.ts. */
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import { type Digest, epochMs, nonce, serviceId, vantageId } from '../../shared/core/model.ts';
import { type DecisionRecord, recordDigest, recordSortKey } from '../../shared/core/record.ts';
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

  it('F106: what was found in the place of a missing record has an item of its own, right behind it', () => {
    const missing = recordOf(7, null);
    const found = { ...missing, actor: 'found@us-west-2' };
    const next = { generation: 8, nonce: nonce('-------0') };

    expect(recordSortKey(found) > recordSortKey(missing)).toBe(true);
    expect(recordSortKey(found) < recordSortKey(next)).toBe(true);
    expect(recordSortKey({ ...found, actor: 'found@eu-west-1' })).not.toBe(recordSortKey(found));
  });
});
