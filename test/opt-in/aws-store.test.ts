/** The store contract over AWS's own DynamoDB; run by `npm run contract:aws`. */
import { describeStore } from '../contract/store-contract.ts';
import { describeForeignItems } from '../contract/store-items-contract.ts';
import { openAwsTable } from './aws.ts';

const name = 'dynamodb store on AWS';
describeStore({ name, open: openAwsTable });
describeForeignItems({ name, open: openAwsTable });
