/**
 * Probe noise → false removals per endpoint and year, exactly. Per vantage a Markov chain over failures in
 * a row while up and passes in a row while down gives how often its vote is down, and how often it turns
 * down in a round; vantages fail independently, so votes before and after a round are multinomial. A false
 * removal is a round before which fewer than a quorum and after which a quorum votes down.
 */
const YEAR_MS = 365 * 86_400_000;

export type NoiseGiven = {
  readonly vantages: number;
  readonly quorum: number;
  readonly fall: number;
  readonly rise: number;
  readonly everyMs: number;
  /** Probability that one probe of a healthy endpoint fails, for each vantage by itself. */
  readonly p: number;
};

/** Of one vantage: its vote is down; it turns down in this round. */
export function voteNoise(
  fall: number,
  rise: number,
  p: number,
): { readonly down: number; readonly turns: number } {
  if (p <= 0) return { down: 0, turns: 0 };
  if (p >= 1) return { down: 1, turns: 0 };
  // Rounds spent in 0..fall−1 failures in a row until it falls, and in 0..rise−1 passes until it rises.
  const upRounds = runLength(fall, p);
  const downRounds = runLength(rise, 1 - p);
  const cycle = upRounds + downRounds;
  return { down: downRounds / cycle, turns: 1 / cycle };
}

/** Mean number of tries until `length` in a row come out, each with probability q. */
const runLength = (length: number, q: number): number =>
  (1 - q ** length) / ((1 - q) * q ** length);

export function falseRemovalsPerYear(given: NoiseGiven): number {
  const { vantages, quorum, fall, rise, everyMs, p } = given;
  const { down, turns } = voteNoise(fall, rise, p);
  if (turns === 0) return 0;
  // As many turn up as turn down, over time.
  const stays = down - turns;
  const up = 1 - down - turns;
  let rate = 0;
  for (let both = 0; both <= vantages; both += 1) {
    for (let falls = 0; falls + both <= vantages; falls += 1) {
      if (both + falls < quorum) continue;
      for (let rises = 0; rises + falls + both <= vantages; rises += 1) {
        if (both + rises >= quorum) continue;
        const rest = vantages - both - falls - rises;
        rate +=
          ways(vantages, [both, falls, rises, rest]) *
          Math.max(0, stays) ** both *
          turns ** falls *
          turns ** rises *
          up ** rest;
      }
    }
  }
  return (rate * YEAR_MS) / everyMs;
}

function ways(total: number, groups: readonly number[]): number {
  let left = total;
  let product = 1;
  for (const group of groups) {
    for (let i = 1; i <= group; i += 1) product = (product * (left - group + i)) / i;
    left -= group;
  }
  return Math.round(product);
}
