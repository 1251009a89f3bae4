/**
 * An SDK request handler without a network: the request as it would go over the wire in, an answer out,
 * after a latency of virtual time. The SDK serialises, signs and parses as it always does.
 */
import type { DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { VirtualClock } from './virtual-clock.ts';

export type WireRequest = {
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
export type WireAnswer = {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};
type Handler = NonNullable<DynamoDBClientConfig['requestHandler']>;

type SdkRequest = {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

const NEVER = new AbortController().signal;

export function inProcess(
  clock: VirtualClock,
  latencyMs: number,
  answer: (request: WireRequest) => Promise<WireAnswer>,
): Handler {
  const handler = {
    metadata: { handlerProtocol: 'http/1.1' },
    updateHttpClientConfig: () => undefined,
    httpHandlerConfigs: () => ({}),
    destroy: () => undefined,
    async handle({ method, path, query = {}, headers, body }: SdkRequest) {
      const text = typeof body === 'string' ? body : Buffer.from(body ?? '').toString('utf8');
      const url = `${path}${queryText(query)}`;
      const reply = await clock.busy(answer({ method, url, headers, body: text }));
      await clock.sleep(latencyMs, NEVER);
      // Bytes, not a stream: nothing is left for the event loop to bring.
      return { response: { ...reply, body: new TextEncoder().encode(reply.body) } };
    },
  };
  return handler as unknown as Handler;
}

function queryText(query: NonNullable<SdkRequest['query']>): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) pairs.append(name, one);
  }
  return pairs.size === 0 ? '' : `?${pairs}`;
}
