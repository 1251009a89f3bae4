/** The store contract over moto, by the production adapter and the real SDK. */
import { afterAll, beforeAll } from 'vitest';
import { describeStore } from '../contract/store-contract.ts';
import type { Engine } from './support/engine-process.ts';
import { startMoto, whereMoto } from './support/moto.ts';
import { openNewTable } from './support/tables.ts';

whereMoto(() => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startMoto();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  describeStore({
    name: 'dynamodb store on moto',
    open: (clock) => openNewTable(engine.url, clock),
  });
});
