/**
 * What leads through the logs from a probe to a notification. A probe round is named by its vantage and its start,
 * which its report carries too; a decision is named by the newest of the rounds it rests on, because that report
 * is what set it off, and lists all of them. From the commit on the digest of the decision record leads further:
 * it stands in the fence, and marks and notifications name its generation. Ids only; nothing rests on them.
 */
import type { VantageId } from './model.ts';
import type { Votes } from './vote.ts';

export const roundCorrelation = (vantage: VantageId, observedAt: number): string =>
  `${vantage}@${new Date(observedAt).toISOString()}`;

export type Correlation = {
  /** Null: every vantage is silent. */
  readonly correlation: string | null;
  /** The newest first. */
  readonly evidence: readonly string[];
};

export function correlationOf({ views }: Votes): Correlation {
  const evidence = views
    .flatMap((view) => (view.state === 'silent' ? [] : [view]))
    .sort((a, b) => b.observedAt - a.observedAt)
    .map(({ vantage, observedAt }) => roundCorrelation(vantage, observedAt));
  return { correlation: evidence[0] ?? null, evidence };
}
