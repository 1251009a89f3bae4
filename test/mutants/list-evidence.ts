/** Mutants 16 to 24, 45 to 47 and 56: what counts as a vote, how old it may be, how it is counted. */
import type { Mutant } from './mutant.ts';

const VERDICT = 'shared/core/verdict.ts';
const VOTE = 'shared/core/vote.ts';
const DESK = 'shared/rounds/report-desk.ts';
const DOWN_QUORUM = 'downs.length >= service.quorum &&';
const UP_QUORUM = 'const isUp = ups.length >= service.quorum;';
const QUORUM_OF_ANSWERS = 'Math.min(service.quorum, Math.floor(ballots.length / 2) + 1)';

/** A vantage that is silent, as if it had said this. */
const asIfSaid = (vote: 'up' | 'down'): string =>
  `votes.views.flatMap((view) => view.state !== 'silent' || view.why !== 'missing' ? [] : [{ vantage: view.vantage, observedAt: 0, state: 'reporting', ballot: { vote: '${vote}', failures: 0, sinceAt: null, code: null, skipped: null, detail: '', latencyMs: null, watch: [] } }])`;

export const EVIDENCE_MUTANTS: readonly Mutant[] = [
  {
    id: 16,
    name: 'quorum over those that answered',
    breaks: ['S7', 'S9'],
    also: ['sim'],
    patches: [
      { file: VERDICT, find: DOWN_QUORUM, replace: `downs.length >= ${QUORUM_OF_ANSWERS} &&` },
      {
        file: VERDICT,
        find: UP_QUORUM,
        replace: `const isUp = ups.length >= ${QUORUM_OF_ANSWERS};`,
      },
      {
        file: VOTE,
        find: 'times[service.quorum - 1] ?? null',
        replace: 'times[Math.min(service.quorum, Math.floor(times.length / 2) + 1) - 1] ?? null',
      },
    ],
    tests: [
      {
        file: 'test/core/verdict.test.ts',
        title:
          'a verdict is what the tally over all configured vantages says, never over those that answered',
      },
    ],
  },
  {
    id: 17,
    name: 'quorum off by one (> for ≥)',
    breaks: ['S7', 'L1'],
    also: ['sim'],
    patches: [
      { file: VERDICT, find: DOWN_QUORUM, replace: 'downs.length > service.quorum &&' },
      { file: VERDICT, find: UP_QUORUM, replace: 'const isUp = ups.length > service.quorum;' },
    ],
    tests: [
      {
        file: 'test/core/verdict.test.ts',
        title: 'F55: of two sides of a split at most one has the quorum',
      },
    ],
  },
  {
    id: 18,
    name: 'the own region’s vantage counts double',
    breaks: ['S7'],
    also: ['sim'],
    patches: [
      {
        file: VERDICT,
        find: DOWN_QUORUM,
        replace:
          'downs.length + downs.filter(({ vantage }) => String(vantage) === String(endpoint.region)).length >= service.quorum &&',
      },
    ],
    tests: [
      {
        file: 'test/core/verdict.test.ts',
        title: 'does not count the vantage in its own region double',
      },
    ],
  },
  {
    id: 19,
    name: 'missing report = fail',
    breaks: ['S7', 'S8', 'S9'],
    also: ['sim'],
    patches: [
      {
        file: VERDICT,
        find: "const downs = counts('down');",
        replace: `const downs = [...counts('down'), ...${asIfSaid('down')}];`,
      },
    ],
    tests: [
      {
        file: 'test/core/verdict.test.ts',
        title: 'silence, none and skipped never bring a quorum closer',
      },
    ],
  },
  {
    id: 20,
    name: 'missing report = pass',
    breaks: ['S7', 'S8'],
    also: ['sim'],
    patches: [
      {
        file: VERDICT,
        find: "const ups = counts('up');",
        replace: `const ups = [...counts('up'), ...${asIfSaid('up')}];`,
      },
    ],
    tests: [
      {
        file: 'test/core/verdict.test.ts',
        title: 'silence, none and skipped never bring a quorum closer',
      },
    ],
  },
  {
    id: 21,
    name: 'age by arrival instead of observedAt',
    breaks: ['S8'],
    also: ['sim'],
    patches: [
      {
        file: VOTE,
        find: 'const ageMs = now - mark.observedAt;',
        replace: `const arrival = [vantage, report.run.id, mark.everyMs, mark.round, mark.observedAt].join(' ');
  if (!arrivals.has(arrival)) arrivals.set(arrival, now);
  const ageMs = mark.observedAt > now ? now - mark.observedAt : now - arrivals.get(arrival);`,
      },
      {
        file: VOTE,
        find: 'function viewOf(',
        replace: 'const arrivals = new Map();\nfunction viewOf(',
      },
    ],
    tests: [
      {
        file: 'test/core/vote.test.ts',
        title: 'a malformed, stale or future report is silence, never an exception',
      },
    ],
  },
  {
    id: 22,
    name: 'no age limit',
    breaks: ['S8'],
    also: ['sim'],
    patches: [
      { file: VOTE, find: 'if (ageMs > freshForMs(service.everyMs))', replace: 'if (false)' },
    ],
    tests: [
      {
        file: 'test/core/vote.test.ts',
        title: 'a malformed, stale or future report is silence, never an exception',
      },
    ],
  },
  {
    id: 23,
    name: 'future reports accepted',
    breaks: ['S8'],
    also: ['sim'],
    patches: [{ file: VOTE, find: 'if (ageMs < -CLOCK_TOLERANCE_MS)', replace: 'if (false)' }],
    tests: [
      {
        file: 'test/core/vote.test.ts',
        title: 'a malformed, stale or future report is silence, never an exception',
      },
    ],
  },
  {
    id: 24,
    name: 'votes of another service digest counted',
    breaks: ['S7', 'S8'],
    also: ['sim'],
    patches: [
      {
        file: VOTE,
        find: 'if (ownService(manifest, service)?.digest !== service.digest)',
        replace: 'if (ownService(manifest, service) === undefined)',
      },
    ],
    tests: [
      {
        file: 'test/core/vote.test.ts',
        title: 'F51: a report under another digest of this service is silent: other-config',
      },
    ],
  },
  {
    id: 45,
    name: 'unlisted endpoint that was not probed counts as up',
    breaks: ['S7', 'S8'],
    also: ['sim'],
    patches: [
      {
        file: 'shared/core/report-next.ts',
        find: "abstain(before, 'aborted', 'not probed in this round')",
        replace: 'before',
      },
    ],
    tests: [
      {
        file: 'test/core/report.test.ts',
        title: 'lists a due endpoint that was not looked at as skipped',
      },
    ],
  },
  {
    id: 46,
    name: 'observedAt = write time',
    breaks: ['S8'],
    also: ['sim'],
    patches: [
      {
        file: DESK,
        find: 'rounds: [result.mark],',
        replace: 'rounds: [{ ...result.mark, observedAt: clock.now() }],',
      },
    ],
    tests: [
      {
        file: 'test/rounds/observed-at.test.ts',
        title: 'a report tells when its round began, however long looking and writing took',
      },
    ],
  },
  {
    id: 47,
    name: 'double counting at take-over',
    breaks: ['S7'],
    also: ['sim'],
    patches: [
      {
        file: DESK,
        find: "base?.report?.run.id === reporter.run.id ? { kind: 'again' } : { kind: 'beaten' }",
        replace: "{ kind: 'again' }",
      },
      {
        file: DESK,
        find: "if (isDone(result.mark.everyMs, result.mark.round)) return { kind: 'beaten' };",
        replace: '',
      },
    ],
    tests: [
      {
        file: 'test/rounds/probe-run.test.ts',
        title: 'two overlapping runs count each failure once',
      },
    ],
  },
  {
    id: 56,
    name: '`skipped` as fail',
    breaks: ['S7', 'S8'],
    also: ['sim'],
    patches: [
      {
        file: VOTE,
        find: "vote: entry.skipped === null ? entry.vote : 'none',",
        replace: "vote: entry.skipped === null ? entry.vote : 'down',",
      },
    ],
    tests: [
      {
        file: 'test/core/vote.test.ts',
        title: 'a vantage that skips what it had up or down votes neither',
      },
    ],
  },
];
