/**
 * The API of one region of a local world, for a fuzzer that can't sign: a door on loopback makes of
 * whatever comes the event that a function URL would make of it, one request at a time. Half of the writes
 * get `If-Match` of the generation that stands: no fuzzer guesses it, and nothing would ever be done. The
 * door notes each request that was refused although Route 53 accepted a batch for it, and how often each
 * status was answered. Bursts are not limited: what is refused for its number can't be fuzzed.
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { Context } from 'aws-lambda';
import { problemReply, type Refusal } from '../../../functions/api/problem.ts';
import { resultOf } from '../../../functions/api/reply.ts';
import { SNAPSHOT_MS } from '../../../functions/api/zone-snapshots.ts';
import { apiHandler } from '../../../functions/api.ts';
import { urlAnswer, urlEvent } from '../../../scripts/local/function-url-event.ts';
import { closeServer, listenAt } from '../../../scripts/local/loopback.ts';
import { LOCAL_CREDENTIALS } from '../../../scripts/local/signature-check.ts';
import type { World } from '../../../scripts/local/world.ts';
import { wire } from '../../../shared/wire.ts';

export type FuzzedApi = AsyncDisposable & {
  readonly url: string;
  /** `POST 412` → how often. */
  readonly answers: ReadonlyMap<string, number>;
  readonly commits: () => number;
  /** Requests that were refused and changed something. */
  readonly broken: readonly string[];
  /** What the API logged as an error: bugs. */
  readonly bugs: readonly string[];
};

const REGION = 'eu-west-1';
const LOOPBACK = '127.0.0.1';
/** A zone read that failed is not repeated for 10 s: asked again, this many times. */
const AGAIN_MAX = 3;
const UNBOUND = { size: 1e9, perSecond: 1e9 };
const NEVER = new AbortController().signal;
const CONTEXT = {
  invokedFunctionArn: `arn:aws:lambda:${REGION}:123456789012:function:local-api`,
  getRemainingTimeInMillis: () => 30_000,
} as Context;
const OPERATOR = { accessKeyId: 'local', userArn: 'arn:aws:iam::123456789012:user/fuzzer' };

export async function openFuzzedApi(world: World): Promise<FuzzedApi> {
  await using opened = new AsyncDisposableStack();
  const bugs: string[] = [];
  const env = world.environmentOf(REGION);
  const settings = { config: world.config, clock: world.clock, credentials: LOCAL_CREDENTIALS };
  const wired = wire(env, 'api', settings);
  opened.defer(() => wired.destroy());
  let commits = 0;
  const zone = wired.zone();
  const handler = apiHandler(env, {
    ...settings,
    zone: {
      ...zone,
      commit: async (...args) => {
        const reply = await zone.commit(...args);
        if (reply.kind === 'accepted') commits += 1;
        return reply;
      },
    },
    bursts: { reads: UNBOUND, writes: UNBOUND },
    log: ({ level, message, stack }) => {
      if (level === 'error') bugs.push(`${message} ${stack}`);
    },
    metric: () => undefined,
  });

  const answers = new Map<string, number>();
  const broken: string[] = [];
  let count = 0;
  const answer = async (incoming: IncomingMessage) => {
    const { method = '', url = '/' } = incoming;
    const body = await bodyOf(incoming);
    const before = commits;
    const headers = Object.fromEntries(
      Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]),
    );
    const refusal = refusedAtTheDoor(headers);
    if (refusal !== null) return urlAnswer(resultOf(problemReply(refusal), 'door'));
    const generation = world.state().services[0]?.generation ?? null;
    count += 1;
    const isFormed = /^"[gp]/.test(headers['if-match'] ?? '"g');
    if (method !== 'GET' && isFormed && generation !== null && count % 2 === 0) {
      headers['if-match'] = `"g${generation}"`;
      headers['idempotency-key'] ??= `fuzz-${count}`;
    }
    const asked = { method, target: url, headers, body, sourceIp: LOOPBACK, at: world.clock.now() };
    let reply = urlAnswer(await handler(urlEvent(asked, OPERATOR), CONTEXT));
    // A machine that is busy with other tests lets Route 53 be late, and a client asks again.
    for (let again = 0; reply.status === 503 && again < AGAIN_MAX; again += 1) {
      await world.clock.sleep(SNAPSHOT_MS, NEVER);
      reply = urlAnswer(await handler(urlEvent(asked, OPERATOR), CONTEXT));
    }
    const key = `${method} ${reply.status}`;
    answers.set(key, (answers.get(key) ?? 0) + 1);
    if (reply.status >= 400 && commits !== before) broken.push(`${key} ${url} ${body}`);
    return reply;
  };
  let last: Promise<unknown> = Promise.resolve();
  const door = createServer((incoming, response) => {
    last = last
      .then(() => answer(incoming))
      .then(({ status, headers, body }) => response.writeHead(status, headers as never).end(body))
      .catch((error: unknown) => {
        bugs.push(String(error));
        response.destroy();
      });
  });
  opened.defer(async () => {
    door.closeAllConnections();
    await closeServer(door);
  });
  const { port } = await listenAt(door, { address: LOOPBACK, port: 0 });
  const running = opened.move();
  return {
    url: `http://${LOOPBACK}:${port}`,
    answers,
    commits: () => commits,
    broken,
    bugs,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** What comes unsigned never reaches the function. And a fuzzer takes a header that no document names for an
 *  error, where HTTP has it ignored. */
function refusedAtTheDoor(headers: Readonly<Record<string, string>>): Refusal | null {
  if (headers.authorization === undefined) {
    return { code: 'UNAUTHENTICATED', detail: 'the request is not signed' };
  }
  return headers['x-schemathesis-unknown-property'] === undefined
    ? null
    : { code: 'BAD_REQUEST', detail: 'a header that is not documented' };
}

async function bodyOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
