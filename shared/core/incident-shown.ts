/**
 * A thread and the marks of its service → the incident as people and programs read it: every step with its
 * time, how long it took to detect and to recover, and by what the recovery was measured.
 */

import type { IncidentKind } from './incident.ts';
import type { Thread } from './incident-thread.ts';
import type { EpochMs } from './model.ts';
import { clockTime } from './phrase.ts';

export type IncidentStep =
  | 'first-failed'
  | 'vote'
  | 'verdict'
  | 'withheld'
  | 'committed'
  | 'insync'
  | 'seen'
  | 'changed'
  | 'returning'
  | 'resolved';

export type Incident = {
  readonly id: string;
  readonly service: string;
  readonly kind: IncidentKind;
  readonly state: 'open' | 'resolved';
  readonly title: string;
  readonly endpoints: readonly string[];
  readonly openedAt: number;
  readonly resolvedAt: number | null;
  readonly detectMs: number | null;
  readonly recoverMs: number | null;
  /** `seen`: every name server answered it. `insync`: Route 53 says so, nobody has asked them. */
  readonly recoverBasis: 'seen' | 'insync' | null;
  readonly steps: readonly {
    readonly step: IncidentStep;
    readonly at: number;
    readonly sentence: string;
  }[];
};

/** What a mark says of a generation. */
export type ServedMark = {
  readonly generation: number;
  readonly kind: string;
  readonly at: number;
};

export function shownIncident(thread: Thread, marks: readonly ServedMark[]): Incident {
  const { firstFailedAt, voteAt, verdictAt, generations } = thread;
  const [first] = generations;
  const served = generations.flatMap((generation) => servedSteps(generation, marks));
  const recovered =
    first === undefined
      ? []
      : (['seen', 'insync'] as const).flatMap((basis) => {
          const at = earliest(marks, first, basis);
          return at === null ? [] : [{ basis, at }];
        });
  const [recovery] = recovered;
  const since = (at: number | null | undefined): number | null =>
    firstFailedAt === null || at == null ? null : Math.max(0, at - firstFailedAt);
  const begin: Incident['steps'] =
    firstFailedAt === null
      ? []
      : [
          {
            step: 'first-failed',
            at: firstFailedAt,
            sentence: `first failed probe ${clockTime(firstFailedAt as EpochMs)}`,
          },
          ...(voteAt === null
            ? []
            : [
                {
                  step: 'vote' as const,
                  at: voteAt,
                  sentence: `a quorum of vantages sees it fail since ${clockTime(voteAt as EpochMs)}`,
                },
              ]),
        ];
  const steps = [
    ...begin,
    ...thread.steps.map(({ step, at, sentence }) => ({ step, at, sentence })),
    ...served,
  ];
  const recoverMs = since(recovery?.at);
  return {
    id: thread.id,
    service: thread.service,
    kind: thread.kind,
    state: thread.resolvedAt === null ? 'open' : 'resolved',
    title: thread.title,
    endpoints: thread.kind === 'endpoint' ? [thread.subject] : [],
    openedAt: thread.openedAt,
    resolvedAt: thread.resolvedAt,
    detectMs: since(verdictAt),
    recoverMs,
    recoverBasis: recoverMs === null || recovery === undefined ? null : recovery.basis,
    // In the order of time; steps of one moment stay in the order above.
    steps: [...steps].sort((a, b) => a.at - b.at),
  };
}

function servedSteps(generation: number, marks: readonly ServedMark[]): Incident['steps'] {
  const texts = {
    insync: `generation ${generation} is at every name server, says Route 53`,
    seen: `every name server of the zone answers generation ${generation}`,
  };
  return (['insync', 'seen'] as const).flatMap((step) => {
    const at = earliest(marks, generation, step);
    return at === null ? [] : [{ step, at, sentence: texts[step] }];
  });
}

function earliest(
  marks: readonly ServedMark[],
  generation: number,
  kind: 'insync' | 'seen',
): number | null {
  const times = marks
    .filter((mark) => mark.generation === generation && mark.kind === kind)
    .map(({ at }) => at);
  return times.length === 0 ? null : Math.min(...times);
}
