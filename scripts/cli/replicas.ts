/**
 * The table's replicas, one per vantage: what one region's table does not answer the next one's does. The
 * first that answers is asked first from then on, so only the first look of a command waits for a dead one.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { VantageId } from '../../shared/core/model.ts';
import type { Store } from '../../shared/ports.ts';
import type { Wired } from '../../shared/wire.ts';

export type Replicas = {
  /** In the order in which they are asked; never empty. */
  readonly regions: () => readonly [VantageId, ...VantageId[]];
  readonly store: (region: VantageId) => Store;
  readonly keepGood: (region: VantageId) => void;
  /** A region's table was away, and another one answered instead. */
  readonly say: (away: VantageId, answered: VantageId) => void;
};

export function replicasOf(
  regions: readonly [VantageId, ...VantageId[]],
  store: (region: VantageId) => Store,
  say: (line: string) => void,
): Replicas {
  const stores = new Map<VantageId, Store>();
  let order = regions;
  return {
    regions: () => order,
    store: (region) => {
      const made = stores.get(region) ?? store(region);
      stores.set(region, made);
      return made;
    },
    keepGood: (good) => {
      order = [good, ...regions.filter((region) => region !== good)];
    },
    say: (away, answered) =>
      say(`note: the table in ${away} does not answer; this is what ${answered} has`),
  };
}

/** One region's, and no other. */
export const ownReplica = (wired: Pick<Wired, 'settings' | 'store'>): Replicas =>
  replicasOf([wired.settings.vantage], wired.store, () => undefined);

/**
 * The answer of the first replica that has a good one. Where none has, the first one's: an answer without
 * reports is still what the zone says, and an error still says what is wrong.
 */
export async function unlessAway<T>(
  replicas: Replicas,
  ask: (region: VantageId, store: Store) => Promise<T>,
  isGood: (answer: T) => boolean = () => true,
): Promise<{ readonly answer: T; readonly store: Store }> {
  const [meant, ...others] = replicas.regions();
  const first = await tried(replicas, meant, ask);
  if ('answer' in first && isGood(first.answer)) return first;
  for (const region of others) {
    const next = await tried(replicas, region, ask);
    if (!('answer' in next) || !isGood(next.answer)) continue;
    replicas.keepGood(region);
    replicas.say(meant, region);
    return next;
  }
  if ('answer' in first) return first;
  throw first.error;
}

async function tried<T>(
  replicas: Replicas,
  region: VantageId,
  ask: (region: VantageId, store: Store) => Promise<T>,
): Promise<{ readonly answer: T; readonly store: Store } | { readonly error: QuorateError }> {
  const store = replicas.store(region);
  try {
    return { answer: await ask(region, store), store };
  } catch (error) {
    const isTable =
      error instanceof QuorateError &&
      (error.code === 'STORE_UNAVAILABLE' || error.code === 'ACCESS_DENIED');
    if (!isTable) throw error;
    return { error };
  }
}
