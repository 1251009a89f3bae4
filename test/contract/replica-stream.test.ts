/** Asking a region for its replica's stream: an ARN, or one sentence that says what to do. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { replicaStreamArn } from '../../scripts/package/replica-stream.ts';
import { vantageId } from '../../shared/core/model.ts';

const US = vantageId('us-east-1');
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
const ARN = 'arn:aws:dynamodb:us-east-1:111122223333:table/quorate/stream/2026-07-01T00:00:00.000';
const STREAM = { StreamSpecification: { StreamEnabled: true }, LatestStreamArn: ARN };

it.each(['ACTIVE', 'UPDATING'])('a replica that is %s has one', async (TableStatus) => {
  expect(await asked(200, { Table: { TableStatus, ...STREAM } })).toBe(ARN);
});

it.each([
  ['CREATING', { TableStatus: 'CREATING', ...STREAM }, /is CREATING, not ACTIVE yet; wait/],
  ['without a stream', { TableStatus: 'ACTIVE' }, /has no stream.*run `npm run deploy`/],
  [
    'whose stream was turned off',
    { TableStatus: 'ACTIVE', LatestStreamArn: ARN, StreamSpecification: { StreamEnabled: false } },
    /has no stream/,
  ],
] as const)('a replica %s is refused', async (_, Table, sentence) => {
  await expect(asked(200, { Table })).rejects.toMatchObject({
    code: 'REFUSED',
    message: expect.stringMatching(sentence),
  });
});

it.each([
  [
    'ResourceNotFoundException',
    'REFUSED',
    'there is no replica of table quorate in us-east-1 yet; run `npm run deploy`, which makes the table, then its replicas, then the stacks of the vantages',
  ],
  [
    'AccessDeniedException',
    'ACCESS_DENIED',
    'these credentials may not ask for table quorate in us-east-1; allow them dynamodb:DescribeTable',
  ],
  [
    'UnrecognizedClientException',
    'ACCESS_DENIED',
    /^no usable AWS credentials \(.*QUORATE_OFFLINE=1/,
  ],
  ['ValidationException', 'STORE_UNAVAILABLE', /^DynamoDB in us-east-1 did not say where/],
])('%s is one sentence', async (name, code, message) => {
  await expect(
    asked(400, { __type: `com.amazonaws#${name}`, message: 'no' }),
  ).rejects.toMatchObject({
    code,
    message: typeof message === 'string' ? message : expect.stringMatching(message),
  });
});

async function asked(status: number, body: unknown): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response
        .writeHead(status, { 'content-type': 'application/x-amz-json-1.0' })
        .end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return await replicaStreamArn('quorate', US, { endpoint, credentials: CREDENTIALS });
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}
