/**
 * The stream of the table's replica in one region, as an ARN. Each replica has a stream of its own, with
 * its region and its time of creation in the name, so it can only be asked for: `GetAtt` in the table's
 * stack gives the home region's. Whatever keeps the ARN from being known is one sentence.
 */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { QuorateError } from '../../shared/core/errors.ts';
import type { VantageId } from '../../shared/core/model.ts';

const TIMEOUT_MS = 10_000;
const REMEDY =
  'run `npm run deploy`, which makes the table, then its replicas, then the stacks of the vantages';

export const OFFLINE_LABEL = 'packaged-offline';

/** Stands in templates that were packaged without asking AWS; CloudFormation would refuse it. */
export const offlineStreamArn = (table: string, region: VantageId): string =>
  `arn:aws:dynamodb:${region}:000000000000:table/${table}/stream/${OFFLINE_LABEL}`;

export type AskOptions = {
  /** Of another engine than AWS. */
  readonly endpoint?: string;
  /** Instead of the shell's own. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
};

export async function replicaStreamArn(
  table: string,
  region: VantageId,
  options: AskOptions = {},
): Promise<string> {
  const client = new DynamoDBClient({ region, ...options });
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }), {
      abortSignal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const status = Table?.TableStatus;
    if (status !== 'ACTIVE' && status !== 'UPDATING') {
      throw refused(
        `table ${table} in ${region} is ${status ?? 'in no known state'}, not ACTIVE yet; wait a few minutes and repeat`,
      );
    }
    if (Table?.StreamSpecification?.StreamEnabled !== true || Table.LatestStreamArn === undefined) {
      throw refused(
        `table ${table} in ${region} has no stream, so it is not the replica that Quorate makes; ${REMEDY}`,
      );
    }
    return Table.LatestStreamArn;
  } catch (error) {
    if (error instanceof QuorateError) throw error;
    throw sentenceOf(error, table, region);
  } finally {
    client.destroy();
  }
}

const refused = (message: string): QuorateError => new QuorateError('REFUSED', message);

const CREDENTIAL_ERRORS = [
  'CredentialsProviderError',
  'UnrecognizedClientException',
  'ExpiredTokenException',
  'InvalidSignatureException',
];

function sentenceOf(cause: unknown, table: string, region: VantageId): QuorateError {
  const name = cause instanceof Error ? cause.name : '';
  const message = cause instanceof Error ? cause.message : String(cause);
  if (name === 'ResourceNotFoundException') {
    return refused(`there is no replica of table ${table} in ${region} yet; ${REMEDY}`);
  }
  if (CREDENTIAL_ERRORS.includes(name)) {
    return new QuorateError(
      'ACCESS_DENIED',
      `no usable AWS credentials (${message}); set them, for example with AWS_PROFILE, or set QUORATE_OFFLINE=1 to package without asking AWS`,
      { cause },
    );
  }
  if (name === 'AccessDeniedException') {
    return new QuorateError(
      'ACCESS_DENIED',
      `these credentials may not ask for table ${table} in ${region}; allow them dynamodb:DescribeTable`,
      { cause },
    );
  }
  return new QuorateError(
    'STORE_UNAVAILABLE',
    `DynamoDB in ${region} did not say where the stream of table ${table} is (${message}); repeat, or set QUORATE_OFFLINE=1 to package without asking AWS`,
    { cause },
  );
}
