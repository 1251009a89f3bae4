/** F92 to F123: input, and Quorate’s own machinery. */
import type { FaultRow } from './rows.ts';

export const MACHINERY_ROWS: readonly FaultRow[] = [
  {
    id: 'F92',
    title: 'tokens of every bad kind',
    asserts: ['S11'],
    reason: 'JSON Web Tokens are not offered yet: the first release knows callers by SigV4 only',
  },
  {
    id: 'F93',
    title: 'an order is sent again',
    asserts: ['S11', 'S14'],
    tests: [
      [
        'core/operation.test.ts',
        'F93: the same order again has nothing to do, and keeps its first end',
      ],
      ['core/operation.test.ts', 'F93: another order under a key that gave one already is refused'],
      ['core/order-wish.test.ts', 'F93: under a key that gave another one is told which'],
      [
        'rounds/api/write.test.ts',
        'F93: an order that is sent again, in the same or another region, has no second effect',
      ],
    ],
  },
  {
    id: 'F94',
    title: 'requests that are too big, too deep, too many',
    asserts: ['S16', 'S17'],
    tests: [
      ['rounds/api/abuse.test.ts', 'F94: %s is %i, in one shape, and changes nothing'],
      [
        'rounds/api/owasp.test.ts',
        'API4, resources: bodies, queries, pages and bursts have bounds, and reading asks Route 53 once',
      ],
    ],
  },
  {
    id: 'F95',
    title: 'addresses that must not be asked',
    asserts: ['S16'],
    tests: [
      ['contract/prober-dns.test.ts', 'F95 %s is refused before anybody is asked'],
      ['contract/prober-ssrf.test.ts', 'F95 the table has at least 60 of them'],
      ['contract/prober-ssrf.test.ts', 'F95 %s is never connected to'],
    ],
  },
  {
    id: 'F96',
    title: 'hostile text in errors, certificates, headers, records',
    asserts: ['S17'],
    tests: [
      ['engines/browser-page.test.ts', 'naughty strings inert, wherever text is shown'],
      [
        'core/notification.test.ts',
        'keeps every text inert: no mention, no link, no markup of its own',
      ],
    ],
  },
  {
    id: 'F97',
    title: 'two regions write the intent for one generation',
    asserts: ['S13'],
    tests: [
      ['core/record.test.ts', 'F97: two regions that race for one generation have two items'],
      [
        'rounds/racing-writers.test.ts',
        'F97: two regions write intents for one generation: two items, and the loser’s marks never touch the winner’s',
      ],
    ],
    markers: ['all-evaluators-raced-one-decision'],
    drills: ['racing-writers'],
  },
  {
    id: 'F98',
    title: 'a successor hides the own commit',
    asserts: ['S14'],
    tests: [
      ['core/outcome.test.ts', 'F98: the own nonce as the parent’s means committed too'],
      [
        'rounds/commit-plans.test.ts',
        'F98: success already hidden behind a successor is recognised through the parent nonce',
      ],
      [
        'rounds/commit-plans.test.ts',
        'F98: hidden behind two successors it stays unresolved, since the fence can not tell any more',
      ],
      ['rounds/quorum-round.test.ts', 'F98: hidden behind two successors, %s'],
    ],
    markers: ['success-hidden-behind-a-successor'],
  },
  {
    id: 'F99',
    title: 'a fence from the future',
    asserts: ['S3', 'L8'],
    tests: [['core/decision.test.ts', 'F99: a fence with evidence from the future blocks']],
    markers: ['fence-malformed'],
  },
  {
    id: 'F100',
    title: 'a fence that is nearly full',
    asserts: ['S9', 'S11'],
    tests: [
      [
        'core/fence-bounds.test.ts',
        'F100: counts what a waiting order takes once it begins, and the time of a rescue',
      ],
      [
        'core/operation.test.ts',
        'F100: refuses an order that would leave no room for an entry of every endpoint, with the arithmetic',
      ],
      [
        'core/operation.test.ts',
        'F100: a region-wide order is one entry, however many endpoints it covers',
      ],
    ],
    markers: ['fence-near-its-size-limit'],
  },
  {
    id: 'F101',
    title: 'one service of a shared batch is at fault',
    asserts: ['S1', 'L1'],
    tests: [
      [
        'rounds/commit-plans.test.ts',
        'F101: when one service drifts, each is tried alone and only that one is called drift',
      ],
      [
        'rounds/commit-plans.test.ts',
        'F101: when one service lost its race, only that one is called lost',
      ],
    ],
    markers: ['service-of-a-refused-batch-tried-alone'],
  },
  {
    id: 'F102',
    title: 'a region with very many services in one zone is lost',
    asserts: ['S12', 'L1'],
    tests: [['core/plan.test.ts', 'F102: more than eight of a group share batches']],
  },
  {
    id: 'F103',
    title: 'votes from before a change arrive after it',
    asserts: ['S8', 'S10'],
    tests: [
      ['core/rule-return.test.ts', 'F103: down votes from before a return cannot undo it'],
      ['core/rule-return.test.ts', 'F103: up votes from before a removal cannot undo it'],
      [
        'core/verdict.test.ts',
        'F103: a vote from before the last change does not count towards reversing it',
      ],
    ],
    markers: ['backlog-hours-late-arrived'],
  },
  {
    id: 'F104',
    title: 'the first tier goes down and comes back',
    asserts: ['S5', 'S10'],
    tests: [
      [
        'core/rule-tier.test.ts',
        'F104: the next tier takes over in one batch when the first is wholly down: tier-entered',
      ],
      ['core/rule-tier.test.ts', 'F104: names all that are down in the tier before'],
    ],
    markers: ['tier-2-serving', 'back-to-tier-1'],
    drills: ['tier-change'],
  },
  {
    id: 'F105',
    title: 'an order begins or ends while nothing can be seen',
    asserts: ['S11'],
    tests: [
      ['core/order.test.ts', 'F105: works while every report is silent'],
      ['core/order.test.ts', 'F105: begins and ends while every report is silent'],
      [
        'rounds/cli/change.test.ts',
        'F105: waits for seconds, changes the zone, and is told that the record is missing',
      ],
      [
        'rounds/order-round.test.ts',
        'F105: given while every report is silent or the table is gone commits, with `asof` carried over',
      ],
    ],
    markers: [
      'order-committed-while-blind',
      'order-started-during-a-partition',
      'order-ended-during-a-partition',
    ],
  },
  {
    id: 'F106',
    title: 'a writer dies between record, batch and mark',
    asserts: ['S13'],
    tests: [
      [
        'core/record.test.ts',
        'F106: what was found in the place of a missing record has an item of its own, right behind it',
      ],
      [
        'rounds/found-records.test.ts',
        'F106: gets one `found` record after 2 minutes, with what stands in the zone',
      ],
      [
        'rounds/quorum-round.test.ts',
        'F106: between record and batch leaves an intent, and another region commits its own',
      ],
      [
        'rounds/quorum-round.test.ts',
        'F106: between batch and mark leaves a commit that the others find done',
      ],
    ],
    markers: [
      'writer-died-between-record-and-batch',
      'writer-died-between-batch-and-mark',
      'found-record-written',
      'delivery-taken-over',
    ],
  },
  {
    id: 'F107',
    title: 'a stream hands over what is broken',
    asserts: ['S9'],
    tests: [
      [
        'rounds/quorum-handler.test.ts',
        'F107: answers a stream batch with no failures, so that the shard goes on',
      ],
    ],
  },
  {
    id: 'F108',
    title: 'a service is only observed',
    asserts: ['S12'],
    tests: [
      ['core/decision.test.ts', 'F108: an observed service is observing, with the same decision'],
      [
        'rounds/shadows.test.ts',
        'F108: makes no change call under any fault, needs no fence, and still decides',
      ],
    ],
    markers: ['observe-would-have-written'],
  },
  {
    id: 'F109',
    title: "an operator's commit races an evaluator's",
    asserts: ['S1', 'S11'],
    tests: [
      ['rounds/order-round.test.ts', 'F109: that loses its race reads again and is judged again'],
      [
        'rounds/order-round.test.ts',
        'F109: `freeze` that races an evaluator: the first commit wins, and after the freeze none is automated',
      ],
      [
        'rounds/override-round.test.ts',
        'F109: that loses its race is not done, since nobody has seen the new plan',
      ],
    ],
    markers: ['freeze-between-read-and-write'],
    drills: ['racing-writers'],
  },
  {
    id: 'F110',
    title: 'an order would leave no weight',
    asserts: ['S4'],
    tests: [
      ['core/order.test.ts', 'F110: refuses what would leave no weight, even by force'],
      ['core/order.test.ts', 'F110: refuses a drain that would empty one record type only'],
      ['rounds/order-round.test.ts', 'F110: that would leave no weight is refused with its reason'],
    ],
    markers: ['order-refused-as-it-would-leave-nothing'],
  },
  {
    id: 'F111',
    title: 'somebody zeroes the others between read and batch',
    asserts: ['S2', 'S4'],
    tests: [
      [
        'core/rule-never-zero.test.ts',
        'F111: withholds the removal of the only endpoint left after a person zeroed the other',
      ],
      [
        'rounds/racing-writers.test.ts',
        'F111: console sets the only other endpoint to 0 between our read and our removal: refused, then withheld',
      ],
    ],
  },
  {
    id: 'F112',
    title: 'a vantage is starved',
    asserts: ['S7'],
    tests: [
      [
        'contract/prober-vantage.test.ts',
        'F112 a timeout while the event loop ran late is skipped, and the lateness told once',
      ],
      ['contract/prober-vantage.test.ts', 'F112 an answer that came in spite of it counts'],
    ],
    markers: ['skipped-by-a-starved-vantage'],
  },
  {
    id: 'F113',
    title: 'one has just recovered when the other dies',
    asserts: ['S5', 'S6', 'S10', 'L1'],
    tests: [
      [
        'core/rule-rescue.test.ts',
        'F113: one batch gives the recovered endpoint its weight and the dead one 0',
      ],
      ['core/rule-rescue.test.ts', 'F113: also from the ramp'],
      [
        'rounds/quorum-round.test.ts',
        'F113: while the other is still in hold-down, that one takes over in one batch',
      ],
    ],
    markers: ['rescue', 'rescue-held-by-an-order'],
    drills: ['see-saw'],
  },
  {
    id: 'F114',
    title: 'a typo in a health path',
    asserts: ['S7'],
    tests: [
      ['core/membership.test.ts', 'F114: first records are unproven until they were up once'],
      [
        'core/rule-verdict.test.ts',
        'F114: a typo in a health path after a deploy is unproven and drains nothing',
      ],
      [
        'rounds/quorum-round.test.ts',
        'F114: what was never up is not removed: a typo in a health path drains nothing',
      ],
    ],
    markers: ['unproven'],
    drills: ['bad-health-path'],
  },
  {
    id: 'F115',
    title: 'a record answers something else than the file says',
    asserts: ['S7'],
    tests: [
      [
        'core/adoption.test.ts',
        'F115: takes over a record that answers something else, and says that its votes are not used',
      ],
      [
        'core/applied.test.ts',
        'F115: is changed at its present weight once a quorum finds the new one up: target-changed',
      ],
      [
        'core/rule-verdict.test.ts',
        'F115: does not use the votes of an endpoint whose record answers something else',
      ],
      ['core/rule-verdict.test.ts', 'F115: goes on protecting the other endpoints'],
    ],
    markers: ['not-what-is-served'],
  },
  {
    id: 'F116',
    title: 'an endpoint joins or leaves the file',
    asserts: ['S4', 'S12'],
    tests: [
      [
        'core/decision-regressions.test.ts',
        'F116: in the floor: one that waits for `apply` does not withhold the loss of a region',
      ],
      [
        'core/decision-regressions.test.ts',
        'F116: in the floor: one that waits for `apply` does not lower it either',
      ],
      [
        'core/decision.test.ts',
        'F116: a record of a configured endpoint that the fence does not list holds the service',
      ],
      ['core/decision.test.ts', 'F116: names orphans too while it holds'],
    ],
    markers: ['pending-brought-in', 'orphan-retired'],
  },
  {
    id: 'F117',
    title: 'a weight was edited days before an outage',
    asserts: ['S2', 'L1', 'L8'],
    tests: [
      [
        'core/rule-verdict.test.ts',
        'F117: an edited record stays as read even if its endpoint dies',
      ],
      ['rounds/order-round.test.ts', 'F117: reassert undoes a hand edit, and automation goes on'],
      [
        'rounds/quorum-round.test.ts',
        'F73 F117: a weight edited by hand is drift: kept as it is, others that die are still removed',
      ],
    ],
    markers: ['removal-beside-an-edited-weight'],
    drills: ['hand-edit'],
  },
  {
    id: 'F118',
    title: 'an account that runs few functions at once',
    asserts: ['S16', 'L1'],
    tests: [
      [
        'engines/package.test.ts',
        'reserves nothing, and where it is told that there is room, what each function needs',
      ],
    ],
  },
  {
    id: 'F119',
    title: 'an upgrade and a roll-back during a failover',
    asserts: ['S1', 'S15', 'L4'],
    markers: ['upgraded-and-rolled-back-during-a-failover'],
  },
  {
    id: 'F120',
    title: "an older file's region writes last",
    asserts: ['S3', 'S7', 'S9'],
    tests: [
      ['core/decision-regressions.test.ts', 'F120: neither begins nor ends an order'],
      [
        'core/decision-regressions.test.ts',
        'F120: does not adopt, which would put it back in force',
      ],
      ['core/decision.test.ts', 'F120: an older packaging time never commits: superseded-config'],
      ['core/decision.test.ts', 'F120: the same digest packaged later elsewhere does not hold'],
    ],
    markers: ['superseded-config'],
  },
  {
    id: 'F121',
    title: "another deployment's fence",
    asserts: ['S12', 'L8'],
    tests: [
      [
        'core/decision.test.ts',
        'F121: another deployment’s fence blocks, and the command is named: foreign',
      ],
      ['core/membership.test.ts', 'F121: takes over the fence of another deployment on demand'],
      ['core/released.test.ts', 'F74 F75 F121: says what stands in its way'],
    ],
    markers: ['fence-foreign'],
  },
  {
    id: 'F122',
    title: 'a firewall answers 403 to every vantage',
    asserts: ['S5', 'S7'],
    tests: [
      [
        'core/rule-floor.test.ts',
        'F122: an unproven endpoint that looks down counts towards everything looking down',
      ],
      [
        'core/rule-verdict.test.ts',
        'F122: a firewall that answers 403 to every vantage from the first day is unproven everywhere',
      ],
    ],
    markers: ['every-endpoint-down', 'unproven'],
  },
  {
    id: 'F123',
    title: 'a table is deleted soon after a replica changed',
    asserts: [],
    tests: [
      [
        'rounds/deploy/remove-story.test.ts',
        'says within 24 h of a replica when AWS will allow it, and leaves the table whole',
      ],
    ],
  },
];
