/**
 * Where commands that look get their documents: from the API of any region, or straight from one replica
 * of the table and the zones with the operator's own credentials. Both give the very same documents, so no
 * command knows which it was but for the line that says so.
 */
import { zoneSnapshots } from '../../functions/api/zone-snapshots.ts';
import { decisionsDocument } from '../../shared/api/decision-document.ts';
import type { DecisionsDocument } from '../../shared/api/decisions.ts';
import { serviceDocument } from '../../shared/api/service-document.ts';
import type { ServiceDocument, StatusDocument } from '../../shared/api/status.ts';
import { statusDocument } from '../../shared/api/status-document.ts';
import { manifestOf } from '../../shared/core/config.ts';
import type { Config, Service } from '../../shared/core/model.ts';
import { assess } from '../../shared/rounds/assess.ts';
import { readDecisions, recentDecisions } from '../../shared/rounds/read-decisions.ts';
import type { Wired } from '../../shared/wire.ts';

export type Page = { readonly limit: number; readonly before?: string };

export type Source = {
  readonly status: (services: readonly Service[], signal: AbortSignal) => Promise<StatusDocument>;
  readonly service: (service: Service, signal: AbortSignal) => Promise<ServiceDocument>;
  readonly decisions: (
    service: Service,
    page: Page,
    signal: AbortSignal,
  ) => Promise<DecisionsDocument>;
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
  };
}
