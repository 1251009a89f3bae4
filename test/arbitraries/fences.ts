/** Every fence that this release can write, and texts that look a little or not at all like one. */
import fc from 'fast-check';
import {
  type Fence,
  type FenceEntry,
  type FenceOrder,
  FORCEABLE_RULES,
  fenceValue,
  type Phase,
} from '../../shared/core/fence.ts';
import type { Digest, EpochMs, Nonce, OrderId, Weight } from '../../shared/core/model.ts';

const WORD_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-';
const word = (minLength: number, maxLength = minLength): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom(...WORD_CHARACTERS), minLength, maxLength });

/** Until 2059, as 8 characters in base 36 reach. */
const TIME_MAX = 36 ** 8 - 1;
export const arbTime = fc.integer({ min: 0, max: TIME_MAX }) as fc.Arbitrary<EpochMs>;
const arbTimeOrNull = fc.option(arbTime, { nil: null });
export const arbWeight = fc.integer({ min: 0, max: 255 }) as fc.Arbitrary<Weight>;
const arbPhase: fc.Arbitrary<Phase> = fc.oneof(
  fc.constant<Phase>({ kind: 'in' }),
  fc.constant<Phase>({ kind: 'out' }),
  fc.integer({ min: 0, max: 99 }).map((step): Phase => ({ kind: 'ramp', step })),
);

export const arbEntry: fc.Arbitrary<FenceEntry> = fc.record({
  mark: word(6),
  weight: arbWeight,
  provenAs: fc.option(word(6), { nil: null }),
  phase: arbPhase,
  changedAt: arbTimeOrNull,
  outAt: arbTimeOrNull,
  countedAt: arbTimeOrNull,
  relapses: fc.integer({ min: 0, max: 99 }),
  fullAt: arbTimeOrNull,
  waits: fc.boolean(),
  approved: fc.boolean(),
});

const arbScope: fc.Arbitrary<FenceOrder['scope']> = fc.oneof(
  fc.constant({ kind: 'service' as const }),
  fc.record({ kind: fc.constantFrom('endpoint' as const, 'region' as const), mark: word(6) }),
);

export const arbOrder: fc.Arbitrary<FenceOrder> = fc
  .record({
    id: word(8) as fc.Arbitrary<OrderId>,
    kind: fc.constantFrom('drain' as const, 'pin' as const, 'freeze' as const),
    scope: arbScope,
    weight: arbWeight,
    fromAt: arbTime,
    untilAt: arbTime,
    afterwards: fc.constantFrom('auto' as const, 'approve' as const),
    force: fc.subarray([...FORCEABLE_RULES]),
    started: fc.boolean(),
  })
  .map((order) => (order.kind === 'freeze' ? { ...order, weight: null } : order));

export const arbFence: fc.Arbitrary<Fence> = fc.record({
  deployment: word(1, 64),
  generation: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  nonce: word(8) as fc.Arbitrary<Nonce>,
  parentNonce: fc.option(word(8) as fc.Arbitrary<Nonce>, { nil: null }),
  asofAt: arbTime,
  config: word(22),
  packagedAt: arbTime,
  record: word(22) as fc.Arbitrary<Digest>,
  rescuedAt: arbTimeOrNull,
  entries: fc.uniqueArray(arbEntry, { maxLength: 12, selector: ({ mark }) => mark }),
  orders: fc.uniqueArray(arbOrder, { maxLength: 4, selector: ({ id }) => id }),
});

/** One change to the text of a real fence: a cut, a swap, a repetition, another character. */
export const arbDamaged: fc.Arbitrary<string> = fc
  .tuple(
    arbFence.map(fenceValue),
    fc.nat(),
    fc.nat(40),
    fc.oneof(
      fc.constantFrom(
        '',
        ' ',
        '"',
        '\\',
        '=',
        ',',
        '" "',
        'e=',
        '__proto__=1',
        '\u0000',
        'é',
        '😀',
      ),
      fc.string({ unit: 'binary', maxLength: 8 }),
    ),
    fc.boolean(),
  )
  .map(([text, at, length, insert, doubles]) => {
    const start = at % text.length;
    const middle = doubles ? text.slice(start, start + length) : '';
    return text.slice(0, start) + middle + insert + text.slice(start + length);
  });
