/** Stored items → records and marks: what is none is passed over, what is one comes back byte for byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMark, parseRecord } from '../../shared/core/record-parse.ts';

const RECORD = {
  format: 1,
  service: 'app',
  generation: 7,
  nonce: 'aaaaaaaa',
  parent: null,
  region: 'eu-west-1',
  actor: 'quorum@eu-west-1',
  at: 1_782_864_000_000,
  config: 'config',
  lines: [
    {
      endpoint: 'us-east-1',
      verdict: 'down',
      from: 100,
      to: 0,
      code: 'quorum-down',
      sentence: 'down: us-east-1',
      votes: { 'eu-west-1': 'down' },
    },
  ],
  sentences: [],
  plan: 'plan',
  checksum: 'abcdefgh',
  outbox: [],
};
const MARK = {
  service: 'app',
  generation: 7,
  nonce: 'aaaaaaaa',
  kind: 'insync',
  region: 'eu-west-1',
  at: 1_782_864_000_000,
  detail: '',
};

describe('a stored record', () => {
  it('comes back as it was stored, with what another release wrote besides', () => {
    const later = { ...RECORD, later: { field: [1] } };

    expect(parseRecord(later)).toBe(later);
  });

  it('may carry the order that it brought', () => {
    const order = {
      id: 'order001',
      kind: 'drain',
      scope: 'service',
      actor: 'ann',
      reason: 'deploy',
      fromAt: 1,
      untilAt: 2,
    };

    expect(parseRecord({ ...RECORD, order })?.order?.actor).toBe('ann');
    expect(parseRecord({ ...RECORD, order: { ...order, actor: null } })).toBeUndefined();
  });

  it.each(Object.keys(RECORD))('without %s is none', (key) => {
    const { [key as keyof typeof RECORD]: _, ...rest } = RECORD;

    expect(parseRecord(rest)).toBeUndefined();
  });

  it.each([
    ['another format', { format: 2 }],
    ['a generation below 0', { generation: -1 }],
    ['a time that is no number', { at: 'yesterday' }],
    ['a line without its endpoint', { lines: [{ ...RECORD.lines[0], endpoint: undefined }] }],
  ])('with %s is none', (_, changes) => {
    expect(parseRecord({ ...RECORD, ...changes })).toBeUndefined();
  });
});

describe('a stored mark', () => {
  it('comes back as it was stored', () => {
    expect(parseMark(MARK)).toBe(MARK);
  });

  it('of a kind that this release does not know is none', () => {
    expect(parseMark({ ...MARK, kind: 'tweeted' })).toBeUndefined();
  });
});

it('whatever stands in the table, reading it never throws', () => {
  fc.assert(
    fc.property(fc.anything(), (item) => {
      expect(parseRecord(item)).toBeUndefined();
      expect(parseMark(item)).toBeUndefined();
    }),
  );
});
