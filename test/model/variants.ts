/**
 * What Spin is asked, model by model: which variant (a set of -D names), which property by name, and whether it
 * holds. `fails` is a weakened design, or a limit that is stated openly, and must fail at that very property;
 * `reached` is a state that must occur, so that a model that holds does not hold for want of anything happening.
 */
export type Expected = 'holds' | 'fails' | 'reached';

export type Question = {
  readonly model: string;
  readonly variant: string;
  readonly defines: readonly string[];
  readonly property: string;
  readonly expected: Expected;
  /** Checked over endless runs under weak fairness. */
  readonly endless?: true;
};

type Asked = readonly [property: string, expected: Expected, variant: string, ...defines: string[]];

const DESIGN = 'the design';

const ASKED: Readonly<Record<string, readonly Asked[]>> = {
  fence: [
    ['never_empty', 'holds', DESIGN],
    ['evidence_monotone', 'holds', DESIGN],
    ['single_chain', 'holds', DESIGN],
    ['witness_two_commits', 'reached', DESIGN],
    ['design_holds', 'holds', 'the design, 3 writers', 'WRITERS=3'],
    ['never_empty', 'holds', 'compare, no asof', 'NO_ASOF'],
    ['evidence_monotone', 'fails', 'compare, no asof', 'NO_ASOF'],
    ['never_empty', 'holds', 'no compare, no check', 'NO_COMPARE'],
    ['evidence_monotone', 'fails', 'no compare, no check', 'NO_COMPARE'],
    ['single_chain', 'fails', 'no compare, no check', 'NO_COMPARE'],
    ['never_empty', 'holds', 'no compare, one check at the start', 'CHECK_ONCE'],
    ['evidence_monotone', 'fails', 'no compare, one check at the start', 'CHECK_ONCE'],
    ['never_empty', 'fails', 'no compare, only changes sent', 'NO_COMPARE', 'CHANGED_ONLY'],
    ['never_empty', 'fails', 'compare and asof, no floor', 'NO_FLOOR'],
    ['evidence_monotone', 'holds', 'compare and asof, no floor', 'NO_FLOOR'],
  ],
  records: [
    ['no_edit_is_lost', 'fails', 'weights UPSERTed, hand edit', 'FENCE_ONLY', 'HAND_EDIT'],
    ['no_edit_is_lost', 'holds', 'exact DELETE, hand edit', 'HAND_EDIT'],
    ['never_empty', 'holds', 'exact DELETE, hand edit', 'HAND_EDIT'],
    ['witness_commit_beside_edit', 'reached', 'exact DELETE, hand edit', 'HAND_EDIT'],
    [
      'no_edit_is_lost',
      'holds',
      'the same, zone restored, 3 writers',
      'HAND_EDIT',
      'RESTORE_SAME',
      'WRITERS=3',
      'ROUNDS=1',
    ],
    ['no_commit_over_any_change', 'fails', 'edit and undo (harmless)', 'HAND_EDIT'],
    [
      'no_commit_over_any_change',
      'fails',
      'generation only, zone restored',
      'GENERATION_ONLY',
      'RESTORE_NEW_NONCE',
    ],
    ['no_commit_over_any_change', 'holds', 'nonce, restored with a new nonce', 'RESTORE_NEW_NONCE'],
    ['no_commit_over_any_change', 'fails', 'nonce, restored byte for byte', 'RESTORE_SAME'],
    ['never_empty', 'fails', 'unchanged records not asserted (R11)', 'CHANGED_ONLY', 'HAND_EDIT'],
  ],
  inflight: [
    ['design_holds', 'holds', 'the design, 3 writers'],
    ['witness_success_behind_successor', 'reached', 'the design, 3 writers'],
    ['told_outcome_is_true', 'holds', 'the design, 2 writers, 2 attempts', 'WRITERS=2', 'ROUNDS=2'],
    ['told_outcome_is_true', 'fails', 'time-out taken as failure', 'TIMEOUT_IS_FAILURE'],
    ['told_outcome_is_true', 'fails', 'time-out taken as success', 'TIMEOUT_IS_SUCCESS'],
    ['told_outcome_is_true', 'fails', 'read back by generation', 'GENERATION_READ_BACK'],
    ['told_outcome_is_true', 'fails', 'no parent nonce, no records', 'NO_PARENT_NONCE'],
    ['told_outcome_is_true', 'fails', 'lost before the fence moved', 'LOST_TOO_EARLY'],
    ['told_outcome_is_true', 'fails', 'the client library retries writes', 'BLIND_RESEND'],
    ['single_chain', 'fails', 'no compare', 'NO_COMPARE'],
  ],
  deadline: [
    ['design_holds', 'holds', DESIGN],
    ['witness_commit_after_a_wait', 'reached', DESIGN],
    ['no_plan_past_its_deadline', 'holds', 'the design, zone restored', 'RESTORE'],
    ['no_plan_past_its_deadline', 'fails', 'no deadline', 'NO_DEADLINE'],
    ['no_plan_past_its_deadline', 'fails', 'deadline checked early', 'CHECKED_EARLY'],
    [
      'no_plan_past_its_deadline',
      'fails',
      'limit: on the wire during a restore',
      'IN_FLIGHT',
      'RESTORE',
    ],
  ],
  orders: [
    ['design_holds', 'holds', DESIGN],
    ['witness_order_started', 'reached', DESIGN],
    ['order_wins', 'fails', 'orders in the table, not the fence', 'IN_TABLE'],
    ['freeze_binds', 'fails', 'orders in the table, not the fence', 'IN_TABLE'],
    ['order_counts_once', 'fails', 'no version in the request', 'NO_VERSION'],
    ['order_needs_no_evidence', 'fails', 'asof asked of orders too', 'ASOF_FOR_ORDERS'],
    ['never_empty', 'fails', 'start of an order not judged again', 'NO_FLOOR_FOR_ORDERS'],
  ],
  holddown: [
    ['hold_down_is_kept', 'holds', DESIGN],
    ['witness_return_by_a_skewed_clock', 'reached', DESIGN],
    ['hold_down_is_kept', 'fails', 'now alone, not asof', 'NOW_ONLY'],
    ['hold_down_is_kept', 'fails', 'asof is the newest report', 'NEWEST'],
    ['hold_down_is_kept', 'fails', 'reports of any age', 'NO_AGE_LIMIT'],
    ['hold_down_is_kept', 'fails', 'removal kept in process memory', 'IN_MEMORY'],
    ['hold_down_is_kept', 'fails', 'limit: lag as large as the skew', 'LAGGING'],
  ],
  velocity: [
    ['design_holds', 'holds', DESIGN],
    ['witness_rescue', 'reached', DESIGN],
    ['velocity_is_kept', 'fails', 'velocity in process memory', 'IN_MEMORY'],
    ['dark_is_short', 'fails', 'no rescue', 'NO_RESCUE'],
    ['rescue_needs_an_up', 'fails', 'rescue without an up', 'RESCUE_WITHOUT_UP'],
    ['order_wins', 'fails', 'rescue over an order', 'RESCUE_OVER_ORDER'],
    ['rescue_only_when_dark', 'fails', 'rescue while others serve', 'RESCUE_ANY_TIME'],
    ['never_empty', 'fails', 'no floor', 'NO_FLOOR'],
  ],
  forget: [
    ['single_chain', 'holds', DESIGN],
    ['acknowledged_order_stays', 'holds', DESIGN],
    ['witness_order_carried_over', 'reached', DESIGN],
    ['single_chain', 'fails', 'generation without nonce', 'GENERATION_ONLY'],
    ['acknowledged_order_stays', 'fails', 'orders not carried over', 'NO_CARRY_OVER'],
    ['acknowledged_order_stays', 'fails', 'record written after the batch', 'RECORD_AFTER'],
    ['no_plan_lands_across_the_fall', 'fails', 'limit: in flight while the zone falls'],
  ],
  'probe-runs': [
    ['failures_count_once', 'holds', DESIGN],
    ['rounds_go_on', 'holds', DESIGN],
    ['no_round_is_missed', 'holds', DESIGN],
    ['witness_both_in_one_round', 'reached', DESIGN],
    ['witness_take_over', 'reached', DESIGN],
    ['rounds_go_on', 'fails', 'unconditional write', 'UNCONDITIONAL'],
    ['failures_count_once', 'fails', 'the loser keeps its observation', 'LOSER_KEEPS'],
    ['no_round_is_missed', 'fails', 'the older run ends at the start', 'ENDS_AT_START'],
  ],
  configs: [
    ['design_holds', 'holds', DESIGN],
    ['witness_superseded', 'reached', DESIGN],
    ['packaging_time_never_goes_back', 'fails', 'no packaging time', 'NO_PACKAGING_TIME'],
    ['enters_with_a_quorum', 'fails', 'a new one enters alone', 'ENTERS_ALONE'],
    ['votes_of_one_digest', 'fails', 'votes of another digest counted', 'ANY_DIGEST'],
    ['one_configuration_has_a_quorum', 'fails', 'vantages change by two', 'ADDS_TWO'],
  ],
  audit: [
    ['every_commit_has_its_record', 'holds', DESIGN],
    ['witness_two_records_of_one_generation', 'reached', DESIGN],
    ['every_commit_has_its_record', 'fails', 'record keyed by generation', 'KEYED_BY_GENERATION'],
    ['every_commit_has_its_record', 'fails', 'record after the batch', 'RECORD_AFTER'],
  ],
  'race-2025': [
    ['never_empty', 'fails', 'the race as it happened'],
    ['evidence_monotone', 'fails', 'the race as it happened'],
    ['never_empty', 'holds', 'with a fence', 'FENCE'],
    ['evidence_monotone', 'holds', 'with a fence', 'FENCE'],
    ['witness_last_plan_applied', 'reached', 'with a fence', 'FENCE'],
    ['never_empty', 'holds', 'compare as it is applied', 'CHECK_WITH_APPLY'],
    ['evidence_monotone', 'fails', 'only a careful clean-up', 'KEEP_LIVE'],
  ],
  liveness: [
    ['removed', 'holds', DESIGN],
    ['stays_removed', 'holds', DESIGN],
    ['settles', 'holds', DESIGN],
    ['removed', 'fails', 'a refused plan is sent again', 'RESEND_PLAN'],
    ['settles', 'fails', 'each region spells the plan its way', 'UNSORTED'],
    ['removed', 'fails', 'a leader', 'LEADER'],
    ['removed', 'fails', 'waits for INSYNC', 'WAITS'],
  ],
};

/** Models whose properties are about endless runs. */
const ENDLESS: readonly string[] = ['liveness'];

export const QUESTIONS: readonly Question[] = Object.entries(ASKED).flatMap(([model, asked]) =>
  asked.map(([property, expected, variant, ...defines]) => ({
    model,
    variant,
    defines,
    property,
    expected,
    ...(ENDLESS.includes(model) ? { endless: true as const } : {}),
  })),
);

export const MODELS: readonly string[] = Object.keys(ASKED);
