/**
 * Shared, rationed zone reads. A round lists a zone once for all its services, and only if it holds
 * nothing, another region has committed since, or it is this region's minute to sweep. A change is
 * always decided on a fresh read; what is held only tells whether one may be due.
 */
import * as v from 'valibot';
import { isWithin } from '../core/elapsed.ts';
import { QuorateError } from '../core/errors.ts';
import {
  byText,
  type Config,
  type EpochMs,
  fenceName,
  type Service,
  type VantageId,
} from '../core/model.ts';
import { listingOrder, type ZoneRead } from '../core/zone-record.ts';
import type { Clock, Store, Zone } from '../ports.ts';

const SWEEP_EVERY_MS = 60_000;
/** A control plane that is away is not asked by every trigger: at most one call per 30 s and region. */
const PAUSE_AFTER_FAILURES = 2;
const PAUSE_MS = 30_000;

export type ZoneWatch = {
  /** What is held, read again where the ration says so. */
  readonly look: (
    services: readonly Service[],
    signal: AbortSignal,
  ) => Promise<{ readonly read: ZoneRead; readonly isFresh: boolean; readonly isSweep: boolean }>;
  readonly fresh: (services: readonly Service[], signal: AbortSignal) => Promise<ZoneRead>;
  /** What is held is no longer true: the next look reads. */
  readonly forget: (service: Service) => void;
};

export type ZoneWatchDeps = { readonly clock: Clock; readonly store: Store; readonly zone: Zone };

export function zoneWatch(
  { clock, store, zone }: ZoneWatchDeps,
  config: Pick<Config, 'vantages'>,
  region: VantageId,
): ZoneWatch {
  const held = new Map<string, ZoneRead>();
  const headsHeld = new Map<string, string>();
  const sweptMinutes = new Map<string, number>();
  const failures = new Map<string, { count: number; at: EpochMs; error: QuorateError }>();

  const fresh = async (services: readonly Service[], signal: AbortSignal): Promise<ZoneRead> => {
    const first = services[0];
    if (first === undefined) return { records: [], serverAt: null, readAt: clock.now() };
    const { key } = first.zone;
    const failed = failures.get(key);
    const isPaused =
      failed !== undefined &&
      failed.count >= PAUSE_AFTER_FAILURES &&
      isWithin(failed.at, PAUSE_MS, clock.now());
    if (isPaused) throw failed.error;
    try {
      const read = await zone.read(first.zone, stretchOf(services), signal);
      failures.delete(key);
      held.set(key, read);
      return read;
    } catch (error) {
      if (error instanceof QuorateError) {
        failures.set(key, { count: (failed?.count ?? 0) + 1, at: clock.now(), error });
      }
      throw error;
    }
  };

  const headsOf = async (signal: AbortSignal): Promise<string | null> => {
    try {
      const heads = await store.readHeads(config.vantages, signal);
      return headsText(heads);
    } catch (error) {
      // A head only saves time: without it the sweep finds the same.
      if (error instanceof QuorateError) return null;
      throw error;
    }
  };

  return {
    fresh,
    look: async (services, signal) => {
      const key = services[0]?.zone.key ?? '';
      const heads = (await headsOf(signal)) ?? headsHeld.get(key) ?? '';
      const known = held.get(key);
      const minute = Math.floor(clock.now() / SWEEP_EVERY_MS);
      const isMyTurn = minute % config.vantages.length === config.vantages.indexOf(region);
      const isSweep = isMyTurn && minute !== sweptMinutes.get(key);
      if (known !== undefined && !isSweep && heads === headsHeld.get(key)) {
        return { read: known, isFresh: false, isSweep };
      }
      const read = await fresh(services, signal);
      if (isSweep) sweptMinutes.set(key, minute);
      headsHeld.set(key, heads);
      return { read, isFresh: true, isSweep };
    },
    forget: (service) => {
      held.delete(service.zone.key);
    },
  };
}

const storedHead = v.object({
  region: v.string(),
  generations: v.record(v.string(), v.pipe(v.number(), v.safeInteger())),
});

/** What is no head says nothing; the order in which a table gives its maps back says nothing either. */
const headsText = (heads: readonly unknown[]): string =>
  heads
    .flatMap((head) => {
      const parsed = v.safeParse(storedHead, head);
      if (!parsed.success) return [];
      const { region, generations } = parsed.output;
      const pairs = Object.entries(generations).map(([service, at]) => `${service}=${at}`);
      return [`${region} ${pairs.sort(byText).join(' ')}`];
    })
    .sort(byText)
    .join('\n');

/** From the first managed name to the last in listing order, fences included. */
export function stretchOf(services: readonly Service[]): {
  readonly from: string;
  readonly to: string;
} {
  const names = services
    .flatMap((service) => [...service.names, fenceName(service)])
    .sort((a, b) => (listingOrder(a) < listingOrder(b) ? -1 : 1));
  return { from: names[0] ?? '', to: names.at(-1) ?? '' };
}
