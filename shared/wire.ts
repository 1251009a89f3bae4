/**
 * The one place that reads settings and makes clients: environment in, ports out. Each port is made at
 * its first use and once, so that `probe` never makes a Route 53 client. Overrides let the local world
 * and tests run several regions in one process, each with its own environment, and replace any port.
 * What only some functions have (prober, secrets, notifications) is wired in files of its own beside this
 * one: a port named here is in every bundle, and a cold start reads all of it.
 */
import { readFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { classifyAddress, isInside } from './adapters/addresses.ts';
import { randomIds, sha256 } from './adapters/digest.ts';
import { dynamodbStore } from './adapters/dynamodb-store.ts';
import type { HttpProberOptions } from './adapters/http-prober.ts';
import { compilePattern } from './adapters/patterns.ts';
import { type Credentials, route53Clients } from './adapters/route53-clients.ts';
import { route53Zone } from './adapters/route53-zone.ts';
import { systemClock } from './adapters/system-clock.ts';
import { parseConfig, problemText } from './core/config.ts';
import { QuorateError } from './core/errors.ts';
import { FENCE_FORMAT } from './core/fence.ts';
import { metricNamespace } from './core/metric.ts';
import { type Aids, type Config, epochMs, type VantageId, vantageId } from './core/model.ts';
import { REPORT_FORMATS_READ, type Report } from './core/report.ts';
import { makeTelemetry, type Telemetry, type TelemetryOverrides } from './middleware.ts';
import type { Clock, Ids, Prober, Secrets, Store, Zone } from './ports.ts';
import type { ProbeRoundDeps } from './rounds/probe-round.ts';

/** Goes into reports and into `User-Agent`; equals the version in package.json. */
export const RELEASE = '0.1.0';

const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 2_000;
const ATTEMPTS = 2;
const PACKAGED_FILE = 'quorate.json';

/** As the platform gives it: names and text. */
export type Env = Readonly<Record<string, string | undefined>>;

export type Settings = {
  readonly vantage: VantageId;
  readonly region: string;
  readonly table: string;
  /** The packaged file itself, or where it lies. */
  readonly packaged: { readonly kind: 'text' | 'path'; readonly value: string };
  readonly endpoints: {
    readonly dynamodb: string | undefined;
    readonly route53: string | undefined;
    readonly ssm: string | undefined;
  };
  readonly logLevel: string;
};

export type WireOverrides = TelemetryOverrides & {
  /** Instead of the packaged file. */
  readonly config?: Config;
  readonly clock?: Clock;
  readonly ids?: Ids;
  readonly store?: Store;
  readonly zone?: Zone;
  readonly prober?: Prober;
  readonly secrets?: Secrets;
  /** Of the real prober: certificates, routes and addresses of a local world. */
  readonly probing?: Partial<Omit<HttpProberOptions, 'clock' | 'secrets' | 'userAgent'>>;
  readonly controls?: NonNullable<ProbeRoundDeps['controls']>;
  /** Instead of the process's own, for DynamoDB, SSM and every zone. */
  readonly credentials?: Credentials;
  readonly release?: string;
};

type Closable = { readonly destroy: () => void };

/** What every regional AWS client of this process is made with. */
export type ClientSettings = {
  readonly region: string;
  readonly maxAttempts: number;
  readonly requestHandler: NodeHttpHandler;
  readonly credentials?: Credentials;
};

export type Wired = {
  readonly settings: Settings;
  readonly config: Config;
  readonly release: string;
  readonly reads: Report['reads'];
  readonly aids: Aids;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  readonly controls: ProbeRoundDeps['controls'];
  readonly store: () => Store;
  readonly zone: () => Zone;
  /** Another client with the settings of all, closed with them. */
  readonly client: <T extends Closable>(make: (settings: ClientSettings) => T) => T;
  /** Closes every connection. */
  readonly destroy: () => void;
};

export const AIDS: Aids = { digestOf: sha256, classifyAddress, isInside, compilePattern };

const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'SILENT', 'CRITICAL'];

/** Every mistake at once: whoever reads the message is in the middle of a deployment. */
export function parseEnv(env: Env): Settings {
  const problems: string[] = [];
  const required = (name: string, meaning: string, ...fallbacks: readonly string[]): string => {
    const value = [name, ...fallbacks].map((key) => env[key]).find((text) => text);
    if (value === undefined) problems.push(`${name} is not set (${meaning})`);
    return value ?? '';
  };
  const url = (name: string): string | undefined => {
    const value = env[name] || env.AWS_ENDPOINT_URL || undefined;
    if (value !== undefined && !URL.canParse(value)) problems.push(`${name} is no URL: ${value}`);
    return value;
  };
  const logLevel = (env.LOG_LEVEL || 'INFO').toUpperCase();
  if (!LOG_LEVELS.includes(logLevel)) {
    problems.push(`LOG_LEVEL is ${env.LOG_LEVEL}, known are ${LOG_LEVELS.join(', ')}`);
  }
  const packaged = env.QUORATE_CONFIG_JSON || `${env.LAMBDA_TASK_ROOT || '.'}/${PACKAGED_FILE}`;
  const settings: Settings = {
    vantage: vantageId(required('QUORATE_VANTAGE', 'a region of `vantages`', 'AWS_REGION')),
    region: required('AWS_REGION', 'where the table’s replica is', 'QUORATE_VANTAGE'),
    table: required('QUORATE_TABLE', 'name of the global table'),
    packaged: { kind: packaged.trimStart().startsWith('{') ? 'text' : 'path', value: packaged },
    endpoints: {
      dynamodb: url('AWS_ENDPOINT_URL_DYNAMODB'),
      route53: url('AWS_ENDPOINT_URL_ROUTE_53'),
      ssm: url('AWS_ENDPOINT_URL_SSM'),
    },
    logLevel,
  };
  if (problems.length > 0) {
    throw new QuorateError('CONFIG_INVALID', `environment: ${problems.join('; ')}`);
  }
  return settings;
}

/** The file as packaged: `{ packagedAt, data }`, where `data` is what the YAML held. */
export function readPackagedConfig({ packaged }: Pick<Settings, 'packaged'>): Config {
  const what = packaged.kind === 'text' ? 'QUORATE_CONFIG_JSON' : packaged.value;
  const parsed = packagedFile(packaged, what);
  const result = parseConfig(parsed.data, () => undefined, AIDS, {
    allowLoopback: false,
    packagedAt: epochMs(parsed.packagedAt),
  });
  if ('config' in result) return result.config;
  throw new QuorateError(
    'CONFIG_INVALID',
    `${what}: ${result.problems.map(problemText).join('; ')}; package again from a valid quorate.yml`,
  );
}

function packagedFile(
  packaged: Settings['packaged'],
  what: string,
): { readonly packagedAt: number; readonly data: unknown } {
  try {
    const text = packaged.kind === 'text' ? packaged.value : readFileSync(packaged.value, 'utf8');
    const file: unknown = JSON.parse(text);
    if (
      typeof file === 'object' &&
      file !== null &&
      'data' in file &&
      'packagedAt' in file &&
      Number.isSafeInteger(file.packagedAt)
    ) {
      return { packagedAt: Number(file.packagedAt), data: file.data };
    }
  } catch (cause) {
    throw new QuorateError('CONFIG_INVALID', `${what} can't be read as the packaged file`, {
      cause,
    });
  }
  throw new QuorateError('CONFIG_INVALID', `${what} lacks packagedAt or data; package again`);
}

export function wire(env: Env, functionName: string, overrides: WireOverrides = {}): Wired {
  const settings = parseEnv(env);
  const config = overrides.config ?? readPackagedConfig(settings);
  const clock = overrides.clock ?? systemClock();
  const release = overrides.release ?? RELEASE;
  const closers: (() => void)[] = [];
  const client = <T extends Closable>(made: T): T => {
    closers.push(() => made.destroy());
    return made;
  };
  const common: ClientSettings = {
    region: settings.region,
    maxAttempts: ATTEMPTS,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    }),
    ...(overrides.credentials === undefined ? {} : { credentials: overrides.credentials }),
  };

  const store = once(
    () =>
      overrides.store ??
      dynamodbStore({
        client: DynamoDBDocumentClient.from(
          client(new DynamoDBClient({ ...common, ...endpointOf(settings.endpoints.dynamodb) })),
        ),
        table: settings.table,
        clock,
      }),
  );
  const zone = once(() => {
    if (overrides.zone) return overrides.zone;
    const { credentials } = overrides;
    const clients = client(
      route53Clients({
        region: 'us-east-1',
        stsRegion: settings.region,
        ...endpointOf(settings.endpoints.route53),
        ...(credentials === undefined ? {} : { credentialsOf: () => credentials }),
      }),
    );
    return route53Zone({ reader: clients.reader, writer: clients.writer, clock });
  });

  return {
    settings,
    config,
    release,
    reads: { report: REPORT_FORMATS_READ, fence: [FENCE_FORMAT] },
    aids: AIDS,
    clock,
    ids: overrides.ids ?? randomIds(),
    telemetry: makeTelemetry(
      {
        functionName,
        logLevel: settings.logLevel,
        namespace: metricNamespace(config.deployment),
        region: settings.vantage,
      },
      overrides,
    ),
    controls: overrides.controls,
    store,
    zone,
    client: (make) => client(make(common)),
    destroy: () => {
      for (const close of closers) close();
    },
  };
}

/** Made at the first use. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export const endpointOf = (endpoint: string | undefined): { endpoint?: string } =>
  endpoint === undefined ? {} : { endpoint };
