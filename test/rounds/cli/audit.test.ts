import { describe, expect, it } from 'vitest';
import type { DnsAnswer, DnsLook } from '../../../scripts/cli/dns-look.ts';
import type { Operation } from '../../../shared/core/operation.ts';
import { recordSortKey } from '../../../shared/core/record.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import { orderRound } from '../../../shared/rounds/order-round.ts';
import { NEVER, type QuorumWorld, quorumWorld } from '../../fakes/quorum-world.ts';
import { inWorld, type Printed, shell } from './shell.ts';

const SERVERS = ['ns-1.example.net', 'ns-2.example.net'];

describe('quorate audit verify', () => {
  it('finds a history whole, as the name servers anchor it', async () => {
    const world = await storied();

    const { code, out, err } = await audited(world, ['verify', 'app']);

    expect(code).toBe(0);
    expect(err).toContain('note: no API is known');
    await expect(out).toMatchFileSnapshot('../../golden/cli-audit.txt');
  });

  it('names the first break, what to do, and how to say that it is known; exits 1', async () => {
    const world = await storied();
    const [, key] = [...world.table.records.keys()].sort();
    world.table.records.delete(key!);

    const { code, out } = await audited(world, ['verify', 'app', '--direct']);

    expect(code).toBe(1);
    expect(out.split('\n')[0]).toMatch(
      /^the history is broken in 1 of 1 service: app, generation 2: no record has the digest /,
    );
    expect(out).toContain('point-in-time recovery');
    const id = /--known (\S+)/.exec(out)![1]!;
    const again = await audited(world, ['verify', 'app', '--direct', '--known', id]);
    expect(again.code).toBe(0);
    expect(again.out).toContain('  known: generation 2');
  });

  it('sees a fence that was set back, and which server serves another one', async () => {
    const world = await storied();
    const before = world.zone.records();
    world.sees('us-east-1', 'up');
    world.sees('ap-southeast-1', 'down');
    await world.minutes(20);
    const latest = world.zone.records();

    const behind = await audited(world, ['verify'], { records: before });
    expect(behind.code).toBe(1);
    expect(behind.out).toContain('but the `_quorate` record in DNS is older');

    const one = await audited(world, ['verify'], { records: latest, second: before });
    expect(one.code).toBe(0);
    expect(one.out).toContain('  note: ns-2.example.net serves generation 4\n');
  });

  it('looks once more where a commit came meanwhile', async () => {
    const world = await storied();
    const newest = [...world.table.records.keys()].sort().at(-1)!;
    const record = world.table.records.get(newest);
    world.table.records.delete(newest);
    world.region(0).store.trouble('readMarks', {
      kind: 'before',
      run: () => {
        world.table.records.set(newest, record);
      },
    });

    const { code, err } = await audited(world, ['verify', 'app', '--direct']);

    expect(code).toBe(0);
    expect(err).toContain('a commit came meanwhile, its record is looked for once more');
  });

  it('has nothing to hang a history on where no name server answers', async () => {
    const { code, err } = await audited(await storied(), ['verify', 'app'], { silent: true });

    expect(code).toBe(1);
    expect(err).toContain('no name server of the zone of app.example.com answered');
    expect(err).toContain('--direct');
  });

  it('asks the server that is named, and prints one document', async () => {
    const world = await storied();

    const { out } = await audited(world, ['verify', '--server', '192.0.2.1', '--json']);

    expect(JSON.parse(out)).toMatchObject({
      format: 1,
      whole: true,
      services: [
        {
          service: 'app',
          from: 'the table in eu-west-1',
          anchor: { generation: 4 },
          chain: { kind: 'whole', breaks: [], records: 8, lives: [{ from: 1, to: 4 }] },
          cut: null,
        },
      ],
    });
  });

  it('of a service that nobody adopted is whole and says why there is no anchor', async () => {
    const world = quorumWorld({ fence: 'none' });

    const { code, out } = await audited(world, ['verify', '--direct']);

    expect(code).toBe(0);
    expect(out).toContain('app   no anchor; 0 records');
    expect(out).toContain('note: _quorate.app.example.com is unmanaged');
  });

  it('reads through the API, every byte as it was stored', async () => {
    const world = await storied();
    const records = world.records().toReversed();
    const keys = records.map(recordSortKey);
    const asked: (string | null)[] = [];
    const fetch = async (url: string | URL): Promise<Response> => {
      const { searchParams, pathname } = new URL(url);
      expect(pathname).toBe('/v1/services/app/decisions');
      const before = searchParams.get('before');
      asked.push(before);
      const at = before === null ? 0 : keys.indexOf(before) + 1;
      const page = records.slice(at, at + 5);
      return Response.json({
        decisions: page.map((record) => ({ record, committedAt: null })),
        next: page.length < 5 ? null : keys[at + 4],
      });
    };

    const { code, out, err } = await audited(
      world,
      ['verify', '--api', 'eu-west-1=https://api.example.com'],
      {
        fetch,
      },
    );

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('8 records from the API');
    expect(asked).toEqual([null, keys[4]]);
  });
});

describe('quorate audit log', () => {
  it('says who did what, from where and why, newest first', async () => {
    const { code, out } = await audited(await storied(), ['log', 'app', '--direct']);

    expect(code).toBe(0);
    await expect(out).toMatchFileSnapshot('../../golden/cli-audit-log.txt');
  });

  it('finds what one person did', async () => {
    const { out } = await audited(await storied(), [
      'log',
      '--actor',
      'ALICE',
      '--direct',
      '--json',
    ]);

    expect(JSON.parse(out).entries).toMatchObject([
      { actor: 'alice', generation: 4, why: 'bad deploy 4711', what: ['eu-west-1 100 → 10'] },
      { actor: 'alice', generation: 1, why: 'first light' },
    ]);
  });

  it('has a time', async () => {
    const world = await storied();
    await world.clock.advance(10_000);

    expect((await audited(world, ['log', '--since', '1s', '--direct'])).out).toMatch(
      /^nothing was done since /,
    );
    expect((await audited(world, ['log', '--since', 'soon', '--direct'])).code).toBe(2);
  });

  it('leaves out lost races and what was only observed, unless all is asked for', async () => {
    const world = await storied();
    const won = world.records()[1]!;
    const lost = { ...won, nonce: 'lost0001', actor: 'quorum@us-west-2' };
    world.table.records.set('app 0000000002#lost0001', lost);
    const seen = { ...won, nonce: 'seen0001', actor: 'observed@us-west-2' };
    world.table.records.set('app 0000000002#seen0001', seen);

    const some = await audited(world, ['log', '--direct']);
    const all = await audited(world, ['log', '--direct', '--all']);

    expect(some.out).not.toContain('@us-west-2');
    expect(all.out).toContain('quorum@us-west-2   lost');
    expect(all.out).toContain('observed@us-west-2   observed');
  });
});

/** Adopted, a region removed, an operator's pin. */
async function storied(): Promise<QuorumWorld> {
  const world = quorumWorld({ fence: 'none' });
  await give(world, { kind: 'adopt' }, 'first light');
  await world.minutes(1);
  const { generation } = world.fence();
  world.sees('us-east-1', 'down');
  await world.region(0).round();
  expect(world.fence().generation).toBe(generation + 1);
  const now = world.clock.now();
  await give(
    world,
    {
      kind: 'order',
      order: {
        id: 'order001' as never,
        kind: 'pin',
        scope: { kind: 'endpoint', mark: world.fence().entries[0]!.mark },
        weight: 10 as never,
        fromAt: now,
        untilAt: (now + 3_600_000) as never,
        afterwards: 'auto',
        force: ['floor'],
        started: false,
      },
    },
    'bad deploy 4711',
  );
  return world;
}

async function give(world: QuorumWorld, operation: Operation, reason: string): Promise<void> {
  const { deps, id } = world.region(0);
  await world.clock.advance(60_000);
  const answer = await world.clock.runUntil(
    orderRound(
      deps,
      world.config,
      world.config.services[0]!,
      world.options(id),
      { operation, actor: 'alice', reason, isDryRun: false, checksum: null },
      NEVER,
    ),
  );
  expect(answer.kind).toBe('committed');
}

type Seen = {
  readonly records?: readonly ZoneRecord[];
  readonly second?: readonly ZoneRecord[];
  readonly silent?: boolean;
  readonly fetch?: (url: string | URL) => Promise<Response>;
};

async function audited(
  world: QuorumWorld,
  args: readonly string[],
  seen: Seen = {},
): Promise<Printed> {
  const { records = world.zone.records(), second = records, silent = false, fetch } = seen;
  const dns: DnsLook = {
    ask: async ({ host }, name, type): Promise<DnsAnswer> => {
      if (silent) return { kind: 'silent', why: 'no answer' };
      const own = (host === '192.0.2.2' ? second : records).filter(
        (record) => record.name === name && record.type === type,
      );
      return {
        kind: 'answer',
        rcode: 'NOERROR',
        isAuthoritative: true,
        data: own.flatMap(({ values }) =>
          (values ?? []).map((value) => value.slice(1, -1).replaceAll('" "', '')),
        ),
        ttlSeconds: 60,
        referral: [],
      };
    },
    addressesOf: async (name) => [name === SERVERS[0] ? '192.0.2.1' : '192.0.2.2'],
    serversOf: async (zone) => (zone === 'example.com' ? SERVERS : []),
  };
  const base = inWorld(world);
  return await shell(['audit', ...args], {
    ...base,
    dns,
    stackUrls: async () => null,
    ...(fetch === undefined
      ? {}
      : {
          fetch: fetch as never,
          overrides: {
            ...base.overrides,
            credentials: async () => ({ accessKeyId: 'a', secretAccessKey: 'b' }),
          } as never,
        }),
  });
}
