/*
 * A batch on the wire: may a writer believe the wrong outcome, or one parent have two children?
 *
 * Modelled: WRITERS writers make ROUNDS attempts each. Each sends a request that arrives, is refused, is lost, or
 * arrives long after its client gave up or died; the reply may be lost too. After a time-out the writer resolves
 * the outcome from the fence (own nonce, current or parent) and from the records behind it. A client may die at
 * any step and start anew with nothing remembered. Abstracted away: evidence and weights (fence.pml, records.pml).
 * Design 7 (unknown outcome), invariants S1 S14 R2; F46 F47 F48 F59 F70 F71 F98.
 * Variants: TIMEOUT_IS_FAILURE · TIMEOUT_IS_SUCCESS · GENERATION_READ_BACK (a generation one higher is taken for
 * one's own) · NO_PARENT_NONCE (neither parent nor records are looked at) · LOST_TOO_EARLY (lost, while the fence
 * still stands where the batch was built) · BLIND_RESEND (the client library repeats the write) · NO_COMPARE.
 */
#ifndef WRITERS
#define WRITERS 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#define NONCES (WRITERS * ROUNDS + 1)     /* nonce 0 is the fence at the start */
#define NOWHERE 0
#define SENT 1                            /* on the wire: it may still arrive */
#define TWICE 2                           /* repeated: it may arrive two times */

byte fence, parent, generation;           /* the zone: current nonce, its parent's */
bool chain[NONCES];                       /* nonces of committed records, back to the first */
bool has_child[NONCES];
byte wire[NONCES], built_on[NONCES];
chan reply[NONCES] = [1] of { bool };     /* true: accepted */
bool said_lost[NONCES];
bool forked, lied, learnt_late;

ltl single_chain { [] !forked }
ltl told_outcome_is_true { [] !lied }
ltl design_holds { [] (!forked && !lied) }
ltl witness_success_behind_successor { [] !learnt_late }

proctype writer(byte first) {
  byte attempt, me, read, g;
  do
  :: attempt < ROUNDS ->
    atomic { me = first + attempt; read = fence; g = generation }
    d_step {
      built_on[me] = read;
#ifdef BLIND_RESEND
      wire[me] = TWICE;
#else
      wire[me] = SENT;
#endif
    }
    if
    :: reply[me] ? true -> skip
    :: atomic { reply[me] ? false -> lied = lied || chain[me]; said_lost[me] = true }
    :: goto unknown                       /* no reply in time */
    :: goto next                          /* dies: its successor knows nothing of the batch */
    fi;
    goto next;
unknown:
    skip;
#if defined(TIMEOUT_IS_FAILURE)
    atomic { lied = lied || chain[me]; said_lost[me] = true }
#elif defined(TIMEOUT_IS_SUCCESS)
    lied = lied || !chain[me];
#elif defined(GENERATION_READ_BACK)
    atomic {
      if
      :: generation == g + 1 -> lied = lied || !chain[me]
      :: generation > g + 1 -> skip
      :: else -> skip
      fi
    }
#elif defined(NO_PARENT_NONCE)
    atomic {
      if
      :: fence == me -> skip
      :: fence != me && fence != read -> lied = lied || chain[me]; said_lost[me] = true
      :: else -> skip
      fi
    }
#elif defined(LOST_TOO_EARLY)
    atomic {
      if
      :: fence == me || parent == me || chain[me] -> skip
      :: else -> said_lost[me] = true
      fi
    }
#else
    atomic {
      if
      :: fence == me || parent == me -> learnt_late = learnt_late || parent == me
      :: fence != me && parent != me && fence != read ->
        /* further back: the records behind the fence say which it is */
        if :: chain[me] -> skip :: else -> said_lost[me] = true fi
      :: else -> skip                     /* the fence stands where it stood: nobody knows yet */
      fi
    }
#endif
next:
    skip;
    d_step { attempt++; me = 0; read = 0; g = 0 }
  :: else -> break
  od
}

/* Route 53 and the way there and back. */
proctype network(byte n) {
  bool ok;
  do
  :: atomic { wire[n] > NOWHERE ->
      wire[n]--;
#ifdef NO_COMPARE
      ok = true;
#else
      ok = fence == built_on[n];
#endif
      if
      :: ok ->
        forked = forked || has_child[built_on[n]];
        has_child[built_on[n]] = true;
        lied = lied || said_lost[n];
        chain[n] = true; parent = fence; fence = n; generation++
      :: else -> skip
      fi;
      if
      :: nfull(reply[n]) -> reply[n] ! ok
      :: skip                             /* the reply is lost */
      fi;
      ok = false
    }
  :: atomic { wire[n] > NOWHERE -> wire[n]-- }      /* the request is lost */
  od
}

init {
  byte i;
  atomic {
    for (i : 1 .. WRITERS) { run writer((i - 1) * ROUNDS + 1) }
    for (i : 1 .. NONCES - 1) { run network(i) }
    i = 0
  }
}
