/** What the routes of one process share: the file, ports, and what is kept between requests. */

import { manifestOf } from '../../shared/core/config.ts';
import type { Aids, Config, VantageId } from '../../shared/core/model.ts';
import type { ConfigManifest } from '../../shared/core/report.ts';
import type { Telemetry } from '../../shared/middleware.ts';
import type { Clock, Ids, NotifyCaller, Store } from '../../shared/ports.ts';
import type { OrderRecords } from '../../shared/rounds/order-records.ts';
import { type SloMemory, sloMemory } from '../../shared/rounds/read-slo.ts';
import type { ApiWired } from '../../shared/wire-api.ts';
import type { PageAssets } from '../dashboard/page.ts';
import { type ZoneSnapshots, zoneSnapshots } from './zone-snapshots.ts';

export type Desk = {
  readonly config: Config;
  readonly region: VantageId;
  readonly release: string;
  readonly manifest: ConfigManifest;
  readonly aids: Aids;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly telemetry: Telemetry;
  readonly store: () => Store;
  readonly zones: ZoneSnapshots;
  readonly notify: () => NotifyCaller;
  /** Records never change: each is read once. */
  readonly orderRecords: OrderRecords;
  /** Hours that are over are read once. */
  readonly slo: SloMemory;
  /** Null: this process serves no page. */
  readonly page: PageAssets | null;
};

export const openDesk = (wired: ApiWired, page: PageAssets | null): Desk => {
  const { config, settings, release, aids, clock, ids, telemetry, store, notify } = wired;
  return {
    config,
    region: settings.vantage,
    release,
    manifest: manifestOf(config),
    aids,
    clock,
    ids,
    telemetry,
    store,
    notify,
    zones: zoneSnapshots(wired, config),
    orderRecords: new Map(),
    slo: sloMemory(),
    page,
  };
};
