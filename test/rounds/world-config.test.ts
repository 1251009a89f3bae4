import { describe, expect, it } from 'vitest';
import { loopbackBlock } from '../../scripts/local/loopback.ts';
import { apexOf, recast } from '../../scripts/local/world-config.ts';
import { compilePattern } from '../../shared/adapters/patterns.ts';
import { type CheckNode, endpointId, regionId } from '../../shared/core/model.ts';
import { sampleConfig, sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const BLOCK = loopbackBlock(1);

describe('a configuration recast for loopback', () => {
  it('gives each endpoint an address of its own and leaves policy and digests alone', () => {
    const config = sampleConfig();

    const world = recast(config, BLOCK, compilePattern);

    const [service] = world.config.services;
    expect(world.endpoints.map(({ address }) => address)).toEqual([
      '127.0.1.11',
      '127.0.1.12',
      '127.0.1.13',
    ]);
    expect(service?.endpoints.map((endpoint) => endpoint.targets.A)).toEqual(
      world.endpoints.map(({ address }) => ({ kind: 'value', value: address })),
    );
    expect(service?.endpoints[1]?.probeTargets).toEqual(['127.0.1.12']);
    expect(service?.policy).toEqual(config.services[0]?.policy);
    expect(service?.digest).toBe(config.services[0]?.digest);
    expect(world.notes).toEqual([]);
  });

  it('opens the doors that the checks ask for, with pages that they expect', () => {
    const world = recast(
      withCheck({
        kind: 'all',
        checks: [
          http('https://{target}:8443/live', { body: { kind: 'contains', text: 'alive' } }),
          http('https://{target}:8443/ready/{endpoint}', { status: [{ from: 204, to: 204 }] }),
          http('http://{target}:9090/', { headers: { 'x-pool': 'blue' } }),
          { kind: 'tcp', address: '{target}:8443', expect: {} },
          { kind: 'tcp', address: '{target}:5432', expect: {} },
        ],
      }),
      BLOCK,
      compilePattern,
    );

    const doors = world.endpoints[0]!.doors;
    expect(doors.map(({ port, protocol }) => `${port} ${protocol}`)).toEqual([
      '8443 https',
      '9090 http',
      '5432 tcp',
    ]);
    expect(doors[0]!.pages.get('/live')?.body).toContain('alive');
    expect(doors[0]!.pages.get('/ready/one')?.status).toBe(204);
    expect(doors[1]!.pages.get('/')?.headers['x-pool']).toBe('blue');
  });

  it('keeps a body pattern that its page matches, and drops another with a note', () => {
    const pattern = (text: string): CheckNode =>
      http('https://{target}/', { body: { kind: 'matches', pattern: text } });

    const kept = recast(withCheck(pattern('"status": ?"ok"')), BLOCK, compilePattern);
    const dropped = recast(withCheck(pattern('^build [0-9]+$')), BLOCK, compilePattern);

    expect(kept.notes).toEqual([]);
    expect(dropped.notes).toEqual([
      'app / one: its body pattern is left out, no page that matches can be made up here',
    ]);
    expect(JSON.stringify(dropped.config.services[0]?.endpoints[0]?.check)).not.toContain('build');
  });

  it('keeps alias names for DNS and probes the loopback address behind them', () => {
    const alias = {
      kind: 'alias' as const,
      name: 'app-eu.elb.amazonaws.com',
      zone: 'Z32O12XQLNTSW2',
      evaluateTargetHealth: true,
    };
    const world = recast(
      sampleConfig({
        services: [
          sampleService({
            endpoints: [
              sampleEndpoint('one', { targets: { A: alias }, probeTargets: [alias.name] }),
            ],
          }),
        ],
      }),
      BLOCK,
      compilePattern,
    );

    expect(world.aliases.get(alias.name)).toEqual([
      { family: 4, address: '127.0.1.11' },
      { family: 6, address: 'fd51:1::b' },
    ]);
    expect(world.config.services[0]?.endpoints[0]?.targets.A).toEqual(alias);
    expect(world.config.services[0]?.endpoints[0]?.probeTargets).toEqual(['127.0.1.11']);
    expect(world.endpoints[0]?.answers.A).toBe('127.0.1.11');
  });

  it('plays both families, hides secrets and roles, and says what only observes', () => {
    const world = recast(
      sampleConfig({
        zones: { main: { key: 'main', id: 'Z1', role: 'arn:aws:iam::1:role/dns' } },
        services: [
          sampleService({
            mode: 'observe',
            types: ['A', 'AAAA'],
            endpoints: [
              sampleEndpoint('one', {
                targets: {
                  A: { kind: 'value', value: '203.0.113.1' },
                  AAAA: { kind: 'value', value: '2001:db8::1' },
                },
                probeTargets: ['203.0.113.1', '2001:db8::1'],
                check: {
                  ...sampleEndpoint('one').check,
                  node: {
                    ...http('https://{target}/', {}),
                    headers: { 'x-token': { ssm: '/secret' }, accept: 'text/html' },
                  },
                },
              }),
            ],
          }),
        ],
      }),
      BLOCK,
      compilePattern,
    );

    const endpoint = world.config.services[0]?.endpoints[0];
    expect(endpoint?.targets.AAAA).toEqual({ kind: 'value', value: 'fd51:1::b' });
    expect(endpoint?.probeTargets).toEqual(['127.0.1.11', 'fd51:1::b']);
    expect(endpoint?.check.node).toMatchObject({
      headers: { 'x-token': 'local-world', accept: 'text/html' },
    });
    expect(world.config.zones).toEqual({ main: { key: 'main', id: 'Z1' } });
    expect(world.notes).toEqual([
      'mode observe: app (decides and records, never changes a weight)',
    ]);
  });

  it.each([
    [['app.example.com', 'www.example.com'], 'example.com'],
    [['example.com', 'www.example.com'], 'example.com'],
    [['app.example.com'], 'example.com'],
    [['example.com'], 'example.com'],
    [['a.eu.example.com', 'b.eu.example.com'], 'eu.example.com'],
  ])('takes the zone of %j for %s', (names, apex) => {
    expect(apexOf(names)).toBe(apex);
  });
});

const http = (
  url: string,
  expect: Extract<CheckNode, { kind: 'http' }>['expect'],
): Extract<CheckNode, { kind: 'http' }> => ({
  kind: 'http',
  url,
  method: 'GET',
  host: 'app.example.com',
  headers: {},
  expect,
});

const withCheck = (node: CheckNode) => {
  const one = sampleEndpoint('one', { id: endpointId('one'), region: regionId('eu-west-1') });
  return sampleConfig({
    services: [sampleService({ endpoints: [{ ...one, check: { ...one.check, node } }] })],
  });
};
