/** An account in which every look is well, and single looks replaced: what `doctor` is tested on. */
import type { FunctionFact, Looks, MappingFact, TableFact } from '../../../scripts/doctor/looks.ts';
import type { Config } from '../../../shared/core/model.ts';

export const streamOf = (region: string): string =>
  `arn:aws:dynamodb:${region}:123456789012:table/quorate-test/stream/2026-07-01T00:00:00.000`;

export const tableIn = (config: Config, region: string): TableFact => ({
  status: 'ACTIVE',
  replicas: config.vantages
    .filter((vantage) => vantage !== region)
    .map((vantage) => ({ region: vantage, status: 'ACTIVE' })),
  streamArn: streamOf(region),
  streamView: 'NEW_AND_OLD_IMAGES',
  deletionProtection: true,
  ttlAttribute: 'ttl',
  pointInTimeRecovery: true,
});

export const FUNCTION: FunctionFact = {
  state: 'Active',
  lastUpdate: 'Successful',
  runtime: 'nodejs24.x',
  codeSha256: 'same=',
  reserved: null,
};

export const mappingIn = (region: string): MappingFact => ({
  id: 'mapping-1',
  state: 'Enabled',
  source: streamOf(region),
  lastResult: 'OK',
});

/** What should not be allowed is what `permissions.ts` asks for with these marks. */
const isForbidden = (role: string, action: string, values: readonly string[]): boolean => {
  const region = /quorate-test-(.+)-(?:probe|quorum)$/.exec(role)?.[1];
  if (action === 'dynamodb:PutItem') return !values.includes(`report#${region}`);
  if (action !== 'route53:ChangeResourceRecordSets') return false;
  return role.endsWith('-probe') || values.includes('UPSERT');
};

export const healthyLooks = (config: Config, changes: Partial<Looks> = {}): Looks => ({
  identity: async () => ({ account: '123456789012', arn: 'arn:aws:iam::123456789012:user/alice' }),
  table: async (region) => tableIn(config, region),
  fn: async () => FUNCTION,
  mappings: async (region) => [mappingIn(region)],
  stack: async () => ({
    status: 'UPDATE_COMPLETE',
    reason: '',
    schedules: ['ProbeSchedule', 'QuorumSchedule', 'NotifySchedule'].map((id) => ({
      id,
      status: 'CREATE_COMPLETE',
    })),
  }),
  concurrency: async () => ({ limit: 1000, unreserved: 1000 }),
  hostedZone: async () => ({
    name: 'example.com',
    isPrivate: false,
    nameServers: ['ns-1.awsdns-01.com.', 'ns-2.awsdns-02.net.'],
    acceleratedRecovery: 'ENABLED',
  }),
  protections: async () => [],
  healthCheck: async () => ({ inverted: false, disabled: false }),
  delegation: async () => ['ns-1.awsdns-01.com', 'ns-2.awsdns-02.net'],
  isAllowed: async ({ role, action, context }) =>
    !isForbidden(role, action, Object.values(context).flat()),
  close: () => undefined,
  ...changes,
});
