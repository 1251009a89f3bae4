/**
 * The newest decision of any region, per service, told where it says something new. A region that still
 * holds an older read of the zone than another one had does not have the last word.
 */
import type { Service } from '../../shared/core/model.ts';
import type { NewsDesk } from './news.ts';
import type { EventHub } from './world-events.ts';
import type { LatestDecision } from './world-state.ts';

export type DecisionBook = {
  readonly take: (decision: LatestDecision) => void;
  readonly latest: ReadonlyMap<string, LatestDecision>;
};

export function decisionBook({
  services,
  generationOf,
  news,
  events,
}: {
  readonly services: readonly Service[];
  /** Of the fence that stands in the zone. */
  readonly generationOf: (service: Service) => number | null;
  readonly news: Pick<NewsDesk, 'takeDecision'>;
  readonly events: Pick<EventHub, 'emit'>;
}): DecisionBook {
  const latest = new Map<string, LatestDecision>();
  const isBehind = (decision: LatestDecision, before: LatestDecision | undefined): boolean => {
    const service = services.find((one) => one.id === decision.service);
    const standing = (service && generationOf(service)) ?? 0;
    return (
      before !== undefined &&
      before.generation > decision.generation &&
      // A zone that went back makes the lower generation the true one.
      decision.generation < standing
    );
  };
  return {
    latest,
    take(decision) {
      const { service, at, region, automation, sentences } = decision;
      const before = latest.get(service);
      if (isBehind(decision, before)) return;
      latest.set(service, decision);
      news.takeDecision(decision, before);
      const isSame =
        before?.automation === automation && before.sentences.join('\n') === sentences.join('\n');
      if (!isSame) events.emit({ event: 'decision', at, service, region, automation, sentences });
    },
  };
}
