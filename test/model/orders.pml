/*
 * Operators against automation: does an order always win, and does a request count once?
 *
 * Modelled: two evaluators with arbitrary evidence decide, send and may sleep between any two steps; two operators
 * ask for `drain a` and for a freeze or for the end of what stands, each request carrying the version that its
 * operator saw, and each may be delivered twice. An order may have a start: then any evaluator brings it into
 * force by a commit of the order. Abstracted away: quorum, ramp, the clock of start and end (a step that may
 * happen), and who may give orders.
 * Design 6 rule 2 and 7 (orders live in the fence), invariants S4 S11 L6 R3; F93 F105 F109 F110.
 * Variants: IN_TABLE (orders lie in a replicated table that lags, the fence does not know them) · NO_VERSION ·
 * ASOF_FOR_ORDERS (an order needs evidence as fresh as the fence's) · NO_FLOOR_FOR_ORDERS (never-all-zero is not
 * judged again when an order starts).
 */
#define NONE 0
#define PENDING_DRAIN 1
#define DRAIN 2
#define FREEZE 3

byte generation, version, order, a = 1, b = 1, asof;    /* the zone: fence and two weights */
byte evidence;                            /* the newest there is */
byte lagging;                             /* what the table's replica shows of the order */
bool counted[2];
bool undone, thawed, twice, refused_blind, order_started;

ltl order_wins { [] !undone }
ltl freeze_binds { [] !thawed }
ltl order_counts_once { [] !twice }
ltl order_needs_no_evidence { [] !refused_blind }
ltl never_empty { [] (a + b > 0) }
ltl design_holds { [] (!undone && !thawed && !twice && !refused_blind && a + b > 0) }
ltl witness_order_started { [] !order_started }

#ifdef NO_FLOOR_FOR_ORDERS
#define LEAVES_SOME true
#else
#define LEAVES_SOME (b > 0)
#endif
#ifdef IN_TABLE
#define SEEN lagging
#define BUMP 0
#else
#define SEEN order
#define BUMP 1
#endif
#if defined(IN_TABLE)
#define STILL (v == expected)             /* the fence is not asked */
#elif defined(NO_VERSION)
#define STILL (generation == g)
#else
#define STILL (generation == g && v == expected)
#endif

proctype evaluator() {
  byte round, g, o, x, y, e, now_a, now_b;
  do
  :: round == 0 ->
    atomic {
      if :: e = evidence :: e = 0 fi;                   /* its replica may lag */
      g = generation; o = SEEN; now_a = a; now_b = b; x = a; y = b;
      if
      :: o == PENDING_DRAIN && LEAVES_SOME -> x = 0     /* a commit of the order: no votes needed, asof stays */
      :: o != PENDING_DRAIN && o != FREEZE && e >= asof -> /* any verdicts at all */
        if :: o != DRAIN -> x = 1 - a :: skip fi;
        if :: y = 1 - b :: skip fi
      :: else -> skip                                   /* hold */
      fi
    }
    atomic {
      if
      :: (x != now_a || y != now_b) && generation == g && (x + y > 0 || o == PENDING_DRAIN) ->
        if
        :: o == PENDING_DRAIN -> order = DRAIN; order_started = true
        :: else ->
          undone = undone || (order == DRAIN && x != a);
          thawed = thawed || order == FREEZE;
          asof = e
        fi;
        a = x; b = y; generation++
      :: else -> skip
      fi;
      round++; g = 0; o = 0; x = 0; y = 0; e = 0; now_a = 0; now_b = 0
    }
  :: else -> break
  od
}

/* One request of one operator, as the network delivers it: once or twice. */
proctype request(byte who) {
  byte expected, tries, g, v;
  expected = version;
  do
  :: tries < 2 ->
    d_step { g = generation; v = version }
#ifdef ASOF_FOR_ORDERS
    refused_blind = refused_blind || asof > 0;          /* its region sees nothing newer than 0 */
#endif
    atomic {
      if
      :: STILL ->
        if
        :: who == 0 -> order = PENDING_DRAIN
        :: who == 0 && b > 0 -> order = DRAIN; a = 0    /* never all zero */
        :: who == 1 -> order = FREEZE
        :: who == 1 -> order = NONE
        fi;
        generation = generation + BUMP; version++;
        twice = twice || counted[who];
        counted[who] = true
      :: else -> skip                                   /* 409: somebody was faster, or this is a repeat */
      fi;
      tries++; g = 0; v = 0
    }
  :: true -> break
  od;
  skip;
  d_step { expected = 0; tries = 0 }
}

active proctype world() {
  evidence = 1
}

#ifdef IN_TABLE
active proctype replication() {
  do :: lagging != order -> lagging = order od
}
#endif

init {
  atomic { run evaluator(); run evaluator(); run request(0); run request(1) }
}
