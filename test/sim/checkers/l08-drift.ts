/**
 * L8: an edit by other hands that fence and file don't know is seen within 90 s and a minute more per dead
 * region, and automation never writes over the edited weight by itself.
 */
import type { Service } from '../../../shared/core/model.ts';
import type { QuorumResult } from '../../../shared/rounds/quorum-result.ts';
import type { MakeChecker } from '../scenario.ts';
import { factsOf, MINUTE, SETTLES_MS, standing, zoneOf } from './liveness-facts.ts';

/** Beside the bound: a turn of each region. */
const SEEN_MS = 90_000;
const ALLOWANCE_MS = 30_000;

/** Another weight or a missing record turns automation off; another target only takes an endpoint's votes away. */
const isSeen = ({ automation, endpoints }: QuorumResult['decision']): boolean =>
  automation !== 'on' ||
  endpoints.some(({ reason, withheld }) =>
    [reason, ...withheld].some(({ code }) => code === 'not-what-is-served'),
  );

export const l08Drift: MakeChecker = (world, scenario, fail) => {
  const facts = factsOf(world, scenario);
  const open = new Map<string, { readonly service: Service; readonly atMs: number }>();
  const seenMs: number[] = [];

  world.on((event) => {
    switch (event.kind) {
      case 'zone-edited':
        for (const service of world.config().services) {
          if (service.mode !== 'enforce' || service.zone.id !== event.zone) continue;
          const before = standing(world, service, event.before);
          const after = standing(world, service, event.after);
          const isStrange = before.isSettled && !after.isSettled;
          if (isStrange) open.set(service.id, { service, atMs: event.atMs });
        }
        return;
      case 'decided':
        for (const { service, decision } of event.results) {
          const one = open.get(service);
          if (one === undefined || !isSeen(decision)) continue;
          if (facts.lastBadMs() < one.atMs - SETTLES_MS) seenMs.push(event.atMs - one.atMs);
          open.delete(service);
        }
        for (const [id, { service, atMs }] of open) {
          const fromMs = Math.max(atMs, facts.lastBadMs() + SETTLES_MS);
          const dueMs = fromMs + SEEN_MS + ALLOWANCE_MS + facts.deadPlaces() * MINUTE;
          if (standing(world, service, zoneOf(world, service)).isSettled) open.delete(id);
          else if (event.atMs > dueMs) {
            open.delete(id);
            fail(
              'L8',
              `${id}: an edit by hand stands for ${event.atMs - atMs} ms and nobody saw it`,
            );
          }
        }
        return;
      case 'batch-arrived':
        if (event.answer !== 'accepted' || event.batch.from.name !== 'quorum') return;
        for (const service of event.batch.from.config.services) {
          if (service.zone.id !== event.batch.zone) continue;
          const before = standing(world, service, event.before);
          const after = standing(world, service, event.after);
          if (before.fence === null || before.fence.text === after.fence?.text) continue;
          if (before.fence.orders.length > 0) continue;
          for (const endpoint of service.endpoints) {
            const from = before.record(endpoint)?.weight;
            const left = before.entry(endpoint)?.weight;
            const to = after.record(endpoint)?.weight;
            if (from === undefined || left === undefined || from === left || from === to) continue;
            fail(
              'L8',
              `${service.id}/${endpoint.id}: automation at ${event.batch.from.region} writes ${to} over ${from}, which somebody set by hand over ${left}`,
            );
          }
        }
        return;
    }
  });
  return { id: 'L8', timings: () => ({ 'drift seen': seenMs }) };
};
