/*
 * The race behind the us-east-1 outage of October 2025, in our own words: may a clean-up empty a live record?
 *
 * Modelled: a planner makes plans 1, 2, 3; two enactors take the newest plan, look once whether it is newer than
 * what is applied, and later apply it; whoever has applied a plan clears away plans that are much older than its
 * own. A record whose plan was cleared away is empty. Abstracted away: all records but one, the planner's reasons.
 * Told from the provider's public account (aws.amazon.com/message/101925) and the model that wyounas.github.io
 * published on 2025-10-30, nothing of which is copied here. Design 7 (what it answers), invariants S3 S4.
 * Variants: none given is the race itself and must fail · FENCE (what was checked is compared as it is applied,
 * and the plan in the zone is never cleared away) · CHECK_WITH_APPLY (the comparison alone) · KEEP_LIVE (only the
 * clean-up is careful: nothing is emptied, but the old plan still wins).
 */
#define PLANS 3
#define MUCH_OLDER 1

byte newest, applied;
bool cleared[PLANS + 1];
bool went_back, took_effect;

ltl never_empty { [] !cleared[applied] }
ltl evidence_monotone { [] !went_back }
ltl witness_last_plan_applied { [] (applied < PLANS) }

active proctype planner() {
  do :: newest < PLANS -> newest++ :: else -> break od
}

active [2] proctype enactor() {
  byte plan, i;
  do
  :: newest > 0 ->
    plan = newest;
    if
    :: plan > applied ->                  /* the one look at freshness */
      atomic {
#if defined(FENCE) || defined(CHECK_WITH_APPLY)
        if :: plan > applied && !cleared[plan] -> applied = plan :: else fi
#elif defined(KEEP_LIVE)
        if :: !cleared[plan] -> went_back = went_back || plan < applied; applied = plan :: else fi
#else
        went_back = went_back || plan < applied;
        applied = plan
#endif
      }
      i = 1;
      do
      :: i + MUCH_OLDER < plan ->
#if defined(FENCE) || defined(KEEP_LIVE)
        atomic { if :: i != applied -> cleared[i] = true :: else fi }
#else
        cleared[i] = true;
#endif
        i++
      :: else -> break
      od
    :: else -> skip
    fi;
    skip;
    d_step { plan = 0; i = 0 }
  :: applied == PLANS -> break
  od
}
