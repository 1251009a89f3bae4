/** The store contract over MiniStack, by the production adapter and the real SDK. */
import { afterAll, beforeAll } from 'vitest';
import type { Clock } from '../../shared/ports.ts';
import { describeStore } from '../contract/store-contract.ts';
import { describeForeignItems, type OpenTable } from '../contract/store-items-contract.ts';
import type { Engine } from './support/engine-process.ts';
import { startMinistack, whereMinistack } from './support/ministack.ts';
import { openNewTable } from './support/tables.ts';

whereMinistack(() => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startMinistack();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  const name = 'dynamodb store on MiniStack';
  const open = (clock: Clock): Promise<OpenTable> => openNewTable(engine.url, clock);
  describeStore({ name, open });
  describeForeignItems({ name, open });
});
