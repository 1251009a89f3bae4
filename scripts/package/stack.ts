/**
 * What `serverless.yml` does not say itself: `quorate.yml`, the region and the environment in, the values
 * of one vantage's stack out. Everything that is the same in every vantage stands in serverless.yml; here
 * is what depends on the file or the region.
 *
 * AWS is asked once, for the replica's stream, and only by `deploy` and `package`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { QuorateError } from '../../shared/core/errors.ts';
import { type Config, epochMs, type VantageId } from '../../shared/core/model.ts';
import type { Env } from '../../shared/wire.ts';
import { loadConfig } from '../config-file.ts';
import {
  deadLetterQueueName,
  FUNCTIONS,
  type FunctionId,
  functionName,
  tableName,
  vantageStackName,
} from '../names.ts';
import { alarmActions, alarmResources } from './alarms.ts';
import { apiDoors } from './api-doors.ts';
import { dashboardResource } from './dashboard.ts';
import { keepPackaged } from './packaged-config.ts';
import { OFFLINE_LABEL, offlineStreamArn, replicaStreamArn } from './replica-stream.ts';
import type { Resources } from './resource.ts';
import { roleResources } from './roles.ts';

export type StackRequest = {
  /** Of the command line of osls. */
  readonly options: {
    readonly region?: string | null;
    readonly stage?: string | null;
    /** `deploy --package FOLDER`: what was packaged before. */
    readonly package?: string | null;
  };
  readonly argv: readonly string[];
  readonly env: Env;
  /** Where relative paths begin; default: the process's own. */
  readonly folder?: string;
};

/** Reached from serverless.yml as `${self:custom.quorate.…}`. */
export type StackValues = {
  readonly deployment: string;
  readonly region: VantageId;
  readonly stackName: string;
  readonly table: string;
  readonly streamArn: string;
  readonly functionNames: Readonly<Record<FunctionId, string>>;
  readonly deadLetterQueue: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly roles: Resources;
  readonly alarms: Resources;
  readonly apiDoors: Resources;
  /** Empty but at home. */
  readonly dashboard: Resources;
  /** Laid over what osls makes: keys that are there in some deployments only. */
  readonly extensions: Readonly<Record<string, { readonly Properties: object }>>;
};

/** Only where the account has room: a new account has 10 in all, and any reservation is refused there. */
const RESERVED: Readonly<Record<FunctionId, number>> = { probe: 3, quorum: 5, notify: 2, api: 10 };

/** As osls names it. */
const PACKAGED_TEMPLATE = 'cloudformation-template-update-stack.json';

export async function stackValues({
  options,
  argv,
  env,
  folder,
}: StackRequest): Promise<StackValues> {
  const loaded = loadConfig({
    env,
    ...(options.stage ? { stage: options.stage } : {}),
    ...(folder === undefined ? {} : { folder }),
    packagedAt: packagedAt(env),
  });
  const { config } = loaded;
  const region = regionOf(config, options.region || undefined, env);
  keepPackaged(loaded);
  const { deployment, aws } = config;
  const table = tableName(deployment);
  return {
    deployment,
    region,
    stackName: vantageStackName(deployment),
    table,
    streamArn: await streamArn(table, region, { options, argv, env }),
    functionNames: perFunction((id) => functionName(deployment, id)),
    deadLetterQueue: deadLetterQueueName(deployment),
    tags: aws.tags,
    roles: roleResources(config, region),
    alarms: alarmResources(config, region, alarmActions(config, region)),
    apiDoors: apiDoors(),
    dashboard: dashboardResource(config, region),
    extensions: extensions(config, region, env),
  };
}

/** `--region`, else the shell's if it is a vantage, else home: as in every command of `quorate`. */
function regionOf(config: Config, asked: string | undefined, env: Env): VantageId {
  const known = (name: string | undefined): VantageId | undefined =>
    config.vantages.find((vantage) => vantage === name);
  if (asked !== undefined && known(asked) === undefined) {
    throw new QuorateError(
      'BAD_REQUEST',
      `--region ${asked} is no vantage of ${config.deployment}; write one of ${config.vantages.join(', ')}, or add it to vantages in quorate.yml`,
    );
  }
  return known(asked) ?? known(env.AWS_REGION) ?? known(env.AWS_DEFAULT_REGION) ?? config.home;
}

/** One time for all regions of a deployment is handed in by `npm run deploy`. */
function packagedAt({ QUORATE_PACKAGED_AT: text }: Env): ReturnType<typeof epochMs> {
  if (!text) return epochMs(Date.now());
  if (/^\d{13}$/.test(text)) return epochMs(Number(text));
  throw new QuorateError(
    'BAD_REQUEST',
    `QUORATE_PACKAGED_AT is ${JSON.stringify(text)}; write milliseconds since 1970, or unset it`,
  );
}

async function streamArn(
  table: string,
  region: VantageId,
  { options, argv, env }: StackRequest,
): Promise<string> {
  const command = argv.find((word) => !word.startsWith('-'));
  const isOffline = env.QUORATE_OFFLINE === '1';
  if (command === 'deploy' && isOffline) {
    throw new QuorateError(
      'BAD_REQUEST',
      'QUORATE_OFFLINE=1 packages with a placeholder for the stream of the table, which nothing can be deployed with; unset it',
    );
  }
  if (command === 'deploy' && options.package && isPackagedOffline(options.package)) {
    throw new QuorateError(
      'BAD_REQUEST',
      `${options.package} was packaged with QUORATE_OFFLINE=1, so it names no stream; package it again without that, or deploy without --package`,
    );
  }
  const asks = !isOffline && (command === 'deploy' || command === 'package');
  if (!asks) return offlineStreamArn(table, region);
  const endpoint = env.AWS_ENDPOINT_URL_DYNAMODB || env.AWS_ENDPOINT_URL;
  return await replicaStreamArn(table, region, endpoint ? { endpoint } : {});
}

function isPackagedOffline(folder: string): boolean {
  try {
    const template = readFileSync(join(folder, PACKAGED_TEMPLATE), 'utf8');
    return template.includes(OFFLINE_LABEL);
  } catch {
    // osls says itself what is missing in the folder.
    return false;
  }
}

function extensions(config: Config, region: VantageId, env: Env): StackValues['extensions'] {
  const reserves = env.QUORATE_RESERVE === '1';
  const network = config.network[region];
  return Object.fromEntries(
    FUNCTIONS.map((id) => [
      `${id.slice(0, 1).toUpperCase()}${id.slice(1)}LambdaFunction`,
      {
        Properties: {
          ...(reserves ? { ReservedConcurrentExecutions: RESERVED[id] } : {}),
          // Only what probes needs an address of its own or a way to private targets. The others talk
          // to AWS alone, and must not depend on the NAT of a network.
          ...(id === 'probe' && network !== undefined
            ? {
                VpcConfig: {
                  SubnetIds: network.subnets,
                  SecurityGroupIds: network.securityGroups,
                  ...(network.ipv6 ? { Ipv6AllowedForDualStack: true } : {}),
                },
              }
            : {}),
        },
      },
    ]),
  );
}

const perFunction = <T>(of: (id: FunctionId) => T): Readonly<Record<FunctionId, T>> => ({
  probe: of('probe'),
  quorum: of('quorum'),
  notify: of('notify'),
  api: of('api'),
});
