/**
 * The API of every region over one world of fakes: requests as a function URL hands them over, answers
 * parsed, and a print of everything that a request could have changed.
 */
import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { type ApiOverrides, apiHandler } from '../../../functions/api.ts';
import type { Problem } from '../../../shared/api/problem.ts';
import type { LogEntry, MetricEntry } from '../../../shared/middleware.ts';
import type { NotifyCaller } from '../../../shared/ports.ts';
import { type QuorumWorld, quorumWorld, type WorldOptions } from '../../fakes/quorum-world.ts';

export const ALICE = 'arn:aws:sts::123456789012:assumed-role/Operator/alice';
export const BOB = 'arn:aws:sts::123456789012:assumed-role/Operator/bob';
const FUNCTION = 'arn:aws:lambda:eu-west-1:123456789012:function:quorate-test-api';

export type Sent = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  readonly isBase64Encoded?: boolean;
  readonly query?: string;
  readonly actor?: string | null;
  readonly scope?: 'read' | 'override' | 'freeze' | '$LATEST' | '7' | null;
  /** Which region's API. */
  readonly region?: number;
};

export type Got = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects.
  readonly body: any;
};

export type ApiWorld = {
  readonly world: QuorumWorld;
  readonly logs: readonly LogEntry[];
  readonly metrics: readonly MetricEntry[];
  readonly notified: string[];
  readonly ask: (method: string, path: string, sent?: Sent) => Promise<Got>;
  /** The same, not awaited and without moving time. */
  readonly start: (method: string, path: string, sent?: Sent) => Promise<Got>;
  readonly handle: (event: unknown, context?: Partial<Context>) => Promise<Got>;
  /** Zone, table and notifications: all that a request could change. */
  readonly print: () => string;
};

const UNBOUND = { size: 1_000_000, perSecond: 1_000_000 };

export function apiWorld(
  options: WorldOptions = {},
  overrides: Partial<ApiOverrides> = {},
): ApiWorld {
  const world = quorumWorld(options);
  const logs: LogEntry[] = [];
  const metrics: MetricEntry[] = [];
  const notified: string[] = [];
  const notify: NotifyCaller = {
    wake: async () => {
      notified.push('wake');
      return { kind: 'delivered' };
    },
    test: async () => {
      notified.push('test');
      return { kind: 'told', channels: [{ channel: 'sns', delivered: true, why: null }] };
    },
  };
  const handlers = world.regions.map(({ id, deps }) =>
    apiHandler(
      { QUORATE_VANTAGE: id, QUORATE_TABLE: 'quorate-test', AWS_REGION: id },
      {
        config: world.config,
        clock: deps.clock,
        ids: deps.ids,
        store: deps.store,
        zone: deps.zone,
        notify,
        bursts: { reads: UNBOUND, writes: UNBOUND },
        page: null,
        log: (entry) => logs.push(entry),
        metric: (entry) => metrics.push(entry),
        ...overrides,
      },
    ),
  );
  const run = async (event: unknown, context: Partial<Context>, region = 0): Promise<Got> =>
    gotOf(
      (await handlers[region]!(event, {
        ...CONTEXT,
        ...context,
      } as Context)) as APIGatewayProxyStructuredResultV2,
    );
  const start: ApiWorld['start'] = (method, path, sent = {}) =>
    run(eventOf(method, path, sent), contextOf(sent), sent.region);
  return {
    world,
    logs,
    metrics,
    notified,
    start,
    ask: (method, path, sent) => world.clock.runUntil(start(method, path, sent)),
    handle: (event, context = {}) => world.clock.runUntil(run(event, context)),
    print: () =>
      JSON.stringify([
        [...world.zones.values()].map((zone) => [zone.records(), zone.commits]),
        [...world.table.records],
        [...world.table.marks],
        [...world.table.heads],
        [...world.table.shadows],
        notified,
      ]),
  };
}

const CONTEXT: Partial<Context> = {
  awsRequestId: '5f0a8f8e-2b9e-4f0c-9f0e-000000000001',
  invokedFunctionArn: FUNCTION,
  getRemainingTimeInMillis: () => 30_000,
};

const contextOf = ({ scope = null }: Sent): Partial<Context> => ({
  invokedFunctionArn: scope === null ? FUNCTION : `${FUNCTION}:${scope}`,
});

export function eventOf(method: string, path: string, sent: Sent = {}): unknown {
  const { headers = {}, body, text, isBase64Encoded = false, query = '', actor = ALICE } = sent;
  const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const json = payload === undefined ? {} : { 'content-type': 'application/json' };
  return {
    version: '2.0',
    rawPath: path,
    rawQueryString: query,
    headers: { ...json, ...headers },
    requestContext: {
      http: { method, path, sourceIp: '192.0.2.7' },
      requestId: '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0',
      ...(actor === null ? {} : { authorizer: { iam: { userArn: actor } } }),
    },
    ...(payload === undefined ? {} : { body: payload }),
    isBase64Encoded,
  };
}

function gotOf({ statusCode, headers, body }: APIGatewayProxyStructuredResultV2): Got {
  const text = body ?? '';
  return {
    status: statusCode ?? 0,
    headers: headers as Readonly<Record<string, string>>,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : text,
  };
}

export const problemOf = ({ body }: Got): Problem => body as Problem;

/** A drain that the default world carries out. */
export const DRAIN = {
  kind: 'drain',
  scope: { service: 'app', endpoint: 'us-east-1' },
  for: '2h',
  reason: 'bad deploy 4711',
} as const;

/** Headers of a write at the generation that a world begins with. */
export const writing = (
  key = 'key-1',
  match = '"g41"',
): { readonly headers: Readonly<Record<string, string>> } => ({
  headers: { 'if-match': match, 'idempotency-key': key },
});
