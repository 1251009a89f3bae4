/**
 * A seed's stream → a file as an operator might write it, within what the production parser accepts: 3 to 7
 * vantages, 1 to 3 services, 2 to 5 endpoints, tiers, two families, weights, policies. Beside the file
 * stands what faults need to know of it, so that nobody has to parse it again.
 */
import type { Random } from '../kernel/random.ts';
import type { FileData } from '../world/sim-config.ts';

export type DrawnService = {
  readonly id: string;
  readonly mode: 'enforce' | 'observe';
  readonly names: readonly string[];
  readonly types: readonly string[];
  readonly endpoints: readonly {
    readonly id: string;
    readonly weight: number;
    readonly tier: number;
  }[];
  readonly everyMs: number;
  readonly fall: number;
  readonly rise: number;
  readonly timeoutMs: number;
  readonly holdDownMs: number;
  readonly hasStatus: boolean;
  readonly hasBody: boolean;
};

export type DrawnFile = {
  readonly data: FileData;
  readonly vantages: readonly string[];
  readonly quorum: number;
  readonly services: readonly DrawnService[];
};

const REGIONS = [
  'eu-west-1',
  'us-east-1',
  'ap-southeast-1',
  'eu-central-1',
  'us-west-2',
  'ap-northeast-1',
  'sa-east-1',
] as const;
const WORDS = ['iad', 'fra', 'on-prem', 'sin', 'edge'] as const;
const NAMES = ['app', 'pay', 'docs'] as const;

export function drawFile(random: Random): DrawnFile {
  const count = random.pick([3, 5, 5, 5, 5, 7]);
  const vantages = REGIONS.slice(0, count);
  const majority = Math.floor(count / 2) + 1;
  const quorum = random.chance(0.75) ? majority : random.integer(majority, count - 1);
  const everyMs = random.pick([5_000, 10_000, 10_000, 10_000, 15_000, 20_000, 30_000]);
  const howMany = random.pick([1, 1, 2, 2, 3]);
  const services = NAMES.slice(0, howMany).map((id, index) =>
    drawService(random.fork(id), { id, index, everyMs, isOnly: howMany === 1 }),
  );
  return {
    vantages,
    quorum,
    services: services.map(({ service }) => service),
    data: {
      deployment: 'sim',
      home: vantages[0],
      vantages,
      quorum,
      zones: { main: { id: 'Z0SIMULATED0000000' } },
      'control-targets': ['https://example.com/'],
      'allow-addresses': ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'],
      notify: {
        webhook: 'https://hooks.example.com/quorate',
        heartbeat: 'https://beat.example.com/x',
      },
      services: Object.fromEntries(services.map(({ service, data }) => [service.id, data])),
    },
  };
}

type Given = {
  readonly id: string;
  readonly index: number;
  readonly everyMs: number;
  readonly isOnly: boolean;
};

function drawService(
  random: Random,
  { id, index, everyMs, isOnly }: Given,
): { readonly service: DrawnService; readonly data: FileData } {
  const mode = !isOnly && random.chance(0.12) ? 'observe' : 'enforce';
  const types = random.pick([['A'], ['A'], ['A'], ['A', 'AAAA'], ['A', 'AAAA']] as const);
  const names =
    random.chance(0.2) && index === 0
      ? [`${id}.example.com`, `www-${id}.example.com`]
      : [`${id}.example.com`];
  const endpoints = drawEndpoints(random.fork('endpoints'), index, types);
  const ownEveryMs = random.chance(0.8) ? everyMs : random.pick([5_000, 10_000, 30_000]);
  const fall = random.pick([2, 3, 3, 3, 3, 4]);
  const rise = random.pick([2, 3, 5, 5, 5]);
  const timeoutMs = random.pick([2_000, 3_000, 3_000, 4_000]);
  const hasStatus = random.chance(0.8);
  const hasBody = random.chance(0.5);
  const leastMs = Math.max(3 * ownEveryMs, 20_000) + 60_000;
  const holdDownMs = random.pick([180_000, 300_000, 300_000, 600_000].filter((ms) => ms > leastMs));
  const policy = drawPolicy(random.fork('policy'), holdDownMs, endpoints);
  const check = {
    url: 'https://{target}/health',
    host: names[0],
    every: `${ownEveryMs / 1_000}s`,
    timeout: `${timeoutMs / 1_000}s`,
    fall,
    rise,
    expect: {
      ...(hasStatus ? { status: [200] } : {}),
      ...(hasBody ? { body: '"status":"ok"' } : {}),
    },
    watch: [{ name: 'slow', latency: '500ms' }],
  };
  return {
    service: {
      id,
      mode,
      names,
      types,
      endpoints: endpoints.map(({ id: own, weight, tier }) => ({ id: own, weight, tier })),
      everyMs: ownEveryMs,
      fall,
      rise,
      timeoutMs,
      holdDownMs,
      hasStatus,
      hasBody,
    },
    data: {
      mode,
      zone: 'main',
      names,
      type: types.length === 1 ? types[0] : types,
      ttl: random.pick(['20s', '30s', '60s']),
      check,
      endpoints: Object.fromEntries(
        endpoints.map(({ id: own, weight, tier, address }) => [
          own,
          { address, weight, ...(tier === 1 ? {} : { tier }) },
        ]),
      ),
      policy,
    },
  };
}

type DrawnEndpoint = DrawnService['endpoints'][number] & {
  readonly address: string | { readonly A: string; readonly AAAA: string };
};

export const addressOf = (
  service: number,
  endpoint: number,
  types: readonly string[],
): DrawnEndpoint['address'] => {
  const net = ['192.0.2', '198.51.100', '203.0.113'][service % 3] as string;
  const A = `${net}.${10 + endpoint}`;
  return types.includes('AAAA') ? { A, AAAA: `2001:db8::${service + 1}:${10 + endpoint}` } : A;
};

function drawEndpoints(
  random: Random,
  service: number,
  types: readonly string[],
): readonly DrawnEndpoint[] {
  const count = random.pick([2, 2, 3, 3, 3, 4, 5]);
  const hasTiers = count >= 2 && random.chance(0.3);
  const inFirst = hasTiers ? random.integer(1, count - 1) : count;
  const isEqual = random.chance(0.6);
  const ids = [...REGIONS.slice(0, 5)].slice(0, count) as string[];
  if (random.chance(0.3)) ids[count - 1] = WORDS[service % WORDS.length] as string;
  return ids.map((id, i) => ({
    id,
    weight: isEqual ? 100 : random.pick([20, 50, 100, 100, 200]),
    tier: i < inFirst ? 1 : 2,
    address: addressOf(service, i, types),
  }));
}

function drawPolicy(
  random: Random,
  holdDownMs: number,
  endpoints: readonly DrawnEndpoint[],
): FileData {
  const policy: Record<string, unknown> = { 'hold-down': `${holdDownMs / 60_000}m` };
  if (random.chance(0.3)) policy.velocity = random.pick(['1 per 20m', '2 per 10m', '1 per 5m']);
  if (random.chance(0.3)) policy.ramp = random.pick([['100%'], ['25%', '100%'], ['50%', '100%']]);
  if (random.chance(0.3)) policy['ramp-step'] = random.pick(['1m', '3m']);
  if (random.chance(0.1)) policy.failback = 'manual';
  if (endpoints.some(({ tier }) => tier === 2) && random.chance(0.3)) {
    policy.trickle = random.pick(['5%', '10%']);
  }
  // Low enough for the loss of any one region.
  if (random.chance(0.2) && endpoints.every(({ tier }) => tier === 1)) {
    const total = endpoints.reduce((sum, { weight }) => sum + weight, 0);
    const heaviest = Math.max(...endpoints.map(({ weight }) => weight));
    const left = Math.floor((100 * (total - heaviest)) / total);
    policy.floor = `${random.integer(0, left)}%`;
  }
  return policy;
}
