/**
 * The `Cloud` port on AWS, with the deployer's own credentials. Each call makes its words those of
 * `cloud.ts`, and every error a sentence that names service, region and what was being done. Clients are
 * made per region at first use. Where AWS_ENDPOINT_URL is set, everything goes there.
 */
import {
  GetAccountSettingsCommand,
  GetFunctionCommand,
  GetFunctionUrlConfigCommand,
  InvokeCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { GetHostedZoneCommand } from '@aws-sdk/client-route-53';
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { route53Clients } from '../../shared/adapters/route53-clients.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { type VantageId, vantageId, type ZoneRef } from '../../shared/core/model.ts';
import type { Clock } from '../../shared/ports.ts';
import type { Env } from '../../shared/wire.ts';
import { PACKAGED_FILE } from '../package/bundle.ts';
import { awsPermissions } from './aws-permissions.ts';
import { awsStacks } from './aws-stacks.ts';
import { awsTables } from './aws-tables.ts';
import { nameOf, troubleOf } from './aws-trouble.ts';
import type { Cloud } from './cloud.ts';
import { zipEntry } from './zip-entry.ts';

const ATTEMPTS_MAX = 4;
const ARCHIVE_BYTES_MAX = 100 * 1024 * 1024;

export type Call = <T>(what: string, run: () => Promise<T>) => Promise<T>;
export type Regional = <T extends { destroy: () => void }>(
  kind: string,
  region: VantageId,
  make: (common: { region: string; maxAttempts: number }) => T,
) => T;

export type AwsCloud = Cloud & { readonly destroy: () => void };

export function awsCloud(env: Env, clock: Clock): AwsCloud {
  const endpoint = env.AWS_ENDPOINT_URL || undefined;
  const clients = new Map<string, { destroy: () => void }>();
  const regional: Regional = (kind, region, make) => {
    const key = `${kind} ${region}`;
    const known = clients.get(key);
    // One kind of client has one key.
    if (known !== undefined) return known as ReturnType<typeof make>;
    const made = make({ region, maxAttempts: ATTEMPTS_MAX });
    clients.set(key, made);
    return made;
  };
  const call: Call = async (what, run) => {
    try {
      return await run();
    } catch (error) {
      throw troubleOf(error, what);
    }
  };
  const lambda = (region: VantageId): LambdaClient =>
    regional('lambda', region, (common) => new LambdaClient(common));

  return {
    isAws: endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(hostOf(endpoint)),

    identity: (region, signal) =>
      call(`STS in ${region}`, async () => {
        const client = regional('sts', region, (common) => new STSClient(common));
        const { Account: account, Arn: arn } = await client.send(new GetCallerIdentityCommand({}), {
          abortSignal: signal,
        });
        if (account === undefined || arn === undefined) {
          throw new QuorateError('UNAUTHENTICATED', `STS in ${region} does not say who calls`);
        }
        return { account, arn };
      }),

    denied: awsPermissions(regional, call),

    concurrency: (region, signal) =>
      call(`Lambda in ${region}: reading the account's limits`, async () => {
        const { AccountLimit } = await lambda(region).send(new GetAccountSettingsCommand({}), {
          abortSignal: signal,
        });
        return {
          limit: AccountLimit?.ConcurrentExecutions ?? 0,
          unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? 0,
        };
      }),

    ...awsStacks({ regional, call, clock, isPathStyle: endpoint !== undefined }),
    ...awsTables(regional, call),

    parameter: (region, name, signal) =>
      call(`SSM in ${region}: looking for parameter ${name}`, async () => {
        // Its value is none of a deployer's business, so it is listed, not read.
        try {
          const client = regional('ssm', region, (common) => new SSMClient(common));
          const { Parameters = [] } = await client.send(
            new DescribeParametersCommand({
              ParameterFilters: [{ Key: 'Name', Option: 'Equals', Values: [name] }],
            }),
            { abortSignal: signal },
          );
          return Parameters.length > 0 ? 'present' : 'missing';
        } catch (error) {
          if (troubleOf(error, '').code === 'ACCESS_DENIED') return 'unknown';
          throw error;
        }
      }),

    deployedFunction: (region, functionName, signal) =>
      call(`Lambda in ${region}: reading ${functionName}`, async () => {
        try {
          const { Code, Concurrency } = await lambda(region).send(
            new GetFunctionCommand({ FunctionName: functionName }),
            { abortSignal: signal },
          );
          const reserved = Concurrency?.ReservedConcurrentExecutions ?? 0;
          const packaged = Code?.Location ? await packagedIn(Code.Location, signal) : null;
          return { packaged, reserved };
        } catch (error) {
          if (nameOf(error) === 'ResourceNotFoundException') return null;
          throw error;
        }
      }),

    start: (region, functionName, signal) =>
      call(`Lambda in ${region}: starting ${functionName}`, async () => {
        try {
          await lambda(region).send(
            new InvokeCommand({ FunctionName: functionName, InvocationType: 'Event' }),
            { abortSignal: signal },
          );
        } catch (error) {
          // A convenience: the schedule starts it within a minute or two.
          if (troubleOf(error, '').code !== 'ACCESS_DENIED') throw error;
        }
      }),

    functionUrl: (region, functionName, alias, signal) =>
      call(`Lambda in ${region}: reading the URL of ${functionName}`, async () => {
        try {
          const { FunctionUrl } = await lambda(region).send(
            new GetFunctionUrlConfigCommand({
              FunctionName: functionName,
              ...(alias === null ? {} : { Qualifier: alias }),
            }),
            { abortSignal: signal },
          );
          return FunctionUrl ?? null;
        } catch (error) {
          if (nameOf(error) === 'ResourceNotFoundException') return null;
          throw error;
        }
      }),

    zone: async (zone, signal) => await readZone(zone, signal),

    destroy: () => {
      for (const client of clients.values()) client.destroy();
    },
  };

  /** What can't be fetched or found is unknown, which is told; it is no reason not to deploy. */
  async function packagedIn(location: string, signal: AbortSignal): Promise<string | null> {
    // An engine names itself by an address that need not be reachable from here.
    const { pathname, search } = new URL(location);
    const url = endpoint === undefined ? location : new URL(`${pathname}${search}`, endpoint);
    try {
      const reply = await fetch(url, { signal });
      if (!reply.ok) return null;
      const archive = Buffer.from(await reply.arrayBuffer());
      if (archive.length > ARCHIVE_BYTES_MAX) return null;
      return zipEntry(archive, PACKAGED_FILE)?.toString('utf8') ?? null;
    } catch (error) {
      if (signal.aborted) throw error;
      return null;
    }
  }

  function readZone(zone: ZoneRef, signal: AbortSignal): ReturnType<Cloud['zone']> {
    const route53 = route53Clients({
      region: 'us-east-1',
      stsRegion: vantageId(env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1'),
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    const as = zone.role === undefined ? '' : ` as ${zone.role}`;
    return call(`Route 53: reading zone ${zone.key} (${zone.id})${as}`, async () => {
      try {
        const { HostedZone } = await route53
          .reader(zone)
          .send(new GetHostedZoneCommand({ Id: zone.id }), { abortSignal: signal });
        return {
          name: (HostedZone?.Name ?? '').replace(/\.$/, '').toLowerCase(),
          isPrivate: HostedZone?.Config?.PrivateZone === true,
        };
      } catch (error) {
        if (nameOf(error) === 'NoSuchHostedZone') return 'no-such-zone' as const;
        throw error;
      }
    }).finally(() => route53.destroy());
  }
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : url);
