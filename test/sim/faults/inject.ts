/**
 * A scenario's faults and phases → events of the world's own heap. Faults are told as they begin and end;
 * whether one took effect it tells itself (`fault-injected`). `healed` comes at `healAtMs`, `quiet` as soon
 * as the last fault that outlives the healing has ended.
 */
import type { PlannedFault, Scenario } from '../scenario.ts';
import type { SimWorld } from '../world/world.ts';
import { FAULT_KINDS } from './kinds.ts';
import { rememberStart } from './tidy.ts';

/** When nothing is wrong any more. */
export const quietAtMs = ({ faults, healAtMs }: Scenario): number =>
  faults.reduce((latest, { untilMs }) => Math.max(latest, untilMs), healAtMs);

export function inject(world: SimWorld, scenario: Scenario): void {
  rememberStart(world);
  const at = (ms: number, word: string, then: () => void): void =>
    void world.sim.after(world.startMs + ms - world.sim.nowMs(), word, then);
  const phase = (name: 'faults' | 'healed' | 'quiet'): void => {
    world.trace.line({
      atMs: world.sim.nowMs(),
      place: '',
      stage: 'phase',
      subject: '',
      what: name,
      why: '',
    });
    world.tell({ kind: 'phase', atMs: world.sim.nowMs(), phase: name });
  };
  phase('faults');
  for (const [index, fault] of scenario.faults.entries()) {
    at(fault.fromMs, 'fault', () => begin(world, fault, index, at));
  }
  // Behind the ends of those that end then.
  at(scenario.healAtMs + 1, 'phase', () => phase('healed'));
  at(quietAtMs(scenario) + 2, 'phase', () => phase('quiet'));
}

function begin(
  world: SimWorld,
  fault: PlannedFault,
  index: number,
  at: (ms: number, word: string, then: () => void) => void,
): void {
  const kind = FAULT_KINDS[fault.kind];
  if (kind === undefined) throw new Error(`there is no fault ${fault.kind}`);
  const id = `${fault.kind} ${index}`;
  const what = kind.describe(fault);
  const told = (verb: 'began' | 'ended'): void => {
    const atMs = world.sim.nowMs();
    world.trace.line({
      atMs,
      place: '',
      stage: 'fault',
      subject: fault.kind,
      what: verb,
      why: what,
    });
    world.tell({ kind: `fault-${verb}`, atMs, id, what });
  };
  told('began');
  const end = kind.begin(world, fault);
  if (fault.untilMs <= fault.fromMs) {
    end();
    return;
  }
  at(fault.untilMs, 'fault ends', () => {
    end();
    told('ended');
  });
}
