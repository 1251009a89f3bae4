/*
 * Route 53 forgets the last commits: do chain and orders survive?
 *
 * Modelled: two evaluators and one operator commit over a zone that keeps its last states; once, the zone falls
 * back by one or two commits, fence and weights together. A plan may be in flight across the fall. Every commit's
 * record lies in the table. Abstracted away: evidence other than "the endpoint is up, or down", the 30 s between
 * the two readings, lag of the table (audit.pml).
 * Design 7 and 8, invariants S1 S11 S13 R1, F83.
 * Variants: GENERATION_ONLY (no nonce in the compare) · NO_CARRY_OVER (orders of forgotten commits are not looked
 * up in the records) · RECORD_AFTER (a record is written after its batch, and its writer may die in between).
 * The limit that is stated openly: a plan in flight while the zone falls back onto the very state it was built on
 * may land once (no_plan_lands_across_the_fall fails in the design too); the next decision carries the order over.
 */
#define STATES 6                          /* commits that can happen */

byte generation, nonce, weight = 1;       /* the zone */
bool drain;                               /* the order, in the fence */
byte nonces;
byte was_nonce[STATES], was_weight[STATES];
bool was_drain[STATES];
bool recorded;                            /* the order's record is in the table */
bool acknowledged, undone, forked, fell, restored, survived;

ltl single_chain { [] !forked }
ltl acknowledged_order_stays { [] !undone }
ltl no_plan_lands_across_the_fall { [] !survived }
ltl witness_order_carried_over { [] !restored }

#ifdef GENERATION_ONLY
#define STILL (generation == g)
#else
#define STILL (generation == g && nonce == n)
#endif

inline commit() {
  was_nonce[generation] = nonce; was_weight[generation] = weight; was_drain[generation] = drain;
  generation++; nonces++; nonce = nonces
}

active [2] proctype evaluator() {
  byte round, g, n, want;
  bool order, across;
  do
  :: round < 2 && nonces < STATES - 2 ->
    atomic {
      g = generation; n = nonce; order = drain; across = !fell;
#ifndef NO_CARRY_OVER
      if :: recorded -> order = true :: else fi;
#endif
      if :: order -> want = 0 :: !order -> want = 1 :: !order -> want = 0 fi
    }
    atomic {
      if
      :: STILL && (want != weight || order != drain) ->
        forked = forked || nonce != n;
        survived = survived || (across && fell);
        undone = undone || (acknowledged && want == 1 && !(across && fell));
        restored = restored || (fell && order && !drain);
        commit();
        weight = want; drain = order
      :: else -> skip
      fi;
      round++; g = 0; n = 0; want = 0; order = false; across = false
    }
  :: else -> break
  od
}

active proctype operator() {
  byte g, n;
  d_step { g = generation; n = nonce }
#ifndef RECORD_AFTER
  recorded = true;                        /* the intent; should the batch lose, its mark says so */
#endif
  atomic {
    if
    :: generation == g && nonce == n ->
      commit();
      weight = 0; drain = true; acknowledged = true
    :: else -> recorded = false
    fi
  }
#ifdef RECORD_AFTER
  if :: acknowledged -> recorded = true :: skip fi;
#endif
  skip
}

active proctype route53() {
  byte back;
  if :: back = 1 :: back = 2 fi;
  d_step {
    generation >= back;
    generation = generation - back;
    nonce = was_nonce[generation]; weight = was_weight[generation]; drain = was_drain[generation];
    fell = true; back = 0
  }
}
