/** F38 to F66: clocks, schedules, the store. */
import type { FaultRow } from './rows.ts';

export const PLATFORM_ROWS: readonly FaultRow[] = [
  {
    id: 'F38',
    title: "a vantage's clock is ahead",
    asserts: ['S3', 'S8'],
    tests: [
      [
        'rounds/evidence.test.ts',
        'F38 F39: reports from a clock 10 min ahead or behind are silent',
      ],
    ],
    markers: ['report-from-the-future'],
  },
  {
    id: 'F39',
    title: "a vantage's clock is behind",
    asserts: ['S8'],
    tests: [
      [
        'rounds/evidence.test.ts',
        'F38 F39: reports from a clock 10 min ahead or behind are silent',
      ],
    ],
    markers: ['exactly-v-minus-q-silent'],
  },
  {
    id: 'F40',
    title: "an evaluator's clock jumps by an hour",
    asserts: ['S9', 'S10'],
    tests: [
      [
        'rounds/quorum-round.test.ts',
        'F40: an evaluator whose own clock is an hour ahead holds everything by itself',
      ],
    ],
    markers: ['quorum-lost'],
  },
  {
    id: 'F41',
    title: 'clocks drift apart',
    asserts: ['S8'],
  },
  {
    id: 'F42',
    title: 'leap seconds, summer time, other time zones',
    asserts: ['S11'],
    tests: [['rounds/cli/orders.test.ts', 'wrong usage says what is right: %s']],
  },
  {
    id: 'F43',
    title: 'two runs meet in one round',
    asserts: ['S14'],
    tests: [['rounds/probe-run.test.ts', 'two overlapping runs count each failure once']],
    markers: ['two-probe-runs-met'],
  },
  {
    id: 'F44',
    title: 'a trigger comes late',
    asserts: ['S8'],
    tests: [
      ['rounds/probe-run.test.ts', 'starts a round of its own time'],
      ['rounds/probe-run.test.ts', 'ends after 130 s, whatever the invocation has left'],
    ],
    markers: ['late-trigger-started-a-round', 'run-ended-at-130-s'],
  },
  {
    id: 'F45',
    title: 'triggers come out of order',
    asserts: ['S8'],
    tests: [['rounds/probe-run.test.ts', 'an older round never overwrites a newer report']],
    markers: ['late-trigger-started-a-round'],
  },
  {
    id: 'F46',
    title: 'a writer stands still after it read, and goes on minutes later',
    asserts: ['S1', 'S3'],
    tests: [
      [
        'rounds/commit-plans.test.ts',
        'F46: is dropped past its deadline, when a frozen process thaws between decide and send',
      ],
    ],
    markers: ['evaluator-frozen-15-min-then-thawed', 'plan-past-its-deadline-dropped'],
  },
  {
    id: 'F47',
    title: 'a writer stands still between its batch and the reply',
    asserts: ['S14'],
    tests: [
      [
        'rounds/quorum-handler.test.ts',
        'F47 F48: a batch cut off in flight is found committed by the next invocation',
      ],
    ],
    markers: ['unknown-outcome-that-had-committed'],
  },
  {
    id: 'F48',
    title: 'a time limit ends a writer in the middle of its batch',
    asserts: ['S14'],
    tests: [
      [
        'rounds/commit-plans.test.ts',
        'F48: a call cut off by the deadline of the invocation is unresolved, not an exception',
      ],
      [
        'rounds/quorum-handler.test.ts',
        'F47 F48: a batch cut off in flight is found committed by the next invocation',
      ],
    ],
    markers: ['writer-died-between-batch-and-mark'],
  },
  {
    id: 'F49',
    title: 'functions start slowly, or not at all',
    asserts: ['L3', 'L10'],
  },
  {
    id: 'F50',
    title: 'one region is not triggered any more',
    asserts: ['L3', 'L10'],
    tests: [['contract/heartbeat.test.ts', 'answered with %i has arrived']],
    markers: ['exactly-v-minus-q-silent'],
  },
  {
    id: 'F51',
    title: 'two configurations are live at once',
    asserts: ['S9', 'S15'],
    tests: [
      [
        'core/decision-regressions.test.ts',
        'F51: do not overwrite each other: the newer one waits for Q reports, then the older one is superseded',
      ],
      [
        'core/decision.test.ts',
        'F51: a new configuration enters the fence only with Q reports under it',
      ],
      [
        'core/decision.test.ts',
        'F51: nothing moves before the new configuration enters: regions that still run the old one act',
      ],
      [
        'core/vote.test.ts',
        'F51: a report under another digest of this service is silent: other-config',
      ],
    ],
    markers: ['two-digests-live', 'new-configuration-entered-the-fence'],
  },
  {
    id: 'F52',
    title: 'a process is killed for its memory',
    asserts: ['S14'],
    markers: ['writer-died-between-batch-and-mark'],
  },
  {
    id: 'F53',
    title: 'one replica lags by minutes or hours',
    asserts: ['S8', 'L3'],
    markers: ['replication-lag-over-hold-down', 'backlog-hours-late-arrived'],
  },
  {
    id: 'F54',
    title: 'one replica is cut off both ways',
    asserts: ['S3'],
    tests: [
      [
        'core/decision.test.ts',
        'F54: evidence older than the last commit used changes nothing: stale-evidence',
      ],
      [
        'rounds/racing-writers.test.ts',
        'F54: a region cut off from fresh reports holds; its plan could not win against a newer asof',
      ],
    ],
    markers: ['asof-refused-a-plan'],
    drills: ['replication-partition'],
  },
  {
    id: 'F55',
    title: 'two sides see nothing of each other',
    asserts: ['S7'],
    tests: [['core/verdict.test.ts', 'F55: of two sides of a split at most one has the quorum']],
    markers: ['quorum-lost', 'order-started-during-a-partition'],
    drills: ['replication-partition'],
  },
  {
    id: 'F56',
    title: 'replication merges writes',
    asserts: ['S8', 'S13'],
    tests: [
      [
        'contract/global-table.test.ts',
        'merges what a partition held back: only the newest version travels',
      ],
    ],
  },
  {
    id: 'F57',
    title: 'items arrive out of order',
    asserts: ['S8'],
  },
  {
    id: 'F58',
    title: 'the table throttles or fails',
    asserts: ['S8'],
    tests: [
      ['rounds/probe-run.test.ts', 'that refuses twice costs this round’s report, not the run'],
    ],
  },
  {
    id: 'F59',
    title: 'a write whose reply is lost',
    asserts: ['S14'],
    tests: [
      [
        'rounds/quorum-round.test.ts',
        'F59: a record whose reply was lost is held as unrecorded, and the next intent is another item',
      ],
      [
        'rounds/probe-run.test.ts',
        'is asked once more, and the reply may be lost: the round is written once',
      ],
    ],
  },
  {
    id: 'F60',
    title: 'a read lacks some reports',
    asserts: ['S8'],
    tests: [['contract/dynamodb-troubles.test.ts', 'follows the cursor to the end of the pages']],
    markers: ['one-more-silent'],
  },
  {
    id: 'F61',
    title: 'what has expired stays, or goes late',
    asserts: ['S8'],
  },
  {
    id: 'F62',
    title: 'an item that is no report',
    asserts: ['S9'],
    tests: [
      [
        'core/report-regressions.test.ts',
        'F62: is malformed: the sum is right, but one that was not listed would pass for up',
      ],
      ['core/vote.test.ts', 'F62: __proto__ in an item brings nothing in'],
      ['core/vote.test.ts', 'F62: a report that lists a stranger among the endpoints is malformed'],
      ['rounds/evidence.test.ts', 'F62: listed plus unlisted other than configured is malformed'],
      ['rounds/hostile-input.test.ts', 'a report that is %s is a silent vantage'],
    ],
  },
  {
    id: 'F63',
    title: 'a vantage reports for another',
    asserts: ['S7'],
    tests: [
      ['rounds/evidence.test.ts', 'F63: a report whose body names another vantage is malformed'],
    ],
  },
  {
    id: 'F64',
    title: 'vantages lie',
    asserts: ['S7'],
    tests: [['core/verdict.test.ts', 'F64: two liars of five can neither remove nor keep']],
    markers: ['liar-outvoted'],
  },
  {
    id: 'F65',
    title: 'the table is gone',
    asserts: ['S9', 'S11'],
    tests: [
      [
        'rounds/evidence.test.ts',
        'F65: a table that can not be read silences everybody and says why',
      ],
      ['rounds/quorum-round.test.ts', 'F65: a table that is gone holds everything, and says so'],
    ],
    markers: ['order-committed-while-blind'],
  },
  {
    id: 'F66',
    title: 'a strongly consistent table refuses a conflicting write',
    asserts: ['S8'],
  },
];
