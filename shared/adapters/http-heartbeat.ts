/**
 * The `Heartbeat` port by HTTPS: one GET over a connection of its own, since a function is frozen between
 * minutes and a kept connection is dead by then. Any 2xx is an answer; nothing of it is read. The URL
 * holds a secret as a rule, so no message repeats it.
 */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { safeText } from '../core/safe-text.ts';
import type { Clock, Delivery, Heartbeat } from '../ports.ts';

const PING_TIMEOUT_MS = 5_000;

export type HeartbeatOptions = {
  readonly clock: Clock;
  readonly userAgent: string;
  readonly timeoutMs?: number;
  /** Of tests: a server on loopback has no certificate. */
  readonly allowPlain?: boolean;
};

export const httpHeartbeat = (options: HeartbeatOptions): Heartbeat => ({
  ping: async (text, signal) => {
    const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
    const isSafe = url?.protocol === 'https:';
    const isPlain = url?.protocol === 'http:' && options.allowPlain === true;
    if (url === undefined || !(isSafe || isPlain)) return failed('its URL is not https');
    try {
      return await options.clock.withDeadline(
        options.timeoutMs ?? PING_TIMEOUT_MS,
        signal,
        (inner) => get(url, options.userAgent, inner),
      );
    } catch (error) {
      return failed(whyOf(error));
    }
  },
});

const failed = (why: string): Delivery => ({
  kind: 'failed',
  why: `the heartbeat did not arrive: ${safeText(why)}`,
});

function get(url: URL, userAgent: string, signal: AbortSignal): Promise<Delivery> {
  const send = url.protocol === 'https:' ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      agent: false,
      headers: { 'user-agent': userAgent, connection: 'close' },
      signal,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      // Destroyed before its end, it may still report an error, which nobody waits for any more.
      response.on('error', () => undefined);
      response.destroy();
      resolve(
        status >= 200 && status <= 299 ? { kind: 'delivered' } : failed(`answered ${status}`),
      );
    });
    request.end();
  });
}

/** A code where there is one: messages of Node may hold the address, and so a part of the URL. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { cause } = error;
  if (error.name === 'AbortError' && cause instanceof Error) return cause.message;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
