/**
 * May recorded votes be judged under another file? A vote was cast under a check, on a target, at an interval,
 * by a vantage: where the other file has others of these, nobody knows what would have been seen, and that is
 * said per service. Weights, tiers, regions, quorum and policy only say how votes are used.
 */
import { canonicalText } from './canonical.ts';
import type { Service } from './model.ts';

/** Each a sentence that says what the recorded votes can't tell; empty: they can be judged. */
export function whyNotJudged(deployed: Service, other: Service): readonly string[] {
  const strangers = other.vantages.filter((vantage) => !deployed.vantages.includes(vantage));
  const known = new Map(deployed.endpoints.map((endpoint) => [endpoint.id, endpoint]));
  return [
    ...(other.everyMs === deployed.everyMs
      ? []
      : [
          `votes were cast every ${deployed.everyMs / 1_000} s, and the other file looks every ${other.everyMs / 1_000} s`,
        ]),
    ...strangers.map(
      (vantage) => `${vantage} did not look at ${other.id}; vantages can only be left out`,
    ),
    ...other.endpoints.flatMap((endpoint) => {
      const own = known.get(endpoint.id);
      if (own === undefined)
        return [`nobody looked at ${endpoint.id}, which only the other file has`];
      return canonicalText([own.check, own.probeTargets]) ===
        canonicalText([endpoint.check, endpoint.probeTargets])
        ? []
        : [
            `votes on ${endpoint.id} were cast under another check (address, conditions, timeout, fall or rise)`,
          ];
    }),
  ];
}
