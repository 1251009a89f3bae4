/**
 * Targets given by name: what DNS answers, what is checked, and what is then connected to. A real DNS
 * server on loopback speaks the wire format; a resolver with a script plays what no server can be made to.
 */
import { createSocket, type Socket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { type Answer, decode, encode, type Packet } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { addressPolicy } from '../../shared/adapters/address-policy.ts';
import { classifyAddress, isInside } from '../../shared/adapters/addresses.ts';
import { type NameResolver, targetResolver } from '../../shared/adapters/resolve-target.ts';
import { httpProbe, neverAborted, resultOf, testProber } from '../fakes/probe-requests.ts';
import { answering, httpText, rawServer } from '../fakes/raw-server.ts';

const anything = () => true;
const publicOnly = addressPolicy(
  { classifyAddress, isInside },
  { allowAddresses: [], allowLoopback: false },
);

describe('answers on the wire', () => {
  const A = (name: string, data: string, ttl = 60): Answer => ({ type: 'A', name, data, ttl });
  const AAAA = (name: string, data: string): Answer => ({ type: 'AAAA', name, data, ttl: 60 });
  const CNAME = (name: string, data: string): Answer => ({ type: 'CNAME', name, data, ttl: 60 });
  const RCODE = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
  const hundred = Array.from({ length: 100 }, (_, i) => A('many.test', `198.18.0.${i + 1}`));

  const zone: DnsZone = (name, type) => {
    switch (`${name} ${type}`) {
      case 'v4.test A':
        return { answers: [A(name, '192.0.2.1')] };
      case 'both.test A':
        return { answers: [A(name, '192.0.2.1'), A(name, '192.0.2.2'), A(name, '192.0.2.3')] };
      case 'both.test AAAA':
        return { answers: [AAAA(name, '2001:db8::1'), AAAA(name, '2001:db8::2')] };
      case 'alias.test A':
        return { answers: [CNAME(name, 'v4.test'), A('v4.test', '192.0.2.1')] };
      case 'brokenv6.test A':
        return { answers: [A(name, '192.0.2.1')] };
      case 'brokenv6.test AAAA':
      case 'servfail.test A':
      case 'servfail.test AAAA':
        return { rcode: RCODE.SERVFAIL };
      case 'refused.test A':
      case 'refused.test AAAA':
        return { rcode: RCODE.REFUSED };
      case 'many.test A':
        return { answers: hundred };
      case 'loop-a.test CNAME':
        return { answers: [CNAME(name, 'loop-b.test')] };
      case 'loop-b.test CNAME':
        return { answers: [CNAME(name, 'Loop-A.test')] };
      case 'loop-a.test A':
      case 'loop-a.test AAAA':
        return { rcode: RCODE.SERVFAIL };
      case 'silent.test A':
      case 'silent.test AAAA':
        return 'silent';
      default:
        return { rcode: name.startsWith('no-') ? RCODE.NXDOMAIN : RCODE.NOERROR };
    }
  };

  const resolveAt = (port: number) =>
    targetResolver({
      isAllowed: anything,
      makeResolver: () => {
        const resolver = new Resolver({ timeout: 200, tries: 1 });
        resolver.setServers([`127.0.0.1:${port}`]);
        return resolver;
      },
    });

  it.each([
    ['F35 a name that does not exist', 'no-such.test', 'fail', 'dns-not-found'],
    ['F35 a name whose servers fail', 'servfail.test', 'fail', 'dns-server-failure'],
    ['F35 a name that is refused', 'refused.test', 'fail', 'dns-server-failure'],
    ['F35 a name without addresses', 'empty.test', 'fail', 'dns-empty'],
    ['F35 a CNAME loop', 'loop-a.test', 'fail', 'dns-loop'],
    ['F35 a name nobody answers for', 'silent.test', 'skipped', 'own-dns'],
  ])('%s (%s) is %s %s', async (_, name, kind, code) => {
    await using server = await dnsServer(zone);

    expect(await resolveAt(server.port)(name, neverAborted())).toMatchObject({ kind, code });
  });

  it.each([
    ['one address', 'v4.test', ['192.0.2.1']],
    ['a final dot', 'v4.test.', ['192.0.2.1']],
    ['an alias', 'alias.test', ['192.0.2.1']],
    ['one family broken', 'brokenv6.test', ['192.0.2.1']],
    ['both families', 'both.test', ['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2']],
  ])('%s gives its addresses', async (_, name, addresses) => {
    await using server = await dnsServer(zone);

    const found = await resolveAt(server.port)(name, neverAborted());

    expect(found.kind === 'addresses' && found.addresses.map(({ address }) => address)).toEqual(
      addresses,
    );
  });

  it('F37 of 100 addresses at most 4 are probed', async () => {
    await using server = await dnsServer(zone);

    const found = await resolveAt(server.port)('many.test', neverAborted());

    expect(found.kind === 'addresses' && found.addresses).toHaveLength(4);
  });

  it('F35 silence for one name is its own fault while other names are answered', async () => {
    await using server = await dnsServer(zone);
    const resolve = resolveAt(server.port);

    const silent = resolve('silent.test', neverAborted());
    await resolve('v4.test', neverAborted());

    expect(await silent).toMatchObject({ kind: 'fail', code: 'dns-server-failure' });
  });

  it('F35 a resolver that is not there is the vantage’s own fault', async () => {
    const gone = await dnsServer(zone);
    await gone[Symbol.asyncDispose]();

    expect(await resolveAt(gone.port)('v4.test', neverAborted())).toMatchObject({
      kind: 'skipped',
      code: 'own-dns',
    });
  });

  it('F35 a TTL of 0 is as good as any: every probe asks anew', async () => {
    let asked = 0;
    await using server = await dnsServer((name, type) => {
      if (type !== 'A') return {};
      asked += 1;
      return { answers: [A(name, '192.0.2.1', 0)] };
    });
    const resolve = resolveAt(server.port);

    await resolve('v4.test', neverAborted());
    await resolve('v4.test', neverAborted());

    expect(asked).toBe(2);
  });
});

describe('what is connected to', () => {
  it('F36 a name that points elsewhere once it was checked is connected to where it was checked', async () => {
    await using checked = await rawServer(answering(httpText(200, 'checked')));
    await using trap = await rawServer(answering(httpText(200, 'trap')), {
      host: '127.0.0.2',
      port: checked.port,
    });
    let asked = 0;
    const rebinding = scripted({
      resolve4: async () => [asked++ === 0 ? '127.0.0.1' : '127.0.0.2'],
    });
    const prober = testProber({ makeResolver: () => rebinding });

    const result = await resultOf(prober, named(checked.port));

    expect(result).toMatchObject({ kind: 'http', body: 'checked' });
    expect(trap.connections()).toBe(0);
    expect(asked).toBe(1);
  });

  it('F36 each hop of a redirect is resolved and checked anew', async () => {
    await using server = await rawServer(answering(httpText(302, '', { location: '/next' })));
    let asked = 0;
    const rebinding = scripted({
      resolve4: async () => [asked++ === 0 ? '127.0.0.1' : '169.254.169.254'],
    });
    const prober = testProber({ makeResolver: () => rebinding });

    expect(await resultOf(prober, named(server.port))).toEqual({
      kind: 'fail',
      code: 'address-not-allowed',
      detail: '169.254.169.254 may not be probed',
    });
    expect(server.connections()).toBe(1);
  });

  it('F36 a redirect goes on at another address of the name if the first is gone', async () => {
    await using first = await rawServer(answering(httpText(302, '', { location: '/next' })));
    await using second = await rawServer(answering(httpText(200, 'second')), {
      host: '127.0.0.2',
      port: first.port,
    });
    let asked = 0;
    const moving = scripted({
      resolve4: async () => [asked++ === 0 ? '127.0.0.1' : '127.0.0.2'],
    });

    expect(
      await resultOf(testProber({ makeResolver: () => moving }), named(first.port)),
    ).toMatchObject({ body: 'second', redirects: 1 });
    expect(second.connections()).toBe(1);
  });

  it('F36 one forbidden address among good ones refuses the whole name', async () => {
    await using server = await rawServer(answering(httpText(200)));
    const mixed = scripted({ resolve4: async () => ['127.0.0.1', '10.0.0.1'] });
    const prober = testProber({ makeResolver: () => mixed });

    expect(await resultOf(prober, named(server.port))).toMatchObject({
      kind: 'fail',
      code: 'address-not-allowed',
    });
    expect(server.connections()).toBe(0);
  });

  it('F37 every address of a name gives an attempt of its own', async () => {
    await using one = await rawServer(answering(httpText(200, 'one')));
    await using two = await rawServer(answering(httpText(500, 'two')), {
      host: '127.0.0.2',
      port: one.port,
    });
    const both = scripted({ resolve4: async () => ['127.0.0.1', '127.0.0.2'] });
    const prober = testProber({ makeResolver: () => both });

    const { attempts } = await prober.probe(named(one.port), neverAborted());

    expect(attempts).toMatchObject([
      { address: '127.0.0.1', family: 4, result: { status: 200 } },
      { address: '127.0.0.2', family: 4, result: { status: 500 } },
    ]);
    expect(attempts[0]?.timings.dnsMs).not.toBeNull();
    expect(two.connections()).toBe(1);
  });

  it('a resolver that never answers runs into the deadline as our own fault', async () => {
    let cancelled = 0;
    const mute = scripted({
      resolve4: () => new Promise(() => undefined),
      resolve6: () => new Promise(() => undefined),
      cancel: () => {
        cancelled += 1;
      },
    });
    const prober = testProber({ makeResolver: () => mute });

    expect(await resultOf(prober, named(1, 200))).toMatchObject({
      kind: 'skipped',
      code: 'own-dns',
    });
    expect(cancelled).toBe(1);
  });

  it('a round that ends while a name is looked up gives skipped', async () => {
    const asked = Promise.withResolvers<void>();
    const mute = scripted({
      resolve4: () => {
        asked.resolve();
        return new Promise(() => undefined);
      },
    });
    const round = new AbortController();

    const probing = testProber({ makeResolver: () => mute }).probe(named(1), round.signal);
    await asked.promise;
    round.abort();

    expect((await probing).attempts).toMatchObject([
      { address: null, result: { kind: 'skipped', code: 'aborted' } },
    ]);
  });

  it('an already ended round asks nobody', async () => {
    let made = 0;
    const resolve = targetResolver({
      isAllowed: publicOnly,
      makeResolver: () => {
        made += 1;
        return scripted({});
      },
    });

    expect(await resolve('app.test', AbortSignal.abort())).toMatchObject({ code: 'own-dns' });
    expect(made).toBe(0);
  });

  it.each(['2130706433', '0x7f.1', '127.1', 'fe80::1%lo', 'a/b', 'a b', '1.2.3.4.5'])(
    'F95 %s is refused before anybody is asked',
    async (target) => {
      let made = 0;
      const resolve = targetResolver({
        isAllowed: anything,
        makeResolver: () => {
          made += 1;
          return scripted({ resolve4: async () => ['192.0.2.1'] });
        },
      });

      expect(await resolve(target, neverAborted())).toMatchObject({ code: 'address-not-allowed' });
      expect(made).toBe(0);
    },
  );

  it.each(['', '.', `${'a'.repeat(63)}.`.repeat(4)])('%j is no host name', async (target) => {
    const resolve = targetResolver({ isAllowed: anything, makeResolver: () => scripted({}) });

    expect(await resolve(target, neverAborted())).toMatchObject({ code: 'dns-not-found' });
  });

  it('a chain of aliases without end is a loop', async () => {
    let hop = 0;
    const endless = scripted({ resolveCname: async () => [`hop-${hop++}.test`] });
    const resolve = targetResolver({ isAllowed: publicOnly, makeResolver: () => endless });

    expect(await resolve('app.test', neverAborted())).toMatchObject({ code: 'dns-loop' });
    expect(hop).toBeLessThan(20);
  });
});

const named = (port: number, timeoutMs = 5_000) =>
  httpProbe(port, { url: `http://app.test:${port}/health`, target: 'app.test', timeoutMs });

function scripted(script: Partial<NameResolver>): NameResolver {
  const noData = async (): Promise<never> => {
    throw Object.assign(new Error('no data'), { code: 'ENODATA' });
  };
  return {
    resolve4: noData,
    resolve6: noData,
    resolveCname: noData,
    cancel: () => undefined,
    ...script,
  };
}

type DnsZone = (
  name: string,
  type: string,
) => { readonly answers?: Answer[]; readonly rcode?: number } | 'silent';

async function dnsServer(zone: DnsZone): Promise<AsyncDisposable & { readonly port: number }> {
  const socket: Socket = createSocket('udp4');
  socket.on('message', (message, peer) => {
    const query: Packet = decode(message);
    const question = query.questions?.[0];
    if (question === undefined) return;
    const found = zone(question.name.toLowerCase(), question.type);
    if (found === 'silent') return;
    const bytes = encode({
      type: 'response',
      id: query.id ?? 0,
      flags: 0x8180 | (found.rcode ?? 0),
      questions: [question],
      answers: found.answers ?? [],
    });
    socket.send(bytes, peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
