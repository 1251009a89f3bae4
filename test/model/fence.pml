/*
 * Many writers, one fence: may a commit leave nothing in service, or rest on older evidence than the last one?
 *
 * Modelled: WRITERS writers with two rounds each read evidence that may lag, read the zone, decide, and send one
 * batch; a lost reply may cause one blind re-send. Evidence comes in three epochs that say which of two endpoints
 * are down. Abstracted away: votes and quorum (an epoch is a verdict), hold-down and ramp (an endpoint that is up
 * is wanted at once), time (any step may take for ever), requests in flight (inflight.pml).
 * Design 7 (one batch compares the whole state; freshness is part of it), invariants S1 S3 S4 S5, section 8.
 * Variants: -DWRITERS=3 · NO_ASOF (compare only) · NO_COMPARE (write whatever is there) · CHECK_ONCE (no compare,
 * one look at freshness before deciding, as in Oct 2025) · CHANGED_ONLY (with NO_COMPARE: only changed records
 * are sent) · NO_FLOOR (all may be removed).
 */
#ifndef WRITERS
#define WRITERS 2
#endif
#define BOTH 3

byte epoch, down1, down2;                 /* newest evidence; endpoints down in epochs 1 and 2, as bits */
byte generation, asof, weights = BOTH;    /* the zone: fence and weights, one bit an endpoint */
bool went_back, forked, committed_twice;

#define DOWN(e) (e == 0 -> 0 : (e == 1 -> down1 : down2))

#if defined(NO_ASOF) || defined(NO_COMPARE)
#define FRESH true
#else
#define FRESH (e >= a)
#endif

ltl never_empty { [] (weights != 0) }
ltl evidence_monotone { [] !went_back }
ltl single_chain { [] !forked }
ltl design_holds { [] (weights != 0 && !went_back && !forked) }
ltl witness_two_commits { [] !committed_twice }

inline apply() {
  went_back = went_back || e < asof;
  forked = forked || g != generation;
  committed_twice = committed_twice || generation == 1;
#ifdef CHANGED_ONLY
  weights = (weights & ~(want ^ w)) | (want & (want ^ w));
#else
  weights = want;
#endif
  asof = e;
  generation++
}

inline send() {
#if defined(NO_COMPARE) || defined(CHECK_ONCE)
  d_step { apply() }
#else
  d_step { if :: generation == g -> apply() :: else fi }
#endif
}

proctype writer() {
  byte round, e, g, a, w, want;
  do
  :: round < 2 ->
    if :: e = epoch :: epoch > 0 -> e = epoch - 1 :: e = 0 fi;
    d_step { g = generation; a = asof; w = weights; want = BOTH & ~DOWN(e) }
#ifndef NO_FLOOR
    if :: want == 0 -> want = w :: else fi;
#endif
    if
    :: want != w && FRESH ->
       send();
       if :: send() :: skip fi            /* the reply was lost, and somebody sends the same again */
    :: else                               /* nothing to do, or older evidence than the fence's: hold */
    fi;
    d_step { round++; e = 0; g = 0; a = 0; w = 0; want = 0 }
  :: else -> break
  od
}

init {
  byte i;
  select (down1 : 0 .. 3);
  select (down2 : 0 .. 3);
  atomic { for (i : 1 .. WRITERS) { run writer() } i = 0 }
  epoch = 1;
  epoch = 2
}
