/*
 * Hold-down with skewed clocks: can a weight return before its hold-down is over in true time?
 *
 * Modelled: two evaluators whose clocks are off by up to three ticks either way, three vantages of which one has
 * a clock that is off; right vantages report each tick and a replica may lag one tick. An evaluator takes a
 * weight out and another one gives it back; it may be restarted at any time. Abstracted away: what the votes say
 * (the first quorum says down, later ones up), ramp, relapses, the zone's compare (fence.pml).
 * Design 4 (reader's rules) and 6 rule 4, invariants S8 S10 R8 R10; F38 F39 F40 F41.
 * HOLD - FUTURE - LAG is what may be promised: a slow evaluator writes a time that lies so far back.
 * Variants: NOW_ONLY (asof need not have passed the hold-down) · NEWEST (asof is the newest report, not the Q-th
 * newest) · NO_AGE_LIMIT · IN_MEMORY (the time of the removal is kept by the process) · LAGGING (replicas lag
 * as much as clocks are off: outside what is promised, and it shows).
 */
#define START 4
#define END 13
#define HOLD 4
#define FUTURE 1
#define STALE 2
#ifdef LAGGING
#define LAG 3
#else
#define LAG 1
#endif
#define PROMISED (HOLD - FUTURE - 1)

byte now = START;
byte wrong;                               /* the third vantage's clock, as now + wrong - 3 */
byte fence_at, true_at;                   /* the removal as the fence tells it, and in truth */
bool removed, over, early, returned_late;

ltl hold_down_is_kept { [] !early }
ltl witness_return_by_a_skewed_clock { [] !returned_late }

#ifdef NO_AGE_LIMIT
#define FRESH(r) true
#else
#define FRESH(r) (mine <= r + STALE && r <= mine + FUTURE)
#endif

proctype evaluator() {
  byte off, mine, r0, r1, r2, newest, second, usable, memory;
  select (off : 0 .. 6);
  do
  :: !over ->
    atomic {
      mine = now + off - 3;
      if :: r0 = now :: r0 = now - LAG fi;
      if :: r1 = now :: r1 = now - LAG fi;
      r2 = now + wrong - 3;
      usable = 0; newest = 0; second = 0;
      if :: FRESH(r0) -> usable++; newest = r0 :: else fi;
      if
      :: FRESH(r1) && r1 >= newest -> usable++; second = newest; newest = r1
      :: FRESH(r1) && r1 < newest -> usable++; second = r1
      :: else
      fi;
      if
      :: FRESH(r2) && r2 >= newest -> usable++; second = newest; newest = r2
      :: FRESH(r2) && r2 < newest -> usable++; if :: r2 > second -> second = r2 :: else fi
      :: else
      fi;
#ifdef NEWEST
      second = newest;
#endif
      if
      :: usable < 2 -> skip               /* no quorum: hold */
      :: usable >= 2 && !removed ->
        removed = true; fence_at = mine; true_at = now; memory = mine
#if defined(IN_MEMORY)
      :: usable >= 2 && removed && mine >= memory + HOLD ->
#elif defined(NOW_ONLY)
      :: usable >= 2 && removed && mine >= fence_at + HOLD ->
#else
      :: usable >= 2 && removed && mine >= fence_at + HOLD && second >= fence_at + HOLD ->
#endif
        over = true; early = now < true_at + PROMISED; returned_late = off != 3
      :: else
      fi;
      mine = 0; r0 = 0; r1 = 0; r2 = 0; newest = 0; second = 0; usable = 0
    }
  :: memory > 0 -> memory = 0             /* restarted */
  :: over -> break
  od
}

init {
  select (wrong : 0 .. 6);
  atomic { run evaluator(); run evaluator() }
  do :: now < END -> now++ :: else -> break od
}
