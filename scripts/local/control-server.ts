/**
 * What vantages ask to learn whether they are cut off themselves: one plain page on loopback, which
 * stands for AWS and for every other control target. It never fails; an isolated vantage can't reach it.
 */
import { createServer } from 'node:http';
import { closeServer, listenAt } from './loopback.ts';

export type ControlServer = AsyncDisposable & { readonly url: string };

export async function openControlServer(): Promise<ControlServer> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' });
    response.end('healthy\n');
  });
  const { address, port } = await listenAt(server, { address: '127.0.0.1', port: 0 });
  return {
    url: `http://${address}:${port}/ping`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await closeServer(server);
    },
  };
}
