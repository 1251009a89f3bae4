/**
 * What goes wrong between the store and DynamoDB: throttling, 5xx, silence, resets, refusals, cursors
 * that never end. The server below answers what a test says; time is virtual, so that a deadline of two
 * seconds is awaited, not slept through.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { documentClient } from '../../scripts/local/global-table.ts';
import { reportItem } from '../../shared/adapters/dynamodb-items.ts';
import { dynamodbStore } from '../../shared/adapters/dynamodb-store.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { epochMs } from '../../shared/core/model.ts';
import type { Store } from '../../shared/ports.ts';
import { type FakeClock, fakeClock } from '../fakes/fake-clock.ts';
import { anEvent } from '../fakes/sample-incident.ts';
import {
  APP,
  aDrillEvent,
  aRecord,
  aReport,
  aRollup,
  EU,
  keyOf,
  LIVE,
  NOW,
  US,
} from './store-samples.ts';

describe('dynamodb store: answers that are errors', () => {
  it.each([
    ['ProvisionedThroughputExceededException', 400, 'STORE_UNAVAILABLE', /was throttled/],
    ['ThrottlingException', 400, 'STORE_UNAVAILABLE', /was throttled/],
    ['RequestLimitExceeded', 400, 'STORE_UNAVAILABLE', /was throttled/],
    ['InternalServerError', 500, 'STORE_UNAVAILABLE', /failed \(InternalServerError/],
    ['ServiceUnavailable', 503, 'STORE_UNAVAILABLE', /failed \(ServiceUnavailable/],
    ['ReplicatedWriteConflictException', 400, 'STORE_UNAVAILABLE', /the next round tries again/],
    ['ResourceNotFoundException', 400, 'STORE_UNAVAILABLE', /found no such table; deploy/],
    ['ValidationException', 400, 'STORE_UNAVAILABLE', /refused as invalid \(because/],
    ['AccessDeniedException', 400, 'ACCESS_DENIED', /let this function's role use the table/],
    ['UnrecognizedClientException', 400, 'ACCESS_DENIED', /check its credentials/],
    ['ExpiredTokenException', 400, 'ACCESS_DENIED', /was denied \(ExpiredTokenException\)/],
  ] as const)('turns %s (%i) into %s and says what to do', async (type, status, code, sentence) => {
    await using world = await open(() => fault(status, type));

    const error = await rejection(world.store.readReports([EU], LIVE));

    expect(error).toBeInstanceOf(QuorateError);
    expect(error).toMatchObject({ code, cause: { name: type } });
    expect(error.message).toMatch(sentence);
    expect(error.message).toMatch(/^table quorate-test in eu-west-1: reading reports /);
  });

  it('names the call of every method that fails', async () => {
    await using world = await open(() => fault(500, 'InternalServerError'));

    const errors = await Promise.all(everyMethod(world.store).map(rejection));

    expect(errors.map((error) => (error as QuorateError).code)).toEqual(
      errors.map(() => 'STORE_UNAVAILABLE'),
    );
    expect(errors).toHaveLength(Object.keys(world.store).length);
    expect(new Set(errors.map(({ message }) => message)).size).toBe(errors.length);
  });

  it('cuts and cleans what the server said', async () => {
    await using world = await open(() =>
      fault(500, 'InternalServerError', `a\u0007b${'x'.repeat(999)}`),
    );

    const { message } = await rejection(world.store.readReports([EU], LIVE));

    expect(message).not.toMatch(/\u0007/);
    expect(message).toContain('a b');
    expect(message.length).toBeLessThan(400);
  });

  it.each([
    ['HTML', { status: 200, body: '<html>' }],
    ['an empty 500', { status: 500, body: '' }],
  ])('turns %s into STORE_UNAVAILABLE', async (_, answer) => {
    await using world = await open(() => answer);

    expect(await rejection(world.store.readReports([EU], LIVE))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('turns a connection reset into STORE_UNAVAILABLE', async () => {
    await using world = await open(() => 'reset');

    expect(await rejection(world.store.readReports([EU], LIVE))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });

  it('turns a refused connection into STORE_UNAVAILABLE', async () => {
    const world = await open(() => 'hang');
    await world[Symbol.asyncDispose]();

    expect(await rejection(world.store.readReports([EU], LIVE))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});

describe('dynamodb store: silence', () => {
  it('ends a call that hangs at its deadline, not before, and leaves no timer', async () => {
    await using world = await open(() => 'hang');
    const failed = rejection(world.store.writeReport(aReport({ round: 1 }), null, LIVE));
    let isSettled = false;
    const settle = (): void => {
      isSettled = true;
    };
    failed.then(settle, settle);
    await world.nextRequest();

    await world.clock.advance(1_999);
    expect(isSettled).toBe(false);
    await world.clock.advance(1);

    expect(await failed).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message:
        'table quorate-test in eu-west-1: writing the report had no answer within 2000 ms; ' +
        'the next round tries again',
    });
    expect(world.clock.waiting()).toBe(0);
  });

  it('ends a call whose caller gives up', async () => {
    await using world = await open(() => 'hang');
    const caller = new AbortController();
    const failed = rejection(world.store.readReports([EU], caller.signal));
    await world.nextRequest();

    caller.abort(new Error('the invocation ends'));

    expect(await failed).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('was given up because the round ended'),
      cause: { message: 'the invocation ends' },
    });
    expect(world.clock.waiting()).toBe(0);
  });

  it('says so when the caller had given up before the call', async () => {
    await using world = await open(() => ok({}));

    expect(await rejection(world.store.readHeads([EU], AbortSignal.abort()))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('reading heads was given up'),
    });
  });

  it('ends a call whose credentials never come', async () => {
    const clock = fakeClock(NOW);
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const client = DynamoDBDocumentClient.from(
      new DynamoDBClient({
        endpoint: 'http://127.0.0.1:9',
        region: 'eu-west-1',
        credentials: () => {
          resolve();
          return new Promise(() => undefined);
        },
      }),
    );
    const store = dynamodbStore({ client, table: 'quorate-test', clock, callTimeoutMs: 300 });
    const failed = rejection(store.readReports([EU], LIVE));
    await asked;

    await clock.advance(300);

    expect(await failed).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('had no answer within 300 ms'),
    });
  });
});

describe('dynamodb store: answers in parts', () => {
  it('asks again for unprocessed keys, only for those', async () => {
    const asked: number[] = [];
    await using world = await open(({ body }) => {
      const { Keys } = JSON.parse(body).RequestItems['quorate-test'];
      asked.push(Keys.length);
      const [first, ...rest] = Keys;
      const vantage = first.pk.S === `report#${EU}` ? EU : US;
      return ok({
        Responses: { 'quorate-test': [reportItem(aReport({ round: 1, vantage }))] },
        ...(rest.length > 0 && { UnprocessedKeys: { 'quorate-test': { Keys: rest } } }),
      });
    });

    const read = await world.run(world.store.readReports([EU, US], LIVE));

    expect(asked).toEqual([2, 1]);
    expect([...read.keys()]).toEqual([EU, US]);
  });

  it('gives up on keys that stay unprocessed, as on throttling', async () => {
    let turns = 0;
    await using world = await open(({ body }) => {
      turns += 1;
      return ok({ Responses: {}, UnprocessedKeys: JSON.parse(body).RequestItems });
    });

    const error = await world.run(rejection(world.store.readReports([EU], LIVE)));

    expect(error).toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('was throttled'),
    });
    expect(turns).toBe(4);
  });

  it('follows the cursor to the end of the pages', async () => {
    let page = 0;
    await using world = await open(() => {
      page += 1;
      const Items = [{ pk: { S: 'p' }, sk: { S: `${page}` }, body: { S: String(page) } }];
      return ok({
        Items,
        ...(page < 4 && { LastEvaluatedKey: { pk: { S: 'p' }, sk: { S: '1' } } }),
      });
    });

    expect(await world.store.readRecords(APP, { limit: 99 }, LIVE)).toEqual([1, 2, 3, 4]);
  });

  it('stops following a cursor that never ends', async () => {
    let pages = 0;
    await using world = await open(() => {
      pages += 1;
      return ok({ Items: [], LastEvaluatedKey: { pk: { S: 'p' }, sk: { S: '1' } } });
    });

    expect(await world.store.readMarks(APP, LIVE)).toEqual([]);
    expect(pages).toBe(50);
  });

  it('ignores items that nobody asked for', async () => {
    const stray = reportItem(aReport({ round: 1, vantage: US }));
    await using world = await open(() => ok({ Responses: { 'quorate-test': [stray] } }));

    expect((await world.store.readReports([EU], LIVE)).size).toBe(0);
  });

  it('takes the winner from the refusal itself, without a second read', async () => {
    const operations: string[] = [];
    await using world = await open(({ operation }) => {
      operations.push(operation);
      return fault(400, 'ConditionalCheckFailedException', 'The conditional request failed', {
        Item: reportItem(aReport({ round: 2, run: 'newer' })),
      });
    });

    const reply = await world.store.writeReport(aReport({ round: 2 }), keyOf({ round: 1 }), LIVE);

    expect(reply).toMatchObject({ kind: 'beaten', stored: aReport({ round: 2, run: 'newer' }) });
    expect(operations).toEqual(['PutItem']);
  });

  it('calls it an outage when an immutable item vanishes under its hands', async () => {
    await using world = await open(({ operation }) =>
      operation === 'PutItem' ? fault(400, 'ConditionalCheckFailedException') : ok({}),
    );

    expect(await rejection(world.store.recordIntent(aRecord(1), LIVE))).toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});

type Answer = { readonly status: number; readonly body: string } | 'hang' | 'reset';
type Asked = { readonly operation: string; readonly body: string };

const ok = (body: object): Answer => ({ status: 200, body: JSON.stringify(body) });
const fault = (status: number, type: string, message = 'because', more: object = {}): Answer => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message, ...more }),
});

const rejection = (call: Promise<unknown>): Promise<Error> =>
  call.then(
    () => {
      throw new Error('the call was answered');
    },
    (error: Error) => error,
  );

type World = {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly nextRequest: () => Promise<void>;
  /** Pauses of the store pass in virtual time while real answers come in. */
  readonly run: <T>(call: Promise<T>) => Promise<T>;
} & AsyncDisposable;

async function open(answer: (asked: Asked) => Answer): Promise<World> {
  const clock = fakeClock(NOW);
  const server = createServer((request, response) => {
    serve(request, response, answer).catch(() => response.destroy()); // the client hung up
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const client = documentClient(`http://127.0.0.1:${port}`, 'eu-west-1');
  return {
    clock,
    store: dynamodbStore({ client, table: 'quorate-test', clock }),
    nextRequest: async () => {
      await once(server, 'request');
    },
    run: async (call) => {
      let isSettled = false;
      const settle = (): void => {
        isSettled = true;
      };
      call.then(settle, settle);
      // The deadline is 2,000 ms away, pauses are at most 150: only those run out.
      while (!isSettled) await clock.advance(clock.waiting() > 1 ? 50 : 0);
      return call;
    },
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (asked: Asked) => Answer,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
  const reply = answer({ operation, body: Buffer.concat(chunks).toString() });
  if (reply === 'hang') return;
  if (reply === 'reset') {
    request.socket.resetAndDestroy();
    return;
  }
  response.writeHead(reply.status, { 'content-type': 'application/x-amz-json-1.0' });
  response.end(reply.body);
}

const everyMethod = (store: Store): Promise<unknown>[] => [
  store.readReports([EU], LIVE),
  store.writeReport(aReport({ round: 1 }), null, LIVE),
  store.writeHistory(aReport({ round: 1 }), epochMs(NOW), LIVE),
  store.readHistory(EU, epochMs(0), epochMs(NOW), LIVE),
  store.writeRollup(aRollup({ startAt: NOW }), LIVE),
  store.readRollups(EU, 'minute', epochMs(0), epochMs(NOW), LIVE),
  store.writeManifest({ digest: 'd', packagedAt: epochMs(NOW), services: {} }, LIVE),
  store.readManifests(['d'], LIVE),
  store.writeHead({ region: EU, generations: {} }, LIVE),
  store.readHeads([EU], LIVE),
  store.writePulse({ region: EU, at: epochMs(NOW) }, LIVE),
  store.readPulses([EU], LIVE),
  store.writeShadow({ service: APP, region: EU, weights: {}, fence: '' }, LIVE),
  store.readShadows(EU, [APP], LIVE),
  store.deleteShadow(EU, APP, LIVE),
  store.recordIntent(aRecord(1), LIVE),
  store.readRecords(APP, { limit: 1 }, LIVE),
  store.writeMark({ ...aRecord(1), kind: 'committed', detail: '' }, LIVE),
  store.readMarks(APP, LIVE),
  store.writeDrillEvent(aDrillEvent({ deployment: 'quorate-test' }), LIVE),
  store.readDrillEvents('quorate-test', epochMs(NOW), LIVE),
  store.writeIncidentEvent(anEvent({ service: APP }), LIVE),
  store.readIncidentEvents(APP, epochMs(NOW), LIVE),
  store.writeOutbox(
    { region: EU, key: 'due#x', version: 'y', expiresAt: epochMs(NOW), body: {} },
    { version: 'x' },
    LIVE,
  ),
  store.readOutbox([EU], 'due#', LIVE),
];
