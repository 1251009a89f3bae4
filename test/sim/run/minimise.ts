/**
 * A scenario that breaks an invariant → a smaller one that breaks the same one: it ends where the
 * violation was, faults are left out (halves first, then one by one), times are shortened, the file is made
 * plainer. Every step is kept only if the invariant still breaks, so the result is a failure of its own.
 */
import type { PlannedFault, Scenario } from '../scenario.ts';
import { runScenario } from './run-scenario.ts';

export type Minimised = {
  readonly scenario: Scenario;
  readonly invariant: string;
  readonly why: string;
  readonly runs: number;
  /** Before and after. */
  readonly faults: readonly [number, number];
  /** False: time was up before nothing more could be left out. */
  readonly isDone: boolean;
};

/** Says what of this scenario breaks; null where nothing does. */
export type Breaks = (
  scenario: Scenario,
) => Promise<{ readonly invariant: string; readonly why: string; readonly atMs: number } | null>;

export const breaksBySimulation: Breaks = async (scenario) =>
  (await runScenario(scenario)).violations[0] ?? null;

const MINUTE = 60_000;
/** Nothing is gained by faults or pauses shorter than this. */
const FAULT_MS_MIN = 5_000;

export async function minimise(
  scenario: Scenario,
  options: { readonly nowMs: () => number; readonly budgetMs: number; readonly breaks?: Breaks },
): Promise<Minimised | null> {
  const { nowMs, budgetMs, breaks = breaksBySimulation } = options;
  const endsAtMs = nowMs() + budgetMs;
  const first = await breaks(scenario);
  if (first === null) return null;
  let runs = 1;
  let best = scenario;
  let found = first;
  const isUp = (): boolean => nowMs() >= endsAtMs;
  const accepts = async (candidate: Scenario): Promise<boolean> => {
    if (isUp()) return false;
    runs += 1;
    const broken = await breaks(candidate);
    if (broken?.invariant !== first.invariant) return false;
    best = candidate;
    found = broken;
    return true;
  };
  const cutAtViolation = (): Promise<boolean> => accepts(cut(best, found.atMs));

  await cutAtViolation();
  await leaveOut(() => best, accepts, isUp);
  await cutAtViolation();
  await pullTogether(() => best, accepts);
  await shorten(() => best, accepts, isUp);
  await plainer(() => best, accepts);
  await leaveOut(() => best, accepts, isUp);
  await cutAtViolation();
  return {
    scenario: best,
    invariant: first.invariant,
    why: found.why,
    runs,
    faults: [scenario.faults.length, best.faults.length],
    isDone: !isUp(),
  };
}

type Accepts = (candidate: Scenario) => Promise<boolean>;

/** What comes after the violation is of no use; the healing may lie there. */
function cut(scenario: Scenario, atMs: number): Scenario {
  const endAtMs = Math.min(scenario.endAtMs, atMs + 1_000);
  return {
    ...scenario,
    endAtMs,
    healAtMs: Math.min(scenario.healAtMs, endAtMs),
    faults: scenario.faults.filter(({ fromMs }) => fromMs < endAtMs),
  };
}

/** Delta debugging: without each part in turn, in ever smaller parts. */
async function leaveOut(best: () => Scenario, accepts: Accepts, isUp: () => boolean) {
  let parts = 2;
  while (best().faults.length > 0 && !isUp()) {
    const { faults } = best();
    const size = Math.ceil(faults.length / parts);
    let isSmaller = false;
    for (let from = 0; from < faults.length; from += size) {
      const rest = [...faults.slice(0, from), ...faults.slice(from + size)];
      if (await accepts({ ...best(), faults: rest })) {
        isSmaller = true;
        break;
      }
    }
    if (isSmaller) parts = Math.max(2, parts - 1);
    else if (size === 1) return;
    else parts = Math.min(faults.length, parts * 2);
  }
}

/** Waiting before the first fault, and after the last, shows nothing. */
async function pullTogether(best: () => Scenario, accepts: Accepts) {
  const [firstMs] = best()
    .faults.map(({ fromMs }) => fromMs)
    .sort((a, b) => a - b);
  if (firstMs === undefined) return;
  for (const leadMs of [2 * MINUTE, 10 * MINUTE]) {
    const early = firstMs - leadMs;
    if (early > 0 && (await accepts(shifted(best(), early)))) return;
  }
}

function shifted(scenario: Scenario, ms: number): Scenario {
  return {
    ...scenario,
    faults: scenario.faults.map((fault) => ({
      ...fault,
      fromMs: fault.fromMs - ms,
      untilMs: fault.untilMs - ms,
    })),
    healAtMs: Math.max(0, scenario.healAtMs - ms),
    endAtMs: scenario.endAtMs - ms,
  };
}

/** A fault that ends sooner says more about what matters. */
async function shorten(best: () => Scenario, accepts: Accepts, isUp: () => boolean) {
  for (let index = 0; index < best().faults.length && !isUp(); index += 1) {
    for (let tries = 0; tries < 4; tries += 1) {
      const fault = best().faults[index] as PlannedFault;
      const ms = Math.min(fault.untilMs, best().endAtMs) - fault.fromMs;
      if (ms <= FAULT_MS_MIN) break;
      const untilMs = fault.fromMs + Math.round(ms / 2);
      const faults = best().faults.with(index, { ...fault, untilMs });
      if (!(await accepts({ ...best(), faults }))) break;
    }
  }
}

/** One service less, then one endpoint less, for as long as the file is still one and it still breaks. */
async function plainer(best: () => Scenario, accepts: Accepts) {
  const servicesOf = (): Record<string, Record<string, unknown>> =>
    (best().file.services ?? {}) as Record<string, Record<string, unknown>>;
  const withServices = (services: unknown): Scenario => ({
    ...best(),
    file: { ...best().file, services } as Scenario['file'],
  });
  for (const id of Object.keys(servicesOf())) {
    const { [id]: _gone, ...rest } = servicesOf();
    if (Object.keys(rest).length > 0) await accepts(withServices(rest));
  }
}
