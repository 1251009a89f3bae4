/**
 * Where the local world's servers live: each endpoint gets an address of its own in 127.0.0.0/8, so
 * that DNS answers can be told apart and used. In: a block number per world and the port wanted. Out:
 * the place a server really listens at, which differs where the address can't be bound (macOS knows
 * only 127.0.0.1) or the port is taken; the prober then follows the same map from place to place.
 */
import type { Server } from 'node:net';

export type Place = { readonly address: string; readonly port: number };

export type LoopbackBlock = {
  /** Of the world's own servers: nothing else takes ports there. */
  readonly own: string;
  /** The nth address of the block, 127.x.y.n. */
  readonly ipv4: (position: number) => string;
  /** Its twin for AAAA answers: a local address that nobody routes, mapped to the same server. */
  readonly ipv6: (position: number) => string;
};

/** Endpoints start at .11; addresses below are for the world's own servers. */
const FIRST_POSITION = 11;
const OWN_POSITION = 2;
const POSITIONS_PER_BLOCK = 240;
const BLOCKS = 65_536;

/** Where the AAAA twins are: a unique local range, so that a prober must be told that it may. */
export const LOCAL_IPV6 = 'fd51::/16';

/** Worlds that run side by side take blocks some apart: one block holds 240 endpoints. */
export function loopbackBlock(block: number): LoopbackBlock {
  const at = (position: number): readonly [number, number, number] => {
    const number = (block + Math.floor(position / POSITIONS_PER_BLOCK)) % BLOCKS;
    return [number >> 8, number & 255, FIRST_POSITION + (position % POSITIONS_PER_BLOCK)];
  };
  return {
    own: `127.${block >> 8}.${block & 255}.${OWN_POSITION}`,
    ipv4: (position) => `127.${at(position).join('.')}`,
    ipv6: (position) => {
      const [high, low, last] = at(position);
      return `fd51:${(high * 256 + low).toString(16)}::${last.toString(16)}`;
    },
  };
}

/** Ports below need a privilege, which a demonstration must not ask for. */
const LOWEST_FREE_PORT = 1024;

/** Listens at the address and port wanted, else at a free port there, else at a free port of 127.0.0.1. */
export async function listenNear(server: Server, wanted: Place): Promise<Place> {
  const port = wanted.port >= LOWEST_FREE_PORT ? wanted.port : 0;
  const attempts: readonly Place[] = [
    { address: wanted.address, port },
    { address: wanted.address, port: 0 },
    { address: '127.0.0.1', port: 0 },
  ];
  let cause: unknown;
  for (const attempt of attempts) {
    try {
      return await listenAt(server, attempt);
    } catch (error) {
      cause = error;
    }
  }
  throw new Error('no loopback port could be opened', { cause });
}

/** Listens exactly there; rejects with Node's error (EADDRINUSE, EADDRNOTAVAIL) where it can't. */
export function listenAt(server: Server, place: Place): Promise<Place> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(place.port, place.address, () => {
      server.removeListener('error', reject);
      const bound = server.address();
      const port = bound !== null && typeof bound === 'object' ? bound.port : place.port;
      resolve({ address: place.address, port });
    });
  });
}

/** Closes the listener; what is still open must be destroyed by its owner first. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
  });
