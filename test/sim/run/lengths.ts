/**
 * How long a seed simulates, at the mean of what the swarm draws around it: two hours, and now and then a
 * day. It depends on the seed alone, so that the line that replays a seed needs nothing else. 2,000 seeds in
 * a row add up to 180 days and some more.
 */
const SHORT = 125;
const LONG = 24 * 60;
const LONG_EACH = 200;
const DAY = 24 * 60;

export const minutesOf = (seed: number): number => (seed % LONG_EACH === 99 ? LONG : SHORT);

/** The same for these seeds, stretched or shortened alike so that they add up to `days` where that is given. */
export function lengthsOf(
  seeds: readonly number[],
  days: number | null,
): ReadonlyMap<number, number> {
  const plain = seeds.reduce((sum, seed) => sum + minutesOf(seed), 0);
  const stretch = days === null ? 1 : (days * DAY) / plain;
  return new Map(seeds.map((seed) => [seed, Math.max(1, Math.ceil(minutesOf(seed) * stretch))]));
}
