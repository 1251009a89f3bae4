/** Mutants 25 to 33 and 54: hold-down, floor, velocity, never all zero. */
import type { Mutant } from './mutant.ts';

const COMMIT = 'shared/core/commit.ts';
const FLOOR = 'shared/core/rule-floor.ts';
const VELOCITY = 'shared/core/rule-velocity.ts';
const IN_SERVICE = `      .filter((line) => !looksDown(line))
      .reduce((total, line) => total + Math.min(line.to, configured(line)), 0),`;

export const POLICY_MUTANTS: readonly Mutant[] = [
  {
    id: 25,
    name: 'hold-down from evidence time, not from the decision in the fence',
    breaks: ['S10'],
    also: ['sim'],
    patches: [
      {
        file: COMMIT,
        find: 'outAt: now,',
        replace: 'outAt: line.verdict.sinceAt ?? facts.asofAt,',
      },
    ],
    tests: [
      {
        file: 'test/core/rule-return.test.ts',
        title: 'counts the hold-down from the decision in the fence, not from the evidence',
      },
    ],
  },
  {
    id: 26,
    name: 'hold-down in process memory',
    breaks: ['S10'],
    also: ['sim'],
    patches: [
      {
        file: COMMIT,
        find: 'outAt: now,',
        replace: `outAt: ((globalThis.holdDowns ??= new Map()).set(\`\${service.id} \${line.holding.endpoint.id}\`, now), now),`,
      },
      {
        file: 'shared/core/rule-return.ts',
        find: `  if (entry.outAt !== null) {
    const untilMs = entry.outAt + holdDownMs`,
        replace: `  const outAt = globalThis.holdDowns?.get(\`\${id} \${endpoint}\`);
  if (outAt !== undefined) {
    const untilMs = outAt + holdDownMs`,
      },
    ],
    tests: [
      {
        file: 'test/core/commit.test.ts',
        title:
          'leaves the start of the hold-down in the fence, where a process finds it that saw no fall',
      },
    ],
  },
  {
    id: 27,
    name: 'floor counts the configured weight of down endpoints as serving',
    breaks: ['S5'],
    also: ['sim'],
    patches: [
      {
        file: FLOOR,
        find: IN_SERVICE,
        replace:
          '.reduce((total, line) => total + (looksDown(line) ? configured(line) : Math.min(line.to, configured(line))), 0),',
      },
    ],
    tests: [
      {
        file: 'test/core/rule-floor.test.ts',
        title: 'counts nothing of an endpoint that looks down, whatever weight it has',
      },
    ],
  },
  {
    id: 28,
    name: 'floor ignores orders',
    breaks: ['S5'],
    also: ['sim'],
    patches: [
      {
        file: FLOOR,
        find: IN_SERVICE,
        replace: `      .filter((line) => !looksDown(line))
      .reduce((total, line) => total + (line.fixed === 'order' ? configured(line) : Math.min(line.to, configured(line))), 0),`,
      },
    ],
    tests: [
      {
        file: 'test/core/rule-floor.test.ts',
        title: 'counts what an order leaves, not what is configured',
      },
    ],
  },
  {
    id: 29,
    name: 'all zero allowed',
    breaks: ['S4'],
    also: ['sim'],
    patches: [
      {
        file: 'shared/core/decision.ts',
        find: "['never all zero', () => neverZeroRule],",
        replace: "['never all zero', () => (draft) => draft],",
      },
      { file: COMMIT, find: 'if (emptyGroup(draft, facts) !== null) return null;', replace: '' },
      {
        file: 'shared/core/plan.ts',
        find: 'assert(emptyRecordGroup(pairs) === null,',
        replace: 'assert(true,',
      },
      { file: 'shared/core/order.ts', find: 'if (empty !== null) {', replace: 'if (false) {' },
    ],
    tests: [
      {
        file: 'test/core/rule-never-zero.test.ts',
        title:
          'F111: withholds the removal of the only endpoint left after a person zeroed the other',
      },
    ],
  },
  {
    id: 30,
    name: 'AAAA left behind',
    breaks: ['S12'],
    also: ['sim'],
    patches: [
      {
        file: COMMIT,
        find: 'after: { ...record, weight: weightAfter(line, record) },',
        replace:
          "after: record.type === 'AAAA' ? record : { ...record, weight: weightAfter(line, record) },",
      },
    ],
    tests: [
      {
        file: 'test/core/commit.test.ts',
        title:
          'moves all names and types of an endpoint in one batch: neither family is left behind',
      },
    ],
  },
  {
    id: 31,
    name: 'velocity per evaluator, not from the fence',
    breaks: ['S6'],
    also: ['sim'],
    patches: [
      {
        file: VELOCITY,
        find: 'export function velocityRule(',
        replace: `const ownRemovals = new Map();
const ownKey = (line, facts) => \`\${facts.service.id} \${line.holding.endpoint.id}\`;
export function velocityRule(`,
      },
      {
        file: VELOCITY,
        find: '  if (refused.size === 0) return draft;',
        replace: `  for (const line of draft.lines) {
    if (line.move === 'removal' && !refused.has(line.holding.endpoint.region)) ownRemovals.set(ownKey(line, facts), facts.now);
  }
  if (refused.size === 0) return draft;`,
      },
      {
        file: VELOCITY,
        find: 'line.holding.entry?.countedAt ?? null',
        replace: 'ownRemovals.get(ownKey(line, facts)) ?? null',
      },
    ],
    tests: [
      {
        file: 'test/core/rule-velocity.test.ts',
        title: 'counts from the fence, so that another process or a restart counts the same',
      },
    ],
  },
  {
    id: 32,
    name: 'writes while every endpoint looks down',
    breaks: ['S5'],
    also: ['sim'],
    patches: [
      {
        file: FLOOR,
        find: 'if (lines.every((line) => looksDown(line) || looksFailing(line))) {',
        replace: 'if (false) {',
      },
    ],
    tests: [
      {
        file: 'test/core/rule-floor.test.ts',
        title:
          'F90: what fails at one moment is voted down seconds apart: the first removal waits for the others',
      },
    ],
  },
  {
    id: 33,
    name: 'weight 0 dropped as falsy',
    breaks: ['S2', 'S12'],
    patches: [
      {
        file: 'shared/adapters/route53-records.ts',
        find: '...(weight === undefined ? {} : { Weight: weight }),',
        replace: '...(weight ? { Weight: weight } : {}),',
      },
      {
        file: 'shared/adapters/route53-records.ts',
        find: '...(Weight === undefined ? {} : { weight: Weight }),',
        replace: '...(Weight ? { weight: Weight } : {}),',
      },
    ],
    tests: [
      {
        file: 'test/rounds/route53-records.test.ts',
        title: 'of weight 0 is read as weight 0 and written as weight 0',
      },
    ],
  },
  {
    id: 54,
    name: 'velocity by endpoint instead of region',
    breaks: ['S6'],
    also: ['sim'],
    patches: [
      {
        file: VELOCITY,
        find: 'const { region } = line.holding.endpoint;',
        replace: 'const region = line.holding.endpoint.id;',
      },
      {
        file: VELOCITY,
        find: 'refused.has(line.holding.endpoint.region)',
        replace: 'refused.has(line.holding.endpoint.id)',
      },
      {
        file: VELOCITY,
        find: 'count(line.holding.endpoint.region,',
        replace: 'count(line.holding.endpoint.id,',
      },
    ],
    tests: [
      {
        file: 'test/core/rule-velocity.test.ts',
        title: 'F89: counts all endpoints of a region as one',
      },
    ],
  },
];
