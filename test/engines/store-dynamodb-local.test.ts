/** The store contract over DynamoDB Local, by the production adapter and the real SDK. */
import { afterAll, beforeAll } from 'vitest';
import type { Clock } from '../../shared/ports.ts';
import { describeStore } from '../contract/store-contract.ts';
import { describeForeignItems, type OpenTable } from '../contract/store-items-contract.ts';
import { startDynamodbLocal, whereDynamodbLocal } from './support/dynamodb-local.ts';
import type { Engine } from './support/engine-process.ts';
import { openNewTable } from './support/tables.ts';

whereDynamodbLocal(() => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startDynamodbLocal();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  const name = 'dynamodb store on DynamoDB Local';
  const open = (clock: Clock): Promise<OpenTable> => openNewTable(engine.url, clock);
  describeStore({ name, open });
  describeForeignItems({ name, open });
});
