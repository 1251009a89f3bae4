/** `GET /v1/incidents`: each incident as one thread, with when it was seen, acted on, served and over. */
import * as v from 'valibot';
import { durationMsSchema, list, timeSchema } from './parts.ts';

export const INCIDENT_STEPS = [
  'first-failed',
  'vote',
  'verdict',
  'withheld',
  'committed',
  'insync',
  'seen',
  'changed',
  'returning',
  'resolved',
] as const;

export const incidentSchema = v.object({
  id: v.string(),
  service: v.string(),
  kind: v.pipe(
    v.picklist(['endpoint', 'automation', 'order', 'drill']),
    v.description('an endpoint is down; automation is not on; an operator’s order; a drill'),
  ),
  state: v.picklist(['open', 'resolved']),
  title: v.string(),
  endpoints: list(v.string()),
  openedAt: timeSchema,
  resolvedAt: v.nullable(timeSchema),
  detectMs: v.nullable(
    v.pipe(durationMsSchema, v.description('first failed probe → verdict (time to detect)')),
  ),
  recoverMs: v.nullable(
    v.pipe(
      durationMsSchema,
      v.description('first failed probe → traffic away, as seen at the name servers'),
    ),
  ),
  recoverBasis: v.nullable(
    v.pipe(
      v.picklist(['seen', 'insync']),
      v.description(
        'seen: every name server answered it; insync: Route 53 says so, none was asked',
      ),
    ),
  ),
  steps: list(v.object({ step: v.picklist(INCIDENT_STEPS), at: timeSchema, sentence: v.string() })),
});
export type IncidentShown = v.InferOutput<typeof incidentSchema>;

export const incidentsSchema = v.object({
  format: v.literal(1),
  deployment: v.string(),
  region: v.string(),
  at: timeSchema,
  sinceAt: timeSchema,
  incidents: v.pipe(list(incidentSchema), v.description('open ones first, then the newest first')),
});
export type IncidentsDocument = v.InferOutput<typeof incidentsSchema>;
