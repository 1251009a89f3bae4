/** The store contract over DynamoDB Local, by the production adapter and the real SDK. */
import { afterAll, beforeAll } from 'vitest';
import { describeStore } from '../contract/store-contract.ts';
import { startDynamodbLocal, whereDynamodbLocal } from './support/dynamodb-local.ts';
import type { Engine } from './support/engine-process.ts';
import { openNewTable } from './support/tables.ts';

whereDynamodbLocal(() => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startDynamodbLocal();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  describeStore({
    name: 'dynamodb store on DynamoDB Local',
    open: (clock) => openNewTable(engine.url, clock),
  });
});
