/**
 * Votes + snapshot → the first draft: one line per endpoint, after rules 0 and 1. Votes that were seen
 * before an endpoint's last change of weight don't count towards reversing it.
 */
import type { Line } from './draft.ts';
import { assert } from './errors.ts';
import type { Fence, FenceEntry } from './fence.ts';
import type { Aids, EndpointId, Service } from './model.ts';
import { lineOf } from './rule-verdict.ts';
import {
  type Holding,
  matchRecords,
  type Orphan,
  type Problem,
  type Snapshot,
} from './snapshot.ts';
import { judge, type LastChange, type Verdict } from './verdict.ts';
import type { Votes } from './vote.ts';

export type Evidence = {
  readonly service: Service;
  readonly votes: Votes;
  readonly snapshot: Snapshot;
  readonly aids: Pick<Aids, 'digestOf' | 'classifyAddress'>;
};

export type FirstDraft =
  | { readonly kind: 'held'; readonly problem: Problem }
  | {
      readonly kind: 'drafted';
      readonly lines: readonly Line[];
      readonly orphans: readonly Orphan[];
    };

export function firstDraft(evidence: Evidence, fence: Fence): FirstDraft {
  const { service, snapshot, aids } = evidence;
  const matched = matchRecords(service, snapshot, fence, aids);
  if (matched.kind === 'held') return matched;
  const { holdings, orphans } = matched;
  return { kind: 'drafted', lines: linesOf(evidence, holdings), orphans };
}

export function linesOf(
  { service, votes, aids }: Pick<Evidence, 'service' | 'votes' | 'aids'>,
  holdings: readonly Holding[],
): readonly Line[] {
  const verdicts = judge(service, votes, lastChangesOf(holdings));
  const seen = judge(service, votes, new Map());
  return holdings.map((holding) => {
    const { id } = holding.endpoint;
    return {
      ...lineOf(service, holding, verdictOf(verdicts, id), aids.digestOf),
      isSeenDown: verdictOf(seen, id).value === 'down',
      isSeenFailing: verdictOf(seen, id).failing.length >= service.quorum,
    };
  });
}

const lastChangesOf = (
  holdings: readonly {
    readonly endpoint: { readonly id: EndpointId };
    readonly entry: FenceEntry | null;
  }[],
): ReadonlyMap<EndpointId, LastChange> =>
  new Map(
    holdings.flatMap(({ endpoint, entry }) =>
      entry === null || entry.changedAt === null
        ? []
        : [
            [
              endpoint.id,
              { at: entry.changedAt, direction: entry.weight === 0 ? 'out' : 'in' },
            ] as const,
          ],
    ),
  );

export function verdictOf(verdicts: ReadonlyMap<EndpointId, Verdict>, id: EndpointId): Verdict {
  const verdict = verdicts.get(id);
  assert(verdict !== undefined, 'every configured endpoint has a verdict');
  return verdict;
}
