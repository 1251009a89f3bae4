/**
 * One region's DynamoDB endpoint: HTTP in, the replica's answer out. Reads go through, writes go by the
 * replica's queue, all else is refused by name. While the region is down every connection is reset; the
 * port stays ours, so that it is the same one when the region comes back.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Reply } from './dynalite-engine.ts';
import { isWrite, type Replica } from './replica.ts';

export type DynamoProxy = {
  readonly endpoint: string;
  readonly setDown: (isDown: boolean) => void;
  /** As after the replica was taken out of the global table. */
  readonly deleteTable: () => void;
  readonly close: () => Promise<void>;
};

export type ProxyCounters = { requests: number; writes: number; refused: number; reset: number };

const READ_OPERATIONS: ReadonlySet<string> = new Set([
  'BatchGetItem',
  'DescribeTable',
  'DescribeTimeToLive',
  'GetItem',
  'ListTables',
  'Query',
  'Scan',
]);
/** Of a request to DynamoDB. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;

export async function openProxy(replica: Replica, counters: ProxyCounters): Promise<DynamoProxy> {
  let isDown = false;
  let isDeleted = false;

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    counters.requests += 1;
    serve(request, response).catch((error: unknown) => {
      // The client hung up, or this region went down meanwhile: its reply is lost.
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.on('connection', (socket) => {
    if (!isDown) return;
    counters.reset += 1;
    socket.resetAndDestroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    endpoint: `http://127.0.0.1:${port}`,
    setDown: (value) => {
      isDown = value;
      if (value) server.closeAllConnections();
    },
    deleteTable: () => {
      isDeleted = true;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = String(request.headers['x-amz-target'] ?? '').split('.')[1] ?? '';
    const body = await readBody(request);
    const reply = await answer(operation, body);
    response.writeHead(reply.status, reply.headers);
    response.end(reply.body);
  }

  async function answer(operation: string, body: string): Promise<Reply> {
    if (isDeleted) {
      return refusal('ResourceNotFoundException', 'Requested resource not found');
    }
    if (isWrite(operation)) {
      counters.writes += 1;
      return replica.write(operation, body);
    }
    if (READ_OPERATIONS.has(operation)) return replica.read(operation, body);
    return refusal(
      'UnknownOperationException',
      `the local world's table knows no ${operation.slice(0, 40) || 'such request'}`,
    );
  }

  function refusal(type: string, message: string): Reply {
    counters.refused += 1;
    return {
      status: 400,
      headers: { 'content-type': 'application/x-amz-json-1.0' },
      body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${type}`, message }),
    };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('the request is larger than DynamoDB takes');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
