/**
 * What is served: one HTTP server per region on its own address, and one for the control target. Killing
 * an endpoint closes its listener and its connections, so that the next probe is refused; starting it
 * again listens on the same address.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { ADDRESSES, CONTROL_ADDRESS, HEALTH_PORT, REGIONS, type Region } from './places.ts';

export type EndpointFleet = {
  readonly kill: (region: Region) => Promise<void>;
  readonly start: (region: Region) => Promise<void>;
  /** Requests per region since the start. */
  readonly asked: () => Readonly<Record<string, number>>;
};

export async function endpointFleet(): Promise<EndpointFleet> {
  const servers = new Map<string, Server>();
  const asked: Record<string, number> = {};

  const serve = async (name: string, address: string): Promise<void> => {
    if (servers.has(name)) return;
    const server = createServer((_request, response) => {
      asked[name] = (asked[name] ?? 0) + 1;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'ok', region: name }));
    });
    servers.set(name, server);
    server.listen(HEALTH_PORT, address);
    await once(server, 'listening');
  };

  for (const region of REGIONS) await serve(region, ADDRESSES[region]);
  await serve('control', CONTROL_ADDRESS);

  return {
    kill: async (region) => {
      const server = servers.get(region);
      if (server === undefined) return;
      servers.delete(region);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    start: (region) => serve(region, ADDRESSES[region]),
    asked: () => ({ ...asked }),
  };
}
