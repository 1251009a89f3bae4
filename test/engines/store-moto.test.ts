/** The store contract over moto, by the production adapter and the real SDK. */
import { afterAll, beforeAll } from 'vitest';
import type { Clock } from '../../shared/ports.ts';
import { describeStore } from '../contract/store-contract.ts';
import { describeForeignItems, type OpenTable } from '../contract/store-items-contract.ts';
import type { Engine } from './support/engine-process.ts';
import { startMoto, whereMoto } from './support/moto.ts';
import { openNewTable } from './support/tables.ts';

whereMoto(() => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startMoto();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  const name = 'dynamodb store on moto';
  const open = (clock: Clock): Promise<OpenTable> => openNewTable(engine.url, clock);
  describeStore({ name, open });
  describeForeignItems({ name, open });
});
