/**
 * Where commands that look get their documents: from the API of any region, or straight from one replica
 * of the table and the zones with the operator's own credentials. Both give the very same documents, so no
 * command knows which it was but for the line that says so.
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
import { assess } from '../../shared/rounds/assess.ts';
import { readDecisions, recentDecisions } from '../../shared/rounds/read-decisions.ts';
import { readIncidents } from '../../shared/rounds/read-incidents.ts';
import { readSlo } from '../../shared/rounds/read-slo.ts';
import type { Wired } from '../../shared/wire.ts';
import type { ApiClient } from '../client/api-client.ts';

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
export function directSource(wired: Wired, config: Config): Source {
  const { clock, ids, aids, settings } = wired;
  const region = settings.vantage;
  const store = wired.store();
  const { held } = zoneSnapshots({ clock, zone: wired.zone }, config);
  const deps = { clock, ids, aids, store, zone: held, orderRecords: new Map() };
  const reading = { store, digestOf: aids.digestOf };
  const look = (services: readonly Service[], signal: AbortSignal) =>
    assess(deps, config, services, { region, manifest: manifestOf(config) }, signal);
  return {
    status: async (services, signal) => statusDocument(config, await look(services, signal)),
    service: async (service, signal) => {
      const [assessment, recent] = await Promise.all([
        look([service], signal),
        recentDecisions(reading, service.id, signal),
      ]);
      const [assessed] = assessment.services;
      if (assessed === undefined) throw new Error('the service that was asked for is assessed');
      return serviceDocument(config, assessment, assessed, recent);
    },
    decisions: async ({ id }, page, signal) => {
      const read = await readDecisions(reading, id, page, signal);
      return decisionsDocument(id, read, { region, at: clock.now() });
    },
    incidents: async ({ service, sinceAt }, signal) => {
      const at = clock.now();
      const asked = { sinceAt, now: at, ...(service === null ? {} : { service: service.id }) };
      const incidents = await readIncidents(store, config, asked, signal);
      return incidentsDocument(config, incidents, { region, at, sinceAt });
    },
    slo: async (services, signal) => {
      const at = clock.now();
      const measured = await readSlo(store, config, services, at, signal);
      return sloDocument(config, measured, { region, at });
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
