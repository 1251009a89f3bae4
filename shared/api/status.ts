/** `GET /v1/status` and `GET /v1/services/{service}`: health, what DNS has and what is wanted, side by side. */
import * as v from 'valibot';
import {
  AUTOMATION_SHOWN,
  ballotSchema,
  countSchema,
  durationMsSchema,
  list,
  orderSchema,
  reasonSchema,
  timeSchema,
} from './parts.ts';

export const endpointShownSchema = v.object({
  endpoint: v.string(),
  region: v.nullable(v.string()),
  tier: v.nullable(countSchema),
  health: v.picklist(['up', 'down', 'unknown']),
  degraded: v.boolean(),
  ups: countSchema,
  downs: countSchema,
  of: countSchema,
  sinceAt: v.nullable(timeSchema),
  inDns: v.nullable(
    v.pipe(v.number(), v.description('the smallest weight among its records; null: it has none')),
  ),
  wanted: v.nullable(v.number()),
  configured: v.number(),
  order: v.nullable(v.string()),
  reason: reasonSchema,
  withheld: list(reasonSchema),
  votes: list(ballotSchema),
});
export type EndpointShown = v.InferOutput<typeof endpointShownSchema>;

const serviceEntries = {
  service: v.string(),
  mode: v.picklist(['observe', 'enforce']),
  names: list(v.string()),
  zone: v.string(),
  automation: v.pipe(
    v.picklist(AUTOMATION_SHOWN),
    v.description('`unread`: the zone could not be read, `trouble` says why'),
  ),
  generation: v.nullable(v.pipe(countSchema, v.description('of the `_quorate` record'))),
  quorum: countSchema,
  usable: countSchema,
  of: countSchema,
  reasons: list(reasonSchema),
  waitingUntilAt: v.nullable(timeSchema),
  orders: list(orderSchema),
  endpoints: list(endpointShownSchema),
  trouble: v.nullable(v.string()),
} as const;

export const serviceShownSchema = v.object(serviceEntries);
export type ServiceShown = v.InferOutput<typeof serviceShownSchema>;

export const vantageShownSchema = v.object({
  vantage: v.string(),
  state: v.picklist(['reporting', 'isolated', 'silent']),
  ageMs: v.nullable(durationMsSchema),
  release: v.nullable(v.string()),
  why: v.nullable(v.string()),
});
export type VantageShown = v.InferOutput<typeof vantageShownSchema>;

export const statusSchema = v.object({
  format: v.literal(1),
  deployment: v.string(),
  region: v.pipe(v.string(), v.description('which region answers, from its replica')),
  at: timeSchema,
  zoneReadAt: v.nullable(
    v.pipe(timeSchema, v.description('a zone is read at most once in 10 s and process')),
  ),
  automation: v.object({ on: countSchema, of: countSchema }),
  services: list(serviceShownSchema),
  vantages: list(vantageShownSchema),
  notes: list(v.string()),
});
export type StatusDocument = v.InferOutput<typeof statusSchema>;

/** The last change of a service and how far it has come. */
export const lastChangeSchema = v.object({
  generation: countSchema,
  at: v.nullable(timeSchema),
  changeId: v.nullable(v.string()),
  state: v.pipe(
    v.picklist(['pending', 'insync', 'seen', 'unknown']),
    v.description('insync: Route 53 says so; seen: every name server of the zone answers it'),
  ),
  insyncAt: v.nullable(timeSchema),
  seenAt: v.nullable(timeSchema),
});

/** The ETag of this answer is `"g<generation>"`: what `If-Match` of an order takes. */
export const serviceDocumentSchema = v.object({
  format: v.literal(1),
  deployment: v.string(),
  region: v.string(),
  at: timeSchema,
  ...serviceEntries,
  fence: v.object({
    name: v.string(),
    state: v.picklist(['managed', 'unmanaged', 'foreign', 'malformed', 'unread']),
    text: v.nullable(v.string()),
  }),
  lastChange: v.nullable(lastChangeSchema),
  whatWouldChange: v.pipe(
    list(v.string()),
    v.description('for each change that is held back or waits: what would let it happen'),
  ),
  notes: list(v.string()),
});
export type ServiceDocument = v.InferOutput<typeof serviceDocumentSchema>;
