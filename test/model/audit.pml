/*
 * A table in which the last writer wins: has every commit its record?
 *
 * Modelled: two writers in two regions race for generations; each writes its record into the replica of its
 * region, sends its batch, and may die after any step. Replicas copy items to each other in any order; of two
 * versions of one item the later write wins. Abstracted away: what records say; marks, which are items of their
 * own; loss of a replica (the zone needs none).
 * Design 8, invariants S13 R1; F56 F57 F97 F106.
 * Variants: KEYED_BY_GENERATION (both racers write the same item) · RECORD_AFTER (the batch first).
 */
#define WRITERS 2
#define GENERATIONS 2
#ifdef KEYED_BY_GENERATION
#define KEY(g, me) g
#define KEYS GENERATIONS
#else
#define KEY(g, me) (g * WRITERS + me)
#define KEYS 4
#endif
#ifdef RECORD_AFTER
#define AFTERWARDS true
#else
#define AFTERWARDS false
#endif

typedef Replica { byte holds[KEYS]; byte at[KEYS] }
Replica replica[2];
byte writes;                              /* time of the last write, anywhere */
byte generation, committed[GENERATIONS];  /* who committed each generation: writer + 1 */
bool recording[GENERATIONS];              /* committed, and its writer is about to write the record */
bool raced;

#define HAS(r, g) (replica[r].holds[KEY(g, (committed[g] - 1))] == committed[g])
#define KEPT(g) (committed[g] == 0 || recording[g] || HAS(0, g) || HAS(1, g))

ltl every_commit_has_its_record { [] (KEPT(0) && KEPT(1)) }
ltl witness_two_records_of_one_generation { [] !raced }

active [WRITERS] proctype writer() {
  byte me = _pid, region = _pid % 2, g, n;
  do
  :: atomic { n < 2 && generation < GENERATIONS -> g = generation }
#ifndef RECORD_AFTER
    d_step { writes++; replica[region].holds[KEY(g, me)] = me + 1; replica[region].at[KEY(g, me)] = writes }
    if :: skip :: break fi;               /* dies */
#endif
    d_step {
      if
      :: generation == g -> committed[g] = me + 1; recording[g] = AFTERWARDS; generation++
      :: else -> raced = true
      fi
    }
#ifdef RECORD_AFTER
    if
    :: d_step {
        if
        :: committed[g] == me + 1 ->
          writes++; replica[region].holds[KEY(g, me)] = me + 1; replica[region].at[KEY(g, me)] = writes;
          recording[g] = false
        :: else
        fi
      }
    :: committed[g] == me + 1 -> recording[g] = false; break      /* dies */
    fi;
#endif
    if :: skip :: break fi;
    d_step { n++; g = 0 }
  :: else -> break
  od
}

active proctype replication() {
  byte k;
end:
  do
  :: atomic {
      select (k : 0 .. KEYS - 1);
      if
      :: replica[0].at[k] > replica[1].at[k] ->
        replica[1].holds[k] = replica[0].holds[k]; replica[1].at[k] = replica[0].at[k]
      :: replica[1].at[k] > replica[0].at[k] ->
        replica[0].holds[k] = replica[1].holds[k]; replica[0].at[k] = replica[1].at[k]
      :: else
      fi;
      k = 0
    }
  od
}
