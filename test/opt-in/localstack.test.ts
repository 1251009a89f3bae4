/**
 * The contracts over LocalStack; run by `npm run test:localstack`. Its Route 53 is moto, so it differs
 * where moto does; its DynamoDB is DynamoDB Local.
 */
import type { Clock } from '../../shared/ports.ts';
import { describeStore } from '../contract/store-contract.ts';
import { describeForeignItems, type OpenTable } from '../contract/store-items-contract.ts';
import { describeZone } from '../contract/zone-contract.ts';
import { openNewTable } from '../engines/support/tables.ts';
import { MOTO_ZONE } from '../engines/support/zone-divergences.ts';
import { openNewZone } from '../engines/support/zones.ts';

const url = process.env.QUORATE_LOCALSTACK_URL;
if (url === undefined)
  throw new Error('QUORATE_LOCALSTACK_URL is not set: run npm run test:localstack');

const name = 'dynamodb store on LocalStack';
const open = (clock: Clock): Promise<OpenTable> => openNewTable(url, clock);
describeStore({ name, open });
describeForeignItems({ name, open });
describeZone({
  name: 'Route 53 adapter over LocalStack',
  open: (records) => openNewZone(url, records),
  divergences: MOTO_ZONE,
});
