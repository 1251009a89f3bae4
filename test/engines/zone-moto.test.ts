/** The zone contract over moto, by the production adapter and the real SDK. */
import { afterAll, beforeAll } from 'vitest';
import { describeZone } from '../contract/zone-contract.ts';
import type { Engine } from './support/engine-process.ts';
import { startMoto, whereMoto } from './support/moto.ts';
import { MOTO_ZONE } from './support/zone-divergences.ts';
import { openNewZone } from './support/zones.ts';

whereMoto(() => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startMoto();
  });
  afterAll(() => engine[Symbol.asyncDispose]());

  describeZone({
    name: 'Route 53 adapter over moto',
    open: (records) => openNewZone(engine.url, records),
    divergences: MOTO_ZONE,
  });
});
