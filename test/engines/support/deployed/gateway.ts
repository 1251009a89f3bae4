/**
 * In front of MiniStack, for those who deploy: requests pass as they are, answers too, but for two things
 * that AWS does and MiniStack doesn't (table-replicas.ts). An answer of CloudFormation goes out after the
 * table's replicas are as the stack says, and `DescribeTable` names them. The functions don't come
 * through here: they reach MiniStack itself.
 */
import { once } from 'node:events';
import {
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { TableReplicas } from './table-replicas.ts';

const DESCRIBE_TABLE = 'DynamoDB_20120810.DescribeTable';

export function gateway(port: number, table: string, replicas: TableReplicas): RequestListener {
  return (incoming, outgoing) => {
    pass(incoming, outgoing).catch((error: unknown) => {
      process.stderr.write(`gateway: ${incoming.method} ${incoming.url}: ${error}\n`);
      outgoing.destroy();
    });
  };

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method, url, headers } = incoming;
    const forwarded = httpRequest({ host: '127.0.0.1', port, method, path: url, headers });
    incoming.pipe(forwarded);
    const [answer] = (await once(forwarded, 'response')) as [IncomingMessage];
    const isFormation = /\/cloudformation\/aws4_request/.test(headers.authorization ?? '');
    const isDescription = headers['x-amz-target'] === DESCRIBE_TABLE;
    if (!isFormation && !isDescription) {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      return;
    }
    const body = await bodyOf(answer);
    await replicas.settle();
    const others = replicas
      .regions()
      .filter((region) => region !== regionOf(headers.authorization));
    const told = isDescription ? withReplicas(body, table, others) : body;
    const {
      'content-length': _,
      'transfer-encoding': __,
      'x-amz-crc32': ___,
      ...kept
    } = answer.headers;
    outgoing.writeHead(answer.statusCode ?? 502, { ...kept, 'content-length': told.length });
    outgoing.end(told);
  }
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** `Credential=KEY/20260101/REGION/SERVICE/aws4_request`. */
const regionOf = (authorization = ''): string | undefined =>
  /Credential=[^/]+\/[^/]+\/([^/]+)\//.exec(authorization)?.[1];

/** As AWS says it: the table's other regions. */
function withReplicas(body: Buffer, table: string, others: readonly string[]): Buffer {
  const answer = JSON.parse(body.toString('utf8')) as {
    Table?: Record<string, unknown> & { TableName?: string };
  };
  if (answer.Table?.TableName !== table || others.length === 0) return body;
  answer.Table.GlobalTableVersion = '2019.11.21';
  answer.Table.Replicas = others.map((RegionName) => ({ RegionName, ReplicaStatus: 'ACTIVE' }));
  return Buffer.from(JSON.stringify(answer));
}
