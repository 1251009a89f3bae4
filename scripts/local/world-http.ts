/**
 * The HTTP listener of the world, on 127.0.0.1 alone. A taken port is one clear sentence that says how
 * to choose another.
 */
import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { closeServer, listenAt } from './loopback.ts';

export type HttpListener = AsyncDisposable & { readonly url: string };

export async function openHttp(app: Hono, port: number): Promise<HttpListener> {
  const server = createServer(getRequestListener(app.fetch));
  const place = await listenAt(server, { address: '127.0.0.1', port }).catch(
    (error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE' ? portTaken(port, '--port', error) : error;
    },
  );
  return {
    url: `http://127.0.0.1:${place.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await closeServer(server);
    },
  };
}

/** For people: Node's own words name no option. */
export const portTaken = (port: number, option: string, cause: unknown): Error =>
  Object.assign(
    new Error(
      `port ${port} is taken; choose another with ${option}, or ${option} 0 for a free one`,
      {
        cause,
      },
    ),
    { code: 'EADDRINUSE' },
  );
