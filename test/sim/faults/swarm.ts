/**
 * A seed → a scenario: a file of its own, and its own subset and strength of faults in three phases: faults;
 * a random core whole again, while others may stay wrong; nothing wrong any more. The same seed gives the
 * same scenario, and every twentieth one plays a scripted scenario instead.
 */
import { type Random, seededRandom } from '../kernel/random.ts';
import type { PlannedFault, Scenario } from '../scenario.ts';
import type { DrawContext, DrawnFault } from './kind.ts';
import { MINUTE, SECOND } from './kind.ts';
import { FAULT_KINDS } from './kinds.ts';
import { SCENARIOS } from './scenarios.ts';
import { type DrawnFile, drawFile } from './swarm-file.ts';

const SCRIPTED_EACH = 20;
const SHORTEST_MS = 40 * MINUTE;
/** The zone is adopted first, and vantages have looked. */
const FIRST_FAULT_MS = 3 * MINUTE;
/** From the last fault's end to the healing: what is on its way arrives. */
const SETTLES_MS = 2 * MINUTE;
/** It takes an operator some minutes, and nothing is quiet before. */
const TIDIES_FOR_MS = 6 * MINUTE;
const FAULTS_PART = 0.5;
const HEALED_PART = 0.12;

/** Something must happen to decide on: failures of endpoints, and operators. */
const INCIDENTS = [
  'endpoint-refuses',
  'endpoint-times-out',
  'endpoint-errs',
  'several-fail',
  'see-saw',
  'returns-weak',
  'flaps-slowly',
  'region-lost',
] as const;

/** May outlive the healing in regions outside the core: none of them touches what the core needs. */
const LASTING = [
  'vantage-cut-off',
  'report-not-written',
  'own-dns-broken',
  'clock-behind',
  'clock-ahead',
  'no-triggers',
  'starts-fail',
  'store-cut-off',
  'replica-cut-off',
  'cut-from-route53',
  'starved',
] as const;

export function drawScenario(
  seed: string,
  { durationMs }: { readonly durationMs: number },
): Scenario {
  const scripted = scriptedFor(seed);
  if (scripted !== undefined) return scripted(seed);
  return drawSwarm(seed, durationMs);
}

function scriptedFor(seed: string): ((seed: string) => Scenario) | undefined {
  const n = /^\d+$/.test(seed) ? Number(seed) : seededRandom(`turn ${seed}`).integer(1, 1_000_000);
  if (n % SCRIPTED_EACH !== 0) return undefined;
  const names = Object.keys(SCENARIOS);
  const name = names[(n / SCRIPTED_EACH - 1) % names.length];
  return name === undefined ? undefined : SCENARIOS[name];
}

export function drawSwarm(seed: string, durationMs: number): Scenario {
  const random = seededRandom(`scenario ${seed}`);
  const file = drawFile(random.fork('file'));
  const factor = random.pick([0.5, 0.5, 0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 1.8, 3.4]);
  const endAtMs = Math.round(Math.max(SHORTEST_MS, durationMs * factor));
  const healAtMs = Math.round(endAtMs * FAULTS_PART);
  const quietAtMs = Math.round(endAtMs * (FAULTS_PART + HEALED_PART));
  const context: DrawContext = {
    random: random.fork('faults'),
    file,
    fromMs: FIRST_FAULT_MS,
    toMs: healAtMs - SETTLES_MS,
  };
  const faults = [
    ...incidents(context),
    ...subset(context),
    ...lastingFaults(random.fork('lasting'), file, healAtMs, quietAtMs),
    tidies(healAtMs + 5 * SECOND),
  ];
  return {
    name: 'swarm',
    seed,
    file: file.data,
    faults: faults.toSorted((a, b) => a.fromMs - b.fromMs),
    healAtMs,
    endAtMs,
  };
}

const tidies = (atMs: number): PlannedFault => ({
  kind: 'tidies-up',
  fromMs: atMs,
  untilMs: atMs + TIDIES_FOR_MS,
  params: {},
});

const planned = (kind: string, drawn: DrawnFault | null): readonly PlannedFault[] =>
  drawn === null ? [] : [{ kind, ...drawn }];

function incidents(context: DrawContext): readonly PlannedFault[] {
  const { random } = context;
  return Array.from({ length: random.integer(1, 3) }, () => random.pick(INCIDENTS)).flatMap(
    (kind) => planned(kind, FAULT_KINDS[kind]?.draw(context) ?? null),
  );
}

/** Few kinds, each perhaps several times: what fifty kinds do at once shows nothing. */
function subset(context: DrawContext): readonly PlannedFault[] {
  const { random } = context;
  const kinds = Object.entries(FAULT_KINDS).filter(([, { share }]) => share > 0);
  const total = kinds.reduce((sum, [, { share }]) => sum + share, 0);
  const pickKind = (): (typeof kinds)[number] => {
    let left = random.between(0, total);
    for (const one of kinds) {
      left -= one[1].share;
      if (left < 0) return one;
    }
    return kinds[0] as (typeof kinds)[number];
  };
  return Array.from({ length: random.integer(2, 9) }, pickKind).flatMap(([kind, { draw }]) =>
    Array.from({ length: random.pick([1, 1, 1, 2, 3]) }).flatMap(() =>
      planned(kind, draw(context)),
    ),
  );
}

function lastingFaults(
  random: Random,
  { vantages, quorum }: DrawnFile,
  healAtMs: number,
  quietAtMs: number,
): readonly PlannedFault[] {
  if (random.chance(0.5)) return [];
  const spare = random.shuffled(vantages).slice(0, vantages.length - quorum);
  return random.some(spare, 0.6).map((region) => ({
    kind: random.pick(LASTING),
    fromMs: healAtMs - SETTLES_MS,
    untilMs: quietAtMs,
    params: { region, value: random.pick([10_000, 600_000]) },
  }));
}
