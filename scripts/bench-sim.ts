/**
 * `npm run bench:sim`: how much faster than real time one core simulates, with the production handlers: the
 * standard file, then a mix as seeds draw it. CPU time counts, so that other work on the machine changes
 * little; the median hour counts, after some that warm up (compiled code is twice as fast). Below the goal the exit code is 1.
 *
 *     node scripts/bench-sim.ts [hours]
 */
import type { FileData } from '../test/sim/world/sim-config.ts';
import { configOf, SIM_VANTAGES, STANDARD_FILE } from '../test/sim/world/sim-config.ts';
import { SIM_START_MS, simWorld } from '../test/sim/world/world.ts';

const HOURS = Number(process.argv[2] ?? 6);
const GOAL = 15_000;
const HOUR_MS = 3_600_000;
const WARM_HOURS = 4;
const MORE_VANTAGES = ['ap-northeast-1', 'sa-east-1'];

const standard = await measured('5 vantages, every 10 s', STANDARD_FILE, HOURS);
for (const functions of [['probe'], ['probe', 'quorum']] as const) {
  await measured(`  of it ${functions.join(' + ')}`, STANDARD_FILE, HOURS, functions);
}
const mix = [
  { vantages: 3, every: '5s' },
  { vantages: 3, every: '15s' },
  { vantages: 5, every: '10s' },
  { vantages: 5, every: '30s' },
  { vantages: 7, every: '10s' },
  { vantages: 7, every: '20s' },
];
const speeds: number[] = [];
for (const { vantages, every } of mix) {
  const file = fileOf(vantages, every);
  speeds.push(await measured(`${vantages} vantages, every ${every}`, file, Math.ceil(HOURS / 3)));
}
// Each of them for as long as the others: the harmonic mean is what a soak gets.
const mean = speeds.length / speeds.reduce((total, speed) => total + 1 / speed, 0);
console.log(
  `standard ${fixed(standard)} × real time per core, mix ${fixed(mean)} ×, goal ${fixed(GOAL)} ×`,
);
process.exitCode = standard >= GOAL ? 0 : 1;

type Functions = NonNullable<Parameters<typeof simWorld>[0]['functions']>;

/** Simulated hours per hour of CPU time. */
async function measured(
  what: string,
  file: FileData,
  hours: number,
  functions: Functions = ['probe', 'quorum', 'notify'],
): Promise<number> {
  const config = configOf(file, SIM_START_MS - 864_000_000);
  const world = await simWorld({ seed: 'bench', config, functions });
  let rounds = 0;
  let roundsOfLast = 0;
  world.on(({ kind }) => {
    if (kind === 'report-written') rounds += 1;
  });
  const times: number[] = [];
  let events = 0;
  for (let hour = 0; hour < WARM_HOURS + hours; hour += 1) {
    const from = { rounds, events: world.sim.eventsFired(), cpu: process.cpuUsage() };
    await world.run(HOUR_MS);
    const { user, system } = process.cpuUsage(from.cpu);
    times.push((user + system) / 1_000);
    roundsOfLast = rounds - from.rounds;
    events = world.sim.eventsFired() - from.events;
  }
  const ms = medianOf(times.slice(WARM_HOURS));
  console.log(
    `${what.padEnd(28)} ${fixed(HOUR_MS / ms).padStart(7)} ×   ${ms.toFixed(0)} ms of CPU an hour, ` +
      `${((ms * 1_000) / roundsOfLast).toFixed(0)} µs per probe round, ${fixed(events / (ms / 1_000))} events/s`,
  );
  return HOUR_MS / ms;
}

function fileOf(vantages: number, every: string): FileData {
  const defaults = { check: { every, timeout: '3s', fall: 3, rise: 5 } };
  const regions = [...SIM_VANTAGES, ...MORE_VANTAGES].slice(0, vantages);
  return { ...STANDARD_FILE, defaults, vantages: regions, quorum: Math.floor(vantages / 2) + 1 };
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
}

function fixed(value: number): string {
  return Math.round(value).toLocaleString('en');
}
