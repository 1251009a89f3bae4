/**
 * What quorum rounds found → events of incidents, and what is due to be told, in the table. It comes after
 * every decision and is waited for by none. Writes happen on news only; what a table that is away did not
 * take is kept and written later, in its order. A new process reads once what its region had told.
 */
import { QuorateError } from '../core/errors.ts';
import type { IncidentEvent } from '../core/incident.ts';
import { findingsOf } from '../core/incident-finding.ts';
import {
  parseStanding,
  STANDING_MAX,
  type Standing,
  standingBody,
  watchIncidents,
} from '../core/incident-watch.ts';
import type { Aids, Config, Nonce, Service, ServiceId, VantageId } from '../core/model.ts';
import {
  bodyOf,
  dueItem,
  lookItem,
  type OutboxItem,
  STANDING,
  standingItem,
} from '../core/outbox.ts';
import { PLAN_MS_MAX } from '../core/plan.ts';
import type { Clock, Store } from '../ports.ts';
import type { QuorumMemory } from './quorum-memory.ts';
import type { QuorumResult } from './quorum-result.ts';

export type IncidentBook = {
  /** In the order of the rounds. How much was written; 0 of it where all is as it was. */
  readonly keep: (results: readonly QuorumResult[], signal: AbortSignal) => Promise<BookFacts>;
};
export type BookFacts = {
  readonly events: readonly IncidentEvent[];
  /** Something lies in the outbox now that `notify` should see to. */
  readonly isDue: boolean;
  /** Not written yet: the table is away. */
  readonly waiting: number;
};

type BookDeps = {
  readonly clock: Clock;
  readonly store: Store;
  readonly aids: Pick<Aids, 'digestOf'>;
  readonly memory: Pick<QuorumMemory, 'served'>;
};

/** A table that is away for hours while everything flaps: the oldest are given up. */
const WAITING_MAX = 2_000;
const AT_ONCE = 10;

type Entry = { readonly event: IncidentEvent | null; readonly item: OutboxItem | null };

export function incidentBook(deps: BookDeps, config: Config, region: VantageId): IncidentBook {
  const { clock, store, aids, memory } = deps;
  const isTold = hasChannel(config);
  const nonces = new Map<ServiceId, Nonce>();
  let standing: Map<string, readonly Standing[]> | undefined;
  let waiting: Entry[] = [];
  /** What is in the table is not what stands. */
  let isStale = false;

  const load = async (signal: AbortSignal): Promise<Map<string, readonly Standing[]>> => {
    const [item] = await store.readOutbox([region], STANDING, signal);
    return Map.groupBy(parseStanding(bodyOf(item)), ({ service }) => service);
  };

  const watch = (
    known: Map<string, readonly Standing[]>,
    service: string,
    findings: Parameters<typeof watchIncidents>[1],
    at: QuorumResult['at'],
  ): void => {
    const held = [...known.values()].reduce((total, own) => total + own.length, 0);
    const room = STANDING_MAX - held;
    const watcher = { service, region, at, room, digestOf: aids.digestOf };
    const { standing: next, events } = watchIncidents(known.get(service) ?? [], findings, watcher);
    if (events.length === 0) return;
    known.set(service, next);
    isStale = true;
    waiting.push(
      ...events.map((event) => ({ event, item: isTold ? dueItem(event, region) : null })),
    );
  };

  const note = (known: Map<string, readonly Standing[]>, result: QuorumResult): void => {
    const service = config.services.find(({ id }) => id === result.service);
    if (service === undefined) return;
    watch(known, service.id, findingsOf(seenIn(result, service, config, aids)), result.at);
    const look = lookOf(result, service);
    if (look !== null) waiting.push({ event: null, item: lookItem(look, region) });
  };

  /** A change that a person, or another region, made: one region, by generation, asks for it. */
  const lookOf = (
    result: QuorumResult,
    service: Service,
  ): Parameters<typeof lookItem>[0] | null => {
    const served = memory.served.get(service.id);
    memory.served.delete(service.id);
    if (served !== undefined) return { service: service.id, ...served, at: result.at };
    const { fence } = result.looked;
    if (fence === null || service.mode === 'observe') return null;
    const before = nonces.get(service.id);
    nonces.set(service.id, fence.nonce);
    const isNews = before !== undefined && before !== fence.nonce;
    const { generation, nonce } = fence;
    const isOurs = config.vantages.indexOf(region) === generation % config.vantages.length;
    return isNews && isOurs ? { service: service.id, generation, nonce, at: result.at } : null;
  };

  const flush = async (signal: AbortSignal): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, AT_ONCE);
      await Promise.all(
        batch.map(async ({ event, item }) => {
          if (event !== null) await store.writeIncidentEvent(event, signal);
          if (item !== null) await store.writeOutbox(item, 'any', signal);
        }),
      );
      waiting = waiting.slice(batch.length);
    }
    if (!isStale || standing === undefined) return;
    const open = [...standing.values()].flat();
    await store.writeOutbox(standingItem(region, standingBody(open), clock.now()), 'any', signal);
    isStale = false;
  };

  const keep: IncidentBook['keep'] = async (results, signal) => {
    try {
      const known = standing ?? (await load(signal));
      standing = known;
      for (const service of known.keys()) {
        if (config.services.some(({ id }) => id === service)) continue;
        watch(known, service, [], clock.now());
        known.delete(service);
      }
      for (const result of results) note(known, result);
      waiting = waiting.slice(-WAITING_MAX);
      const due = waiting;
      await flush(signal);
      return {
        events: due.flatMap(({ event }) => event ?? []),
        isDue: due.some(({ item }) => item !== null),
        waiting: 0,
      };
    } catch (error) {
      // Nothing decides by it. What was not read or written is, by a later round.
      if (!(error instanceof QuorateError)) throw error;
      return { events: [], isDue: false, waiting: waiting.length };
    }
  };
  /** Two invocations of one process, as a local world has them, write one after the other. */
  let turn: Promise<unknown> = Promise.resolve();
  return {
    keep: (results, signal) => {
      const mine = turn.then(() => keep(results, signal));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}

export const hasChannel = ({ notify }: Pick<Config, 'notify'>): boolean =>
  notify.sns !== undefined || notify.webhook !== undefined || notify.events !== undefined;

function seenIn(
  { decision, outcome, plan, at, looked }: QuorumResult,
  service: Service,
  { packagedAt }: Config,
  { digestOf }: Pick<Aids, 'digestOf'>,
): Parameters<typeof findingsOf>[0] {
  const isCommitted = outcome.kind === 'committed' && plan !== null;
  return {
    ...looked,
    service,
    decision,
    committed: isCommitted ? plan.generation : null,
    decidedAt: (plan === null ? at : plan.deadlineAt - PLAN_MS_MAX) as typeof at,
    at,
    packagedAt,
    digestOf,
  };
}
