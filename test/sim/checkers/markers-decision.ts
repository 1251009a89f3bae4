/** What decisions and the votes under them met: evidence and policy. */
import type { QuorumResult } from '../../../shared/rounds/quorum-result.ts';
import type { Scenario } from '../scenario.ts';
import type { ProcessName } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';
import type { Marker, MarkerPart, Meet } from './markers.ts';

type Service = ProcessName['config']['services'][number];
type EndpointDecision = QuorumResult['decision']['endpoints'][number];

const HOUR = 3_600_000;
const HOLD_DOWN_CAP_MS = HOUR;

/** Codes that are a marker wherever they turn up. */
const BY_CODE: Readonly<Record<string, Marker>> = {
  unproven: 'unproven',
  'not-what-is-served': 'not-what-is-served',
  'superseded-config': 'superseded-config',
  'not-quorate': 'quorum-lost',
  'stale-evidence': 'asof-refused-a-plan',
  unmanaged: 'fence-missing',
  foreign: 'fence-foreign',
  'malformed-fence': 'fence-malformed',
  blocked: 'blocked-name',
  floor: 'floor-hit',
  'all-down': 'every-endpoint-down',
  velocity: 'velocity-hit',
  'rescue-held': 'rescue-held-by-an-order',
  drift: 'weight-edited-by-hand',
};
/** Only where the commit happened. */
const BY_COMMITTED_CODE: Readonly<Record<string, Marker>> = {
  ramp: 'ramp-step-taken',
  rescued: 'rescue',
  'tier-entered': 'tier-2-serving',
  'tier-left': 'back-to-tier-1',
};

export function decisionMarkers(world: SimWorld, _: Scenario, meet: Meet): MarkerPart {
  const throttled = new Map<string, number>();
  const velocityHeld = new Set<string>();
  const ramping = new Set<string>();
  const ages = new Map<string, { readonly atMs: number; readonly ageMs: number }>();

  const lookAtViews = (by: ProcessName, service: Service, result: QuorumResult): void => {
    const spare = service.vantages.length - service.quorum;
    if (spare > 0 && result.silent.length === spare) meet('exactly-v-minus-q-silent');
    if (result.silent.length === spare + 1) meet('one-more-silent');
    const lagMs = world.conditions.table.lagIntoMs.get(by.region) ?? 0;
    for (const view of result.looked.votes.views) {
      if (view.state === 'silent') {
        if (view.why === 'future') meet('report-from-the-future');
        else if (view.why === 'other-config') meet('two-digests-live');
        else if (view.why === 'stale') {
          if (lagMs > service.policy.holdDownMs) meet('replication-lag-over-hold-down');
          lookAtAge(`${by.region} ${view.vantage} ${service.id}`, Number.parseInt(view.detail, 10));
        }
        continue;
      }
      const place = world.conditions.places.get(view.vantage);
      if (view.state === 'isolated') {
        const isCut = place?.controlLoss === 1 || place?.cannotProbe !== null;
        meet(isCut ? 'isolated-by-control-targets' : 'isolated-by-the-80-percent-rule');
      }
      if ((place?.loopLateMs ?? 0) > 250) {
        for (const { skipped } of view.ballots.values()) {
          if (skipped === 'starved') meet('skipped-by-a-starved-vantage');
        }
      }
    }
  };
  /** An old report is replaced by one that is newer, and hours old itself. */
  const lookAtAge = (key: string, ageMs: number): void => {
    const atMs = world.sim.nowMs();
    const before = ages.get(key);
    ages.set(key, { atMs, ageMs });
    if (before === undefined || ageMs < HOUR || before.ageMs < HOUR) return;
    if (ageMs - before.ageMs < atMs - before.atMs - 5_000) meet('backlog-hours-late-arrived');
  };

  const lookAtEndpoint = (service: Service, one: EndpointDecision, isCommitted: boolean): void => {
    const { reason, verdict, withheld, from, to } = one;
    const key = `${service.id}/${one.endpoint}`;
    const byCode = BY_CODE[reason.code];
    if (byCode !== undefined) meet(byCode);
    for (const { code } of withheld) {
      const marker = BY_CODE[code];
      if (marker !== undefined) meet(marker);
      if (code === 'velocity') velocityHeld.add(key);
    }
    if (verdict.value === 'down') {
      if (verdict.downs.length === service.quorum) meet('quorum-met-exactly');
      if (verdict.failure === 'certificate-expired') meet('certificate-expired-during-a-run');
      const truth = world.conditions.endpoints.get(key);
      if (truth?.how === 'fails' && truth.family === 6) meet('only-ipv6-failing');
      if (reason.code === 'pinned' && (to ?? 0) > 0) meet('order-beat-the-evidence');
    } else if (verdict.degraded) {
      meet('degraded');
      if (verdict.downs.some((at) => world.conditions.places.get(at)?.lies != null)) {
        meet('liar-outvoted');
      }
    }
    if (verdict.value === 'up' && reason.code === 'drained') meet('order-beat-the-evidence');
    if (reason.code === 'hold-down') {
      if (reason.relapses > 0) meet('hold-down-doubled');
      if (reason.holdDownMs >= HOLD_DOWN_CAP_MS) meet('hold-down-at-its-cap');
    }
    if (!isCommitted) return;
    const marker = BY_COMMITTED_CODE[reason.code];
    if (marker !== undefined) meet(marker);
    if (to === 0 && (from ?? 0) > 0) {
      if (velocityHeld.delete(key)) meet('second-region-removed-after-the-window');
      if (ramping.delete(key)) meet('relapse-during-the-ramp');
    }
    if (reason.code === 'ramp') ramping.add(key);
    else if (reason.code === 'returned') ramping.delete(key);
  };

  return {
    look: (event) => {
      if (event.kind !== 'decided') return;
      const { by } = event;
      for (const result of event.results) {
        const service = by.config.services.find(({ id }) => id === result.service);
        if (service === undefined) continue;
        const { decision, outcome } = result;
        const isCommitted = outcome.kind === 'committed';
        lookAtViews(by, service, result);
        let downs = 0;
        for (const one of decision.endpoints) {
          lookAtEndpoint(service, one, isCommitted);
          if (one.verdict.value === 'down') downs += 1;
        }
        if (downs >= 2) meet('two-regions-down-at-once');
        for (const { code } of decision.reasons) {
          const marker = BY_CODE[code];
          if (marker !== undefined) meet(marker);
          if (isCommitted && (code === 'order-started' || code === 'order-ended')) {
            meet(code);
            const { cut, isGone } = world.conditions.table;
            if (cut.size > 0 || isGone) meet(`${code}-during-a-partition`);
          }
        }
        if (isCommitted && decision.automation === 'drift' && decision.endpoints.some(isRemoval)) {
          meet('removal-beside-an-edited-weight');
        }
        if (outcome.kind === 'expired') meet('plan-past-its-deadline-dropped');
        if (outcome.kind === 'observed') meet('observe-would-have-written');
        const key = `${by.region} ${service.id}`;
        const rounds = outcome.kind === 'throttled' ? (throttled.get(key) ?? 0) + 1 : 0;
        throttled.set(key, rounds);
        if (rounds === 6) meet('throttled-more-than-5-rounds');
      }
    },
  };
}

const isRemoval = ({ from, to, reason }: EndpointDecision): boolean =>
  to === 0 && (from ?? 0) > 0 && reason.code === 'quorum-down';
