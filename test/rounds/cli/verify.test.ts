import { describe, expect, it } from 'vitest';
import type { DnsAnswer, DnsLook } from '../../../scripts/cli/dns-look.ts';
import type { HostedZone } from '../../../scripts/cli/hosted-zones.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import { type QuorumWorld, quorumWorld } from '../../fakes/quorum-world.ts';
import { inWorld, type Printed, shell } from './shell.ts';

const SERVERS = ['ns-1.awsdns-01.org', 'ns-2.awsdns-02.com'];

describe('quorate verify', () => {
  it('finds that every server serves what the zone holds, and that the parent delegates to them', async () => {
    const { code, out, err } = await verified(quorumWorld());

    expect(code).toBe(0);
    expect(err).toBe('asking ns-1.awsdns-01.org, ns-2.awsdns-02.com for app …\n');
    await expect(out).toMatchFileSnapshot('../../golden/cli-verify.txt');
  });

  it('names the server that is a generation behind, and exits 1', async () => {
    const world = quorumWorld();
    const before = world.zone.records();
    world.sees('us-east-1', 'down');
    await world.region(0).round();

    const { code, out } = await verified(world, { recordsAt: { 'ns-2.awsdns-02.com': before } });

    expect(code).toBe(1);
    expect(out.split('\n')[0]).toBe('not every name server serves what the zone holds');
    expect(out).toContain(
      '  ✗ ns-2.awsdns-02.com  192.0.2.2  generation 41\n      it serves generation 41, the zone has generation 42: a change takes up to 60 s to get there\n      app.example.com A answers 203.0.113.180, which has no weight in the zone\n',
    );
    expect(out).toContain('  ✓ ns-1.awsdns-01.org  192.0.2.1  generation 42\n');
  });

  it('says that the parent delegates elsewhere, and exits 1', async () => {
    const { code, out } = await verified(quorumWorld(), {
      delegated: ['ns1.old-provider.example', 'ns2.old-provider.example'],
    });

    expect(code).toBe(1);
    expect(out).toContain(
      "com delegates example.com to ns1.old-provider.example, ns2.old-provider.example, Route 53 serves it from ns-1.awsdns-01.org, ns-2.awsdns-02.com: what Quorate writes is not what the world asks; correct the NS records at com, or the zone's id",
    );
  });

  it('judges no delegation that it could not find out', async () => {
    const { code, out } = await verified(quorumWorld(), { delegated: [] });

    expect(code).toBe(0);
    expect(out).toContain(
      'the delegation of example.com was not compared: no name server of com answered',
    );
  });

  it.each([
    [
      'is silent',
      { kind: 'silent', why: 'no DNS answer from 192.0.2.2:53 within 2000 ms' } as const,
      'no answer (no DNS answer from 192.0.2.2:53 within 2000 ms)',
    ],
    [
      'does not know the zone',
      {
        kind: 'answer',
        rcode: 'REFUSED',
        isAuthoritative: false,
        data: [],
        ttlSeconds: null,
        referral: [],
      } as const,
      'it is not authoritative for _quorate.app.example.com (REFUSED)',
    ],
  ])('names the server that %s', async (_, answer, problem) => {
    const { code, out } = await verified(quorumWorld(), {
      answerAt: { 'ns-2.awsdns-02.com': answer },
    });

    expect(code).toBe(1);
    expect(out).toContain(`      ${problem}\n`);
  });

  it('shows the answers of an alias and does not compare them', async () => {
    const world = quorumWorld();
    const [record] = world.zone.records();
    const { values: _, ttlSeconds: __, ...rest } = record!;
    world.zone.edit([
      { action: 'DELETE', record: record! },
      {
        action: 'CREATE',
        record: {
          ...rest,
          alias: {
            name: 'lb.eu-west-1.elb.amazonaws.com',
            zone: 'Z32O12XQLNTSW2',
            evaluateTargetHealth: true,
          },
        },
      },
    ]);

    const { code, out } = await verified(world);

    expect(code).toBe(0);
    expect(out).toMatch(/A: 198\.51\.100\.7, .*\(alias, not compared\)/);
  });

  it('asks the servers that are named instead of the zone’s own', async () => {
    const { out } = await verified(quorumWorld(), {}, ['--server', '192.0.2.1', '--json']);

    expect(JSON.parse(out)).toMatchObject({
      format: 1,
      agrees: true,
      delegations: [],
      services: [{ service: 'app', servers: [{ server: '192.0.2.1:53', generation: 41 }] }],
    });
  });

  it('says that a name is outside the zone', async () => {
    expect(await verified(quorumWorld(), { zoneName: 'example.org' })).toEqual({
      code: 2,
      out: '',
      err: 'app.example.com is outside zone main (Z0123456789ABCDEFGHIJ), which is example.org; correct names, or the id of zones.main in quorate.yml\n',
    });
  });

  it('refuses a private zone, and what is no name server', async () => {
    expect(await verified(quorumWorld(), { isPrivate: true })).toEqual({
      code: 3,
      out: '',
      err: 'zone main (Z0123456789ABCDEFGHIJ) is a private zone: nobody outside its VPCs can ask its name servers; steer a public zone\n',
    });
    expect(await verified(quorumWorld(), {}, ['--server', 'not a server'])).toEqual({
      code: 2,
      out: '',
      err: '--server not a server is not a name server; write an address and perhaps a port, such as 192.0.2.53:53\n',
    });
  });
});

type Stage = {
  /** What a server still serves; default: the zone as it is. */
  readonly recordsAt?: Readonly<Record<string, readonly ZoneRecord[]>>;
  readonly answerAt?: Readonly<Record<string, DnsAnswer>>;
  readonly delegated?: readonly string[];
  readonly isPrivate?: boolean;
  readonly zoneName?: string;
};

function verified(
  world: QuorumWorld,
  stage: Stage = {},
  args: readonly string[] = [],
): Promise<Printed> {
  const hosted: HostedZone = {
    id: world.config.services[0]?.zone.id ?? '',
    name: stage.zoneName ?? 'example.com',
    isPrivate: stage.isPrivate ?? false,
    nameServers: SERVERS,
  };
  return shell(['verify', ...args], {
    ...inWorld(world),
    hostedZones: { list: async () => [hosted], get: async () => hosted },
    dns: dnsOf(world, stage),
  });
}

/** Name servers that answer one weighted target after the other. */
function dnsOf(world: QuorumWorld, stage: Stage): DnsLook {
  let turn = 0;
  const answer = (data: readonly string[], referral: readonly string[] = []): DnsAnswer => ({
    kind: 'answer',
    rcode: 'NOERROR',
    isAuthoritative: referral.length === 0,
    data,
    ttlSeconds: 30,
    referral,
  });
  return {
    addressesOf: async (name) => [
      name === 'a.gtld-servers.net' ? '192.0.2.9' : `192.0.2.${SERVERS.indexOf(name) + 1}`,
    ],
    serversOf: async (zone) => (zone === 'com' ? ['a.gtld-servers.net'] : []),
    ask: async ({ host }, name, type) => {
      if (host === '192.0.2.9') return answer([], stage.delegated ?? SERVERS);
      const server = SERVERS[Number(host.split('.').at(-1)) - 1] ?? '';
      const given = stage.answerAt?.[server];
      if (given !== undefined) return given;
      const records = (stage.recordsAt?.[server] ?? world.zone.records()).filter(
        (record) => record.name === name && record.type === type,
      );
      if (type === 'TXT') return answer(records.map(({ values }) => unquoted(values?.[0] ?? '')));
      const serving = records.filter(({ weight }) => (weight ?? 0) > 0);
      turn += 1;
      const chosen = serving[turn % Math.max(1, serving.length)];
      return answer(chosen?.alias ? ['198.51.100.7'] : (chosen?.values ?? []));
    },
  };
}

const unquoted = (value: string): string => value.split('" "').join('').slice(1, -1);
