/** F67 to F91: Route 53, regions, configuration. */
import type { FaultRow } from './rows.ts';

export const ZONE_ROWS: readonly FaultRow[] = [
  {
    id: 'F67',
    title: 'Route 53 throttles',
    asserts: ['L5'],
    tests: [
      [
        'rounds/quorum-round.test.ts',
        'F67: throttling is waited out: three tries, then one after each wait, and never counted as lost',
      ],
    ],
    markers: ['throttled-more-than-5-rounds'],
  },
  {
    id: 'F68',
    title: 'Route 53 is still at a prior request',
    asserts: ['L5'],
    tests: [['contract/local-route53.test.ts', 'is busy with a prior request as often as told']],
    markers: ['prior-request-not-complete'],
  },
  {
    id: 'F69',
    title: 'Route 53 fails before the effect',
    asserts: ['S14'],
    tests: [
      [
        'rounds/commit-plans.test.ts',
        'F69: stays unresolved while the fence stands at its parent, since it may still land',
      ],
      [
        'rounds/quorum-round.test.ts',
        'F69: what was unknown and had not happened is decided again by the next round',
      ],
    ],
    markers: ['unknown-outcome-that-had-not'],
  },
  {
    id: 'F70',
    title: 'Route 53 fails, or its reply is lost, after the effect',
    asserts: ['S14'],
    tests: [
      [
        'core/outcome.test.ts',
        'F70: the own nonce in the fence means committed, whatever the reply',
      ],
      ['rounds/cli/change.test.ts', 'F70: of a lost reply is committed once the record is gone'],
      ['rounds/commit-plans.test.ts', 'F70: a lost reply is told apart from a lost race'],
      [
        'rounds/commit-plans.test.ts',
        'F70: the lost reply of a shared batch is resolved for each of its services',
      ],
    ],
    markers: ['unknown-outcome-that-had-committed', 'success-hidden-behind-a-successor'],
    drills: ['lost-reply'],
  },
  {
    id: 'F71',
    title: 'a batch lands a minute after its writer gave up',
    asserts: ['S1'],
    tests: [
      [
        'core/outcome.test.ts',
        'F71: while the parent stands, an unknown outcome stays unknown: it may still land',
      ],
      ['rounds/commit-plans.test.ts', 'F71: a batch that lands after a successor has no effect'],
      [
        'rounds/quorum-round.test.ts',
        'F71: a batch that lands 60 s after its client gave up is found committed, and never called blocked',
      ],
    ],
    markers: ['batch-applied-after-its-client-gave-up'],
  },
  {
    id: 'F72',
    title: 'a race is lost',
    asserts: ['S1', 'L5'],
    tests: [
      ['core/outcome.test.ts', 'F72: a fence that has left the parent means lost'],
      [
        'rounds/commit-plans.test.ts',
        'F72: loses to a fence that moved, and nothing of it is sent again',
      ],
      [
        'rounds/quorum-round.test.ts',
        'F72: a lost race is thrown away, and the next round usually has nothing left to do',
      ],
    ],
    markers: ['each-region-lost-a-compare', 'all-evaluators-raced-one-decision'],
    drills: ['racing-writers'],
  },
  {
    id: 'F73',
    title: 'a record is edited by hand',
    asserts: ['S2', 'L8'],
    tests: [
      [
        'core/applied.test.ts',
        'F73: comes in at the weight that was edited by hand, so that it can be adopted or reasserted',
      ],
      [
        'core/applied.test.ts',
        'F73: comes in at the weight of the last commit where edited records disagree',
      ],
      [
        'core/membership.test.ts',
        'F73: takes an edited weight as the new starting point and keeps orders, asof and memory',
      ],
      ['core/operation.test.ts', 'F73: reasserts what the last commit left, and only that'],
    ],
    markers: [
      'weight-edited-by-hand',
      'removal-beside-an-edited-weight',
      'ttl-edited-and-taken-over',
      'adopt',
      'reassert',
    ],
    drills: ['hand-edit'],
  },
  {
    id: 'F74',
    title: 'the fence is missing',
    asserts: ['L8'],
    tests: [
      [
        'core/decision.test.ts',
        'F74: without a fence the service is unmanaged and health is told all the same',
      ],
      [
        'core/membership.test.ts',
        'F74: makes a fence over records that stand there, asserting every one',
      ],
      ['core/operation.test.ts', 'F74: refuses without a fence, and names the command'],
      ['core/released.test.ts', 'F74 F75 F121: says what stands in its way'],
    ],
    markers: ['fence-missing', 'adopt'],
  },
  {
    id: 'F75',
    title: 'the fence can not be read',
    asserts: ['S9', 'L8'],
    tests: [
      [
        'core/adoption.test.ts',
        'F75: replaces a fence that can’t be read, and says so: fence-replaced',
      ],
      ['core/membership.test.ts', 'F75: replaces a malformed fence, two values and all'],
      ['core/released.test.ts', 'F74 F75 F121: says what stands in its way'],
      ['core/snapshot.test.ts', 'F75: a fence that is an alias has no value'],
      ['rounds/hostile-input.test.ts', 'a fence %s holds its service'],
    ],
    markers: ['fence-malformed'],
  },
  {
    id: 'F76',
    title: "a record is missing, or a stranger's stands there",
    asserts: ['S4', 'S5', 'L8'],
    tests: [
      [
        'core/applied.test.ts',
        'F76: a record that was deleted by hand comes back beside the others at the weight of its endpoint',
      ],
      [
        'core/applied.test.ts',
        'F76: an endpoint whose every record was deleted comes in again at 0 and ramps',
      ],
      ['core/decision.test.ts', 'F76: a lost orphan holds the service too'],
      ['core/operation.test.ts', 'F76: refuses where records are missing, and names the command'],
    ],
  },
  {
    id: 'F77',
    title: 'records are protected',
    asserts: ['S9', 'L8'],
    tests: [
      [
        'core/outcome.test.ts',
        'F77: refused while nothing moved means blocked, with what Route 53 said',
      ],
      [
        'rounds/cli/change.test.ts',
        'F77: says that nothing can be enforced where the zone refuses the very batch',
      ],
      [
        'rounds/commit-plans.test.ts',
        'F77: is blocked when neither fence nor record moved and Route 53 refuses all the same',
      ],
      [
        'rounds/commit-regressions.test.ts',
        'F77: %s: each service is tried alone, and only the one at fault is blocked',
      ],
    ],
    markers: ['blocked-name'],
  },
  {
    id: 'F78',
    title: 'weighted records became simple ones',
    asserts: ['L8'],
    tests: [
      ['core/adoption.test.ts', 'F78: says how to convert simple records'],
      ['core/adoption.test.ts', 'F78: prints the recipe for records of another policy: %s'],
      ['core/applied.test.ts', 'F76 F78: where something else stands, all of it named at once'],
      [
        'rounds/cli/change.test.ts',
        'F78: of a simple record says --convert, which keeps the traffic where it is',
      ],
    ],
  },
  {
    id: 'F79',
    title: "Route 53's limits",
    asserts: ['S12'],
    tests: [
      ['core/plan.test.ts', 'F79: a shared batch is split by elements and by characters'],
      [
        'rounds/zone-engine.test.ts',
        'takes 1,000 elements a batch and refuses 1,001; UPSERT counts twice',
      ],
    ],
  },
  {
    id: 'F80',
    title: 'a listing is cut short or old',
    asserts: ['S1'],
    tests: [
      [
        'contract/local-route53.test.ts',
        'pages hold every record once and in order, whatever their size',
      ],
      ['contract/route53-replies.test.ts', 'ends a listing that never ends after 50 pages'],
    ],
    markers: ['each-region-lost-a-compare'],
  },
  {
    id: 'F81',
    title: 'a change stays PENDING for half an hour',
    asserts: ['L2'],
    tests: [
      [
        'rounds/insync.test.ts',
        'F81: PENDING for 30 min stands: every fresh read shows it, and nothing is written twice',
      ],
      ['rounds/quorum-handler.test.ts', 'F81: warns of a change that is PENDING for 30 min'],
    ],
  },
  {
    id: 'F82',
    title: "Route 53's control plane is down for hours",
    asserts: ['L7'],
    tests: [
      [
        'rounds/zone-watch.test.ts',
        'F82: is asked at most once per 30 s and region, however often the stream triggers',
      ],
    ],
    markers: ['control-plane-down-60-min-then-back'],
    drills: ['control-plane-outage'],
  },
  {
    id: 'F83',
    title: 'the control plane moved and lost changes',
    asserts: ['S2', 'S3', 'L8'],
    tests: [
      [
        'core/decision.test.ts',
        'F83: a fence and weights gone back together are decided as found, without drift',
      ],
      [
        'rounds/quorum-handler.test.ts',
        'F83: says that a generation went back, once, and decides from the zone as found',
      ],
      [
        'rounds/quorum-round.test.ts',
        'F83: fence and weights that went back together are decided on as found: no drift',
      ],
    ],
    markers: ['change-stranded', 'generation-went-back'],
  },
  {
    id: 'F84',
    title: 'credentials are denied',
    asserts: ['S9'],
    tests: [
      ['rounds/commit-plans.test.ts', 'F84: %s blocks at once and is not retried like throttling'],
    ],
    markers: ['blocked-name'],
  },
  {
    id: 'F85',
    title: 'the zone is not found',
    asserts: ['S9'],
    tests: [
      [
        'rounds/cli/change.test.ts',
        'F85: and without the zone is told what failed; of several, which',
      ],
      [
        'rounds/quorum-handler.test.ts',
        'F85: a wrong zone id holds its services, and the others go on',
      ],
    ],
  },
  {
    id: 'F86',
    title: 'the zone is restored from code',
    asserts: ['S1', 'S3'],
    tests: [
      [
        'rounds/commit-plans.test.ts',
        'F86: loses to a fence that was restored with another nonce at the same generation',
      ],
    ],
    markers: ['generation-went-back'],
  },
  {
    id: 'F87',
    title: 'a region is lost',
    asserts: ['L1', 'L3'],
    tests: [
      [
        'rounds/quorum-round.test.ts',
        'F87: is removed by the others when its whole region is dead',
      ],
    ],
    markers: ['one-region-wholly-dead'],
    drills: ['region-loss', 'region-and-its-quorum-lost'],
  },
  {
    id: 'F88',
    title: 'us-east-1 is lost',
    asserts: ['L7'],
    markers: ['us-east-1-dead', 'control-plane-down-60-min-then-back'],
  },
  {
    id: 'F89',
    title: 'two regions are lost at once',
    asserts: ['S6'],
    tests: [
      [
        'core/rule-velocity.test.ts',
        'F89: of two regions lost at once one goes at once, the other after the window',
      ],
      [
        'core/rule-velocity.test.ts',
        'F89: takes the region that has been down longest first, then by id',
      ],
      [
        'rounds/quorum-round.test.ts',
        'F89: two regions lost at once: one goes at once, the other after the velocity window',
      ],
    ],
    markers: ['velocity-hit', 'second-region-removed-after-the-window', 'two-regions-down-at-once'],
  },
  {
    id: 'F90',
    title: 'every endpoint fails, vantages are fine',
    asserts: ['S5'],
    tests: [
      [
        'core/rule-floor.test.ts',
        'F90: what fails at one moment is voted down seconds apart: the first removal waits for the others',
      ],
      ['core/rule-rescue.test.ts', 'F90: does nothing where nobody is up'],
      ['rounds/quorum-handler.test.ts', 'F90: warns of what is withheld'],
    ],
    markers: ['every-endpoint-down', 'floor-hit'],
    drills: ['all-down'],
  },
  {
    id: 'F91',
    title: 'a file with mistakes',
    asserts: ['S9'],
    tests: [
      ['core/config-mistakes.test.ts', 'refuses %s'],
      ['core/config-mistakes.test.ts', 'gives every one of them a remedy'],
    ],
  },
];
