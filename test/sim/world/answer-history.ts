/**
 * How name servers answered over time, and what caches made of it. A cohort of caches keeps an answer for
 * `lifetimeS` and refreshes at phases spread evenly over it, so the part of its clients that holds an
 * answer is the mean of that answer's share over the last lifetime: a sliding window over a step function.
 * Its first and second integrals stand at every step, so any window costs a search. Seconds throughout:
 * squares of milliseconds would cost digits.
 */
export type Shares = ReadonlyMap<string, number>;

type Step = {
  readonly fromS: number;
  readonly shares: Shares;
  /** By endpoint: the first and second integral from the first step to here. */
  readonly sums: ReadonlyMap<string, readonly [number, number]>;
};

export type AnswerHistory = {
  /** From then on it is answered like this; times may not go back. */
  readonly change: (atS: number, shares: Shares) => void;
  /** Of name servers, now. */
  readonly shareOf: (endpoint: string) => number;
  /** The part of a cohort's clients that holds this answer at a moment. */
  readonly held: (endpoint: string, atS: number, lifetimeS: number) => number;
  /** The integral of `held` over a time. */
  readonly heldSeconds: (endpoint: string, fromS: number, toS: number, lifetimeS: number) => number;
};

/** What was answered first counts as answered always before; what is older than `keepsS` is forgotten. */
export function answerHistory(startS: number, first: Shares, keepsS: number): AnswerHistory {
  let steps: Step[] = [{ fromS: startS, shares: first, sums: new Map() }];
  const last = (): Step => steps.at(-1) as Step;

  const stepAt = (atS: number): Step => {
    let low = 0;
    let high = steps.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((steps[middle] as Step).fromS <= atS) low = middle;
      else high = middle - 1;
    }
    return steps[low] as Step;
  };
  const sumsAt = (step: Step, endpoint: string, atS: number): readonly [number, number] => {
    const [once, twice] = step.sums.get(endpoint) ?? [0, 0];
    const share = step.shares.get(endpoint) ?? 0;
    const sinceS = atS - step.fromS;
    return [once + share * sinceS, twice + once * sinceS + (share * sinceS * sinceS) / 2];
  };
  const once = (endpoint: string, atS: number): number => sumsAt(stepAt(atS), endpoint, atS)[0];
  const twice = (endpoint: string, atS: number): number => sumsAt(stepAt(atS), endpoint, atS)[1];

  return {
    change: (atS, shares) => {
      const before = last();
      const endpoints = new Set([...before.sums.keys(), ...before.shares.keys(), ...shares.keys()]);
      const sums = new Map(
        [...endpoints].map((endpoint) => [endpoint, sumsAt(before, endpoint, atS)] as const),
      );
      steps.push({ fromS: atS, shares, sums });
      const kept = steps.findLastIndex(({ fromS }) => fromS <= atS - keepsS);
      if (kept > 0) steps = steps.slice(kept);
    },
    shareOf: (endpoint) => last().shares.get(endpoint) ?? 0,
    held: (endpoint, atS, lifetimeS) =>
      (once(endpoint, atS) - once(endpoint, atS - lifetimeS)) / lifetimeS,
    heldSeconds: (endpoint, fromS, toS, lifetimeS) =>
      (twice(endpoint, toS) -
        twice(endpoint, fromS) -
        twice(endpoint, toS - lifetimeS) +
        twice(endpoint, fromS - lifetimeS)) /
      lifetimeS,
  };
}
