import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../../../scripts/cli/cli.ts';
import type { DnsAnswer, DnsLook } from '../../../scripts/cli/dns-look.ts';
import { MINUTE, NEVER, type QuorumWorld, quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { inWorld, type Printed, shell } from './shell.ts';

describe('quorate drill, before it begins', () => {
  it('shows the arithmetic, what would stop it, what is promised, and the line that begins it', async () => {
    const { code, out } = await drilled(quorumWorld(), ['us-east-1']);

    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot('../../golden/cli-drill.txt');
  });

  it('changes nothing, and has the same checksum a minute later', async () => {
    const world = quorumWorld();
    const first = await drilled(world, ['us-east-1', '--json']);
    await world.clock.advance(MINUTE);
    const second = await drilled(world, ['us-east-1', '--json']);

    expect(JSON.parse(second.out).checksum).toBe(JSON.parse(first.out).checksum);
    expect(world.accepted()).toBe(0);
  });

  it('refuses where anything is wrong, with everything that is', async () => {
    const world = quorumWorld({
      config: sampleConfig({
        services: [sampleService({ policy: { ...sampleService().policy, floorPercent: 80 } })],
      }),
    });
    world.sees('eu-west-1', 'down', world.config.vantages.slice(0, 3));
    world.silence(world.config.vantages[4]!);

    const { code, out } = await drilled(world, ['us-east-1']);

    expect(code).toBe(3);
    expect(out.split('\n')[0]).toBe("refused: a drill of us-east-1 can't begin now");
    expect(out).toContain('✗ app: eu-west-1 is down');
    expect(out).toContain('✗ app: it leaves 100 of 300 (33 %) in service, floor is 80 %\n');
    expect(out).not.toContain('--apply');
    expect(out).not.toContain('--force');
  });

  it.each([
    [['us-east-2'], 2, 'no endpoint is in region us-east-2; did you mean us-east-1?'],
    [[], 2, 'name the region to drain, or write --list'],
    [['us-east-1', '--for', '1m'], 2, '--for 1m is not understood; write 2m to 2h, such as 10m'],
    [['us-east-1', '--goal', 'soon'], 2, '--goal soon is not understood'],
    [['us-east-1', '--apply', 'abc'], 2, 'a drill needs --reason'],
  ])('refuses %j', async (args, code, text) => {
    const printed = await drilled(quorumWorld(), args);

    expect(printed.err).toContain(text);
    expect([code, 1]).toContain(printed.code);
  });

  it('refuses a plan that is another one now', async () => {
    const world = quorumWorld();

    const { code, err } = await drilled(world, [
      'us-east-1',
      '--apply',
      'another1',
      '--reason',
      'x',
    ]);

    expect(code).toBe(3);
    expect(err).toContain('the plan is another one now');
    expect(world.accepted()).toBe(0);
  });
});

describe('quorate drill, carried out', () => {
  it('drains, measures, comes back by itself, and leaves a report', async () => {
    const world = quorumWorld({ insyncDelayMs: 20_000 });
    const folder = mkdtempSync(join(tmpdir(), 'quorate-drill-'));

    const { code, out, err } = await played(world, ['--out', 'report.json'], { folder });

    expect(out).toMatch(
      /^2026-07-01 00:00Z {2}us-east-1 {2}by alice {2}over: us-east-1 is back at its full weight; seen in DNS after \d+\.\d s, goal 45\.0 s: met; weights are back\n/,
    );
    expect(code).toBe(0);
    expect(err).toMatch(/\+ +0\.0 s {2}app: committed, generation 42\n/);
    expect(err).toMatch(/app: 0 % of answers name us-east-1\n/);
    expect(err).toContain('app: INSYNC\n');
    expect(out).toContain('detection is not exercised by a drain');
    expect(world.weights()['us-east-1']).toBe(100);
    expect(JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))).toMatchObject({
      format: 1,
      state: 'over',
      restored: true,
      isInGoal: true,
      measures: [{ service: 'app', generation: 42, commitMs: 0 }],
    });
    const listed = await drilled(world, ['--list']);
    expect(listed.out).toMatch(/^2026-07-01 00:00Z {2}us-east-1 {2}by alice {2}over: /);
  });

  it('says that the goal was missed where the zone is slow, and exits 1', async () => {
    const { code, out } = await played(quorumWorld({ insyncDelayMs: 60_000 }));

    expect(code).toBe(1);
    expect(out).toContain('goal 45.0 s: missed; weights are back');
  });

  it('stops at once on a real failure elsewhere, and says so', async () => {
    const world = quorumWorld();
    world.clock.schedule(world.clock.now() + 3 * MINUTE, () => world.sees('eu-west-1', 'down'));

    const { code, out, err } = await played(world);

    expect(code).toBe(1);
    expect(out).toContain('stopped: app: eu-west-1 is down');
    expect(err).toContain('its orders are taken away, weights return by their health');
    expect(world.fence().orders).toEqual([]);
  });

  it('takes its order away on Ctrl-C, before it ends', async () => {
    const world = quorumWorld();
    const stop = new AbortController();
    world.clock.schedule(world.clock.now() + 2 * MINUTE, () => stop.abort(new Error('stopped')));

    const { code, out } = await played(world, [], { signal: stop.signal });

    expect(code).toBe(1);
    expect(out).toContain('stopped: interrupted');
    expect(world.fence().orders).toEqual([]);
    expect(world.fence().generation).toBe(43);
  });

  it('takes its order away though Route 53 carries it out only after it gave no answer', async () => {
    const world = quorumWorld();
    world.zone.failNext({ kind: 'late', afterMs: 3_000 });

    const { code, err } = await played(world);

    expect(code).toBe(1);
    expect(err).toContain('no answer from Route 53');
    expect(world.zone.commits.some(({ fault }) => typeof fault === 'object')).toBe(true);
    await world.clock.advance(MINUTE);
    world.zone.land();
    expect(world.fence().orders).toEqual([]);
  });

  it('ends its order itself where no region is left to do it', async () => {
    const world = quorumWorld();

    const { code, out, err } = await played(world, [], {}, { isAlive: false });

    expect(err).toContain('no region has committed the end of its order; it is ended from here');
    expect(world.fence().orders).toEqual([]);
    expect(out).toContain('us-east-1 is not back');
    expect(out).toContain('weights are NOT back');
    expect(code).toBe(1);
  });

  it('goes on where the table takes no report, and tells so', async () => {
    const world = quorumWorld();
    world.region(0).store.trouble('writeDrillEvent', { kind: 'refused' }, 2);

    const { code, err } = await played(world);

    expect(code).toBe(0);
    expect(err).toContain('the table does not take the report: ');
  });

  it('measures no DNS where no name server is known, and says so', async () => {
    const { code, out } = await played(quorumWorld(), [], {
      dns: { ...dnsOf(quorumWorld()), serversOf: async () => [] },
    });

    expect(code).toBe(0);
    expect(out).toContain('no name server of the zone was found');
    expect(out).toContain('seen in DNS not measured');
  });

  it('with --json is one object a line, the report last', async () => {
    const { out } = await played(quorumWorld(), ['--json']);

    const lines = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines[0]).toMatchObject({
      what: 'committed, generation 42',
      service: 'app',
      afterMs: 0,
    });
    expect(lines.at(-1)).toMatchObject({ format: 1, state: 'over', restored: true });
  });
});

describe('quorate drill --list', () => {
  it('says where there was none', async () => {
    expect((await drilled(quorumWorld(), ['--list'])).out).toBe(
      'no drill in the last 400 days; quorate drill REGION shows what one would do\n',
    );
  });
});

function dnsOf(world: QuorumWorld): DnsLook {
  let asked = 0;
  return {
    ask: async (_, name, type): Promise<DnsAnswer> => {
      asked += 1;
      const own = world.zone
        .served()
        .filter((record) => record.name === name && record.type === type)
        .filter(({ weight }) => weight !== 0);
      const values = own.flatMap((record) => record.values ?? []);
      return {
        kind: 'answer',
        rcode: 'NOERROR',
        isAuthoritative: true,
        data:
          type === 'TXT'
            ? values.map((value) => value.slice(1, -1).replaceAll('" "', ''))
            : values.slice(asked % values.length, (asked % values.length) + 1),
        ttlSeconds: 30,
        referral: [],
      };
    },
    addressesOf: async () => ['192.0.2.1'],
    serversOf: async (zone) => (zone === 'example.com' ? ['ns-1.example.net'] : []),
  };
}

const drilled = (
  world: QuorumWorld,
  args: readonly string[],
  changes: Partial<Terminal> = {},
): Promise<Printed> =>
  shell(['drill', ...args], {
    ...inWorld(world),
    dns: dnsOf(world),
    caller: async () => 'alice',
    ...changes,
  });

/** Reviewed, then carried out, while every region decides once a minute. */
async function played(
  world: QuorumWorld,
  args: readonly string[] = [],
  changes: Partial<Terminal> = {},
  { isAlive = true } = {},
): Promise<Printed> {
  const dry = await drilled(world, ['us-east-1', '--for', '5m', '--json', '--reason', 'game day']);
  const { checksum } = JSON.parse(dry.out);
  const from = world.clock.now();
  for (let minute = 1; isAlive && minute < 60; minute += 1) {
    world.clock.schedule(from + minute * MINUTE, () => {
      void world.region(minute % 5).start();
    });
  }
  const deps = inWorld(world);
  return await world.clock.runUntil(
    drilled(
      world,
      ['us-east-1', '--for', '5m', '--reason', 'game day', '--apply', checksum, ...args],
      { ...deps, signal: NEVER, ...changes },
    ),
  );
}
