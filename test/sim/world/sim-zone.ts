/** The `Zone` port of one process: arrival and reply apart, errors sorted by the production adapter's tables. */
import { compareNames, normalName } from '../../../scripts/local/zone-name.ts';
import { replyTo, zoneError } from '../../../shared/adapters/route53-answers.ts';
import { failureOf } from '../../../shared/adapters/route53-failures.ts';
import { epochMs, type ZoneRef } from '../../../shared/core/model.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { CommitReply, Zone } from '../../../shared/ports.ts';
import type { Simulation } from '../kernel/simulation.ts';
import type { Batch, Listener, ZoneState } from './events.ts';
import { type CallPlan, PLAIN_CALL, type Process, remoteCall } from './process.ts';
import type { Route53 } from './route53.ts';

/** Deadlines of the production adapter. */
const READ_TIMEOUT_MS = 5_000;
const WRITE_TIMEOUT_MS = 10_000;

export type SimZoneDeps = {
  readonly sim: Simulation;
  readonly process: Process;
  readonly route53: Route53;
  readonly tell: Listener;
  readonly nextBatch: () => number;
};

export function simZonePort({ sim, process, route53, tell, nextBatch }: SimZoneDeps): Zone {
  const { place, random, name } = process;
  const planOf = (isWrite: boolean): CallPlan => {
    const { isCut, requestLoss, replyLoss, late, lateMs } = place.route53;
    if (isCut || place.isDead) return { ...PLAIN_CALL, arrives: false };
    if (requestLoss === 0 && replyLoss === 0 && late === 0) return PLAIN_CALL;
    return {
      arrives: !random.chance(requestLoss),
      replies: !random.chance(replyLoss),
      lateMs: isWrite && random.chance(late) ? random.between(WRITE_TIMEOUT_MS, lateMs) : 0,
      times: 1,
    };
  };
  const timedOut = (timeoutMs: number) => (ended: 'by-deadline' | 'by-caller') =>
    Object.assign(
      new Error(ended === 'by-caller' ? 'the round ended' : `no answer within ${timeoutMs} ms`),
      { name: 'TimeoutError' },
    );

  return {
    read: async (zone, stretch, signal) => {
      try {
        const { state, serverAt } = await remoteCall(sim, process, signal, {
          kind: 'list records',
          plan: planOf(false),
          timeoutMs: READ_TIMEOUT_MS,
          unanswered: timedOut(READ_TIMEOUT_MS),
          serve: () => {
            const listed = route53.list(zone.id);
            tell({ kind: 'zone-read', atMs: sim.nowMs(), zone: zone.id, by: name, state: listed });
            return { state: listed, serverAt: Math.floor(sim.nowMs() / 1_000) * 1_000 };
          },
        });
        tell({ kind: 'zone-held', atMs: sim.nowMs(), zone: zone.id, by: name, state });
        const records = within(state, stretch);
        return { records, serverAt: epochMs(serverAt), readAt: process.clock.now() };
      } catch (error) {
        throw zoneError(zone, failureOf(error), 'be read', error);
      }
    },
    commit: async (zone, changes, comment, signal): Promise<CommitReply> => {
      const batch: Batch = {
        number: nextBatch(),
        zone: zone.id,
        from: name,
        changes,
        comment,
        sentAtMs: sim.nowMs(),
      };
      tell({ kind: 'batch-sent', atMs: sim.nowMs(), batch });
      const told = (reply: CommitReply): CommitReply => {
        tell({ kind: 'batch-answered', atMs: sim.nowMs(), batch, reply: reply.kind });
        return reply;
      };
      try {
        const changeId = await remoteCall(sim, process, signal, {
          kind: 'change records',
          plan: planOf(true),
          timeoutMs: WRITE_TIMEOUT_MS,
          unanswered: timedOut(WRITE_TIMEOUT_MS),
          serve: () => route53.change(batch),
        });
        return told({ kind: 'accepted', changeId });
      } catch (error) {
        return told(replyTo(failureOf(error)));
      }
    },
    changeStatus: async (zone: ZoneRef, changeId, signal) => {
      try {
        const status = await remoteCall(sim, process, signal, {
          kind: 'get change',
          plan: planOf(false),
          timeoutMs: READ_TIMEOUT_MS,
          unanswered: timedOut(READ_TIMEOUT_MS),
          serve: () => route53.status(changeId),
        });
        return status === 'INSYNC' ? 'insync' : 'pending';
      } catch (error) {
        const failure = failureOf(error);
        if (failure.kind === 'no-such-change') return 'stranded';
        throw zoneError(zone, failure, `be asked for change ${changeId}`, error);
      }
    },
  };
}

const stretches = new WeakMap<ZoneState, Map<string, readonly ZoneRecord[]>>();

/** A zone is never changed in place, so a listing is made once per state. */
function within(
  state: ZoneState,
  { from, to }: { readonly from: string; readonly to: string },
): readonly ZoneRecord[] {
  const key = `${from} ${to}`;
  const known = stretches.get(state)?.get(key);
  if (known !== undefined) return known;
  const [first, last] = [normalName(from), normalName(to)];
  const records = [...state.values()].filter(
    ({ name }) => compareNames(name, first) >= 0 && compareNames(name, last) <= 0,
  );
  const all = stretches.get(state) ?? new Map<string, readonly ZoneRecord[]>();
  all.set(key, records);
  stretches.set(state, all);
  return records;
}
