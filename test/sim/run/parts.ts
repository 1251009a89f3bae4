/**
 * What a simulation is put together from: checkers, clients, markers, kinds of faults, scenarios. Those
 * that are not there yet are stood in for.
 */
import type { FaultKind, MakeChecker, Scenario } from '../scenario.ts';
import { STANDARD_FILE } from '../world/sim-config.ts';
import type { SimWorld } from '../world/world.ts';

const part = async (file: string): Promise<Record<string, unknown>> => {
  try {
    return (await import(file)) as Record<string, unknown>;
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') return {};
    throw error;
  }
};
const safety = await part('../checkers/safety.ts');
const liveness = await part('../checkers/liveness.ts');
const markers = await part('../checkers/markers.ts');
const clients = await part('../world/clients.ts');
const kinds = await part('../faults/kinds.ts');
const swarm = await part('../faults/swarm.ts');
const scenarios = await part('../faults/scenarios.ts');

export const CHECKERS = [
  ...((safety.SAFETY_CHECKERS as readonly MakeChecker[] | undefined) ?? []),
  ...((liveness.LIVENESS_CHECKERS as readonly MakeChecker[] | undefined) ?? []),
];
export const MARKERS = (markers.MARKERS as readonly string[] | undefined) ?? [];
export const markerWatch =
  (markers.markerWatch as
    | ((world: SimWorld, scenario: Scenario) => { counts(): Record<string, number> })
    | undefined) ?? (() => ({ counts: () => ({}) }));
export const clientModel =
  (clients.clientModel as
    | ((world: SimWorld, scenario: Scenario) => { report(): import('../scenario.ts').ClientReport })
    | undefined) ??
  (() => ({
    report: () => ({
      blackHoledSeconds: 0,
      omniscientSeconds: 0,
      nothingSeconds: 0,
      healthCheckSeconds: 0,
    }),
  }));
export const FAULT_KINDS = {
  'endpoint-down-standin': {
    rows: ['F15'],
    describe: ({ params }) => `${String(params.endpoint)} refuses`,
    begin: (world, { params }) => {
      const endpoint = String(params.endpoint);
      world.setEndpoint('app', endpoint, { how: 'fails' });
      world.tell({
        kind: 'fault-injected',
        atMs: world.sim.nowMs(),
        id: 'endpoint-down-standin',
        rows: ['F15'],
        what: endpoint,
      });
      return () => world.setEndpoint('app', endpoint, { how: 'answers' });
    },
  },
  ...((kinds.FAULT_KINDS as Readonly<Record<string, FaultKind>> | undefined) ?? {}),
} as Readonly<Record<string, FaultKind>>;
export const drawScenario =
  (swarm.drawScenario as
    | ((seed: string, options: { readonly durationMs: number }) => Scenario)
    | undefined) ??
  ((seed, { durationMs }) => ({
    name: 'standin',
    seed,
    file: STANDARD_FILE,
    faults: [
      {
        kind: 'endpoint-down-standin',
        fromMs: 120_000,
        untilMs: 300_000,
        params: { endpoint: 'us-east-1' },
      },
    ],
    healAtMs: durationMs / 2,
    endAtMs: durationMs,
  }));
export const SCENARIOS = (scenarios.SCENARIOS ?? {}) as Readonly<
  Record<string, (seed: string) => Scenario>
>;
