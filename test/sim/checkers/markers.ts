/**
 * Rare states that a run must have reached, or it shows nothing (invariants, section 7). Events and the
 * world's truth in, how often each state was met out. Nothing here judges: a marker is no invariant.
 */
import type { Scenario } from '../scenario.ts';
import type { WorldEvent } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';
import { decisionMarkers } from './markers-decision.ts';
import { operatorMarkers } from './markers-operator.ts';
import { processMarkers } from './markers-process.ts';
import { zoneMarkers } from './markers-zone.ts';

export const MARKERS = [
  // Commit
  'each-region-lost-a-compare',
  'all-evaluators-raced-one-decision',
  'unknown-outcome-that-had-committed',
  'unknown-outcome-that-had-not',
  'success-hidden-behind-a-successor',
  'batch-applied-after-its-client-gave-up',
  'asof-refused-a-plan',
  'plan-past-its-deadline-dropped',
  'service-of-a-refused-batch-tried-alone',
  'change-stranded',
  'throttled-more-than-5-rounds',
  'prior-request-not-complete',
  // Evidence
  'quorum-met-exactly',
  'quorum-lost',
  'exactly-v-minus-q-silent',
  'one-more-silent',
  'replication-lag-over-hold-down',
  'backlog-hours-late-arrived',
  'report-from-the-future',
  'two-digests-live',
  'isolated-by-control-targets',
  'isolated-by-the-80-percent-rule',
  'skipped-by-a-starved-vantage',
  'unproven',
  'not-what-is-served',
  'superseded-config',
  'new-configuration-entered-the-fence',
  'liar-outvoted',
  'degraded',
  // Process
  'evaluator-frozen-15-min-then-thawed',
  'late-trigger-started-a-round',
  'writer-died-between-record-and-batch',
  'writer-died-between-batch-and-mark',
  'found-record-written',
  'two-probe-runs-met',
  'run-ended-at-130-s',
  'upgraded-and-rolled-back-during-a-failover',
  'one-region-wholly-dead',
  'us-east-1-dead',
  'control-plane-down-60-min-then-back',
  // Policy
  'floor-hit',
  'every-endpoint-down',
  'velocity-hit',
  'second-region-removed-after-the-window',
  'hold-down-doubled',
  'hold-down-at-its-cap',
  'ramp-step-taken',
  'relapse-during-the-ramp',
  'tier-2-serving',
  'back-to-tier-1',
  'rescue',
  'rescue-held-by-an-order',
  'two-regions-down-at-once',
  'only-ipv6-failing',
  'certificate-expired-during-a-run',
  // Operators and zone
  'order-beat-the-evidence',
  'order-started',
  'order-ended',
  'order-started-during-a-partition',
  'order-ended-during-a-partition',
  'freeze-between-read-and-write',
  'order-committed-while-blind',
  'order-refused-as-it-would-leave-nothing',
  'fence-missing',
  'fence-foreign',
  'fence-malformed',
  'fence-near-its-size-limit',
  'weight-edited-by-hand',
  'removal-beside-an-edited-weight',
  'ttl-edited-and-taken-over',
  'adopt',
  'reassert',
  'pending-brought-in',
  'orphan-retired',
  'blocked-name',
  'generation-went-back',
  'observe-would-have-written',
  'delivery-taken-over',
  'stable-after-recovery',
] as const satisfies readonly string[];
export type Marker = (typeof MARKERS)[number];

export type Meet = (marker: Marker) => void;
export type MarkerPart = {
  readonly look: (event: WorldEvent) => void;
  readonly atEnd?: () => void;
};

export function markerWatch(
  world: SimWorld,
  scenario: Scenario,
): { readonly counts: () => Readonly<Record<string, number>> } {
  const counts = new Map<Marker, number>(MARKERS.map((marker) => [marker, 0]));
  const meet: Meet = (marker) => void counts.set(marker, (counts.get(marker) ?? 0) + 1);
  const parts = [decisionMarkers, operatorMarkers, processMarkers, zoneMarkers].map((make) =>
    make(world, scenario, meet),
  );
  world.on((event) => {
    if (event.kind === 'metric' || event.kind === 'reports-read') return;
    for (const { look } of parts) look(event);
  });
  let isOver = false;
  return {
    counts: () => {
      if (!isOver) for (const { atEnd } of parts) atEnd?.();
      isOver = true;
      return Object.fromEntries(counts);
    },
  };
}
