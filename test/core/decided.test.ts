/** What became of a decision: by the marks that somebody wrote, else by the chain itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import { type Decided, foldDecisions, isObserved } from '../../shared/core/decided.ts';
import { epochMs, nonce, serviceId, vantageId } from '../../shared/core/model.ts';
import {
  type DecisionRecord,
  type Mark,
  type MarkKind,
  recordDigest,
} from '../../shared/core/record.ts';

const app = serviceId('app');

describe('what became of a decision', () => {
  it('is committed by its mark, with when it was served and seen, by whom and where it was told', () => {
    const record = recordOf(7, 'aaaaaaaa');
    const marks = [
      markOf(record, 'committed', 1_000, 'C123'),
      markOf(record, 'insync', 40_000, '', 'us-east-1'),
      markOf(record, 'insync', 31_000),
      markOf(record, 'seen', 35_000),
      markOf(record, 'delivered', 3_000, 'webhook'),
      markOf(record, 'delivered', 2_000, 'sns'),
    ];

    expect(outcomes([record], marks)).toEqual([
      {
        record,
        digest: recordDigest(record, sha256),
        outcome: 'committed',
        committedAt: 1_000,
        insyncAt: 31_000,
        seenAt: 35_000,
        changeId: 'C123',
        delivered: [
          { channel: 'sns', at: 2_000 },
          { channel: 'webhook', at: 3_000 },
        ],
      },
    ]);
  });

  it('is lost by its mark, and open without any', () => {
    const lost = recordOf(8, 'aaaaaaaa');
    const open = recordOf(7, 'bbbbbbbb');

    const [first, second] = outcomes([lost, open], [markOf(lost, 'lost', 1_000, 'expired')]);

    expect(first).toMatchObject({ outcome: 'lost', committedAt: null, changeId: null });
    expect(second).toMatchObject({ outcome: 'open', insyncAt: null, delivered: [] });
  });

  it('is committed without a mark where another record names it as its parent', () => {
    const parent = recordOf(7, 'aaaaaaaa');
    const child = recordOf(8, 'cccccccc', { parent: recordDigest(parent, sha256) });

    expect(outcomes([child, parent], []).map(({ outcome }) => outcome)).toEqual([
      'open',
      'committed',
    ]);
  });

  it('is lost without a mark where another record of its generation is committed', () => {
    const beaten = recordOf(7, 'bbbbbbbb');
    const winner = recordOf(7, 'aaaaaaaa');

    const told = outcomes([beaten, winner], [markOf(winner, 'committed', 1_000, '')]);

    expect(told.map(({ outcome, changeId }) => [outcome, changeId])).toEqual([
      ['lost', null],
      ['committed', null],
    ]);
  });

  it('is committed for a record that came late, beside what was found in its place', () => {
    const late = recordOf(7, 'aaaaaaaa');
    const found = { ...late, actor: 'found@eu-west-1' };

    expect(outcomes([found, late], []).map(({ outcome }) => outcome)).toEqual([
      'committed',
      'committed',
    ]);
  });

  it('is committed for a record that was found in the zone, and observed for one that was never sent', () => {
    const found = recordOf(7, 'aaaaaaaa', { actor: 'found@eu-west-1' });
    const observed = recordOf(6, 'bbbbbbbb', { actor: 'observed@eu-west-1' });

    expect(outcomes([found, observed], []).map(({ outcome }) => outcome)).toEqual([
      'committed',
      'observed',
    ]);
    expect([isObserved(found), isObserved(observed)]).toEqual([false, true]);
  });

  it('does not hang on the order in which marks are read', () => {
    const records = [recordOf(8, 'cccccccc'), recordOf(7, 'aaaaaaaa')];
    const marks = records.flatMap((record) => [
      markOf(record, 'committed', 1_000, 'C1'),
      markOf(record, 'insync', 2_000),
      markOf(record, 'insync', 3_000, '', 'us-east-1'),
      markOf(record, 'delivered', 4_000, 'sns'),
    ]);
    const told = outcomes(records, marks);

    fc.assert(
      fc.property(fc.shuffledSubarray(marks, { minLength: marks.length }), (shuffled) => {
        expect(outcomes(records, shuffled)).toEqual(told);
      }),
    );
  });
});

const outcomes = (records: readonly DecisionRecord[], marks: readonly Mark[]): readonly Decided[] =>
  foldDecisions(records, marks, sha256);

function recordOf(
  generation: number,
  own: string,
  changes: Partial<DecisionRecord> = {},
): DecisionRecord {
  return {
    format: 1,
    service: app,
    generation,
    nonce: nonce(own),
    parent: null,
    region: vantageId('eu-west-1'),
    actor: 'quorum@eu-west-1',
    at: epochMs(generation * 1_000),
    config: 'config',
    lines: [],
    sentences: [],
    plan: '',
    checksum: '',
    outbox: [],
    ...changes,
  };
}

const markOf = (
  { generation, nonce: own }: DecisionRecord,
  kind: MarkKind,
  at: number,
  detail = '',
  region = 'eu-west-1',
): Mark => ({
  service: app,
  generation,
  nonce: own,
  kind,
  region: vantageId(region),
  at: epochMs(at),
  detail,
});
