/** `quorate replay`: recorded reports of a real-looking outage, judged by the deployed file and by others. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../scripts/config-file.ts';
import { manifestOf } from '../../../shared/core/config.ts';
import {
  type EpochMs,
  endpointId,
  epochMs,
  serviceId,
  type VantageId,
  vantageId,
} from '../../../shared/core/model.ts';
import type { DecisionRecord } from '../../../shared/core/record.ts';
import type { Report, ReportEntry } from '../../../shared/core/report.ts';
import type { Store } from '../../../shared/ports.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';
import { fakeStore, fakeTable } from '../../fakes/fake-store.ts';
import { sampleEntry, sampleReport } from '../../fakes/sample-report.ts';
import { type Printed, shell } from './shell.ts';

const NEVER = new AbortController().signal;
const NOW = Date.parse('2026-11-23T06:00:00Z');
const FALL = Date.parse('2026-11-23T03:12:40Z');
const RISE = Date.parse('2026-11-23T03:30:00Z');
const VANTAGES = ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1', 'us-west-2'];

describe('quorate replay', () => {
  it('tells what the deployed file and another one decide of an outage', async () => {
    const { code, out, err } = await replayed(['--with', 'other.yml'], { other: { quorum: 4 } });

    expect(err).toBe('');
    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot('../../golden/cli-replay.txt');
  });

  it('prints one document with both sides', async () => {
    const { out } = await replayed(['--with', 'other.yml', '--json'], { other: { quorum: 4 } });

    const document = JSON.parse(out);
    expect(document).toMatchObject({ format: 1, deployment: 'quorate-test', with: 'other.yml' });
    expect(document.services).toMatchObject([
      { service: 'app', deployed: { removals: 1, returns: 1 }, other: { removals: 1, returns: 1 } },
    ]);
    const [{ deployed, other }] = document.services;
    expect(other.steps[0].at - deployed.steps[0].at).toBe(40_000);
  });

  it('replays the deployed file alone where no other is named', async () => {
    const { out } = await replayed([]);

    expect(out).toContain('us-east-1 100 → 0   down: ');
    expect(out).not.toContain('other');
  });

  it('finds no difference where the other file says the same', async () => {
    const { out } = await replayed(['--with', 'other.yml'], { other: {} });

    expect(out).toContain('both files move the same weights, at the same times');
  });

  it('a longer hold-down brings weight back later', async () => {
    const { out } = await replayed(['--with', 'other.yml', '--json'], {
      other: { 'hold-down': '20m' },
    });

    const [{ deployed, other }] = JSON.parse(out).services;
    const backAt = (side: typeof deployed): number =>
      side.steps.find(({ moves }: { moves: { from: number }[] }) =>
        moves.some(({ from }) => from === 0),
      ).at;
    expect(backAt(other)).toBeGreaterThanOrEqual(FALL + 20 * 60_000);
    expect(backAt(deployed)).toBeLessThan(backAt(other));
  });

  it('what would have been withheld is told once for each endpoint', async () => {
    const { out } = await replayed([], { failing: ['eu-west-1', 'us-east-1', 'ap-southeast-1'] });

    expect(out.match(/withheld: /g)).toHaveLength(3);
    expect(out).toMatch(/^ {2}deployed {2}0 removals, 0 returns, 3 withheld$/m);
  });

  it('an endpoint that the other file leaves out is no stranger in the reports', async () => {
    const { code, out } = await replayed(['--with', 'other.yml'], {
      other: { endpoints: ['eu-west-1', 'us-east-1'] },
    });

    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}other +\d removals?, /m);
    expect(out).not.toContain('not judged');
  });

  it.each([
    [
      'checks',
      { url: 'https://{target}/other' },
      'votes on eu-west-1 were cast under another check',
    ],
    [
      'an interval',
      { every: '20s' },
      'votes were cast every 10 s, and the other file looks every 20 s',
    ],
    [
      'an endpoint',
      { endpoints: ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'us-west-2'] },
      'nobody looked at us-west-2, which only the other file has',
    ],
    [
      'a vantage',
      { vantages: [...VANTAGES, 'eu-north-1'], quorum: 4 },
      'eu-north-1 did not look at app; vantages can only be left out',
    ],
  ])('refuses to judge %s that nobody voted under, and says which', async (_, other, why) => {
    const { code, out } = await replayed(['--with', 'other.yml'], { other });

    expect(code).toBe(3);
    expect(out).toContain(`other.yml is not judged: ${why}`);
    expect(out).toContain('deployed  1 removal');
  });

  it('reports made under another configuration tell nothing, and are counted', async () => {
    const { out } = await replayed([], { madeUnder: { quorum: 4 } });

    expect(out).toContain('16 reports made under another configuration of app');
    expect(out).toContain('  deployed  0 removals, 0 returns, 0 withheld');
  });

  it('a vantage without a record is taken to have seen all the time what it sees now', async () => {
    const { out } = await replayed([], { silent: 'us-west-2', current: true });

    expect(out).toContain('us-west-2: no vote changed in 40 days');
  });

  it('a vantage that nothing is known of casts no vote', async () => {
    const { out } = await replayed([], { silent: 'us-west-2' });

    expect(out).toContain('us-west-2: nothing is known, so it casts no vote.');
  });

  it.each([
    [['--from', 'yesterday'], '--from yesterday is no time of the past'],
    [['--from', '1h', '--to', '2h'], '--from is not before --to'],
    [['--service', 'ap'], 'there is no service ap in the file; did you mean app?'],
    [['--with', 'none.yml'], 'none.yml'],
  ])('%j says what is wrong', async (args, message) => {
    const { code, err } = await replayed(args);

    expect(code).not.toBe(0);
    expect(err).toContain(message);
  });
});

/** What the quorum committed then. */
const REMOVAL: DecisionRecord = {
  format: 1,
  service: serviceId('app'),
  generation: 42,
  nonce: 'n0000042' as DecisionRecord['nonce'],
  parent: null,
  region: vantageId('eu-west-1'),
  actor: 'quorum@eu-west-1',
  at: epochMs(FALL + 22_000),
  config: 'config-digest',
  lines: [
    {
      endpoint: 'us-east-1',
      verdict: 'down',
      from: 100,
      to: 0,
      code: 'quorum-down',
      sentence: 'down: us-east-1 fails in 3 of 5',
      votes: {},
    },
  ],
  sentences: ['down: us-east-1 fails in 3 of 5'],
  plan: '',
  checksum: 'abc123',
  outbox: [],
};

type Changes = {
  readonly quorum?: number;
  readonly every?: string;
  readonly url?: string;
  readonly 'hold-down'?: string;
  readonly endpoints?: readonly string[];
  readonly vantages?: readonly string[];
};

function yaml({
  quorum = 3,
  every = '10s',
  url = 'https://{target}/health',
  'hold-down': holdDown = '5m',
  endpoints = ['eu-west-1', 'us-east-1', 'ap-southeast-1'],
  vantages = VANTAGES,
}: Changes): string {
  const listed = endpoints.map(
    (id, at) => `      ${id}: { address: 192.0.2.${at + 1}, weight: 100 }`,
  );
  return `deployment: quorate-test
home: eu-west-1
vantages: [${vantages.join(', ')}]
zones: { main: { id: Z0123456789ABCDEFGHIJ } }
allow-addresses: [192.0.2.0/24]
control-targets: [https://example.com/]
services:
  app:
    mode: enforce
    quorum: ${quorum}
    names: [app.example.com]
    check: { url: "${url}", every: ${every} }
    policy: { hold-down: ${holdDown} }
    endpoints:
${listed.join('\n')}
`;
}

/** us-east-1 fails for 17 minutes: all five see it, one after the other, 10 s apart; the fourth is late. */
async function replayed(
  args: readonly string[],
  {
    other,
    madeUnder = {},
    failing = ['us-east-1'],
    silent,
    current = false,
  }: {
    readonly other?: Changes;
    readonly madeUnder?: Changes;
    readonly failing?: readonly string[];
    readonly silent?: string;
    readonly current?: boolean;
  } = {},
): Promise<Printed> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-replay-'));
  writeFileSync(join(folder, 'quorate.yml'), yaml({}));
  writeFileSync(join(folder, 'made-under.yml'), yaml(madeUnder));
  if (other !== undefined) writeFileSync(join(folder, 'other.yml'), yaml(other));
  const { config } = loadConfig({
    path: 'made-under.yml',
    folder,
    env: {},
    packagedAt: epochMs(1),
  });
  const clock = fakeClock(epochMs(NOW));
  const store = fakeStore(fakeTable(), clock);
  await store.writeManifest(manifestOf(config), NEVER);
  await store.recordIntent(REMOVAL, NEVER);
  const keep = (vantage: VantageId, at: number, entries: readonly ReportEntry[]): Promise<void> =>
    kept(store, reportAt(vantage, config.digest, epochMs(at), entries), epochMs(at));
  for (const [place, id] of VANTAGES.entries()) {
    const vantage = vantageId(id);
    if (id === silent) {
      const report = reportAt(vantage, config.digest, epochMs(NOW - 2_000), []);
      if (current) await store.writeReport(report, null, NEVER);
      continue;
    }
    const late = place >= 3 ? 30_000 : 0;
    await keep(vantage, FALL - 3_600_000 + place * 10_000, []);
    await keep(
      vantage,
      FALL + place * 10_000 + late,
      failing.map((id) => down(FALL, id)),
    );
    await keep(vantage, RISE + place * 10_000, []);
    if (place === 0) await keep(vantage, RISE + 3_600_000, [none(RISE + 3_600_000)]);
  }
  return await shell(['replay', '--from', '4h', ...args], {
    folder,
    overrides: { clock, store },
  });
}

const kept = (store: Store, report: Report, at: EpochMs): Promise<void> =>
  store.writeHistory(report, at, NEVER);

const down = (at: number, id: string): ReportEntry =>
  sampleEntry({ sinceAt: epochMs(at), endpoint: endpointId(id) });
const none = (at: number): ReportEntry =>
  sampleEntry({ sinceAt: epochMs(at), vote: 'none', failures: 1, code: 'timeout' });

const reportAt = (
  vantage: VantageId,
  config: Report['config'],
  at: EpochMs,
  entries: readonly ReportEntry[],
): Report =>
  sampleReport({
    vantage,
    config,
    rounds: [{ everyMs: 10_000, round: Math.floor(at / 10_000), observedAt: at }],
    entries,
    unlisted: 3 - entries.length,
  });
