import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Config, type HttpCheck, regionId, vantageId } from '../../shared/core/model.ts';
import {
  awsPing,
  controlProbesOf,
  fillIn,
  leafRequest,
  leavesOf,
  probesOf,
  secretsOf,
} from '../../shared/core/probe-request.ts';
import { FIVE, type Plants, parsed, planted } from '../fixtures/config-base.ts';
import { holds } from '../fixtures/holds.ts';

const configOf = (plants: Plants = {}): Config => {
  const result = parsed(planted(plants));
  if ('config' in result) return result.config;
  throw new Error(JSON.stringify(result.problems));
};

const probesAt = (plants: Plants, endpoint = 0) => {
  const service = configOf(plants).services[0]!;
  return probesOf(service, service.endpoints[endpoint]!);
};

describe('the requests of one look', () => {
  it('connect to the endpoint and ask for the service', () => {
    const [request, ...more] = probesAt({});

    expect(more).toEqual([]);
    expect(request).toMatchObject({
      kind: 'http',
      url: 'https://192.0.2.1/health',
      target: '192.0.2.1',
      method: 'GET',
      host: 'app.example.com',
      headers: {},
      readsBody: false,
      timeoutMs: 3_000,
    });
  });

  it('have every placeholder filled in', () => {
    const [request] = probesAt({
      'services.app.check.url': 'https://{target}:8443/{endpoint}/{region}?n={name}&n={name}',
      'services.app.check.host': '{endpoint}.{name}',
      'services.app.endpoints.eu-west-1.region': 'eu-west-2',
    });

    expect(request).toMatchObject({
      url: 'https://192.0.2.1:8443/eu-west-1/eu-west-2?n=app.example.com&n=app.example.com',
      target: '192.0.2.1',
      host: 'eu-west-1.app.example.com',
    });
  });

  it('put an IPv6 address into brackets, but not into the target', () => {
    const plants = {
      'services.app.type': ['A', 'AAAA'],
      'services.app.endpoints.eu-west-1.address': { A: '192.0.2.1', AAAA: '2606:4700::0001' },
    };

    expect(probesAt(plants)).toMatchObject([
      { url: 'https://192.0.2.1/health', target: '192.0.2.1' },
      { url: 'https://[2606:4700::1]/health', target: '2606:4700::1' },
    ]);
    expect(probesAt({ ...plants, 'services.app.check': { tcp: '{target}:5432' } })).toMatchObject([
      { kind: 'tcp', target: '192.0.2.1', port: 5432 },
      { kind: 'tcp', target: '2606:4700::1', port: 5432 },
    ]);
  });

  it('connect where the URL says if it does not name the target, once for all targets', () => {
    const requests = probesAt({
      'services.app.check.url': 'https://{region}.health.example.com/',
      'services.app.endpoints.eu-west-1.probe': ['a.example.net', 'b.example.net'],
    });

    expect(requests).toMatchObject([
      { url: 'https://eu-west-1.health.example.com/', target: 'eu-west-1.health.example.com' },
    ]);
  });

  it('are one per leaf and target, in the order of the file', () => {
    const requests = probesAt({
      'services.app.endpoints.eu-west-1.probe': ['192.0.2.8', '192.0.2.9'],
      'services.app.check': {
        all: [{ tcp: '{target}:1' }, { any: [{ tcp: '{target}:2' }, { tcp: '{target}:1' }] }],
      },
    });

    expect(requests.map((one) => one.kind === 'tcp' && `${one.target} ${one.port}`)).toEqual([
      '192.0.2.8 1',
      '192.0.2.9 1',
      '192.0.2.8 2',
      '192.0.2.9 2',
    ]);
  });

  it.each<readonly [Plants, boolean]>([
    [{ 'services.app.check.expect': { body: 'ok' } }, true],
    [{ 'services.app.check.watch': [{ name: 'text', body: 'ok' }] }, true],
    [{ 'services.app.check.watch': [{ name: 'slow', latency: '1s' }] }, false],
    [
      {
        'services.app.check.method': 'HEAD',
        'services.app.check.watch': [{ name: 'text', body: 'ok' }],
      },
      false,
    ],
  ])('read the body only where something looks at it: %j', (plants, readsBody) => {
    expect(probesAt(plants)[0]).toMatchObject({ readsBody });
  });

  it.each([
    [301, { followsRedirects: false }],
    [['200-299', '300-308'], { followsRedirects: false }],
    [['200-299', 429], {}],
  ])('follow no redirect where one is expected: %j', (status, says) => {
    const [request] = probesAt({ 'services.app.check.expect': { status } });
    const { followsRedirects } = request as { followsRedirects?: boolean };

    expect(followsRedirects === undefined ? {} : { followsRedirects }).toEqual(says);
  });

  it('have equal keys exactly where nothing that matters differs', () => {
    const key = (plants: Plants): string => probesAt(plants)[0]!.key;
    const others: readonly Plants[] = [
      { 'services.app.check.url': 'https://{target}/other' },
      { 'services.app.check.url': 'http://{target}/health' },
      { 'services.app.check.method': 'HEAD' },
      { 'services.app.check.host': 'www.example.com' },
      { 'services.app.check.headers': { a: 'b' } },
      { 'services.app.check.headers': { a: { ssm: 'b' } } },
      { 'services.app.check.timeout': '2s' },
      { 'services.app.check.expect': { body: 'ok' } },
      { 'services.app.endpoints.eu-west-1.address': '192.0.2.3' },
      { 'services.app.check': { tcp: '{target}:443' } },
      { 'services.app.check': { tcp: '{target}:444' } },
    ];
    const keys = [key({}), ...others.map(key)];

    expect(new Set(keys).size).toBe(keys.length);
    expect(
      key({ 'services.app.check.fall': 5, 'services.app.check.expect': { status: 204 } }),
    ).toBe(key({}));
    expect(key({ 'services.app.check.headers': { a: '1', b: '2' } })).toBe(
      key({ 'services.app.check.headers': { b: '2', a: '1' } }),
    );
  });

  it('are those by which answers are found again', () => {
    const service = configOf({ 'services.app.check': { any: [{ tcp: '{target}:1' }] } })
      .services[0]!;
    const [endpoint] = service.endpoints;
    const [leaf] = leavesOf(endpoint!.check.node);

    expect(leafRequest(service, endpoint!, leaf!, '192.0.2.1')).toEqual(
      probesOf(service, endpoint!)[0],
    );
  });

  it('are made once, but for another name', () => {
    const service = configOf({ 'services.app.check': { url: 'https://{target}/{name}' } })
      .services[0]!;
    const [endpoint] = service.endpoints;

    const [asked] = probesOf(service, endpoint!);

    expect(probesOf({ names: [...service.names] }, endpoint!)[0]).toBe(asked);
    expect(probesOf({ names: ['other.example.com'] }, endpoint!)[0]).toMatchObject({
      url: expect.stringContaining('/other.example.com'),
    });
    expect(probesOf(service, endpoint!)[0]).toEqual(asked);
  });

  it('connect to nothing by accident where an address could not have been configured', () => {
    const service = configOf().services[0]!;
    const leaf = { kind: 'tcp', address: 'no port', expect: {} } as const;

    expect(leafRequest(service, service.endpoints[0]!, leaf, '192.0.2.1')).toMatchObject({
      target: '192.0.2.1',
      port: 0,
    });
  });

  it('fill in what they are given, dollar signs and braces included', () => {
    holds(
      fc.property(fc.string(), (target) => {
        const values = { target, endpoint: 'e', region: 'r', name: 'n' };

        expect(fillIn('a{target}b', { ...values, target: target.replaceAll('{', '') })).toBe(
          `a${target.replaceAll('{', '')}b`,
        );
      }),
    );
  });
});

describe('secrets', () => {
  it('are the parameters of all checks, each once, in order', () => {
    const config = configOf({
      'services.app.check.headers': { b: { ssm: '/z' }, a: { ssm: '/a' }, c: 'plain' },
      'services.app.endpoints.us-east-1.check': { any: [{ tcp: '{target}:1' }] },
      notify: { webhook: { ssm: '/not-for-probes' } },
    });

    expect(secretsOf(config)).toEqual(['/a', '/z']);
    expect(leavesOf(config.services[0]!.endpoints[0]!.check.node)).toHaveLength(1);
    expect((leavesOf(config.services[0]!.endpoints[0]!.check.node)[0] as HttpCheck).kind).toBe(
      'http',
    );
  });
});

describe('control probes', () => {
  const targetsOf = (config: Parameters<typeof controlProbesOf>[0], vantage: string) =>
    controlProbesOf(config, vantageId(vantage)).map(({ target }) => target);

  it('ask AWS in the next two vantage regions, then what the file names', () => {
    const config = configOf({ 'control-targets': ['https://example.com/', '[2606:4700::1]:53'] });

    expect(targetsOf(config, 'us-west-2')).toEqual([
      'dynamodb.eu-west-1.amazonaws.com',
      'dynamodb.us-east-1.amazonaws.com',
      'example.com',
      '2606:4700::1',
    ]);
    expect(controlProbesOf(config, vantageId('eu-west-1'))).toMatchObject([
      { kind: 'http', url: 'https://dynamodb.us-east-1.amazonaws.com/ping', method: 'GET' },
      { kind: 'http', host: 'dynamodb.ap-southeast-1.amazonaws.com', readsBody: false },
      { kind: 'http', url: 'https://example.com/', timeoutMs: 3_000 },
      { kind: 'tcp', target: '2606:4700::1', port: 53 },
    ]);
  });

  it('ask AWS at home where no other region looks', () => {
    const config = { vantages: [vantageId('eu-west-1')], controlTargets: [] };

    expect(targetsOf(config, 'eu-west-1')).toEqual(['dynamodb.eu-west-1.amazonaws.com']);
  });

  it('are never of the own region while there is another', () => {
    const config = configOf();
    for (const vantage of FIVE) {
      expect(targetsOf(config, vantage)).not.toContain(`dynamodb.${vantage}.amazonaws.com`);
      expect(targetsOf(config, vantage)).toHaveLength(3);
    }
  });

  it('of a region that is no vantage ask the first two', () => {
    expect(targetsOf(configOf(), 'eu-north-1')).toEqual([
      'dynamodb.eu-west-1.amazonaws.com',
      'dynamodb.us-east-1.amazonaws.com',
      'example.com',
    ]);
  });

  it('know where AWS has another name, and may be sent elsewhere', () => {
    expect(awsPing(regionId('cn-north-1'))).toBe(
      'https://dynamodb.cn-north-1.amazonaws.com.cn/ping',
    );
    const probes = controlProbesOf(
      configOf(),
      vantageId('eu-west-1'),
      (region) => `http://127.0.0.1:1/${region}`,
    );

    expect(probes[0]).toMatchObject({ target: '127.0.0.1', url: 'http://127.0.0.1:1/us-east-1' });
  });
});
