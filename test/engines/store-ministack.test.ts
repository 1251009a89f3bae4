/** The store contract over MiniStack, by the production adapter and the real SDK. */
import { afterAll, beforeAll } from 'vitest';
import { describeStore } from '../contract/store-contract.ts';
import type { Engine } from './support/engine-process.ts';
import { startMinistack, whereMinistack } from './support/ministack.ts';
import { openNewTable } from './support/tables.ts';

whereMinistack(() => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startMinistack();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  describeStore({
    name: 'dynamodb store on MiniStack',
    open: (clock) => openNewTable(engine.url, clock),
  });
});
