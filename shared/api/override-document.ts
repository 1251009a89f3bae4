/** An assessment → every order in force or to come, with who gave it: `GET /v1/overrides`. */
import type { Assessment } from '../rounds/assess.ts';
import type { OverridesDocument } from './overrides.ts';
import { ordersOf } from './status-document.ts';

export const overridesDocument = (assessment: Assessment): OverridesDocument => ({
  format: 1,
  region: assessment.region,
  at: assessment.now,
  overrides: assessment.services.flatMap(({ service, snapshot }) =>
    snapshot === null ? [] : ordersOf(service, snapshot, assessment),
  ),
});
