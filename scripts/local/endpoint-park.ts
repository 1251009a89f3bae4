/**
 * All endpoints of a world: opens a server for each, knows who lives at which address and where each
 * port really is, and makes them behave. Flapping is kept up here: down for half a period, up for the
 * other half, until the fault is lifted.
 */
import type { Clock } from '../../shared/ports.ts';
import type { Authority } from './certificates.ts';
import { type EndpointServer, NO_TROUBLE, openEndpoint, type Trouble } from './endpoint-server.ts';
import { type EndpointTrouble, endpointKey } from './faults.ts';
import type { Place } from './loopback.ts';
import type { PlayedEndpoint } from './world-config.ts';

export type EndpointPark = AsyncDisposable & {
  /** `service/endpoint` that lives at this address. */
  readonly endpointAt: (address: string) => string | undefined;
  readonly route: (address: string, port: number) => Place;
  /** Only what changed is touched: an endpoint's open connections are otherwise left alone. */
  readonly behave: (troubles: ReadonlyMap<string, EndpointTrouble>) => Promise<void>;
};

const DAY_MS = 86_400_000;
/** Long enough for any `certificate: 21d` that is watched. */
const VALID_MS = 300 * DAY_MS;

export async function openEndpointPark({
  endpoints,
  authority,
  clock,
}: {
  readonly endpoints: readonly PlayedEndpoint[];
  readonly authority: Authority;
  readonly clock: Clock;
}): Promise<EndpointPark> {
  await using opened = new AsyncDisposableStack();
  const places = new Map<string, { key: string; server: EndpointServer }>();
  const residents: { key: string; server: EndpointServer; flapping: Flapping }[] = [];

  for (const played of endpoints) {
    const hosts = [...played.hosts];
    const server = opened.use(
      await openEndpoint({
        address: played.address,
        home: played.home,
        doors: played.doors,
        certificates: {
          good: await authority.issue({ hosts, notAfter: new Date(Date.now() + VALID_MS) }),
          expired: await authority.issue({ hosts, notAfter: new Date(Date.now() - 1000) }),
        },
        clock,
      }),
    );
    const key = endpointKey(played.service, played.endpoint);
    const flapping = opened.use(flapper(server, clock));
    residents.push({ key, server, flapping });
    for (const address of [played.address, played.address6]) places.set(address, { key, server });
  }

  const shown = new Map<string, string>();
  const closing = opened.move();
  return {
    endpointAt: (address) => places.get(address)?.key,
    route: (address, port) => places.get(address)?.server.placeOf(port) ?? { address, port },
    async behave(troubles) {
      for (const { key, flapping } of residents) {
        const { flapPeriodsMs, ...trouble } = troubles.get(key) ?? CALM;
        const text = JSON.stringify([flapPeriodsMs, trouble]);
        if (text === (shown.get(key) ?? CALM_TEXT)) continue;
        shown.set(key, text);
        await flapping.set(trouble, flapPeriodsMs);
      }
    },
    [Symbol.asyncDispose]: () => closing.disposeAsync(),
  };
}

const CALM: EndpointTrouble = { ...NO_TROUBLE, flapPeriodsMs: [] };
const CALM_TEXT = JSON.stringify([[], NO_TROUBLE]);

type Flapping = AsyncDisposable & {
  readonly set: (trouble: Trouble, periodsMs: readonly number[]) => Promise<void>;
};

/** Shows a trouble as it is, or in turn with `refused` while something flaps. */
function flapper(server: EndpointServer, clock: Clock): Flapping {
  let stop = new AbortController();
  let ended: Promise<void> = Promise.resolve();

  const flap = async (trouble: Trouble, periodMs: number, signal: AbortSignal): Promise<void> => {
    let refused = true;
    while (!signal.aborted) {
      await server.behave({ ...trouble, refused: refused || trouble.refused });
      refused = !refused;
      await clock.sleep(periodMs / 2, signal).catch(() => undefined); // Lifted: the loop ends.
    }
  };
  const halt = async (): Promise<void> => {
    stop.abort(new Error('no longer flapping'));
    await ended;
  };
  return {
    async set(trouble, periodsMs) {
      await halt();
      if (periodsMs.length === 0) {
        await server.behave(trouble);
        return;
      }
      stop = new AbortController();
      ended = flap(trouble, Math.min(...periodsMs), stop.signal);
    },
    [Symbol.asyncDispose]: halt,
  };
}
