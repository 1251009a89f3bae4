import { describe, expect, it } from 'vitest';
import { type Endpoint, epochMs, vantageId } from '../../../shared/core/model.ts';
import type { Attempt } from '../../../shared/core/probe.ts';
import { FAKE_START } from '../../fakes/fake-clock.ts';
import {
  certificateUntil,
  failedAttempt,
  fakeProber,
  httpAttempt,
  skippedAttempt,
  tcpAttempt,
} from '../../fakes/fake-prober.ts';
import { type QuorumWorld, quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleEndpoint, sampleService } from '../../fakes/sample-service.ts';
import { inWorld, type Printed, shell } from './shell.ts';

const DAY_MS = 86_400_000;

describe('quorate probe', () => {
  it('shows the phases and each condition on its own, held or not', async () => {
    const { code, out, err } = await probed(
      worldWith({
        url: 'https://{target}/health',
        headers: { 'x-probe': { ssm: '/quorate/app/token' }, authorization: 'Basic c2VjcmV0' },
        expect: {
          status: [{ from: 200, to: 299 }],
          headers: { 'x-region': 'eu' },
          body: { kind: 'contains', text: '"ok"' },
          latencyMsMax: 10,
        },
      }),
      ['app', 'eu-west-1'],
      [
        httpAttempt({
          status: 200,
          body: 'down for maintenance',
          headers: { 'x-region': 'eu' },
          certificate: certificateUntil(epochMs(FAKE_START + 12 * DAY_MS)),
        }),
      ],
    );

    expect(code).toBe(1);
    expect(err).toBe('asking eu-west-1 of app …\n');
    await expect(out).toMatchFileSnapshot('../../golden/cli-probe.txt');
    expect(out).not.toContain('c2VjcmV0');
  });

  it('asks every endpoint where none is named, and exits 0 when all pass', async () => {
    const { code, out } = await probed(quorumWorld(), ['app'], [httpAttempt()]);

    expect(code).toBe(0);
    expect(out.match(/from here: pass in 20 ms/g)).toHaveLength(3);
    expect(out).toContain('probed from this machine as Quorate/0.1.0 (vantage eu-west-1)');
  });

  it.each([
    ['a failure', failedAttempt('refused'), 'fail (refused): connection refused'],
    [
      'a timeout',
      failedAttempt('timeout', 'no complete answer'),
      'fail (timeout): no complete answer',
    ],
    [
      'a secret that cannot be read',
      skippedAttempt('no-secret', 'header x-probe could not be read'),
      'skipped (no-secret): header x-probe could not be read',
    ],
  ])('says %s in its own words', async (_, attempt, words) => {
    const { code, out } = await probed(quorumWorld(), ['app', 'us-east-1'], [attempt]);

    expect(code).toBe(1);
    expect(out).toContain(`app / us-east-1   from here: ${words}\n`);
  });

  it('shows a TCP connect', async () => {
    const endpoint = sampleEndpoint('db', {
      check: {
        node: { kind: 'tcp', address: '{target}:5432', expect: { latencyMsMax: 10 } },
        timeoutMs: 3_000,
        fall: 3,
        rise: 5,
        watch: [],
      },
    });
    const world = quorumWorld({
      config: sampleConfig({ services: [sampleService({ endpoints: [endpoint] })] }),
    });

    const { out } = await probed(world, ['app'], [tcpAttempt()]);

    expect(out).toMatch(/TCP 203\.0\.113\.\d+ port 5432/);
    expect(out).toContain('✓ connects: in 5 ms');
    expect(out).toContain('✗ latency: took 20 ms, expected at most 10 ms');
  });

  it('shows beside it what every vantage last reported', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', { vote: 'down', code: 'timeout', sinceAt: FAKE_START - 90_000 }, [
      vantageId('us-east-1'),
    ]);
    world.silence(vantageId('us-west-2'));
    world.publish();

    const { out } = await probed(
      world,
      ['app', 'us-east-1', '--from', 'all'],
      [failedAttempt('timeout')],
    );

    expect(out).toContain(
      [
        '  what each vantage last reported:',
        '    eu-west-1       up    passes   (0 s ago)',
        '    us-east-1       down  timeout, 3 in a row since 23:58:30Z (90 s)   (0 s ago)',
        '    ap-southeast-1  up    passes   (0 s ago)',
        '    eu-central-1    up    passes   (0 s ago)',
        '    us-west-2       silent  no report',
      ].join('\n'),
    );
  });

  it.each([
    [
      403,
      'note: us-east-1 answers 403 here and from all 5 vantages; it refuses the probe: let requests with a User-Agent that begins with "Quorate/" through its firewall, or with a secret header under check.headers ({ ssm: /path })',
    ],
    [
      401,
      'note: us-east-1 answers 401 here and from all 5 vantages; it wants credentials: write the header it asks for under check.headers (a secret as { ssm: /path }), or check a path that needs none',
    ],
  ])('suggests what to allow when everybody gets %i', async (status, note) => {
    const world = quorumWorld();
    world.sees('us-east-1', { vote: 'down', code: 'status' });
    world.publish();
    for (const vantage of world.config.vantages) {
      const report = world.table.reports.get(vantage) as Reported;
      world.table.reports.set(vantage, {
        ...report,
        entries: report.entries.map((entry) => ({
          ...entry,
          detail: `status ${status}, expected 200`,
        })),
      });
    }

    const { out } = await probed(
      world,
      ['app', 'us-east-1', '--from', 'all'],
      [httpAttempt({ status })],
    );

    expect(out).toContain(note);
  });

  it('suggests nothing when only this machine is refused', async () => {
    const world = quorumWorld();
    world.publish();

    const { out } = await probed(
      world,
      ['app', 'us-east-1', '--from', 'all'],
      [httpAttempt({ status: 403 })],
    );

    expect(out).not.toContain('note:');
  });

  it('gives the same as one JSON document, and words nowhere', async () => {
    const { out, err } = await probed(
      quorumWorld(),
      ['app', 'eu-west-1', '--json'],
      [httpAttempt()],
    );

    expect(err).toBe('');
    expect(JSON.parse(out)).toMatchObject({
      format: 1,
      service: 'app',
      endpoints: [
        {
          endpoint: 'eu-west-1',
          look: { outcome: { kind: 'pass' }, latencyMs: 20 },
          reports: null,
        },
      ],
    });
  });

  it('knows no other place to probe from', async () => {
    expect(await probed(quorumWorld(), ['app', '--from', 'mars'], [])).toEqual({
      code: 2,
      out: '',
      err: '--from mars is not known; write --from all for what each vantage last reported, or leave it out\n',
    });
  });

  it('writes nothing', async () => {
    const world = quorumWorld();

    await probed(world, ['app', '--from', 'all'], [httpAttempt()]);

    expect(world.zone.commits).toEqual([]);
    expect(world.region(0).store.calls.filter(({ method }) => !method.startsWith('read'))).toEqual(
      [],
    );
  });
});

type Reported = Record<string, unknown> & { readonly entries: readonly Record<string, unknown>[] };

const worldWith = (
  changes: Partial<Extract<Endpoint['check']['node'], { readonly kind: 'http' }>>,
): QuorumWorld => {
  const plain = sampleEndpoint('eu-west-1');
  const { node } = plain.check;
  if (node.kind !== 'http') throw new Error('the sample asks by HTTP');
  const endpoint: Endpoint = {
    ...plain,
    check: {
      ...plain.check,
      node: { ...node, ...changes },
      watch: [
        { name: 'certificate', kind: 'certificate', daysMin: 21 },
        { name: 'slow', kind: 'latency', latencyMsMax: 800 },
      ],
    },
  };
  return quorumWorld({
    config: sampleConfig({ services: [sampleService({ endpoints: [endpoint] })] }),
  });
};

function probed(
  world: QuorumWorld,
  args: readonly string[],
  attempts: readonly Attempt[],
): Promise<Printed> {
  const terminal = inWorld(world);
  const prober = fakeProber(() => attempts);
  return shell(['probe', ...args], {
    ...terminal,
    overrides: { ...terminal.overrides, prober },
  });
}
