/*
 * Velocity counted from the fence, and rescue: is the service emptied too fast, or left in the dark?
 *
 * Modelled: three regions of one endpoint each fail and recover (FLIPS times) while a clock ticks; two evaluators
 * judge once each tick, compare and commit one decision, and may be restarted (IN_MEMORY shows why that matters);
 * a region may be drained by an order. Abstracted away: votes (health is known when it is judged), lag, ramp.
 * Design 6 rules 4 to 8, invariants S4 S5 S6 S10 S11 R5; F89 F90 F104 F113.
 * Variants: IN_MEMORY (each process counts its own removals) · NO_RESCUE · RESCUE_WITHOUT_UP · RESCUE_OVER_ORDER
 * · RESCUE_ANY_TIME (as soon as one endpoint is down and another is held back) · NO_FLOOR.
 */
#define END 7
#define WINDOW 3
#define HOLD 4
#define FLIPS 4
#define ALL 7
#define BIT(i) (1 << i)

byte now = 1, flips, drained;
byte healthy = ALL, weights = ALL, generation;   /* one bit a region */
byte out_at[3], rescue_at;                /* in the fence: change times */
byte last_removal, dark;                  /* ground truth: ticks in a row with nothing healthy in service */
byte turns;                               /* who has judged in this tick */
bool too_fast, over_order, blind_rescue, needless_rescue, rescued;

ltl velocity_is_kept { [] !too_fast }
ltl rescue_needs_an_up { [] !blind_rescue }
ltl rescue_only_when_dark { [] !needless_rescue }
ltl order_wins { [] !over_order }
ltl never_empty { [] (weights != 0) }
ltl dark_is_short { [] (dark <= 3) }
ltl design_holds { [] (!too_fast && !blind_rescue && !needless_rescue && !over_order && weights != 0 && dark <= 3) }
ltl witness_rescue { [] !rescued }

#define DOWN (ALL & ~healthy)
#define HELD_UP (healthy & ~weights & ~drained)
#ifdef IN_MEMORY
#define COUNTED mine
#else
#define COUNTED out_at
#endif

#ifdef NO_FLOOR
#define FLOOR true
#else
#define FLOOR ((w & ~d & ~BIT(i)) != 0)
#endif

inline remove_one() {
  /* One region a window, and something healthy stays in service. */
  i = 0;
  do
  :: i < 3 ->
    if
    :: (w & d & BIT(i)) != 0 && want == w &&
       !(COUNTED[0] > 0 && now < COUNTED[0] + WINDOW) &&
       !(COUNTED[1] > 0 && now < COUNTED[1] + WINDOW) &&
       !(COUNTED[2] > 0 && now < COUNTED[2] + WINDOW) && FLOOR -> want = w & ~BIT(i)
    :: else
    fi;
    i++
  :: else -> break
  od;
  i = 0
}

inline return_due() {
  i = 0;
  do
  :: i < 3 ->
    if
    :: (healthy & ~w & ~drained & BIT(i)) != 0 && now >= out_at[i] + HOLD -> want = want | BIT(i)
    :: else
    fi;
    i++
  :: else -> break
  od;
  i = 0
}

#ifdef RESCUE_OVER_ORDER
#define TAKES_OVER (healthy & ~weights)
#else
#define TAKES_OVER HELD_UP
#endif
#if defined(NO_RESCUE)
#define RESCUE_DUE false
#elif defined(RESCUE_WITHOUT_UP)
#define RESCUE_DUE ((weights & healthy) == 0 && (ALL & ~weights & ~drained) != 0)
#elif defined(RESCUE_ANY_TIME)
#define RESCUE_DUE ((weights & DOWN) != 0 && TAKES_OVER != 0)
#else
#define RESCUE_DUE ((weights & healthy) == 0 && TAKES_OVER != 0)
#endif
#ifdef RESCUE_WITHOUT_UP
#define RESCUED (ALL & ~weights & ~drained)
#else
#define RESCUED (TAKES_OVER | (weights & healthy))
#endif

proctype evaluator(byte me) {
  byte i, w, d, want, g, mine[3];
  bool rescue;
  do
  :: now < END && (turns & BIT(me)) == 0 ->
    d_step {
      g = generation; w = weights; d = DOWN; want = w;
      rescue = RESCUE_DUE && (rescue_at == 0 || now >= rescue_at + 2);
      if
      :: rescue -> want = RESCUED
      :: else -> remove_one(); return_due()
      fi
    }
    d_step {
      if
      :: want != w && generation == g ->
        i = 0;
        do
        :: i < 3 ->
          if :: (w & ~want & BIT(i)) != 0 -> out_at[i] = now; mine[i] = now :: else fi;
          i++
        :: else -> break
        od;
        i = 0;
        if
        :: rescue ->
          blind_rescue = blind_rescue || (want & ~w & healthy) == 0 && (want & ~w & ~d) == 0;
          needless_rescue = needless_rescue || (w & ~d) != 0;
          over_order = over_order || (want & drained) != 0;
          rescue_at = now; rescued = true
        :: !rescue && (w & ~want) != 0 ->
          too_fast = too_fast || (last_removal > 0 && now < last_removal + WINDOW);
          last_removal = now
        :: else
        fi;
        weights = want; generation++
      :: else
      fi;
      turns = turns | BIT(me); w = 0; d = 0; want = 0; g = 0; rescue = false
    }
  :: now == END -> break
  od
}

active proctype world() {
  byte i;
  if :: drained = 4; weights = 3 :: skip fi;
  atomic { run evaluator(0); run evaluator(1) }
  do
  :: flips < FLIPS -> atomic {
      if :: healthy = healthy ^ 1 :: healthy = healthy ^ 2 :: healthy = healthy ^ 4 fi; flips++ }
  :: now < END && turns == 3 -> d_step {
      if
      :: (weights & healthy) == 0 && HELD_UP != 0 -> dark++
      :: else -> dark = 0
      fi;
      turns = 0; now++ }
  :: now == END -> break
  od
}
