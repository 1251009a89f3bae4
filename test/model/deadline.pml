/*
 * Freeze and thaw: may a plan that was decided long ago still change the zone?
 *
 * Modelled: WRITERS writers each read, decide and send, and may freeze before any step for as long as they like
 * while a clock ticks; a person may put the zone back byte for byte as it once was. With IN_FLIGHT the request
 * itself may also be slow. Abstracted away: weights (fence.pml, records.pml).
 * Design 7 (a plan has a deadline, checked right before the send), invariants R9 S1 S3, section 9; F46 F71 F86.
 * Variants: RESTORE · NO_DEADLINE · CHECKED_EARLY (when the plan is made, not right before the send) ·
 * IN_FLIGHT with RESTORE: the limit that is stated openly, a request already on the wire may land late.
 */
#define WRITERS 2
#define END 6
#define DEADLINE 2                        /* ticks from reading to sending */

byte now, nonce, nonces, asof;
bool stale, went_back, waited;

ltl no_plan_past_its_deadline { [] !stale }
ltl design_holds { [] (!stale && !went_back) }
ltl witness_commit_after_a_wait { [] !waited }

active proctype clock() {
  do :: now < END -> now++ :: else -> break od
}

#ifdef RESTORE
active proctype backup() {
  byte n, a;
  d_step { n = nonce; a = asof }
  d_step { nonce = n; asof = a; n = 0; a = 0 }
}
#endif

active [WRITERS] proctype writer() {
  byte at, read, old, seen, round;
  do
  :: round < 2 ->
    d_step { at = now; read = nonce; old = asof; seen = now }      /* evidence up to now */
#ifdef CHECKED_EARLY
    now - at <= DEADLINE;
#endif
    if :: seen < old -> goto drop :: else fi;
#if defined(IN_FLIGHT)
    if :: now - at > DEADLINE -> goto drop :: else fi;
    skip;                                 /* on the wire, as long as it takes */
    atomic {
      if
      :: nonce == read ->
#elif defined(NO_DEADLINE) || defined(CHECKED_EARLY)
    atomic {
      if
      :: nonce == read ->
#else
    atomic {
      if
      :: now - at <= DEADLINE && nonce == read ->
#endif
        stale = stale || now - at > DEADLINE;
        waited = waited || now - at == DEADLINE;
        went_back = went_back || seen < asof;
        nonces++; nonce = nonces; asof = seen
      :: else -> skip
      fi
    }
drop:
    skip;
    d_step { round++; at = 0; read = 0; old = 0; seen = 0 }
  :: else -> break
  od
}
