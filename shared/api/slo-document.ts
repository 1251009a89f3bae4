/** What was measured of each service → the document of `GET /v1/slo`, which `quorate slo --json` prints too. */
import type { Config, EpochMs, VantageId } from '../core/model.ts';
import type { ServiceSlo } from '../core/slo.ts';
import type { SloDocument } from './slo.ts';

export const sloDocument = (
  { deployment }: Pick<Config, 'deployment'>,
  services: readonly ServiceSlo[],
  { region, at }: { readonly region: VantageId; readonly at: EpochMs },
): SloDocument => ({ format: 1, deployment, region, at, services });
