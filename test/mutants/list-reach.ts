/** Mutants 41 to 44, 48 and 55: rescue, proof, what is served, groups of names. */
import type { Mutant } from './mutant.ts';

const RESCUE = 'shared/core/rule-rescue.ts';
const VERDICT = 'shared/core/rule-verdict.ts';

export const REACH_MUTANTS: readonly Mutant[] = [
  {
    id: 41,
    name: 'no rescue',
    breaks: ['L1'],
    also: ['sim'],
    patches: [
      {
        file: 'shared/core/decision.ts',
        find: "['rescue', () => rescueRule],",
        replace: "['rescue', () => (draft) => draft],",
      },
    ],
    tests: [
      {
        file: 'test/core/rule-rescue.test.ts',
        title: 'F113: one batch gives the recovered endpoint its weight and the dead one 0',
      },
    ],
  },
  {
    id: 42,
    name: 'rescue without an `up` quorum',
    breaks: ['S7'],
    also: ['sim'],
    patches: [
      {
        file: RESCUE,
        find: "lines.filter((line) => line.health === 'up' && line.to < configured(line));",
        replace: "lines.filter((line) => line.health !== 'down' && line.to < configured(line));",
      },
      {
        file: RESCUE,
        find: "line.health === 'up' && isFreeToReturn(line, facts.service);",
        replace: "line.health !== 'down' && isFreeToReturn(line, facts.service);",
      },
    ],
    tests: [
      {
        file: 'test/core/rule-rescue.test.ts',
        title: 'F113: needs an up quorum for the one taking over',
      },
    ],
  },
  {
    id: 43,
    name: 'removal while unproven',
    breaks: ['S7'],
    also: ['sim'],
    patches: [
      {
        file: VERDICT,
        find: "verdict.value !== 'down' || holding.entry?.provenAs === checkMark(holding.endpoint, digestOf);",
        replace:
          "verdict.value !== 'down' || holding.entry?.provenAs !== checkMark(holding.endpoint, digestOf) || true;",
      },
    ],
    tests: [
      {
        file: 'test/core/rule-verdict.test.ts',
        title: 'F114: a typo in a health path after a deploy is unproven and drains nothing',
      },
    ],
  },
  {
    id: 44,
    name: 'votes used although the record differs from the target',
    breaks: ['S7'],
    also: ['sim'],
    patches: [
      {
        file: VERDICT,
        find: '  if (strange !== null) {',
        replace: '  if (strange !== null && false) {',
      },
    ],
    tests: [
      {
        file: 'test/core/rule-verdict.test.ts',
        title: 'F115: does not use the votes of an endpoint whose record answers something else',
      },
    ],
  },
  {
    id: 48,
    name: 'second batch group sent in one batch with the first',
    breaks: ['S12'],
    patches: [
      {
        file: 'shared/core/plan.ts',
        find: `const key = \`\${plan.zone.key} \${plan.group}\`;`,
        replace: `const key = \`\${plan.zone.key}\`;`,
      },
    ],
    tests: [{ file: 'test/core/plan.test.ts', title: 'a batch never spans groups or zones' }],
  },
  {
    id: 55,
    name: 'rescue over an order',
    breaks: ['S11'],
    also: ['sim'],
    patches: [
      {
        file: RESCUE,
        find: 'line.fixed === null && !awaitsApproval(line, service);',
        replace:
          "(line.fixed === null || line.fixed === 'order') && !awaitsApproval(line, service);",
      },
    ],
    tests: [
      {
        file: 'test/core/rule-rescue.test.ts',
        title: 'F113: an order still binds, and the page names the command: rescue-held',
      },
    ],
  },
];
