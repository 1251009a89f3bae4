/** The zone contract over MiniStack, by the production adapter and the real SDK. */
import { afterAll, beforeAll } from 'vitest';
import { describeZone } from '../contract/zone-contract.ts';
import type { Engine } from './support/engine-process.ts';
import { startMinistack, whereMinistack } from './support/ministack.ts';
import { MINISTACK_ZONE } from './support/zone-divergences.ts';
import { openNewZone } from './support/zones.ts';

whereMinistack(() => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startMinistack();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  describeZone({
    name: 'Route 53 adapter over MiniStack',
    open: (records) => openNewZone(engine.url, records),
    divergences: MINISTACK_ZONE,
  });
});
