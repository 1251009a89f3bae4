/** Configurations to simulate: the file as an operator would write it, through the production parser. */
import { sha256 } from '../../../shared/adapters/digest.ts';
import { parseConfig, problemText } from '../../../shared/core/config.ts';
import { type Config, epochMs } from '../../../shared/core/model.ts';
import { AIDS } from '../../../shared/wire.ts';

export type FileData = Readonly<Record<string, unknown>>;

const parsed = new Map<string, Config>();

/** Seeds often draw the same file: it is parsed once per process. */
export function configOf(data: FileData, packagedAtMs: number): Config {
  const key = sha256(JSON.stringify([data, packagedAtMs]));
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const result = parseConfig(data, () => undefined, AIDS, {
    allowLoopback: false,
    packagedAt: epochMs(packagedAtMs),
  });
  if (!('config' in result)) {
    throw new Error(`the simulated file is wrong: ${result.problems.map(problemText).join('; ')}`);
  }
  parsed.set(key, result.config);
  return result.config;
}

export const SIM_VANTAGES = [
  'eu-west-1',
  'us-east-1',
  'ap-southeast-1',
  'eu-central-1',
  'us-west-2',
] as const;

/** Five vantages, quorum 3, three equal regions, every 10 s: what most of the numbers are said of. */
export const STANDARD_FILE: FileData = {
  deployment: 'sim',
  home: 'eu-west-1',
  vantages: [...SIM_VANTAGES],
  quorum: 3,
  zones: { main: { id: 'Z0SIMULATED0000000' } },
  'control-targets': ['https://example.com/'],
  'allow-addresses': ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32'],
  notify: { webhook: 'https://hooks.example.com/quorate', heartbeat: 'https://beat.example.com/x' },
  defaults: { check: { every: '10s', timeout: '3s', fall: 3, rise: 5 } },
  services: {
    app: {
      mode: 'enforce',
      zone: 'main',
      names: ['app.example.com'],
      type: 'A',
      ttl: '30s',
      check: { url: 'https://{target}/health', host: 'app.example.com', expect: { status: [200] } },
      endpoints: {
        'eu-west-1': { address: '192.0.2.10', weight: 100 },
        'us-east-1': { address: '198.51.100.10', weight: 100 },
        'ap-southeast-1': { address: '203.0.113.10', weight: 100 },
      },
    },
  },
};
