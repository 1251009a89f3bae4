/**
 * INSYNC is asked by later rounds from the change id that a commit left, never waited for. A change that
 * Route 53 has forgotten (its control plane failed over) is decided again from the zone as found.
 */
import { isWithin } from '../core/elapsed.ts';
import { QuorateError } from '../core/errors.ts';
import type { Service } from '../core/model.ts';
import { PLAN_MS_MAX } from '../core/plan.ts';
import type { ChangeStatus, Clock, Zone } from '../ports.ts';
import { type Books, mark } from './bookkeeping.ts';
import type { QuorumMemory } from './quorum-memory.ts';
import type { ZoneWatch } from './zone-watch.ts';

/** GetChange costs a request token that is everybody's. */
const ASK_EVERY_MS = 2000;

export async function askInsync(
  deps: {
    readonly clock: Clock;
    readonly zone: Zone;
    readonly watch: ZoneWatch;
    readonly memory: QuorumMemory;
  },
  books: Books,
  services: readonly Service[],
  signal: AbortSignal,
): Promise<void> {
  const known = new Map<string, ChangeStatus>();
  for (const service of services) {
    const committed = deps.memory.inFlight.get(service.id);
    const now = deps.clock.now();
    if (committed?.changeId == null || isWithin(committed.at, ASK_EVERY_MS, now)) continue;
    try {
      const { changeId } = committed;
      // Services that shared a batch share its change.
      const status =
        known.get(changeId) ?? (await deps.zone.changeStatus(service.zone, changeId, signal));
      known.set(changeId, status);
      if (status === 'pending') {
        deps.memory.inFlight.set(service.id, { ...committed, at: now });
        continue;
      }
      deps.memory.inFlight.delete(service.id);
      if (status === 'stranded') {
        deps.watch.forget(service);
        continue;
      }
      const { generation, nonce, deadlineAt } = committed.plan;
      const ms = deps.clock.now() - (deadlineAt - PLAN_MS_MAX);
      deps.memory.insyncMs.push({ service: service.id, ms });
      deps.memory.served.set(service.id, { generation, nonce });
      await mark(books, committed.plan, 'insync', '', signal);
    } catch (error) {
      // Asked again next round: the commit stands whatever the answer is, and decisions wait for none.
      if (!(error instanceof QuorateError)) throw error;
      return;
    }
  }
}
