import { describe, expect, it } from 'vitest';
import { casesOf, REHEARSALS } from '../../../scripts/rehearse/cases.ts';
import { falseRemovalsPerYear, voteNoise } from '../../../scripts/rehearse/noise.ts';
import { percentiles, type Rehearsal } from '../../../scripts/rehearse/rehearsal.ts';
import { rehearsalText } from '../../../scripts/rehearse/rehearse-text.ts';
import { rehearsedFile } from '../../../scripts/rehearse/rehearsed-file.ts';
import { configOf, STANDARD_FILE } from '../../sim/world/sim-config.ts';
import { shell } from './shell.ts';

const CONFIG = configOf(STANDARD_FILE, 1);
const inMemory = (config = CONFIG) => ({ overrides: { config } });

describe('false removals by noise alone', () => {
  /** reference/invariants.md, section 4: every 10 s, rise 5. */
  it.each([
    [1, 1, 3, 0.01, 3.1],
    [1, 1, 2, 0.05, 7_400],
    [1, 1, 3, 0.05, 374],
    [1, 1, 3, 0.1, 2_800],
    [1, 1, 4, 0.1, 284],
    [3, 2, 3, 0.01, 9e-5],
    [3, 2, 2, 0.05, 550],
    [3, 2, 3, 0.05, 1.4],
    [3, 2, 3, 0.1, 97],
    [3, 2, 4, 0.1, 1.0],
    [5, 3, 3, 0.01, 2e-9],
    [5, 3, 2, 0.05, 34],
    [5, 3, 3, 0.05, 0.0045],
    [5, 3, 3, 0.1, 2.8],
    [5, 3, 4, 0.1, 0.003],
    [7, 4, 3, 0.01, 4e-14],
    [7, 4, 2, 0.05, 2.0],
    [7, 4, 3, 0.05, 1.4e-5],
    [7, 4, 3, 0.1, 0.075],
    [7, 4, 4, 0.1, 8e-6],
  ])('are as the table says: %d vantages, quorum %d, fall %d, %f of the probes', (...row) => {
    const [vantages, quorum, fall, p, perYear] = row;

    const exact = falseRemovalsPerYear({ vantages, quorum, fall, rise: 5, everyMs: 10_000, p });

    // The table has one or two digits; its smallest numbers have one.
    const digit = 10 ** Math.floor(Math.log10(perYear));
    expect(Math.abs(exact - perYear)).toBeLessThanOrEqual(digit / 2);
  });

  it('are fewer with a shorter rise, and none without noise', () => {
    const given = { vantages: 5, quorum: 3, fall: 3, everyMs: 10_000, p: 0.05 };

    expect(falseRemovalsPerYear({ ...given, rise: 3 })).toBeCloseTo(0.0013, 4);
    expect(falseRemovalsPerYear({ ...given, rise: 5, p: 0 })).toBe(0);
    expect(falseRemovalsPerYear({ ...given, rise: 5, p: 1 })).toBe(0);
  });

  it('follow from a vote that is down as often as chance says', () => {
    // fall 1, rise 1: the vote is the last probe.
    expect(voteNoise(1, 1, 0.2).down).toBeCloseTo(0.2);
    expect(voteNoise(1, 1, 0.2).turns).toBeCloseTo(0.16);
  });
});

describe('what is rehearsed', () => {
  it('is every region, every vantage and two regions at once', () => {
    const cases = casesOf(CONFIG, Object.keys(REHEARSALS) as (keyof typeof REHEARSALS)[]);

    expect(cases.map(({ scenario, region }) => `${scenario} ${region}`)).toEqual([
      'region-loss eu-west-1',
      'region-loss us-east-1',
      'region-loss ap-southeast-1',
      'two-regions eu-west-1 + us-east-1',
      ...CONFIG.vantages.map((vantage) => `vantage-loss ${vantage}`),
      'gray eu-west-1',
      'gray us-east-1',
      'gray ap-southeast-1',
      'partition eu-west-1',
      'partition us-east-1',
      'partition ap-southeast-1',
      'control-plane eu-west-1',
    ]);
  });

  it('is the file as it stands, but for what a simulated endpoint could not answer', () => {
    const [service] = CONFIG.services;
    if (service === undefined) throw new Error('no service');
    const many = {
      ...CONFIG,
      services: Array.from({ length: 8 }, (_, i) => ({
        ...service,
        id: `app${i}` as typeof service.id,
        mode: 'observe' as const,
      })),
    };

    const { config, left } = rehearsedFile(many, undefined);

    expect(left).toEqual(['app6', 'app7']);
    expect(config.services.map(({ mode }) => mode)).toEqual(Array(6).fill('enforce'));
    expect(config.services[0]?.endpoints[0]?.check).toMatchObject({
      node: { kind: 'http', expect: {}, headers: {} },
      fall: 3,
      rise: 5,
    });
    expect(rehearsedFile(many, 'app7').config.services.map(({ id }) => id)).toEqual(['app7']);
  });

  it('gives the slowest of few runs as its p99', () => {
    expect(percentiles([30, 10, 20])).toEqual({ p50Ms: 20, p99Ms: 30 });
    expect(percentiles([])).toBeNull();
  });
});

describe('quorate rehearse', () => {
  it('tells how a lost region would go, and the same again for the same seed', async () => {
    const args = ['rehearse', '--scenario', 'control-plane', '--days', '0.01', '--json'];

    const first = await shell(args, inMemory());
    const second = await shell(args, inMemory());

    expect(first).toMatchObject({ code: 0, err: '' });
    expect(second.out).toBe(first.out);
    const told = JSON.parse(first.out) as Rehearsal & { readonly format: number };
    expect(told).toMatchObject({ format: 1, deployment: 'sim', runs: 1, notRehearsed: [] });
    const [row] = told.cases;
    expect(row).toMatchObject({ scenario: 'control-plane', service: 'app', moved: 1, runs: 1 });
    // Seen and decided while nothing can be written; committed once the control plane is back.
    expect(row?.detect?.p50Ms).toBeLessThan(40_000);
    expect(row?.commit?.p50Ms).toBeGreaterThan(300_000);
    expect(row?.commit?.p50Ms).toBeLessThan(420_000);
    expect(row?.blackHoled.quorate).toBeGreaterThan(row?.blackHoled.omniscient ?? 0);
    expect(row?.blackHoled.quorate).toBeLessThan(row?.blackHoled.nothing ?? 0);
    expect(told.noise).toEqual([
      { service: 'app', noisePercent: 1, endpoints: 3, falseRemovalsPerYear: 5.99e-9 },
      { service: 'app', noisePercent: 5, endpoints: 3, falseRemovalsPerYear: 0.0136 },
    ]);
  }, 60_000);

  it('warns where few losses stop it, and says what velocity holds back', async () => {
    const config = configOf(
      { ...STANDARD_FILE, vantages: ['eu-west-1', 'us-east-1', 'ap-southeast-1'], quorum: 2 },
      1,
    );

    const { code, out, err } = await shell(
      ['rehearse', '--scenario', 'two-regions', '--days', '0.01'],
      inMemory(config),
    );

    expect(code).toBe(0);
    expect(err).toContain('rehearsing 1 cases, 1 times each');
    expect(out).toContain(
      'warning: app: with 3 vantages and quorum 2, losing two vantages stops automatic failover',
    );
    expect(out).toMatch(/two-regions: the two heaviest regions/);
    expect(out).toContain('0 of 1');
  }, 60_000);

  it('refuses what it can’t rehearse, with what would be right', async () => {
    const wrong = async (...args: string[]) => await shell(['rehearse', ...args], inMemory());

    expect(await wrong('--scenario', 'flood')).toMatchObject({
      code: 2,
      err: expect.stringContaining('region-loss'),
    });
    expect(await wrong('--noise', 'much')).toMatchObject({
      code: 2,
      err: expect.stringContaining('write 1%,5%'),
    });
    expect(await wrong('--days', '-1')).toMatchObject({
      code: 2,
      err: expect.stringContaining('above 0'),
    });
    expect((await wrong('--service', 'apq')).err).toContain('app');
  });

  it('shows it in a table, warnings first', async () => {
    const times = { p50Ms: 27_400, p99Ms: 31_000 };
    const text = rehearsalText(
      {
        cases: [
          {
            scenario: 'region-loss',
            region: 'us-east-1',
            service: 'app',
            endpoints: ['us-east-1'],
            runs: 5,
            moved: 5,
            detect: times,
            decide: times,
            commit: times,
            moved90: { p50Ms: 101_000, p99Ms: 121_000 },
            blackHoled: { quorate: 27.04, omniscient: 21.5, healthChecks: 43.2, nothing: 200 },
            withheld: [],
          },
          {
            scenario: 'two-regions',
            region: 'eu-west-1 + us-east-1',
            service: 'app',
            endpoints: ['eu-west-1', 'us-east-1'],
            runs: 5,
            moved: 0,
            detect: times,
            decide: null,
            commit: null,
            moved90: null,
            blackHoled: { quorate: 300, omniscient: 50, healthChecks: 90, nothing: 400 },
            withheld: ['withheld: removing us-east-1 would leave 33 % in service, floor is 50 %'],
          },
        ],
        noise: [
          { service: 'app', noisePercent: 1, endpoints: 3, falseRemovalsPerYear: 6.4e-9 },
          { service: 'app', noisePercent: 5, endpoints: 3, falseRemovalsPerYear: 0.0136 },
        ],
        warnings: ['app: its mode is observe'],
        watchedMs: 600_000,
        runs: 10,
      },
      { deployment: 'shop', left: ['docs'] },
    );

    await expect(`${text}\n`).toMatchFileSnapshot('../../golden/cli-rehearse.txt');
  });
});
