/**
 * `Looks` by the SDK, with the operator's credentials: reads only, one region each. Absence is told
 * apart from refusal here, by AWS's own error names; every other error goes up as it is.
 */
import {
  CloudFormationClient,
  DescribeStacksCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import {
  GetAccountSettingsCommand,
  GetFunctionCommand,
  LambdaClient,
  ListEventSourceMappingsCommand,
} from '@aws-sdk/client-lambda';
import {
  GetHealthCheckCommand,
  GetHostedZoneCommand,
  ListResourceRecordSetProtectionsCommand,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type Credentials, route53Clients } from '../../shared/adapters/route53-clients.ts';
import { normaliseName } from '../../shared/adapters/route53-names.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { VantageId } from '../../shared/core/model.ts';
import type { Env } from '../../shared/wire.ts';
import { type DnsLook, machineDns } from '../cli/dns-look.ts';
import type { Looks, Protection, StackFact, TableFact } from './looks.ts';

export type AwsLooksOptions = {
  /** Where the operator's own identity is asked for, and roles of other accounts. */
  readonly home: VantageId;
  readonly env: Env;
  /** Instead of the process's own chain. */
  readonly credentials?: Credentials;
};

const ATTEMPTS = 2;
/** Of a list: a deployment has a few dozen resources, a zone a few protections. */
const PAGES_MAX = 20;
const SCHEDULE = 'AWS::Scheduler::Schedule';

export function awsLooks({ home, env, credentials }: AwsLooksOptions): Looks {
  const common = { maxAttempts: ATTEMPTS, ...(credentials === undefined ? {} : { credentials }) };
  const open: { destroy: () => void }[] = [];
  const perRegion = <T extends { destroy: () => void }>(make: (region: string) => T) => {
    const made = new Map<string, T>();
    return (region: string): T => {
      const known = made.get(region) ?? make(region);
      if (!made.has(region)) open.push(known);
      made.set(region, known);
      return known;
    };
  };
  const dynamodb = perRegion((region) => new DynamoDBClient({ ...common, region }));
  const lambda = perRegion((region) => new LambdaClient({ ...common, region }));
  const stacks = perRegion((region) => new CloudFormationClient({ ...common, region }));
  const sts = perRegion((region) => new STSClient({ ...common, region }));
  // IAM has one endpoint per partition; the region only signs.
  const iam = perRegion((region) => new IAMClient({ ...common, region }));
  const endpoint = env.AWS_ENDPOINT_URL_ROUTE_53 || env.AWS_ENDPOINT_URL;
  const route53 = route53Clients({
    region: 'us-east-1',
    stsRegion: home,
    ...(endpoint ? { endpoint } : {}),
    ...(credentials === undefined ? {} : { credentialsOf: () => credentials }),
  });
  open.push(route53);

  return {
    identity: (signal) => identityBy(sts(home), signal),

    table: (region, TableName, abortSignal) =>
      absentAs(undefined, ['ResourceNotFoundException'], async () => {
        const client = dynamodb(region);
        const { Table } = await client.send(new DescribeTableCommand({ TableName }), {
          abortSignal,
        });
        const [ttl, backups] = await Promise.all([
          client.send(new DescribeTimeToLiveCommand({ TableName }), { abortSignal }),
          client.send(new DescribeContinuousBackupsCommand({ TableName }), { abortSignal }),
        ]);
        const { TimeToLiveStatus, AttributeName } = ttl.TimeToLiveDescription ?? {};
        const pitr = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription;
        return {
          status: Table?.TableStatus ?? 'UNKNOWN',
          replicas: (Table?.Replicas ?? []).map(({ RegionName, ReplicaStatus }) => ({
            region: RegionName ?? '',
            status: ReplicaStatus ?? 'UNKNOWN',
          })),
          streamArn: Table?.StreamSpecification?.StreamEnabled
            ? (Table.LatestStreamArn ?? null)
            : null,
          streamView: Table?.StreamSpecification?.StreamViewType ?? null,
          deletionProtection: Table?.DeletionProtectionEnabled ?? false,
          ttlAttribute:
            TimeToLiveStatus === 'ENABLED' || TimeToLiveStatus === 'ENABLING'
              ? (AttributeName ?? null)
              : null,
          pointInTimeRecovery: pitr?.PointInTimeRecoveryStatus === 'ENABLED',
        } satisfies TableFact;
      }),

    fn: (region, FunctionName, abortSignal) =>
      absentAs(undefined, ['ResourceNotFoundException'], async () => {
        const { Configuration, Concurrency } = await lambda(region).send(
          new GetFunctionCommand({ FunctionName }),
          { abortSignal },
        );
        return {
          state: Configuration?.State ?? 'Active',
          lastUpdate: Configuration?.LastUpdateStatus ?? 'Successful',
          runtime: Configuration?.Runtime ?? '',
          codeSha256: Configuration?.CodeSha256 ?? '',
          reserved: Concurrency?.ReservedConcurrentExecutions ?? null,
        };
      }),

    mappings: (region, FunctionName, abortSignal) =>
      absentAs(undefined, ['ResourceNotFoundException'], async () => {
        const { EventSourceMappings = [] } = await lambda(region).send(
          new ListEventSourceMappingsCommand({ FunctionName }),
          { abortSignal },
        );
        return EventSourceMappings.map((mapping) => ({
          id: mapping.UUID ?? '',
          state: mapping.State ?? '',
          source: mapping.EventSourceArn ?? '',
          lastResult: mapping.LastProcessingResult ?? '',
        }));
      }),

    stack: (region, StackName, signal) => stackBy(stacks(region), StackName, signal),

    concurrency: async (region, abortSignal) => {
      const { AccountLimit } = await lambda(region).send(new GetAccountSettingsCommand({}), {
        abortSignal,
      });
      const limit = AccountLimit?.ConcurrentExecutions;
      if (limit === undefined) throw new Error('Lambda told no account limit');
      return { limit, unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? limit };
    },

    hostedZone: (zone, abortSignal) =>
      absentAs(undefined, ['NoSuchHostedZone'], async () => {
        const { HostedZone, DelegationSet } = await route53
          .reader(zone)
          .send(new GetHostedZoneCommand({ Id: zone.id }), { abortSignal });
        return {
          name: normaliseName(HostedZone?.Name ?? ''),
          isPrivate: HostedZone?.Config?.PrivateZone ?? false,
          nameServers: DelegationSet?.NameServers ?? [],
          acceleratedRecovery: HostedZone?.Features?.AcceleratedRecoveryStatus ?? null,
        };
      }),

    protections: (zone, signal) => protectionsBy(route53.reader(zone), zone.id, signal),

    healthCheck: (zone, HealthCheckId, abortSignal) =>
      absentAs(undefined, ['NoSuchHealthCheck'], async () => {
        const { HealthCheck } = await route53
          .reader(zone)
          .send(new GetHealthCheckCommand({ HealthCheckId }), { abortSignal });
        const config = HealthCheck?.HealthCheckConfig;
        return { inverted: config?.Inverted ?? false, disabled: config?.Disabled ?? false };
      }),

    delegation: (apex) => delegationOf(apex, machineDns()),

    isAllowed: (asked, abortSignal) =>
      absentAs(undefined, ['NoSuchEntityException', 'NoSuchEntity'], async () => {
        const { EvaluationResults = [] } = await iam(home).send(
          new SimulatePrincipalPolicyCommand({
            PolicySourceArn: asked.role,
            ActionNames: [asked.action],
            ResourceArns: [asked.resource],
            ContextEntries: Object.entries(asked.context).map(([ContextKeyName, values]) => ({
              ContextKeyName,
              ContextKeyType: 'stringList' as const,
              ContextKeyValues: [...values],
            })),
          }),
          { abortSignal },
        );
        const [result] = EvaluationResults;
        if (result === undefined) throw new Error('IAM’s simulator gave no result');
        return result.EvalDecision === 'allowed';
      }),

    close: () => {
      for (const client of open) client.destroy();
    },
  };
}

async function absentAs<T, A>(
  absent: A,
  names: readonly string[],
  look: () => Promise<T>,
): Promise<T | A> {
  try {
    return await look();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (error instanceof Error && (names.includes(error.name) || names.includes(code))) {
      return absent;
    }
    throw error;
  }
}

/** What is wrong with the credentials themselves, `scripts/cli/trouble.ts` says from the cause. */
async function identityBy(
  client: STSClient,
  abortSignal: AbortSignal,
): ReturnType<Looks['identity']> {
  try {
    const { Account, Arn } = await client.send(new GetCallerIdentityCommand({}), { abortSignal });
    return { account: Account ?? '', arn: Arn ?? '' };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new QuorateError(
      'UNAUTHENTICATED',
      `AWS could not be asked who these credentials are (${why}); nothing was checked`,
      { cause },
    );
  }
}

/** The parent's word counts, so its own server is asked: the zone's servers would only repeat themselves. */
export async function delegationOf(apex: string, dns: DnsLook): Promise<readonly string[]> {
  const labels = apex.split('.');
  for (let cut = 1; cut <= labels.length; cut += 1) {
    const parent = labels.slice(cut).join('.');
    const [server] = await dns.serversOf(parent === '' ? '.' : parent);
    if (server === undefined) continue;
    const [host] = await dns.addressesOf(server);
    if (host === undefined) throw new Error(`${server}, which serves ${parent}, has no address`);
    const reply = await dns.ask({ host, port: 53 }, apex, 'NS');
    if (reply.kind === 'silent') throw new Error(`${server} does not answer (${reply.why})`);
    return [...reply.data, ...reply.referral];
  }
  throw new Error(`this machine’s resolver finds no parent zone of ${apex}`);
}

async function stackBy(
  client: CloudFormationClient,
  StackName: string,
  abortSignal: AbortSignal,
): Promise<StackFact | undefined> {
  // CloudFormation's word for absence is a ValidationError; others are told by their text.
  const described = await client
    .send(new DescribeStacksCommand({ StackName }), { abortSignal })
    .catch((error: unknown) => {
      if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
      throw error;
    });
  const stack = described?.Stacks?.[0];
  if (stack === undefined || stack.StackStatus === 'DELETE_COMPLETE') return undefined;
  const schedules: { id: string; status: string }[] = [];
  let from: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { StackResourceSummaries = [], NextToken } = await client.send(
      new ListStackResourcesCommand({
        StackName,
        ...(from === undefined ? {} : { NextToken: from }),
      }),
      { abortSignal },
    );
    for (const { ResourceType, LogicalResourceId, ResourceStatus } of StackResourceSummaries) {
      if (ResourceType === SCHEDULE) {
        schedules.push({ id: LogicalResourceId ?? '', status: ResourceStatus ?? '' });
      }
    }
    from = NextToken;
    if (from === undefined) break;
  }
  return {
    status: stack.StackStatus ?? 'UNKNOWN',
    reason: stack.StackStatusReason ?? '',
    schedules,
  };
}

async function protectionsBy(
  client: Route53Client,
  HostedZoneId: string,
  abortSignal: AbortSignal,
): Promise<readonly Protection[]> {
  const found: Protection[] = [];
  let from: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const reply = await client.send(
      new ListResourceRecordSetProtectionsCommand({
        HostedZoneId,
        ...(from === undefined ? {} : { NextToken: from }),
      }),
      { abortSignal },
    );
    for (const { RecordName, RecordType, Comment } of reply.ResourceRecordSetProtections ?? []) {
      found.push({
        name: normaliseName(RecordName ?? ''),
        type: RecordType ?? '',
        comment: Comment ?? '',
      });
    }
    from = reply.NextToken;
    if (from === undefined) return found;
  }
  throw new Error(`the zone has more than ${PAGES_MAX} pages of protections`);
}
