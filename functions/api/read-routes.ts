/**
 * Routes that look. Each reads the region's own replica of the table and a zone snapshot of at most 10 s,
 * and hands both to the read model that the command line uses, too. Nothing here writes.
 */
import * as v from 'valibot';
import { decisionsDocument } from '../../shared/api/decision-document.ts';
import { decisionsSchema } from '../../shared/api/decisions.ts';
import { healthSchema, type StatusLite, statusLiteSchema } from '../../shared/api/health.ts';
import { incidentsDocument } from '../../shared/api/incident-document.ts';
import { incidentsSchema } from '../../shared/api/incidents.ts';
import { latencySchema } from '../../shared/api/latency.ts';
import { latencyDocument } from '../../shared/api/latency-document.ts';
import { overridesDocument } from '../../shared/api/override-document.ts';
import { overridesSchema } from '../../shared/api/overrides.ts';
import { planDocumentSchema } from '../../shared/api/plan.ts';
import { planDocument } from '../../shared/api/plan-document.ts';
import { serviceDocument } from '../../shared/api/service-document.ts';
import { sloSchema } from '../../shared/api/slo.ts';
import { sloDocument } from '../../shared/api/slo-document.ts';
import { serviceDocumentSchema, statusSchema } from '../../shared/api/status.ts';
import { statusDocument } from '../../shared/api/status-document.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { type EpochMs, epochMs, type Service } from '../../shared/core/model.ts';
import { decidingRegions, majorityOf } from '../../shared/core/pulse.ts';
import { DAY_MS, HOUR_MS, printDuration } from '../../shared/core/units.ts';
import { type Assessment, assess } from '../../shared/rounds/assess.ts';
import { readDecisions, recentDecisions } from '../../shared/rounds/read-decisions.ts';
import { readIncidents } from '../../shared/rounds/read-incidents.ts';
import { readLatency } from '../../shared/rounds/read-latency.ts';
import { readSlo } from '../../shared/rounds/read-slo.ts';
import type { Desk } from './desk.ts';
import { momentOf, momentSchema } from './moment.ts';
import { jsonReply } from './reply.ts';
import { type Route, route } from './routes.ts';

const NOTHING = v.strictObject({});
const nameSchema = v.pipe(v.string(), v.minLength(1), v.maxLength(64));
const SERVICE_PARAM = v.strictObject({ service: nameSchema });
const SERVICE_QUERY = v.strictObject({ service: v.exactOptional(nameSchema) });

const INCIDENTS_SHOWN = '7d';
const DECISIONS_SHOWN = 20;
const DECISIONS_MAX = 100;
/** Rollups of a minute are kept for 3 h, of an hour for 40 days. */
const SPANS = {
  minute: { shownMs: HOUR_MS, keptMs: 3 * HOUR_MS },
  hour: { shownMs: DAY_MS, keptMs: 40 * DAY_MS },
} as const;

const look = { method: 'GET', scope: 'read', body: null, params: NOTHING, query: NOTHING } as const;

export const READ_ROUTES: readonly Route[] = [
  route({
    ...look,
    path: '/healthz',
    id: 'health',
    summary: 'Whether this region’s API lives. Asks nobody.',
    reply: healthSchema,
    problems: [],
    answer: async ({ region, release }) => jsonReply(200, { status: 'ok', region, release }),
  }),
  route({
    ...look,
    path: '/v1/status-lite',
    id: 'statusLite',
    summary: 'Which regions decide, as seen from this one.',
    reply: statusLiteSchema,
    problems: [],
    answer: async (desk, _asking, signal) => jsonReply(200, await statusLite(desk, signal)),
  }),
  route({
    ...look,
    path: '/v1/status',
    id: 'status',
    summary:
      'Every service: automation, health beside what DNS has, votes, orders, what is withheld.',
    reply: statusSchema,
    problems: [],
    answer: async (desk, _asking, signal) => {
      const { config } = desk;
      return jsonReply(200, statusDocument(config, await assessed(desk, config.services, signal)));
    },
  }),
  route({
    ...look,
    path: '/v1/services/{service}',
    id: 'service',
    summary:
      'One service: all of status, its `_quorate` record, its last change, what would change.',
    params: SERVICE_PARAM,
    reply: serviceDocumentSchema,
    etag: '`"g<generation>"`: what If-Match of an order takes; absent where nothing is managed.',
    problems: [404],
    answer: async (desk, { params }, signal) => {
      const service = serviceNamed(desk, params.service);
      const deps = { store: desk.store(), digestOf: desk.aids.digestOf };
      const [assessment, recent] = await Promise.all([
        assessed(desk, [service], signal),
        recentDecisions(deps, service.id, signal),
      ]);
      const [own] = assessment.services;
      if (own === undefined) throw new Error('an assessment has every service that was asked for');
      const document = serviceDocument(desk.config, assessment, own, recent);
      const { generation } = document;
      return jsonReply(200, document, generation === null ? {} : { etag: `"g${generation}"` });
    },
  }),
  route({
    ...look,
    path: '/v1/services/{service}/decisions',
    id: 'decisions',
    summary: 'Its decision records, newest first, each with what came of it.',
    params: SERVICE_PARAM,
    query: v.strictObject({
      limit: v.exactOptional(
        v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(DECISIONS_MAX)),
      ),
      before: v.exactOptional(
        v.pipe(
          v.string(),
          v.regex(/^\d{10}#[\w-]{1,32}$/, 'is `next` of the page before'),
          v.description('`next` of the page before'),
        ),
      ),
    }),
    reply: decisionsSchema,
    problems: [404],
    answer: async (desk, { params, query }, signal) => {
      const { id } = serviceNamed(desk, params.service);
      const { limit = DECISIONS_SHOWN, before } = query;
      const page = { limit, ...(before === undefined ? {} : { before }) };
      const deps = { store: desk.store(), digestOf: desk.aids.digestOf };
      const read = await readDecisions(deps, id, page, signal);
      return jsonReply(200, decisionsDocument(id, read, around(desk)));
    },
  }),
  route({
    ...look,
    path: '/v1/services/{service}/latency',
    id: 'latency',
    summary: 'Latency and outcomes per endpoint and vantage, by the minute or by the hour.',
    params: SERVICE_PARAM,
    query: v.strictObject({
      span: v.exactOptional(v.picklist(['minute', 'hour'])),
      from: v.exactOptional(momentSchema),
      to: v.exactOptional(momentSchema),
    }),
    reply: latencySchema,
    problems: [404],
    answer: async (desk, { params, query }, signal) => {
      const service = serviceNamed(desk, params.service);
      const span = query.span ?? 'minute';
      const asked = { span, ...rangeOf(query, SPANS[span], desk.clock.now()) };
      const series = await readLatency(
        { clock: desk.clock, store: desk.store() },
        service,
        asked,
        signal,
      );
      return jsonReply(200, latencyDocument(service.id, series, asked, around(desk)));
    },
  }),
  route({
    ...look,
    path: '/v1/plan',
    id: 'plan',
    summary: 'What the quorum would commit now, or why it would not; the zone beside the file.',
    query: SERVICE_QUERY,
    reply: planDocumentSchema,
    problems: [404],
    answer: async (desk, { query }, signal) => {
      const services = servicesNamed(desk, query.service);
      return jsonReply(200, planDocument(desk.config, await assessed(desk, services, signal)));
    },
  }),
  route({
    ...look,
    path: '/v1/incidents',
    id: 'incidents',
    summary: 'Each incident as one thread, with how long it took to detect and to recover.',
    query: v.strictObject({ ...SERVICE_QUERY.entries, since: v.exactOptional(momentSchema) }),
    reply: incidentsSchema,
    problems: [404],
    answer: async (desk, { query }, signal) => {
      const now = desk.clock.now();
      const sinceAt = timeNamed('since', query.since ?? INCIDENTS_SHOWN, now);
      const asked = {
        sinceAt,
        now,
        ...(query.service === undefined ? {} : { service: serviceNamed(desk, query.service).id }),
      };
      const found = await readIncidents(desk.store(), desk.config, asked, signal);
      return jsonReply(200, incidentsDocument(desk.config, found, { ...around(desk), sinceAt }));
    },
  }),
  route({
    ...look,
    path: '/v1/slo',
    id: 'slo',
    summary: 'Objectives: what was measured, what is left of the error budget, how fast it burns.',
    query: SERVICE_QUERY,
    reply: sloSchema,
    problems: [404],
    answer: async (desk, { query }, signal) => {
      const { config, slo, clock } = desk;
      const services = servicesNamed(desk, query.service);
      const measured = await readSlo(desk.store(), config, services, clock.now(), signal, slo);
      return jsonReply(200, sloDocument(config, measured, around(desk)));
    },
  }),
  route({
    ...look,
    path: '/v1/overrides',
    id: 'overrides',
    summary: 'Every order in force or to come: who gave it, why, and until when.',
    reply: overridesSchema,
    problems: [],
    answer: async (desk, _asking, signal) =>
      jsonReply(200, overridesDocument(await assessed(desk, desk.config.services, signal))),
  }),
];

const around = ({ region, clock }: Desk) => ({ region, at: clock.now() });

/** Both ends of a span of time, with what is not said filled in. */
function rangeOf(
  { from, to }: { readonly from?: string; readonly to?: string },
  { shownMs, keptMs }: { readonly shownMs: number; readonly keptMs: number },
  now: EpochMs,
): { readonly fromAt: EpochMs; readonly toAt: EpochMs } {
  const toAt = to === undefined ? epochMs(now + 1) : timeNamed('to', to, now);
  const fromAt =
    from === undefined ? epochMs(Math.max(0, toAt - shownMs)) : timeNamed('from', from, now);
  if (fromAt >= toAt) throw new QuorateError('BAD_REQUEST', '`from` must be before `to`');
  if (toAt - fromAt > keptMs + 1) {
    throw new QuorateError(
      'BAD_REQUEST',
      `\`from\` and \`to\` are more than ${printDuration(keptMs)} apart, which is as long as these are kept`,
    );
  }
  return { fromAt, toAt };
}

function timeNamed(name: string, text: string, now: EpochMs): EpochMs {
  const at = momentOf(text, now);
  if (at !== undefined) return at;
  throw new QuorateError('BAD_REQUEST', `\`${name}\` is no time on the calendar: ${text}`);
}

export const assessed = (
  desk: Desk,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<Assessment> => {
  const { clock, ids, aids, orderRecords, region, manifest, config, zones } = desk;
  return assess(
    { clock, ids, aids, orderRecords, store: desk.store(), zone: zones.held },
    config,
    services,
    { region, manifest, reader: 'function' },
    signal,
  );
};

export function serviceNamed({ config }: Pick<Desk, 'config'>, id: string): Service {
  const found = config.services.find((one) => one.id === id);
  if (found !== undefined) return found;
  const known = config.services.map((one) => one.id).join(', ');
  throw new QuorateError('NOT_FOUND', `there is no service ${id}; there is ${known}`);
}

const servicesNamed = (desk: Desk, id: string | undefined): readonly Service[] =>
  id === undefined ? desk.config.services : [serviceNamed(desk, id)];

/** Who decides, by pulses: as one region sees it, and as fresh as replication is. */
async function statusLite(
  { clock, config, region, release, store }: Desk,
  signal: AbortSignal,
): Promise<StatusLite> {
  const pulses = await store().readPulses(config.vantages, signal);
  const now = clock.now();
  const deciding = decidingRegions(config.vantages, pulses, now);
  const majority = majorityOf(config.vantages.length);
  return {
    format: 1,
    deployment: config.deployment,
    region,
    release,
    config: { digest: config.digest, packagedAt: new Date(config.packagedAt).toISOString() },
    at: new Date(now).toISOString(),
    vantages: config.vantages.map((vantage) => ({
      region: vantage,
      decides: deciding.includes(vantage),
    })),
    majority,
    majorityDecides: deciding.length >= majority,
  };
}
