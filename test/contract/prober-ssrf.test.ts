/**
 * Targets that lead inside: nothing that a configuration, a name server or a redirect says makes a probe
 * connect to an address that is not allowed. Every connection would go through a trap that counts them.
 */
import { describe, expect, it } from 'vitest';
import { addressPolicy } from '../../shared/adapters/address-policy.ts';
import { classifyAddress, isInside } from '../../shared/adapters/addresses.ts';
import type { NameResolver } from '../../shared/adapters/resolve-target.ts';
import type { Prober } from '../../shared/ports.ts';
import { trustedAuthority } from '../fakes/certificates.ts';
import { httpProbe, resultOf, tcpProbe, testProber } from '../fakes/probe-requests.ts';
import { answering, httpText, type RawServer, rawServer, routing } from '../fakes/raw-server.ts';

const aids = { classifyAddress, isInside };
const publicOnly = addressPolicy(aids, { allowAddresses: [], allowLoopback: false });

/** Written as addresses in some way. */
const LITERALS = [
  '127.0.0.1',
  '127.0.0.53',
  '127.255.255.254',
  '127.1',
  '2130706433',
  '017700000001',
  '0177.0.0.1',
  '0x7f000001',
  '0x7f.0.0.1',
  '0x7f.1',
  '0',
  '0.0.0.0',
  '0.1.2.3',
  '10.0.0.1',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.254',
  '192.168.0.1',
  '100.64.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '169.254.169.254',
  '169.254.169.254.',
  '169.254.170.2',
  '169.254.0.1',
  '2852039166',
  '0xa9fea9fe',
  '0251.0376.0251.0376',
  '192.0.0.1',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.51.100.20',
  '203.0.113.30',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '[::1]',
  '0:0:0:0:0:0:0:1',
  '::127.0.0.1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '::ffff:0:127.0.0.1',
  '64:ff9b::169.254.169.254',
  '64:ff9b:1::1',
  '2002:7f00:1::',
  '2002:a9fe:a9fe::1',
  '2001:0:4136:e378:8000:63bf:5601:5601',
  'fe80::1',
  'fe80::1%eth0',
  'fe80::1%25lo',
  'fc00::1',
  'fd00:ec2::254',
  'fd12:3456::1',
  'fec0::1',
  'ff02::1',
  '2001:db8::20',
  '3fff::1',
  '100::1',
  '4000::1',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '１２７.０.０.１',
];

/** Names, and where an attacker's name server makes them point. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  localhost: ['127.0.0.1'],
  'localhost.': ['127.0.0.1'],
  LOCALHOST: ['127.0.0.1'],
  'app.localhost': ['127.0.0.1', '::1'],
  'ip6-localhost': ['::1'],
  'metadata.google.internal': ['169.254.169.254'],
  'instance-data.ec2.internal': ['169.254.169.254'],
  'sandbox.localdomain': ['127.0.0.1'],
  '127.0.0.1.nip.example': ['127.0.0.1'],
  'zero.example': ['0.0.0.0'],
  'private.example': ['10.0.0.1'],
  'mixed.example': ['93.184.215.14', '192.168.1.1'],
  'mapped.example': ['::ffff:169.254.169.254'],
  'nat64.example': ['64:ff9b::a9fe:a9fe'],
  'sixtofour.example': ['2002:7f00:1::1'],
  'linklocal.example': ['fe80::1'],
  'zoned.example': ['fe80::1%lo'],
  'unique-local.example': ['fd00:ec2::254'],
  'garbage.example': ['not an address'],
  'numbers.example': ['2130706433'],
  'fifth.example': ['1.1.1.1', '1.0.0.1', '8.8.8.8', '8.8.4.4', '127.0.0.1'],
};

const lookedUp = (name: string): readonly string[] =>
  NAMES[name] ?? NAMES[name.toLowerCase()] ?? ['127.0.0.1'];

const noData = async (): Promise<never> => {
  throw Object.assign(new Error('no data'), { code: 'ENODATA' });
};
const hostileResolver = (): NameResolver => ({
  resolve4: async (name) => lookedUp(name).filter((address) => !address.includes(':')),
  resolve6: async (name) => lookedUp(name).filter((address) => address.includes(':')),
  resolveCname: noData,
  cancel: () => undefined,
});

/** Whatever a probe decides to connect to ends up in the trap. */
function trapped(trap: RawServer): { readonly prober: Prober; readonly reached: string[] } {
  const reached: string[] = [];
  const prober = testProber({
    isAllowed: publicOnly,
    makeResolver: hostileResolver,
    route: (address) => {
      reached.push(address);
      return { address: '127.0.0.1', port: trap.port };
    },
  });
  return { prober, reached };
}

describe('targets that lead inside', () => {
  it('F95 the table has at least 60 of them', () => {
    expect(LITERALS.length + Object.keys(NAMES).length).toBeGreaterThanOrEqual(60);
  });

  it.each([...LITERALS, ...Object.keys(NAMES)])('F95 %s is never connected to', async (target) => {
    await using trap = await rawServer(answering(httpText(200)));
    const { prober, reached } = trapped(trap);
    const host = target.includes(':') && !target.startsWith('[') ? `[${target}]` : target;
    const url = `http://${host}:${trap.port}/health`;

    const results = [
      await resultOf(prober, httpProbe(trap.port, { url: 'http://app.example/', target })),
      await resultOf(prober, tcpProbe(target, trap.port)),
    ];
    if (URL.canParse(url)) {
      const { hostname } = new URL(url);
      results.push(await resultOf(prober, httpProbe(trap.port, { url, target: hostname })));
    }

    expect(results.map(({ kind }) => kind)).toEqual(results.map(() => 'fail'));
    for (const result of results) expect(result).toMatchObject({ code: 'address-not-allowed' });
    expect(reached).toEqual([]);
    expect(trap.connections()).toBe(0);
  });

  it.each([
    'file:///etc/passwd',
    'file://localhost/proc/self/environ',
    'ftp://public.example/',
    'gopher://public.example:70/_GET',
    'data:text/plain,x',
    'javascript:1',
    'unix:/var/run/docker.sock',
    'http+unix://x/',
    'http://user:password@public.example/',
    'http://user@public.example/',
    'http://',
    'not a url',
    '//public.example/',
  ])('F95 the URL %s is not asked for', async (url) => {
    await using trap = await rawServer(answering(httpText(200)));
    const { prober, reached } = trapped(trap);

    expect(await resultOf(prober, httpProbe(trap.port, { url, target: '1.1.1.1' }))).toMatchObject({
      kind: 'fail',
      code: 'address-not-allowed',
    });
    expect(reached).toEqual([]);
  });

  it.each([0, -1, 65_536, 1.5, Number.NaN])('F95 port %d is none', async (port) => {
    await using trap = await rawServer(answering(httpText(200)));
    const { prober, reached } = trapped(trap);

    expect(await resultOf(prober, tcpProbe('1.1.1.1', port))).toMatchObject({
      code: 'address-not-allowed',
    });
    expect(reached).toEqual([]);
  });

  it('F95 the trap works: a public address is connected to', async () => {
    await using trap = await rawServer(answering(httpText(200, 'trap')));
    const { prober, reached } = trapped(trap);

    const literal = httpProbe(80, { url: 'http://1.1.1.1/', target: '1.1.1.1' });

    expect(await resultOf(prober, literal)).toMatchObject({ body: 'trap' });
    expect(reached).toEqual(['1.1.1.1']);
    expect(trap.connections()).toBe(1);
  });
});

describe('redirects that lead away', () => {
  it.each([
    ['another host', 'http://other.example/'],
    ['another host without a scheme', '//other.example/x'],
    ['a host that only begins alike', 'http://app.example.test.evil.example/'],
    ['a host behind credentials', 'http://app.example.test@evil.example/'],
    ['credentials', 'http://user:password@app.example.test/'],
    ['loopback', 'http://127.0.0.2/'],
    ['loopback, decimal', 'http://2130706434/'],
    ['loopback, octal', 'http://0177.0.0.2/'],
    ['loopback, hexadecimal', 'http://0x7f.0.0.2/'],
    ['loopback, IPv6', 'http://[::1]/'],
    ['loopback, mapped', 'http://[::ffff:127.0.0.2]/'],
    ['localhost', 'http://localhost/'],
    ['metadata', 'http://169.254.169.254/latest/meta-data/iam/'],
    ['container credentials', 'http://169.254.170.2/v2/credentials'],
    ['a private address', 'http://10.0.0.1/'],
    ['the runtime API', 'http://127.0.0.1:9001/2018-06-01/runtime/invocation/next'],
    ['another port', 'http://app.example.test:22/'],
    ['a file', 'file:///etc/passwd'],
    ['ftp', 'ftp://app.example.test/'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['no URL', 'http://[/'],
    ['a bare backslash host', '\\\\evil.example\\x'],
  ])('F22 %s is not followed: %s', async (_, location) => {
    await using trap = await rawServer(answering(httpText(200, 'trap')));
    await using server = await rawServer(answering(httpText(302, '', { location })));
    const prober = testProber({
      isAllowed: (address) => address === '127.0.0.1',
      makeResolver: hostileResolver,
      route: (address, port) => ({
        address: '127.0.0.1',
        port: address === '127.0.0.1' && port === server.port ? port : trap.port,
      }),
    });

    const result = await resultOf(prober, httpProbe(server.port));

    expect(result).toMatchObject({ kind: 'fail', code: 'redirect-not-allowed' });
    expect(server.connections()).toBe(1);
    expect(trap.connections()).toBe(0);
  });

  it('F22 https to http is not followed, http to https is', async () => {
    const authority = await trustedAuthority();
    const { key, cert } = await authority.issue({ hosts: ['app.example.test'] });
    await using plain = await rawServer(
      routing({ '/health': httpText(301, '', { location: 'https://app.example.test/secure' }) }),
    );
    await using secure = await rawServer(
      routing({
        '/secure': httpText(200, 'secure'),
        '/health': httpText(301, '', { location: 'http://app.example.test/health' }),
      }),
      { tls: { key, cert } },
    );
    const prober = testProber({
      ca: authority.ca,
      route: (address, port) => ({ address, port: port === 443 ? secure.port : port }),
    });
    const down = httpProbe(443, { url: `https://127.0.0.1:${secure.port}/health` });

    expect(await resultOf(prober, httpProbe(plain.port))).toMatchObject({
      body: 'secure',
      redirects: 1,
      certificate: { notAfterAt: expect.any(Number) },
    });
    expect(await resultOf(prober, down)).toEqual({
      kind: 'fail',
      code: 'redirect-not-allowed',
      detail: 'http://app.example.test/health leads from https to http',
    });
  });

  it('F22 a status of 3xx without a place to go is an answer', async () => {
    await using server = await rawServer(answering(httpText(302)));
    await using modified = await rawServer(answering(httpText(304, '', { location: '/x' })));
    const prober = testProber();

    expect(await resultOf(prober, httpProbe(server.port))).toMatchObject({ status: 302 });
    expect(await resultOf(prober, httpProbe(modified.port))).toMatchObject({ status: 304 });
  });
});

describe('the address policy', () => {
  const loopback = addressPolicy(aids, { allowAddresses: [], allowLoopback: true });
  const some = addressPolicy(aids, {
    allowAddresses: [
      '10.1.0.0/16',
      '203.0.113.0/24',
      'fd12:3456::/32',
      '127.0.0.0/8',
      '169.254.0.0/16',
    ],
    allowLoopback: false,
  });

  it.each([
    ['public addresses always', publicOnly, ['1.1.1.1', '2606:4700::1111'], true],
    ['private ones only inside the allowed ranges', some, ['10.1.2.3', 'fd12:3456::1'], true],
    ['private ones outside them not', some, ['10.2.0.1', '192.168.0.1', 'fd13::1'], false],
    ['documentation ranges likewise', some, ['203.0.113.7'], true],
    ['documentation ranges outside not', some, ['192.0.2.1', '2001:db8::1'], false],
    ['loopback by wiring', loopback, ['127.0.0.1', '127.0.1.2', '::1'], true],
    ['loopback never by configuration', some, ['127.0.0.1', '::1'], false],
    [
      'link-local and metadata never by configuration',
      some,
      ['169.254.1.1', '169.254.169.254'],
      false,
    ],
    [
      'link-local and the rest not even in the local world',
      loopback,
      ['fe80::1', '0.0.0.0', '224.0.0.1', '240.0.0.1'],
      false,
    ],
    ['what is no address never', loopback, ['localhost', '', '127.1', 'fe80::1%lo'], false],
  ] as const)('allows %s', (_, policy, addresses, allowed) => {
    expect(addresses.map(policy)).toEqual(addresses.map(() => allowed));
  });
});
