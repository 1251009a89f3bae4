/*
 * What must a batch compare, when people edit the zone and restore it from a backup?
 *
 * Modelled: WRITERS writers read the zone and send one batch each round (ROUNDS, two) that moves weights of two
 * records at will, never to nothing; weight 2 stands for one that was set by hand and is carried over as read.
 * A person edits weights (twice, so an edit may be undone), a backup is taken once and put back once.
 * Abstracted away: evidence (fence.pml), requests in flight (inflight.pml), fields other than the weight.
 * Design 7 (whole-state compare, never UPSERT, nonce), invariants S2 S4 R2 R11, section 8, second table; F73 F86 F111.
 * Variants: WRITERS=3 with ROUNDS=1 · HAND_EDIT · RESTORE_SAME (byte for byte) · RESTORE_NEW_NONCE · FENCE_ONLY (weights are
 * UPSERTed) · GENERATION_ONLY (no nonce in the compare) · CHANGED_ONLY (without R11: unchanged records are not asserted).
 */
#ifndef WRITERS
#define WRITERS 2
#endif
#ifndef ROUNDS
#define ROUNDS 2
#endif

byte generation, nonce, w0 = 1, w1 = 1;   /* the zone */
byte nonces;                              /* every nonce is new */
byte foreign;                             /* changes by others so far */
bool edit_lost, over_change, emptied, committed_edit;

ltl no_edit_is_lost { [] !edit_lost }
ltl no_commit_over_any_change { [] !over_change }
ltl never_empty { [] !emptied }
ltl witness_commit_beside_edit { [] !committed_edit }

#ifdef GENERATION_ONLY
#define SAME_FENCE (generation == g)
#else
#define SAME_FENCE (generation == g && nonce == n)
#endif
#if defined(FENCE_ONLY)
#define SAME_RECORDS true
#elif defined(CHANGED_ONLY)
#define SAME_RECORDS ((x0 == r0 || w0 == r0) && (x1 == r1 || w1 == r1))
#else
#define SAME_RECORDS (w0 == r0 && w1 == r1)
#endif

proctype writer() {
  byte round, g, n, r0, r1, x0, x1, f;
  do
  :: round < ROUNDS ->
    d_step { g = generation; n = nonce; r0 = w0; r1 = w1; f = foreign; x0 = r0; x1 = r1 }
    if :: r0 < 2 -> x0 = 1 - r0 :: skip fi;
    if :: r1 < 2 -> x1 = 1 - r1 :: skip fi;
    d_step {
      if
      :: x0 + x1 > 0 && !(x0 == r0 && x1 == r1) && SAME_FENCE && SAME_RECORDS ->
        over_change = over_change || f != foreign;
#ifdef CHANGED_ONLY
        /* a record that is not in the batch stays as it is */
        if :: x0 != r0 -> w0 = x0 :: else fi;
        if :: x1 != r1 -> w1 = x1 :: else fi;
#else
        edit_lost = edit_lost || w0 != r0 || w1 != r1;
        w0 = x0; w1 = x1;
#endif
        emptied = emptied || w0 + w1 == 0;
        committed_edit = committed_edit || w0 == 2 || w1 == 2;
        generation++; nonces++; nonce = nonces
      :: else
      fi;
      round++; g = 0; n = 0; r0 = 0; r1 = 0; x0 = 0; x1 = 0; f = 0
    }
  :: else -> break
  od
}

#ifdef HAND_EDIT
active proctype person() {
  byte edits;
  do
  :: edits < 2 ->
    edits++;
    atomic { if :: w0 != 2 -> w0 = 2 :: w0 = 1 :: w1 > 0 -> w0 = 0 fi; foreign++ }
  :: edits < 2 ->
    edits++;
    atomic { if :: w1 != 2 -> w1 = 2 :: w1 = 1 :: w0 > 0 -> w1 = 0 fi; foreign++ }
  :: break
  od
}
#endif

#if defined(RESTORE_SAME) || defined(RESTORE_NEW_NONCE)
active proctype backup() {
  byte g, n, b0, b1;
  d_step { g = generation; n = nonce; b0 = w0; b1 = w1 }
  d_step {
    generation = g; w0 = b0; w1 = b1; foreign++;
#ifdef RESTORE_NEW_NONCE
    nonces++; nonce = nonces;
#else
    nonce = n;
#endif
    g = 0; n = 0; b0 = 0; b1 = 0
  }
}
#endif

init {
  byte i;
  atomic { for (i : 1 .. WRITERS) { run writer() } i = 0 }
}
