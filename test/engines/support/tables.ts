/**
 * A table of an engine that speaks DynamoDB's API, for the store contract: keys as in the deployed
 * table, on demand, without TTL (an engine that deletes at once would hide that reads must leave out
 * what has expired). In: where it answers. Out: the production adapter over it, with the real SDK.
 */
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { createContractTable } from '../../../scripts/contract-aws/table.ts';
import { documentClient } from '../../../scripts/local/global-table.ts';
import type { Clock } from '../../../shared/ports.ts';
import { openTable } from '../../contract/open-table.ts';
import type { OpenTable } from '../../contract/store-items-contract.ts';

const REGION = 'eu-west-1';
/** A Java engine loads its classes at the first calls. */
const CALL_TIMEOUT_MS = 20_000;
let tables = 0;

/** For engines that make a table at once: a new one for each test. */
export async function openNewTable(endpoint: string, clock: Clock): Promise<OpenTable> {
  tables += 1;
  const table = `quorate-${tables}`;
  const client = documentClient(endpoint, REGION);
  await createContractTable(client, table);
  const close = (): Promise<unknown> => client.send(new DeleteTableCommand({ TableName: table }));
  return openTable({ client, table, clock, close, callTimeoutMs: CALL_TIMEOUT_MS });
}
