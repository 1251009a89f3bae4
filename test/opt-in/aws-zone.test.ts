/** The zone contract over AWS's own Route 53; run by `npm run contract:aws`. */
import { describeZone } from '../contract/zone-contract.ts';
import { awsDivergences, openAwsZone } from './aws.ts';

describeZone({
  name: 'Route 53 adapter over AWS',
  open: openAwsZone,
  divergences: awsDivergences(),
  propertyRuns: 8,
});
