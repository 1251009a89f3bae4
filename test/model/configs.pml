/*
 * Two configurations live at once: can both decide, can an old one come back, can votes be mixed?
 *
 * Modelled: a deployment reaches the vantages one by one and may be rolled back half-way; every vantage's report
 * carries the digest that it ran; evaluators of either configuration read reports, decide and commit. The new
 * configuration adds one vantage (its majority is then 3 of 4, the old one's 2 of 3). Abstracted away: what the
 * votes say (every report is a vote), freshness, ramp.
 * Design 4 and 7 (superseded-config), invariants S7 S8 R6; F51 F91.
 * Variants: NO_PACKAGING_TIME · ENTERS_ALONE (a new configuration enters the fence without Q reports under it) ·
 * ANY_DIGEST (votes of another digest are counted) · ADDS_TWO (vantages change by two: 3 of 5).
 */
#ifdef ADDS_TWO
#define VANTAGES 5
#else
#define VANTAGES 4
#endif
#define OLD 1
#define NEW 2

byte report[VANTAGES];                    /* the digest each ran: 0 none yet */
byte deployed[VANTAGES];
byte in_fence = OLD, generation;          /* the zone; OLD was packaged before NEW */
bool went_back, alone, mixed, both, superseded;

#define RAN(v, c) (report[v] == c)
/* The old configuration knows the first three vantages, the new one all. */
#define COUNT_OLD (RAN(0, OLD) + RAN(1, OLD) + RAN(2, OLD))
#ifdef ADDS_TWO
#define COUNT_NEW (RAN(0, NEW) + RAN(1, NEW) + RAN(2, NEW) + RAN(3, NEW) + RAN(4, NEW))
#else
#define COUNT_NEW (RAN(0, NEW) + RAN(1, NEW) + RAN(2, NEW) + RAN(3, NEW))
#endif
#define QUORATE_OLD (COUNT_OLD >= 2)
#define QUORATE_NEW (COUNT_NEW >= 3)
#define HAS_QUORUM(c) (c == OLD -> QUORATE_OLD : QUORATE_NEW)
#define ALL_REPORTS (RAN(0, OLD) + RAN(0, NEW) + RAN(1, OLD) + RAN(1, NEW) + RAN(2, OLD) + RAN(2, NEW))

ltl packaging_time_never_goes_back { [] !went_back }
ltl enters_with_a_quorum { [] !alone }
ltl votes_of_one_digest { [] !mixed }
ltl one_configuration_has_a_quorum { [] !both }
ltl design_holds { [] !(went_back || alone || mixed || both) }
ltl witness_superseded { [] !superseded }

proctype evaluator(byte at) {
  byte round, c, g, f;
  bool quorate, own;
  do
  :: round < 2 ->
    d_step {
      c = deployed[at]; g = generation; f = in_fence;
      own = HAS_QUORUM(c);
#if defined(ANY_DIGEST)
      quorate = ALL_REPORTS >= 2;
#elif defined(ENTERS_ALONE)
      quorate = own || c != f;
#else
      quorate = own;
#endif
      superseded = superseded || (quorate && c < f)
    }
    d_step {
      if
#ifdef NO_PACKAGING_TIME
      :: quorate && generation == g ->
#else
      :: quorate && c >= f && generation == g ->
#endif
        went_back = went_back || c < in_fence;
        alone = alone || (c != in_fence && !own);
        mixed = mixed || !own;
        in_fence = c; generation++
      :: else
      fi;
      round++; c = 0; g = 0; f = 0; quorate = false; own = false
    }
  :: else -> break
  od
}

proctype vantage(byte v) {
  do
  :: atomic { report[v] != deployed[v] -> report[v] = deployed[v]; both = QUORATE_OLD && QUORATE_NEW }
  od
}

active proctype deployment() {
  byte i;
  d_step { deployed[0] = OLD; deployed[1] = OLD; deployed[2] = OLD; report[0] = OLD; report[1] = OLD; report[2] = OLD }
  atomic {
    for (i : 0 .. VANTAGES - 1) { run vantage(i) }
    run evaluator(0); run evaluator(2);
    i = 0
  }
  /* The new file goes out; half-way the first of it may be taken back for a while. */
  do
  :: i < VANTAGES -> deployed[i] = NEW; i++
  :: i > 0 && i < VANTAGES -> deployed[i - 1] = (i < 4 -> OLD : 0); i--
  :: i == VANTAGES -> break
  od
}
