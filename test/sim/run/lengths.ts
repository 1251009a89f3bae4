/**
 * Which seed simulates how long: most some minutes to six hours, a few one or three days. It depends on
 * the seed alone, so that the line that replays a seed needs nothing else. 200 seeds in a row always add
 * up to 18 days.
 */

/** Minutes of 13 seeds in a row; they add up to 1,056. */
const SHORT = [55, 30, 80, 40, 120, 30, 66, 360, 45, 100, 30, 60, 40] as const;
const DAY = 24 * 60;
const CYCLE = 200;

export function minutesOf(seed: number): number {
  const at = (((seed - 1) % CYCLE) + CYCLE) % CYCLE;
  if (at === CYCLE - 1) return 3 * DAY;
  if (at % 40 === 39) return DAY;
  return SHORT[(at - Math.floor(at / 40)) % SHORT.length] as number;
}

/** At least this long, or adopting and healing leave no time for faults. */
const MINUTES_MIN = 20;

/** These seeds, stretched or shortened alike so that they add up to `days` where that is given. */
export function lengthsOf(
  seeds: readonly number[],
  days: number | null,
): ReadonlyMap<number, number> {
  const plain = seeds.reduce((sum, seed) => sum + minutesOf(seed), 0);
  const stretch = days === null ? 1 : (days * DAY) / plain;
  return new Map(
    seeds.map((seed) => [
      seed,
      stretch === 1
        ? minutesOf(seed)
        : Math.max(MINUTES_MIN, Math.round(minutesOf(seed) * stretch)),
    ]),
  );
}
