/**
 * When within the check interval each fault comes: one draw from each of `count` equal strata, in a
 * shuffled order, all from one seed. So the phases cover the interval evenly however few the runs are,
 * and two benches with one seed break things at the same phases.
 */

/** Numbers from 0 to below 1 (mulberry32: 32 bits of state, enough to place a few hundred faults). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` shares of the interval, 0 ≤ share < 1, one in each stratum [k / count, (k + 1) / count). */
export function stratifiedPhases(count: number, seed: number): readonly number[] {
  const random = seeded(seed);
  const phases = Array.from({ length: count }, (_, stratum) => (stratum + random()) / count);
  return shuffled(phases, random);
}

/** Fisher and Yates. */
function shuffled(values: readonly number[], random: () => number): readonly number[] {
  const rest = [...values];
  const drawn: number[] = [];
  while (rest.length > 0) drawn.push(...rest.splice(Math.floor(random() * rest.length), 1));
  return drawn;
}

/** How long from `now` until the clock is at that share of the interval. */
export function msUntilPhase(now: number, phase: number, everyMs: number): number {
  const into = now % everyMs;
  const wanted = phase * everyMs;
  return wanted >= into ? wanted - into : wanted - into + everyMs;
}
