/** What a simulation is put together from: checkers, clients, markers, kinds of faults, scenarios. */
import { LIVENESS_CHECKERS } from '../checkers/liveness.ts';
import { SAFETY_CHECKERS } from '../checkers/safety.ts';
import type { MakeChecker } from '../scenario.ts';

export { MARKERS, markerWatch } from '../checkers/markers.ts';
export { FAULT_KINDS } from '../faults/kinds.ts';
export { SCENARIOS } from '../faults/scenarios.ts';
export { drawScenario } from '../faults/swarm.ts';
export { clientModel } from '../world/clients.ts';

export const CHECKERS: readonly MakeChecker[] = [...SAFETY_CHECKERS, ...LIVENESS_CHECKERS];
