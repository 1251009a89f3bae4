/**
 * A plain service to build tests on: five vantages, quorum 3, three endpoints of weight 100 in three
 * regions, probed by HTTP every 10 s. Every key can be replaced; nothing else is invented.
 */
import {
  type Config,
  digest,
  type Endpoint,
  endpointId,
  epochMs,
  regionId,
  type Service,
  serviceId,
  type VantageId,
  vantageId,
  weight,
} from '../../shared/core/model.ts';

export const VANTAGES: readonly VantageId[] = [
  'eu-west-1',
  'us-east-1',
  'ap-southeast-1',
  'eu-central-1',
  'us-west-2',
].map(vantageId);

export function sampleEndpoint(id: string, changes: Partial<Endpoint> = {}): Endpoint {
  const address = `203.0.113.${(id.length * 7 + (id.codePointAt(0) ?? 0)) % 250}`;
  return {
    id: endpointId(id),
    region: regionId(id),
    setIdentifier: id,
    weight: weight(100),
    tier: 1,
    targets: { A: { kind: 'value', value: address } },
    probeTargets: [address],
    check: {
      node: {
        kind: 'http',
        url: 'https://{target}/health',
        method: 'GET',
        host: 'app.example.com',
        headers: {},
        expect: {},
      },
      timeoutMs: 3_000,
      fall: 3,
      rise: 5,
      watch: [],
    },
    ...changes,
  };
}

export function sampleService(changes: Partial<Service> = {}): Service {
  return {
    id: serviceId('app'),
    mode: 'enforce',
    zone: { key: 'main', id: 'Z0123456789ABCDEFGHIJ' },
    names: ['app.example.com'],
    types: ['A'],
    ttlSeconds: 30,
    vantages: VANTAGES,
    quorum: 3,
    everyMs: 10_000,
    endpoints: ['eu-west-1', 'us-east-1', 'ap-southeast-1'].map((id) => sampleEndpoint(id)),
    policy: {
      velocity: { regions: 1, windowMs: 600_000 },
      holdDownMs: 300_000,
      ramp: [10, 50, 100],
      rampStepMs: 120_000,
      failback: 'auto',
      tricklePercent: 0,
      settleMs: 60_000,
    },
    acceptWithheld: false,
    digest: digest('service-digest-app-0001'),
    settings: changes.digest ?? digest('service-digest-app-0001'),
    group: 0,
    ...changes,
  };
}

export function sampleConfig(changes: Partial<Config> = {}): Config {
  return {
    deployment: 'quorate-test',
    home: vantageId('eu-west-1'),
    vantages: VANTAGES,
    zones: { main: { key: 'main', id: 'Z0123456789ABCDEFGHIJ' } },
    services: [sampleService()],
    controlTargets: [],
    allowAddresses: [],
    network: {},
    aws: { tags: {} },
    notify: {},
    drills: [],
    digest: digest('config-digest-000000001'),
    packagedAt: epochMs(1_782_800_000_000),
    ...changes,
  };
}
