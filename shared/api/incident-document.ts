/** Incidents of one region's replica → the document of `GET /v1/incidents`. */
import type { Config, EpochMs, VantageId } from '../core/model.ts';
import type { IncidentShown, IncidentsDocument } from './incidents.ts';

export const incidentsDocument = (
  config: Pick<Config, 'deployment'>,
  incidents: readonly IncidentShown[],
  around: { readonly region: VantageId; readonly at: EpochMs; readonly sinceAt: EpochMs },
): IncidentsDocument => ({ format: 1, deployment: config.deployment, ...around, incidents });
