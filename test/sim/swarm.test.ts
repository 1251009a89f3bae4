/** What a seed draws: valid, repeatable, and over some hundred seeds every kind of fault there is. */
import { describe, expect, it } from 'vitest';
import { MARKERS } from './checkers/markers.ts';
import { FAULT_KINDS } from './faults/kinds.ts';
import { SCENARIOS, SCRIPTS } from './faults/scenarios.ts';
import { drawScenario, drawSwarm } from './faults/swarm.ts';
import { drawFile } from './faults/swarm-file.ts';
import { seededRandom } from './kernel/random.ts';
import type { Scenario } from './scenario.ts';
import { configOf, type FileData } from './world/sim-config.ts';

const SEEDS = Array.from({ length: 300 }, (_, i) => String(i + 1));
const TWO_HOURS = { durationMs: 7_200_000 };
const PACKAGED_AT_MS = 1_782_000_000_000;
/** Never drawn: a scenario places them. */
const PLACED = ['many-orders', 'one-of-a-batch-edited', 'region-of-many-lost', 'tidies-up'];

const swarms = SEEDS.map((seed) => drawSwarm(seed, TWO_HOURS.durationMs));
const scripted = Object.values(SCENARIOS).map((make) => make('1'));

describe('a seed', () => {
  it('gives the same scenario every time, and another seed another one', () => {
    for (const seed of SEEDS.slice(0, 40)) {
      expect(drawScenario(seed, TWO_HOURS)).toEqual(drawScenario(seed, TWO_HOURS));
    }
    expect(new Set(swarms.map((one) => JSON.stringify(one.faults))).size).toBe(SEEDS.length);
  });

  it('gives a scenario that is the same once it was written down', () => {
    for (const scenario of [...swarms, ...scripted]) {
      expect(JSON.parse(JSON.stringify(scenario))).toEqual(scenario);
    }
  });

  it('plays a scripted scenario at every twentieth turn', () => {
    const names = SEEDS.map((seed) => drawScenario(seed, TWO_HOURS).name);
    expect(names.filter((name) => name !== 'swarm')).toHaveLength(SEEDS.length / 20);
    expect(names[19]).toBe('region-loss');
  });

  it('draws a file that the production parser accepts', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const { data, vantages, quorum, services } = drawFile(seededRandom(`file ${seed}`));
      const config = configOf(data, PACKAGED_AT_MS);
      expect(config.vantages).toEqual(vantages);
      expect(quorum * 2).toBeGreaterThan(vantages.length);
      expect(config.services.map(({ id, everyMs }) => ({ id, everyMs }))).toEqual(
        services.map(({ id, everyMs }) => ({ id, everyMs })),
      );
    }
  });
});

describe('the faults of a scenario', () => {
  const filesIn = ({ faults }: Scenario): readonly FileData[] =>
    faults.flatMap(({ params }) =>
      [params.file, params.back].filter((file) => file !== undefined),
    ) as readonly FileData[];

  it('are kinds that there are, described in words', () => {
    for (const { faults } of [...swarms, ...scripted]) {
      for (const fault of faults) {
        expect(FAULT_KINDS[fault.kind], fault.kind).toBeDefined();
        expect(FAULT_KINDS[fault.kind]?.describe(fault)).toMatch(/\w/);
        expect(fault.untilMs).toBeGreaterThanOrEqual(fault.fromMs);
      }
    }
  });

  it('deploy only files that the production parser accepts', () => {
    const files = [...swarms, ...scripted].flatMap(filesIn);
    expect(files.length).toBeGreaterThan(50);
    for (const file of [...new Set(files.map((one) => JSON.stringify(one)))].slice(0, 60)) {
      expect(configOf(JSON.parse(file) as FileData, PACKAGED_AT_MS).services).not.toEqual([]);
    }
  });

  it('end before the healing, but for those of regions outside a whole core', () => {
    for (const { faults, healAtMs, file } of swarms) {
      const late = faults.filter(({ kind, untilMs }) => untilMs > healAtMs && kind !== 'tidies-up');
      const regions = new Set(late.map(({ params }) => params.region));
      const vantages = file.vantages as readonly string[];
      expect(regions.has(undefined)).toBe(false);
      expect(vantages.length - regions.size).toBeGreaterThanOrEqual(file.quorum as number);
    }
  });

  it('leave a third of the time in which nothing is wrong', () => {
    for (const { faults, healAtMs, endAtMs } of swarms) {
      const last = Math.max(healAtMs, ...faults.map(({ untilMs }) => untilMs));
      expect((endAtMs - last) / endAtMs).toBeGreaterThan(0.3);
    }
  });

  it('are of every kind within 300 seeds', () => {
    const seen = new Set(swarms.flatMap(({ faults }) => faults.map(({ kind }) => kind)));
    const kinds = Object.keys(FAULT_KINDS).filter((kind) => !PLACED.includes(kind));
    expect(kinds.filter((kind) => !seen.has(kind))).toEqual([]);
    expect(kinds.length).toBeGreaterThan(120);
  });

  it('name rows of faults.md, and a scripted scenario is about rows that its faults name', () => {
    const rows = new Set(Object.values(FAULT_KINDS).flatMap((kind) => kind.rows));
    for (const row of rows) expect(row).toMatch(/^F([1-9]|[1-9]\d|1[01]\d|12[0-3])$/);
    for (const { rows: about } of Object.values(SCRIPTS)) {
      for (const row of about) expect(rows).toContain(row);
    }
  });
});

describe('markers', () => {
  it('are at least forty, each named once, in words joined by hyphens', () => {
    expect(new Set(MARKERS).size).toBe(MARKERS.length);
    expect(MARKERS.length).toBeGreaterThanOrEqual(40);
    for (const marker of MARKERS) expect(marker).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
  });
});
