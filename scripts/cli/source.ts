/**
 * Where commands that look get their documents: from the API of any region, or straight from a replica of
 * the table and the zones with the operator's own credentials. Both give the very same documents, so no
 * command knows which it was.
 */
import { zoneSnapshots } from '../../functions/api/zone-snapshots.ts';
import { decisionsDocument } from '../../shared/api/decision-document.ts';
import { type DecisionsDocument, decisionsSchema } from '../../shared/api/decisions.ts';
import { incidentsDocument } from '../../shared/api/incident-document.ts';
import { type IncidentsDocument, incidentsSchema } from '../../shared/api/incidents.ts';
import { serviceDocument } from '../../shared/api/service-document.ts';
import { type SloDocument, sloSchema } from '../../shared/api/slo.ts';
import { sloDocument } from '../../shared/api/slo-document.ts';
import {
  type ServiceDocument,
  type StatusDocument,
  serviceDocumentSchema,
  statusSchema,
} from '../../shared/api/status.ts';
import { isOn, statusDocument } from '../../shared/api/status-document.ts';
import { manifestOf } from '../../shared/core/config.ts';
import type { Config, EpochMs, Service } from '../../shared/core/model.ts';
import { list } from '../../shared/core/reason.ts';
import type { Store } from '../../shared/ports.ts';
import { type Assessment, assess } from '../../shared/rounds/assess.ts';
import type { OrderRecords } from '../../shared/rounds/order-records.ts';
import { readDecisions, recentDecisions } from '../../shared/rounds/read-decisions.ts';
import { readIncidents } from '../../shared/rounds/read-incidents.ts';
import { readSlo } from '../../shared/rounds/read-slo.ts';
import type { Wired } from '../../shared/wire.ts';
import type { ApiClient } from '../client/api-client.ts';
import { ownReplica, type Replicas, unlessAway } from './replicas.ts';

export type Page = { readonly limit: number; readonly before?: string };

export type Source = {
  readonly status: (services: readonly Service[], signal: AbortSignal) => Promise<StatusDocument>;
  readonly service: (service: Service, signal: AbortSignal) => Promise<ServiceDocument>;
  readonly decisions: (
    service: Service,
    page: Page,
    signal: AbortSignal,
  ) => Promise<DecisionsDocument>;
  readonly incidents: (
    asked: { readonly service: Service | null; readonly sinceAt: EpochMs },
    signal: AbortSignal,
  ) => Promise<IncidentsDocument>;
  readonly slo: (services: readonly Service[], signal: AbortSignal) => Promise<SloDocument>;
};

/** Zones are read at most once per 10 s, as by the API: `--watch` must not use up the account's requests. */
export function directSource(
  wired: Pick<Wired, 'clock' | 'ids' | 'aids' | 'settings' | 'store' | 'zone'>,
  config: Config,
  replicas: Replicas = ownReplica(wired),
): Source {
  const { clock, ids, aids } = wired;
  const { held: zone } = zoneSnapshots({ clock, zone: wired.zone }, config);
  const orderRecords: OrderRecords = new Map();
  const options = { manifest: manifestOf(config) };
  const reading = (store: Store) => ({ store, digestOf: aids.digestOf });
  const look = (services: readonly Service[], signal: AbortSignal) =>
    unlessAway(
      replicas,
      (region, store) => {
        const deps = { clock, ids, aids, store, zone, orderRecords };
        return assess(deps, config, services, { ...options, region }, signal);
      },
      (assessment: Assessment) => assessment.evidence.trouble === null,
    );
  return {
    status: async (services, signal) =>
      statusDocument(config, (await look(services, signal)).answer),
    service: async (service, signal) => {
      const { answer: assessment, store } = await look([service], signal);
      const recent = await recentDecisions(reading(store), service.id, signal);
      const [assessed] = assessment.services;
      if (assessed === undefined) throw new Error('the service that was asked for is assessed');
      return serviceDocument(config, assessment, assessed, recent);
    },
    decisions: async ({ id }, page, signal) => {
      const { answer } = await unlessAway(replicas, async (region, store) =>
        decisionsDocument(id, await readDecisions(reading(store), id, page, signal), {
          region,
          at: clock.now(),
        }),
      );
      return answer;
    },
    incidents: async ({ service, sinceAt }, signal) => {
      const at = clock.now();
      const asked = { sinceAt, now: at, ...(service === null ? {} : { service: service.id }) };
      const { answer } = await unlessAway(replicas, async (region, store) =>
        incidentsDocument(config, await readIncidents(store, config, asked, signal), {
          region,
          at,
          sinceAt,
        }),
      );
      return answer;
    },
    slo: async (services, signal) => {
      const at = clock.now();
      const { answer } = await unlessAway(replicas, async (region, store) =>
        sloDocument(config, await readSlo(store, config, services, at, signal), { region, at }),
      );
      return answer;
    },
  };
}

/** Of whichever region answers. It tells of what is deployed, which this file may be ahead of. */
export function apiSource(api: Pick<ApiClient, 'ask'>): Source {
  const pathOf = ({ id }: Service): string => `/v1/services/${encodeURIComponent(id)}`;
  return {
    status: async (services, signal) => {
      const { document } = await api.ask(statusSchema, 'GET', '/v1/status', {}, signal);
      return narrowed(document, services);
    },
    service: async (service, signal) =>
      (await api.ask(serviceDocumentSchema, 'GET', pathOf(service), {}, signal)).document,
    decisions: async (service, page, signal) => {
      const path = `${pathOf(service)}/decisions`;
      return (await api.ask(decisionsSchema, 'GET', path, { query: page }, signal)).document;
    },
    incidents: async ({ service, sinceAt }, signal) => {
      const query = {
        since: new Date(sinceAt).toISOString(),
        ...(service === null ? {} : { service: service.id }),
      };
      return (await api.ask(incidentsSchema, 'GET', '/v1/incidents', { query }, signal)).document;
    },
    slo: async (services, signal) => {
      const [only, ...others] = services;
      const query = only !== undefined && others.length === 0 ? { service: only.id } : {};
      const { document } = await api.ask(sloSchema, 'GET', '/v1/slo', { query }, signal);
      const asked = new Set<string>(services.map(({ id }) => id));
      return { ...document, services: document.services.filter((one) => asked.has(one.service)) };
    },
  };
}

/** To the services that were asked for; those that are not deployed yet are told. */
function narrowed(document: StatusDocument, asked: readonly Service[]): StatusDocument {
  const services = document.services.filter(({ service }) =>
    asked.some(({ id }) => id === service),
  );
  const missing = asked.filter(({ id }) => !services.some(({ service }) => service === id));
  const ids = list(missing.map(({ id }) => id));
  const notes =
    missing.length === 0
      ? document.notes
      : [
          ...document.notes,
          `${ids} ${missing.length === 1 ? 'is' : 'are'} in this file and not in what is deployed; deploy it`,
        ];
  const on = services.filter(isOn).length;
  return { ...document, automation: { on, of: services.length }, services, notes };
}
