import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../shared/adapters/digest.ts';
import { epochMs, type OrderId, serviceId, vantageId, weight } from '../../../shared/core/model.ts';
import { markOf } from '../../../shared/core/snapshot.ts';
import { FAKE_START } from '../../fakes/fake-clock.ts';
import { MINUTE, manyServices, quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { drain } from '../read/reading.ts';
import { inWorld, shell } from './shell.ts';

const US_WEST = vantageId('us-west-2');
const pay = sampleService({ id: serviceId('pay'), names: ['pay.example.com'] });

describe('quorate status', () => {
  it('shows automation first, then health beside what DNS has, with the reason', async () => {
    const world = quorumWorld({ config: sampleConfig({ services: [sampleService(), pay] }) });
    world.sees('us-east-1', { vote: 'down', code: 'timeout' });
    world.silence(US_WEST);

    const { code, out, err } = await shell(['status'], inWorld(world));

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n')[0]).toBe('automation is on for 2 of 2 services');
    await expect(out).toMatchFileSnapshot('../../golden/cli-status.txt');
  });

  it('shows what each vantage saw of one service', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', { vote: 'down', code: 'timeout', sinceAt: FAKE_START - 90_000 });

    const { out } = await shell(['status', 'app'], inWorld(world));

    await expect(out).toMatchFileSnapshot('../../golden/cli-status-service.txt');
  });

  it('names orders by what they cover, and the time that something waits for', async () => {
    const service = sampleService();
    const [first] = service.endpoints;
    const world = quorumWorld({
      weights: { 'eu-west-1': 0, 'us-east-1': 0 },
      entryChanges: {
        'us-east-1': {
          phase: { kind: 'out' },
          outAt: epochMs(FAKE_START - MINUTE),
          changedAt: epochMs(FAKE_START - MINUTE),
        },
      },
      orders: [
        {
          id: 'order001' as OrderId,
          kind: 'drain',
          scope: { kind: 'endpoint', mark: markOf(first!, sha256) },
          weight: weight(0),
          fromAt: epochMs(FAKE_START - MINUTE),
          untilAt: epochMs(FAKE_START + 10 * MINUTE),
          afterwards: 'approve',
          force: [],
          started: true,
        },
      ],
    });

    const { out } = await shell(['status', '--json'], inWorld(world));
    const { services } = JSON.parse(out) as { readonly services: readonly [Shown] };

    expect(services[0].orders).toEqual([
      expect.objectContaining({ id: 'order001', kind: 'drain', covers: 'eu-west-1' }),
    ]);
    expect(services[0].endpoints[0]).toMatchObject({ health: 'up', inDns: 0, order: 'order001' });
    expect(services[0].waitingUntilAt).toBe(FAKE_START + 4 * MINUTE);
    const { out: text } = await shell(['status'], inWorld(world));
    expect(text).toContain(
      'order order001: drain of eu-west-1 until 2026-07-01 00:10Z, then waits for approval, by whom is not known here',
    );
    expect(text).toContain('waiting until 00:04:00Z');
  });

  it('names who gave an order, and why', async () => {
    const world = quorumWorld();
    await drain(world, sampleService(), 'us-east-1', 'order001');

    const { out } = await shell(['status'], inWorld(world));

    expect(out).toContain(
      '\norders\n  app  order order001: drain of us-east-1 until 2026-07-01 00:30Z, floor forced, by ann: bad deploy 4711\n',
    );
    expect(out).toContain('\nnothing is wrong\n');
  });

  it('says that nothing is wrong where nothing is', async () => {
    const { out } = await shell(['status'], inWorld(quorumWorld()));

    expect(out.split('\n').slice(0, 4)).toEqual([
      'automation is on for 1 of 1 service',
      'quorate-test, read through eu-west-1 at 00:00:00Z',
      '',
      'nothing is wrong: every endpoint is up, and DNS has what is wanted',
    ]);
  });

  it('shows of many services those that are not calm, and counts the others', async () => {
    const world = quorumWorld({ config: manyServices(200) });
    world.sees('us-east-1', { vote: 'down', code: 'timeout' }, world.config.vantages, 's117');
    world.sees('eu-west-1', { vote: 'down', code: 'status' }, [US_WEST], 's42');

    const { out } = await shell(['status'], inWorld(world));

    expect(out.split('\n').length).toBeLessThan(35);
    await expect(out).toMatchFileSnapshot('../../golden/cli-status-many.txt');
  });

  it('says once what many services share', async () => {
    const world = quorumWorld({ config: manyServices(20) });
    world.silence(...world.config.vantages.slice(1));

    const { out } = await shell(['status'], inWorld(world));

    expect(out.split('\n').slice(0, 5)).toEqual([
      'automation is on for 0 of 20 services; s00, s01, s02 and 17 others are not-quorate',
      'quorate-test, read through eu-west-1 at 00:00:00Z',
      '',
      'what is wrong',
      expect.stringMatching(
        /^ +20 services \(s00, s01, s02 and 17 more\), as not quorate: 1 of 5 vantages of s00 have a usable report/,
      ),
    ]);
  });

  it('says which services are not automated, and why', async () => {
    const observed = sampleService({ mode: 'observe' });
    const world = quorumWorld({
      fence: 'none',
      config: sampleConfig({ services: [observed, pay] }),
    });

    const { code, out } = await shell(['status'], inWorld(world));

    expect(code).toBe(0);
    expect(out.split('\n')[0]).toBe(
      'automation is on for 0 of 2 services; app is observing; pay is unmanaged',
    );
    expect(out).toContain(
      '  unmanaged: _quorate.pay.example.com does not exist, so nothing is written; run `quorate adopt pay`',
    );
  });

  it('shows the weights that DNS has while observing, not the ones it would have left', async () => {
    const observed = sampleService({ mode: 'observe' });
    const world = quorumWorld({ config: sampleConfig({ services: [observed] }), fence: 'none' });
    world.table.shadows.set('eu-west-1 app', {
      weights: { 'us-east-1': 0 },
      fence: '"quorate1 is no fence"',
    });
    world.sees('us-east-1', 'down');

    const { out } = await shell(['status', '--json'], inWorld(world));
    const { services } = JSON.parse(out) as { readonly services: readonly [Shown] };

    expect(services[0].endpoints.map(({ endpoint, inDns }) => [endpoint, inDns])).toEqual([
      ['eu-west-1', 100],
      ['us-east-1', 100],
      ['ap-southeast-1', 100],
    ]);
  });

  it('warns that the vantages run another file than this one', async () => {
    const world = quorumWorld();
    const changed = sampleService({ digest: 'another-service-digest' as never });
    const terminal = inWorld(world);
    world.publish();

    const { out } = await shell(['status'], {
      ...terminal,
      overrides: {
        ...terminal.overrides,
        config: sampleConfig({ services: [changed], digest: 'config-digest-000000002' as never }),
      },
    });

    expect(out).toContain('not quorate: 0 of 5 vantages of app have a usable report');
    // Its manifest is unknown as well: nobody wrote it in this world.
    expect(out).toMatch(/silent {5}unknown configuration|silent {5}another configuration/);
  });

  it('shows what it can when one of two zones cannot be read, and exits 1', async () => {
    const other = { ...pay, zone: { key: 'other', id: 'Z9999999999' } };
    const config = sampleConfig({
      services: [sampleService(), other],
      zones: { main: sampleService().zone, other: other.zone },
    });
    const world = quorumWorld({ config });
    world.zones.get('Z9999999999')?.failNextRead('throttled');

    const { code, out } = await shell(['status'], inWorld(world));

    expect(code).toBe(1);
    expect(out.split('\n')[0]).toBe('automation is on for 1 of 2 services; pay is unread');
    expect(out).toContain('Rate exceeded');
  });

  it('leaves the votes out where the terminal is narrow', async () => {
    const { out } = await shell(['status'], { ...inWorld(quorumWorld()), columns: 70 });

    expect(out).toContain('  endpoint        health            in DNS  wanted  of\n');
    expect(out).not.toContain('votes:');
  });

  it('writes nothing, neither to the zone nor to the table', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');

    await shell(['status'], inWorld(world));
    await shell(['plan'], inWorld(world));

    expect(world.zone.commits).toEqual([]);
    expect(world.region(0).store.calls.filter(({ method }) => !method.startsWith('read'))).toEqual(
      [],
    );
  });
});

describe('quorate status --watch', () => {
  it('prints one document per change where nobody sits at a terminal, until it is stopped', async () => {
    const world = quorumWorld();
    const stop = new AbortController();
    world.clock.schedule(FAKE_START + 15_000, () => {
      world.sees('us-east-1', { vote: 'down', code: 'timeout' });
    });
    world.clock.schedule(FAKE_START + 40_000, () => stop.abort(new Error('stopped')));

    const { code, out } = await world.clock.runUntil(
      shell(['status', '--watch', '--json'], { ...inWorld(world), signal: stop.signal }),
    );

    const healths = documentsIn(out).map(({ services }) => services[0].endpoints[1]?.health);
    expect({ code, healths }).toEqual({ code: 0, healths: ['up', 'down'] });
    // 20 looks, and the zone is asked every 10 s at most.
    expect(world.zone.reads()).toBeLessThanOrEqual(5);
  });

  it('draws a screen anew every 2 s, cut to its rows', async () => {
    const world = quorumWorld();
    const stop = new AbortController();
    world.clock.schedule(FAKE_START + 5_000, () => stop.abort(new Error('stopped')));

    const { out } = await world.clock.runUntil(
      shell(['status', '--watch'], {
        ...inWorld(world),
        env: { NO_COLOR: '1' },
        isTty: true,
        rows: 10,
        signal: stop.signal,
      }),
    );

    const screens = out.split('\u001b[H').slice(1);
    expect(screens).toHaveLength(3);
    for (const screen of screens) {
      expect(screen.split('\n')).toHaveLength(9);
      expect(screen).toMatch(/^automation is on for 1 of 1 service/);
      expect(screen).toMatch(/Ctrl-C ends this {2}… \d+ more lines/);
    }
  });

  it('goes on where one look fails, and tells why', async () => {
    const world = quorumWorld();
    const stop = new AbortController();
    world.zone.failNextRead('throttled');
    world.clock.schedule(FAKE_START + 15_000, () => stop.abort(new Error('stopped')));

    const { code, out, err } = await world.clock.runUntil(
      shell(['status', '--watch'], { ...inWorld(world), signal: stop.signal }),
    );

    expect(code).toBe(0);
    expect(err).toBe('Rate exceeded\n');
    expect(out.split('\n')[0]).toBe('automation is on for 1 of 1 service');
  });
});

describe('quorate plan', () => {
  it('prints what the quorum would commit now, with its checksum', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', { vote: 'down', code: 'timeout' });

    const { code, out } = await shell(['plan', 'app'], inWorld(world));

    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot('../../golden/cli-plan.txt');
  });

  it('plans what the next round then commits', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', { vote: 'down', code: 'timeout' });

    const { out } = await shell(['plan', '--json'], inWorld(world));
    const [result] = await world.region(1).round();

    const { services } = JSON.parse(out) as {
      readonly services: readonly { readonly plan: { readonly checksum: string } }[];
    };
    expect(services[0]?.plan.checksum).toBe(result?.plan?.checksum);
    expect(result?.outcome.kind).toBe('committed');
  });

  it('says what is withheld and why', async () => {
    const world = quorumWorld();
    for (const endpoint of ['eu-west-1', 'us-east-1', 'ap-southeast-1']) {
      world.sees(endpoint, { vote: 'down', code: 'timeout' });
    }

    const { out } = await shell(['plan'], inWorld(world));

    expect(out).toContain(
      '  withheld: all 3 endpoints look down (timeout), a common cause is likelier than the loss of everything; DNS unchanged for ap-southeast-1\n',
    );
    expect(out).toMatch(/\n {2}nothing to commit\n$/);
  });

  it('says of an observed service that it is never sent', async () => {
    const observed = sampleService({ mode: 'observe' });
    const world = quorumWorld({ config: sampleConfig({ services: [observed] }), fence: 'none' });

    const { out } = await shell(['plan'], inWorld(world));

    expect(out).toContain('mode observe: this would be recorded, and never sent');
  });

  it('shows the zone beside the file where nothing is managed yet', async () => {
    const service = sampleService();
    const world = quorumWorld({ fence: 'none' });
    const [first, second, third] = world.zone.records();
    world.zone.edit([
      { action: 'DELETE', record: first! },
      { action: 'DELETE', record: second! },
      { action: 'CREATE', record: { ...second!, weight: 7, values: ['203.0.113.77'] } },
      { action: 'CREATE', record: { ...third!, setIdentifier: 'old', weight: 0 } },
    ]);

    const { out } = await shell(['plan'], inWorld(world));

    expect(service.ttlSeconds).toBe(30);
    await expect(out).toMatchFileSnapshot('../../golden/cli-plan-unmanaged.txt');
  });

  it('says that there is nothing to commit where the zone is as wanted', async () => {
    const { out } = await shell(['plan'], inWorld(quorumWorld()));

    expect(out).toBe(
      'app   automation: on   mode enforce   5 of 5 vantages, quorum 3\n  nothing to commit: the zone is as wanted\n',
    );
  });
});

/** Documents that follow each other. */
const documentsIn = (out: string): readonly { readonly services: readonly [Shown] }[] =>
  JSON.parse(`[${out.trim().replaceAll(/\n\}\n\{/g, '\n},\n{')}]`);

type Shown = {
  readonly orders: readonly unknown[];
  readonly waitingUntilAt: number | null;
  readonly endpoints: readonly {
    readonly endpoint: string;
    readonly health: string;
    readonly inDns: number | null;
  }[];
};
