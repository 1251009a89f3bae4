/** The production adapter with the real SDK, over one region of the local global table (dynalite). */
import { documentClient, startGlobalTable } from '../../scripts/local/global-table.ts';
import type { Clock } from '../../shared/ports.ts';
import { openTable } from './open-table.ts';
import { describeStore } from './store-contract.ts';
import { describeForeignItems, type OpenTable } from './store-items-contract.ts';

const TABLE = 'quorate-test';

describeStore({ name: 'dynamodb store on dynalite', open });
describeForeignItems({ name: 'dynamodb store on dynalite', open });

async function open(clock: Clock): Promise<OpenTable> {
  const world = await startGlobalTable({ clock, regions: ['eu-west-1'], table: TABLE });
  const client = documentClient(world.endpointOf('eu-west-1'), 'eu-west-1');
  return openTable({ client, table: TABLE, clock, close: () => world[Symbol.asyncDispose]() });
}
