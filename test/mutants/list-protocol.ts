/** Mutants 1 to 15 and 49, 52, 53: how a change is compared, sent, and found again. */
import type { Mutant } from './mutant.ts';

const COMMIT = 'shared/rounds/commit-plans.ts';
const PLAN = 'shared/core/plan.ts';
const SEND = `const reply = await zone.commit(batch.zone, batch.changes, \`quorate \${comment}\`, signal);`;
const READ_BACK = 'async function readBack(';
const UNKNOWN = `    case 'unknown':
      return readBack(`;

/** Pairs become UPSERTs, which compare nothing; a DELETE alone stays one. */
const UPSERTS = `function upserts(changes, isBlind) {
  const keyIn = ({ name, type, setIdentifier = '' }) => [name, type, setIdentifier].join(' ');
  const created = changes.filter(({ action }) => action === 'CREATE').map(({ record }) => keyIn(record));
  return changes.flatMap((change) => {
    if (!isBlind(change.record)) return [change];
    if (change.action === 'CREATE') return [{ ...change, action: 'UPSERT' }];
    return created.includes(keyIn(change.record)) ? [] : [change];
  });
}

${READ_BACK}`;

const sendBlind = (isBlind: string): string => `const changes = upserts(batch.changes, ${isBlind});
    const reply = await zone.commit(batch.zone, changes, \`quorate \${comment}\`, signal);`;

export const PROTOCOL_MUTANTS: readonly Mutant[] = [
  {
    id: 1,
    name: 'no compare',
    breaks: ['S1', 'S2'],
    also: ['sim', 'explorer'],
    patches: [
      { file: COMMIT, find: SEND, replace: sendBlind('() => true') },
      { file: COMMIT, find: READ_BACK, replace: UPSERTS },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title: 'F72: loses to a fence that moved, and nothing of it is sent again',
      },
      {
        file: 'test/rounds/racing-writers.test.ts',
        title: 'of N concurrent writers on one generation exactly one commits',
      },
    ],
  },
  {
    id: 2,
    name: 'compare without asof',
    breaks: ['S3'],
    also: ['sim'],
    patches: [
      {
        file: 'shared/core/decision.ts',
        find: 'if (votes.asofAt < fence.asofAt) {',
        replace: 'if (false) {',
      },
      {
        file: PLAN,
        find: "plan.parent === null || plan.commit.by !== 'automation' || fence.asofAt >= plan.parent.asofAt,",
        replace: 'true,',
      },
    ],
    tests: [
      {
        file: 'test/core/decision.test.ts',
        title: 'F54: evidence older than the last commit used changes nothing: stale-evidence',
      },
    ],
  },
  {
    id: 3,
    name: 'one freshness check at the start, then write',
    breaks: ['S1', 'S2'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: COMMIT,
        find: '  const comment = batch.plans.map(',
        replace: `  for (const { record } of batch.changes.filter(({ action, record }) => action === 'DELETE' && record.type === 'TXT')) {
    const { records } = await zone.read(batch.zone, { from: record.name, to: record.name }, signal);
    const isThere = records.some((one) => one.type === 'TXT' && one.values?.[0] === record.values?.[0]);
    if (!isThere) return { kind: 'refused', messages: ['not fresh'] };
  }
  const comment = batch.plans.map(`,
      },
      { file: COMMIT, find: SEND, replace: sendBlind('() => true') },
      { file: COMMIT, find: READ_BACK, replace: UPSERTS },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title:
          'F73: is refused as drift, naming the record, when somebody edits any record meanwhile',
      },
      {
        file: 'test/rounds/racing-writers.test.ts',
        title: 'of N concurrent writers on one generation exactly one commits',
      },
    ],
  },
  {
    id: 4,
    name: 'UPSERT weights',
    breaks: ['S2'],
    also: ['sim', 'explorer'],
    patches: [
      { file: COMMIT, find: SEND, replace: sendBlind("(record) => record.type !== 'TXT'") },
      { file: COMMIT, find: READ_BACK, replace: UPSERTS },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title:
          'F73: is refused as drift, naming the record, when somebody edits any record meanwhile',
      },
    ],
  },
  {
    id: 5,
    name: 'generation without nonce',
    breaks: ['S1', 'S14'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: PLAN,
        find: '    nonce,\n    parent,',
        replace: `    nonce: \`generation\${(parent?.generation ?? 0) + 1}\` as Nonce,\n    parent,`,
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title: 'F70: a lost reply is told apart from a lost race',
      },
    ],
  },
  {
    id: 6,
    name: 'no read-back',
    breaks: ['S14'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: COMMIT,
        find: '  const own = batch.plans.flatMap((plan) => services.get(plan.service) ?? []);',
        replace: `  if (Date) {
    return batch.plans.map((plan) =>
      reply.isFinal ? { plan, outcome: { kind: 'lost' }, changeId: null, at: clock.now() } : unresolved(plan),
    );
  }
  const own = batch.plans.flatMap((plan) => services.get(plan.service) ?? []);`,
      },
      {
        file: 'shared/rounds/unresolved.ts',
        find: 'for (const plan of [...memory.unresolved.values()]) {',
        replace: 'for (const plan of [] as Plan[]) {',
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title:
          'F98: success already hidden behind a successor is recognised through the parent nonce',
      },
    ],
  },
  {
    id: 7,
    name: 'read-back by generation, not nonce',
    breaks: ['S14'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: 'shared/core/outcome.ts',
        find: '(fence.nonce === plan.nonce || fence.parentNonce === plan.nonce)',
        replace: 'fence.generation >= plan.generation',
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title: 'is lost for good behind one successor that names another parent',
      },
    ],
  },
  {
    id: 8,
    name: 'SDK retries on for writes',
    breaks: ['S14'],
    patches: [
      {
        file: 'shared/adapters/route53-clients.ts',
        find: "maxAttempts: use === 'read' ? READ_ATTEMPTS : 1,",
        replace: 'maxAttempts: READ_ATTEMPTS,',
      },
      {
        file: 'shared/adapters/route53-zone.ts',
        find: '(await client.config.maxAttempts()) === 1,',
        replace: 'true,',
      },
    ],
    tests: [
      {
        file: 'test/contract/route53-replies.test.ts',
        title: 'refuses to write with a client that would send again',
      },
    ],
  },
  {
    id: 9,
    name: 'timeout taken as failure',
    breaks: ['S14'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: COMMIT,
        find: UNKNOWN,
        replace: `    case 'unknown':
      if (Date) return all({ kind: 'lost' });
      return readBack(`,
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title:
          'F69: stays unresolved while the fence stands at its parent, since it may still land',
      },
    ],
  },
  {
    id: 10,
    name: 'timeout taken as success',
    breaks: ['S14'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: COMMIT,
        find: UNKNOWN,
        replace: `    case 'unknown':
      if (Date) return all({ kind: 'committed' });
      return readBack(`,
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title: 'F71: a batch that lands after a successor has no effect',
      },
    ],
  },
  {
    id: 11,
    name: 'fence DELETE without CREATE',
    breaks: ['S1', 'S9'],
    also: ['sim', 'explorer'],
    patches: [{ file: PLAN, find: 'after: isRelease ? null : after }', replace: 'after: null }' }],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title: 'F71: a batch that lands after a successor has no effect',
      },
    ],
  },
  {
    id: 12,
    name: 'batch split into fence and weights',
    breaks: ['S1', 'S2'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: COMMIT,
        find: SEND,
        replace: `const isFence = ({ record }) => record.type === 'TXT';
    const fenceReply = await zone.commit(batch.zone, batch.changes.filter(isFence), \`quorate \${comment}\`, signal);
    const reply =
      fenceReply.kind === 'accepted'
        ? await zone.commit(batch.zone, batch.changes.filter((one) => !isFence(one)), \`quorate \${comment}\`, signal)
        : fenceReply;`,
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title:
          'F73: is refused as drift, naming the record, when somebody edits any record meanwhile',
      },
    ],
  },
  {
    id: 13,
    name: 'pagination of List ignored',
    breaks: ['S9', 'S12'],
    patches: [
      {
        file: 'shared/adapters/route53-zone.ts',
        find: 'start = next && listingOrder(normaliseName(next.name)) <= last ? next : undefined;',
        replace: 'start = next && undefined;',
      },
    ],
    tests: [
      {
        file: 'test/contract/zone-local.test.ts',
        title: 'follows pages over more than 300 records',
        statedIn: 'test/contract/zone-contract.ts',
      },
    ],
  },
  {
    id: 14,
    name: 'octal escape not normalised',
    breaks: ['S2', 'S12'],
    patches: [
      {
        file: 'shared/adapters/route53-names.ts',
        find: 'return PLAIN.test(character) ? character : escaped;',
        replace: 'return character === escaped ? character : escaped;',
      },
    ],
    tests: [
      {
        file: 'test/rounds/route53-records.test.ts',
        title: 'of a wildcard has one name in both spellings, final dot and octal escape included',
      },
    ],
  },
  {
    id: 15,
    name: 'retry without jitter',
    breaks: ['L5'],
    patches: [
      {
        file: COMMIT,
        find: 'ids.random() * BACKOFF_MS_FIRST * 2 ** tries',
        replace: 'BACKOFF_MS_FIRST * 2 ** tries',
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title: 'jitter is full: a random number of 0 waits not at all',
      },
    ],
  },
  {
    id: 49,
    name: 'fence without the parent’s nonce',
    breaks: ['S14'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: PLAN,
        find: 'parentNonce: plan.parent?.nonce ?? null,',
        replace: 'parentNonce: null,',
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title:
          'F98: success already hidden behind a successor is recognised through the parent nonce',
      },
    ],
  },
  {
    id: 52,
    name: 'plan without deadline',
    breaks: ['S1'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: COMMIT,
        find: 'if (signal.aborted || clock.now() > deadlineAt) return',
        replace: 'if (signal.aborted) return',
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title:
          'F46: is dropped past its deadline, when a frozen process thaws between decide and send',
      },
    ],
  },
  {
    id: 53,
    name: 'unchanged records not asserted',
    breaks: ['S2', 'S4'],
    also: ['sim', 'explorer'],
    patches: [
      {
        file: PLAN,
        find: 'after: isRelease ? null : after }, ...plan.pairs];',
        replace: `after: isRelease ? null : after },
    ...plan.pairs.filter(({ before, after: then }) => before === null || then === null || recordText(before) !== recordText(then))];`,
      },
    ],
    tests: [
      {
        file: 'test/rounds/commit-plans.test.ts',
        title:
          'F73: is refused as drift, naming the record, when somebody edits any record meanwhile',
      },
    ],
  },
];
