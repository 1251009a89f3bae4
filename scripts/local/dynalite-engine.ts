/**
 * One in-memory dynalite as a function: operation and JSON body in, status and JSON body out. Its own
 * request handler runs, validation and all, but without a socket in between: sixteen worlds of five
 * regions would otherwise pay for a second connection per call, and an aborted one crashes dynalite.
 */
import { EventEmitter } from 'node:events';
import dynalite from 'dynalite';

export type Reply = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

export type DynaliteEngine = {
  readonly call: (operation: string, body: string) => Promise<Reply>;
  readonly close: () => Promise<void>;
};

/** dynalite checks that a request looks signed, not by whom. */
const HEADERS = {
  'content-type': 'application/x-amz-json-1.0',
  'x-amz-date': '20260101T000000Z',
  authorization:
    'AWS4-HMAC-SHA256 Credential=local/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
};

const CLOSED: Reply = {
  status: 503,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: JSON.stringify({ __type: 'ServiceUnavailable', message: 'this region is closed' }),
};

export async function openDynalite(table: string): Promise<DynaliteEngine> {
  const server = dynalite({ createTableMs: 0 });
  const [handle] = server.listeners('request');
  if (handle === undefined) throw new Error('dynalite has no request handler');

  let isClosed = false;
  const inFlight = new Set<Promise<Reply>>();
  const call: DynaliteEngine['call'] = (operation, body) => {
    if (isClosed) return Promise.resolve(CLOSED);
    const reply = handOver(operation, body);
    inFlight.add(reply);
    return reply.finally(() => inFlight.delete(reply));
  };
  const handOver: DynaliteEngine['call'] = (operation, body) =>
    new Promise((resolve) => {
      const headers: Record<string, string> = {};
      const request = Object.assign(new EventEmitter(), {
        method: 'POST',
        url: '/',
        headers: { ...HEADERS, 'x-amz-target': `DynamoDB_20120810.${operation}` },
      });
      const response = {
        statusCode: 200,
        setHeader: (name: string, value: unknown): void => {
          headers[name.toLowerCase()] = String(value);
        },
        end: (text = ''): void => resolve({ status: response.statusCode, headers, body: text }),
      };
      handle(request, response);
      request.emit('data', Buffer.from(body));
      request.emit('end');
    });

  const created = await call(
    'CreateTable',
    JSON.stringify({
      TableName: table,
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  if (created.status !== 200) throw new Error(`dynalite made no table: ${created.body}`);
  // A table is CREATING for one timer turn even at 0 ms; nothing may be written before.
  while (
    !(await call('DescribeTable', JSON.stringify({ TableName: table }))).body.includes('ACTIVE')
  ) {
    await new Promise((resolve) => setImmediate(resolve));
  }

  return {
    call,
    // An operation that finds its database closed throws where nobody can catch it.
    close: async () => {
      isClosed = true;
      await Promise.all(inFlight);
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
