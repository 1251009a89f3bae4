/** Mutants 34 to 40, 50, 51, 57 and 58: orders, records, hand edits, two configurations. */
import type { Mutant } from './mutant.ts';

const ORDER = 'shared/core/order.ts';
const BOOKS = 'shared/rounds/bookkeeping.ts';
const RECORD = 'shared/core/record.ts';
const RECORD_KEY = `\`\${String(generation).padStart(10, '0')}#\${nonce}\${isFound(`;

export const ORDER_MUTANTS: readonly Mutant[] = [
  {
    id: 34,
    name: 'start or end by an unchecked clock',
    breaks: ['S9', 'S11'],
    also: ['sim'],
    patches: [
      {
        file: ORDER,
        find: 'if (offMs === null || offMs > CLOCK_OFF_MS_MAX) {',
        replace: 'if (false) {',
      },
    ],
    tests: [
      {
        file: 'test/core/order.test.ts',
        title: 'R10: an end or a start waits while the clock and Route 53 disagree: clock-in-doubt',
      },
    ],
  },
  {
    id: 35,
    name: 'ended `pin` still honoured',
    breaks: ['S11'],
    also: ['sim'],
    patches: [
      {
        file: ORDER,
        find: 'fence.orders.find((order) => order.untilAt <= now);',
        replace: "fence.orders.find((order) => order.untilAt <= now && order.kind !== 'pin');",
      },
    ],
    tests: [
      {
        file: 'test/core/order.test.ts',
        title: 'an ended order changes nothing until its end is committed: order-over',
      },
    ],
  },
  {
    id: 36,
    name: '`pin` ignored on the way back',
    breaks: ['S11'],
    also: ['sim'],
    patches: [
      {
        file: 'shared/core/rule-order.ts',
        find: "return order === null || line.fixed === 'pending' ? line",
        replace:
          "return order === null || line.fixed === 'pending' || (order.kind === 'pin' && line.health === 'up' && line.holding.entry?.phase.kind !== 'in') ? line",
      },
    ],
    tests: [{ file: 'test/core/order.test.ts', title: 'a pin holds on the way back too' }],
  },
  {
    id: 37,
    name: 'two `pin`s add up',
    breaks: ['S11'],
    also: ['sim'],
    patches: [
      {
        file: ORDER,
        find: '!(isSameScope(other, order) && (order.started || !other.started)),',
        replace: 'true,',
      },
      {
        file: ORDER,
        find: `  to: order.weight,
  reason: reasonOf(line, order),`,
        replace: `  to: Math.min(255, line.order?.kind === 'pin' && line.order.id !== order.id ? order.weight + line.order.weight : order.weight + (order.kind === 'pin' ? line.now : 0)),
  reason: reasonOf(line, order),`,
      },
    ],
    tests: [
      {
        file: 'test/core/order.test.ts',
        title: 'a newer order on the same endpoint replaces the older: two pins never add up',
      },
    ],
  },
  {
    id: 38,
    name: 'plan unsorted (digest differs)',
    breaks: ['S15'],
    patches: [
      {
        file: 'shared/core/plan.ts',
        find: '[...commit.records].sort((a, b) => byText(pairKey(a), pairKey(b)));',
        replace: '[...commit.records];',
      },
    ],
    tests: [
      {
        file: 'test/core/commit.test.ts',
        title: 'same input, same bytes: the order in which records came in says nothing',
      },
    ],
  },
  {
    id: 39,
    name: 'decision record after the effect',
    breaks: ['S13'],
    also: ['sim'],
    patches: [
      {
        file: BOOKS,
        find: 'export async function writeIntents(',
        replace: 'const late = [];\nexport async function writeIntents(',
      },
      {
        file: BOOKS,
        find: '    await books.store.recordIntent(record, signal);',
        replace: '    late.push(record);',
      },
      {
        file: BOOKS,
        find: '  for (const { plan, outcome, changeId } of commits) {',
        replace: `  for (const record of late.splice(0)) await unlessStoreFails(books.store.recordIntent(record, signal));
  for (const { plan, outcome, changeId } of commits) {`,
      },
    ],
    tests: [
      {
        file: 'test/rounds/quorum-round.test.ts',
        title: 'the record is durable before the batch is sent',
      },
    ],
  },
  {
    id: 40,
    name: 'decision record keyed by time',
    breaks: ['S13'],
    patches: [
      { file: RECORD, find: "actor = '',\n}: Pick", replace: "actor = '',\n  at,\n}: Pick" },
      {
        file: RECORD,
        find: RECORD_KEY,
        replace: `\`\${String(at ?? generation).padStart(14, '0')}\${isFound(`,
      },
    ],
    tests: [
      {
        file: 'test/core/record.test.ts',
        title: 'F97: two regions that race for one generation have two items',
      },
    ],
  },
  {
    id: 50,
    name: 'an order’s commit blocked by asof',
    breaks: ['S3', 'L6'],
    also: ['sim'],
    patches: [
      {
        file: ORDER,
        find: 'if (isSuperseded(fence, service, config)) return NOTHING_DUE;',
        replace:
          'if (isSuperseded(fence, service, config) || (input.votes.asofAt ?? 0) < fence.asofAt) return NOTHING_DUE;',
      },
    ],
    tests: [
      {
        file: 'test/core/order.test.ts',
        title: 'F105: begins and ends while every report is silent',
      },
    ],
  },
  {
    id: 51,
    name: 'two writers share one record key',
    breaks: ['S13'],
    also: ['sim'],
    patches: [
      {
        file: RECORD,
        find: RECORD_KEY,
        replace: `\`\${String(generation).padStart(10, '0')}\${isFound(`,
      },
    ],
    tests: [
      {
        file: 'test/core/record.test.ts',
        title: 'F97: two regions that race for one generation have two items',
      },
    ],
  },
  {
    id: 57,
    name: 'hand-edited weight written back',
    breaks: ['S2', 'L8'],
    also: ['sim'],
    patches: [
      {
        file: 'shared/core/rule-verdict.ts',
        find: "return { ...base, health, fixed: 'edited', reason };",
        replace: "return { ...base, to: entry.weight, health, fixed: 'edited', reason };",
      },
    ],
    tests: [
      {
        file: 'test/core/rule-verdict.test.ts',
        title:
          'F73: a weight edited by hand is drift, carried over as read, and others are still removed',
      },
    ],
  },
  {
    id: 58,
    name: 'older packaging time commits',
    breaks: ['L9'],
    also: ['sim'],
    patches: [
      {
        file: 'shared/core/fence.ts',
        find: 'fence.config !== service.settings && fence.packagedAt > config.packagedAt;',
        replace:
          'fence.config !== service.settings && fence.packagedAt > config.packagedAt && false;',
      },
    ],
    tests: [
      {
        file: 'test/core/decision.test.ts',
        title: 'F120: an older packaging time never commits: superseded-config',
      },
    ],
  },
];
