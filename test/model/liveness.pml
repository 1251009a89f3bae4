/*
 * Progress: is an endpoint that is down always removed, and does the zone then come to rest?
 *
 * Modelled: three writers read, decide and send for ever; one may die for good, replies get lost, requests are
 * refused as throttled, and a person edits the other record, each a bounded number of times. Weak fairness: who
 * can act for ever acts some day. Abstracted away: time (turns, back-off), evidence (it says for good: a is down).
 * Design 3 (no leader, never wait for INSYNC) and 7 (on conflict, throw the plan away), invariants L1 L3 L4 L5
 * S14 S15; F67 F69 F72 F81.
 * Variants: RESEND_PLAN (a refused plan is sent again as it is) · UNSORTED (equal inputs, different bytes in each
 * region) · LEADER (only the first writer acts) · WAITS (for its change to be in sync before it does anything else).
 */
#define WRITERS 3
#define FAULTS 2

byte fence, a = 1, b = 1;                 /* the zone; the fence counts modulo 8 */
byte form;                                /* whose spelling the zone is in; only UNSORTED has more than one */
byte faults, edits;
bool dead;

ltl removed { <> (a == 0) }
ltl stays_removed { <> [] (a == 0) }
ltl settles { <> [] (fence % 2 == 0) || <> [] (fence % 2 == 1) }    /* every commit makes odd of even */

#ifdef UNSORTED
#define AS_WANTED (a == 0 && form == me)
#else
#define AS_WANTED (a == 0)
#endif

active [WRITERS] proctype writer() {
  byte me = _pid, read, edited;
  bool refused;
#ifdef LEADER
  if :: me != 0 -> goto off :: else fi;
#endif
look:
  atomic {
    !AS_WANTED;
    if
    :: !dead -> dead = true; goto off
    :: true
    fi;
    read = fence; edited = b
  }
send:
  atomic {
    refused = false;
    if
    :: fence == read && b == edited -> fence = (fence + 1) % 8; a = 0; form = me
    :: faults < FAULTS -> faults++;       /* throttled, or lost on its way */
#ifdef WAITS
      goto wait
#endif
    :: else -> refused = true
    fi
  }
#ifdef RESEND_PLAN
  if :: refused -> goto send :: else fi;
#endif
  atomic { read = 0; edited = 0; goto look }
#ifdef WAITS
wait:
  false
#endif
off:
  skip
}

active proctype person() {
  do :: edits < 2 -> atomic { edits++; b = (b == 1 -> 2 : 1) } :: break od
}
