/** What became of processes, regions and the control plane. */
import type { Scenario } from '../scenario.ts';
import type { WorldEvent } from '../world/events.ts';
import type { SimWorld } from '../world/world.ts';
import type { MarkerPart, Meet } from './markers.ts';

const MINUTE = 60_000;
/** Schedules come within the first seconds of a minute. */
const LATE_SECOND_MS = 40_000;

type Ended = Extract<WorldEvent, { kind: 'invocation-ended' }>;

export function processMarkers(world: SimWorld, _: Scenario, meet: Meet): MarkerPart {
  /** How far a writer has come: its record is there, its batch is on its way. */
  const writers = new Map<number, 'record' | 'batch'>();
  /** The last two that wrote a region's report. */
  const reporters = new Map<string, readonly [number, number]>();
  const began = new Map<string, number>();
  let automated = 0;

  const ended = (event: Ended): void => {
    const { by, how, atMs, startedAtMs } = event;
    const stage = writers.get(by.number);
    writers.delete(by.number);
    if (how === 'killed' || how === 'timed-out') {
      if (stage === 'record') meet('writer-died-between-record-and-batch');
      if (stage === 'batch') meet('writer-died-between-batch-and-mark');
      return;
    }
    const ms = atMs - startedAtMs;
    if (by.name === 'quorum' && ms > 15 * MINUTE) meet('evaluator-frozen-15-min-then-thawed');
    if (by.name === 'probe' && how === 'returned') {
      if (ms >= 129_000 && ms < 135_000) meet('run-ended-at-130-s');
      const delayMs = world.conditions.places.get(by.region)?.triggerDelayMsMax ?? 0;
      if (delayMs > 0 && startedAtMs % MINUTE > LATE_SECOND_MS) {
        meet('late-trigger-started-a-round');
      }
    }
  };
  const faultEnded = (id: string, atMs: number): void => {
    const ms = atMs - (began.get(id) ?? atMs);
    if (!/^(control-plane-down|us-east-1-lost) /.test(id)) return;
    if (ms >= 60 * MINUTE) meet('control-plane-down-60-min-then-back');
  };
  const upgradeCommits = new Map<string, number>();

  return {
    look: (event) => {
      switch (event.kind) {
        case 'report-written': {
          const { region, number } = event.by;
          const [last = 0, earlier = 0] = reporters.get(region) ?? [];
          if (last === number) return;
          reporters.set(region, [number, last]);
          // Not a take-over: the older one writes again.
          if (earlier === number) meet('two-probe-runs-met');
          return;
        }
        case 'record-written':
          if (event.record.actor.startsWith('found@')) meet('found-record-written');
          else if (event.by.name === 'quorum') writers.set(event.by.number, 'record');
          return;
        case 'batch-sent':
          if (writers.has(event.batch.from.number)) writers.set(event.batch.from.number, 'batch');
          return;
        case 'mark-written':
          writers.delete(event.by.number);
          return;
        case 'batch-arrived':
          if (event.answer === 'accepted' && event.batch.from.name === 'quorum') automated += 1;
          return;
        case 'invocation-ended':
          ended(event);
          return;
        case 'fault-began':
          began.set(event.id, event.atMs);
          if (event.id.startsWith('released-and-rolled-back ')) {
            upgradeCommits.set('released-and-rolled-back', automated);
          }
          return;
        case 'fault-ended':
          faultEnded(event.id, event.atMs);
          if (
            event.id.startsWith('released-and-rolled-back ') &&
            automated > (upgradeCommits.get('released-and-rolled-back') ?? automated)
          ) {
            meet('upgraded-and-rolled-back-during-a-failover');
          }
          return;
        case 'fault-injected':
          if (event.id === 'region-lost') meet('one-region-wholly-dead');
          if (
            event.id === 'us-east-1-lost' ||
            (event.id === 'region-lost' && event.what.startsWith('us-east-1 '))
          ) {
            meet('us-east-1-dead');
          }
          return;
        default:
      }
    },
  };
}
