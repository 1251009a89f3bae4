/**
 * Pulses in, at most one ping to the outside out: while a majority of the vantages decides, the deciding
 * regions take turns by the minute to tell a dead-man's switch so. It calls for people when pings stop,
 * whichever part of Quorate or AWS died. So it should wait for at least three minutes: a region whose way
 * out is broken, or whose schedule skips a minute, costs one ping.
 */
import type { Config, HeaderValue, VantageId } from '../core/model.ts';
import { decidingRegions, teller } from '../core/pulse.ts';
import type { Clock, Delivery, Heartbeat, Secrets, Store } from '../ports.ts';

export type HeartbeatDeps = {
  readonly clock: Clock;
  readonly store: Store;
  readonly secrets: Secrets;
  readonly heartbeat: Heartbeat;
};

export type HeartbeatFacts = {
  readonly deciding: readonly VantageId[];
  readonly of: number;
} & (
  | Delivery
  /** Too few decide, or another region tells in this minute. */
  | { readonly kind: 'below-majority' | 'not-our-turn' }
);

export async function heartbeatRound(
  { clock, store, secrets, heartbeat }: HeartbeatDeps,
  { vantages }: Pick<Config, 'vantages'>,
  target: HeaderValue,
  region: VantageId,
  signal: AbortSignal,
): Promise<HeartbeatFacts> {
  const pulses = await store.readPulses(vantages, signal);
  const now = clock.now();
  const deciding = decidingRegions(vantages, pulses, now);
  const facts = { deciding, of: vantages.length };
  const turn = teller(deciding, vantages.length, now);
  if (turn === undefined) return { ...facts, kind: 'below-majority' };
  if (turn !== region) return { ...facts, kind: 'not-our-turn' };

  const url = typeof target === 'string' ? target : await secrets.read(target.ssm, signal);
  return {
    ...facts,
    ...(url === undefined ? unreadable(region) : await heartbeat.ping(url, signal)),
  };
}

const unreadable = (region: VantageId): Delivery => ({
  kind: 'failed',
  why: `the parameter of notify.heartbeat can't be read in ${region}; it has to be there in every vantage`,
});
