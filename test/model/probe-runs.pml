/*
 * Two probe runs at the turn of the minute: is a failure counted twice, or a round missed?
 *
 * Modelled: an older run and a newer one that starts cold (it needs some rounds before it can write) probe an
 * endpoint that is down, and write round n on the condition that the stored round is the one they read. The clock
 * goes on only when a run has looked at the current round; the other may be stuck in an older one. Abstracted away: what is probed,
 * replication, the 130 s after which a run ends in any case (the newer one wakes before).
 * Design 3 (no gaps, no double counting), invariants S8 S14 S16; F43 F44 F45 F49.
 * Variants: UNCONDITIONAL (the write has no condition) · LOSER_KEEPS (who lost adds its observation to the stored
 * item) · ENDS_AT_START (the older run ends when the newer one starts, not when it has written).
 */
#define END 7
#define COLD 3                            /* rounds a cold start may take at most */

byte now = 1;                             /* the round that the clock shows */
byte round, by, failures;                /* the stored item */
byte started;                             /* the round in which the newer run started; 0: not yet */
bool awake[3], looked[3], ended[3];
bool backwards, both, taken_over;

ltl failures_count_once { [] (failures <= round) }
ltl rounds_go_on { [] !backwards }
ltl no_round_is_missed { [] (now <= round + 2) }
ltl witness_both_in_one_round { [] !both }
ltl witness_take_over { [] !taken_over }

proctype probe(byte me) {
  byte r, f, x, n;
  do
  :: now == END -> break
  :: now < END && !looked[me] ->
    d_step { r = round; f = failures; x = by; n = now }
    if
    :: x > me -> break                    /* a newer run has written */
#ifdef ENDS_AT_START
    :: me == 1 && started > 0 -> break
#endif
    :: x <= me && r < n ->
      skip;                               /* probes; the other run may do the same */
      d_step {
        both = both || (me == 2 && !looked[1] && !ended[1]);
        if
#ifdef UNCONDITIONAL
        :: true ->
#else
        :: round == r ->
#endif
          backwards = backwards || n < round;
          taken_over = taken_over || (by == 1 && me == 2);
          round = n; by = me; failures = f + 1
#ifdef LOSER_KEEPS
        :: round != r -> failures++
#endif
        :: else
        fi;
        looked[me] = n == now; r = 0; f = 0; x = 0; n = 0
      }
    :: else -> d_step { looked[me] = n == now; r = 0; f = 0; x = 0; n = 0 }   /* the other run did this round */
    fi
  od;
  skip;
  d_step { ended[me] = true; looked[me] = true; r = 0; f = 0; x = 0; n = 0 }
}

active proctype world() {
  awake[1] = true;
  run probe(1);
  do
  :: now == END -> break
  :: now < END && started == 0 && now > 1 -> started = now
  :: now < END && started > 0 && !awake[2] -> atomic { awake[2] = true; run probe(2) }
  :: now < END && ((looked[1] && !ended[1]) || (looked[2] && !ended[2]) || (ended[1] && !awake[2])) &&
     !(started > 0 && !awake[2] && now >= started + COLD) ->
    d_step {
      now++;
      looked[1] = ended[1]; looked[2] = ended[2]
    }
  od
}
