/**
 * The `Channel` port by webhook in Slack's format: one POST over a connection of its own, as the heartbeat
 * does it and with the same guard: https only, no redirect is followed, nothing of the answer is read. The
 * URL holds a secret as a rule, so no message repeats it, nor any address that it led to.
 */
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { safeText } from '../core/safe-text.ts';
import { slackMessage } from '../core/slack-message.ts';
import type { Channel, Clock, Delivery } from '../ports.ts';

const POST_TIMEOUT_MS = 5_000;

export type WebhookOptions = {
  readonly clock: Clock;
  readonly userAgent: string;
  /** Read for each message: a secret may be rotated. Undefined: it can't be read. */
  readonly url: (signal: AbortSignal) => Promise<string | undefined>;
  readonly timeoutMs?: number;
  /** Of tests and the local world: a server on loopback has no certificate. */
  readonly allowPlain?: boolean;
};

export const webhookChannel = (options: WebhookOptions): Channel => ({
  name: 'webhook',
  send: async (notification, signal) => {
    try {
      const { clock, timeoutMs = POST_TIMEOUT_MS } = options;
      return await clock.withDeadline(timeoutMs, signal, async (inner) => {
        const text = await options.url(inner);
        if (text === undefined) return failed("its URL can't be read from its parameter");
        const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
        const isSafe = url?.protocol === 'https:';
        const isPlain = url?.protocol === 'http:' && options.allowPlain === true;
        if (url === undefined || !(isSafe || isPlain)) return failed('its URL is not https');
        return await post(url, JSON.stringify(slackMessage(notification)), options, inner);
      });
    } catch (error) {
      return failed(whyOf(error));
    }
  },
});

const failed = (why: string): Delivery => ({
  kind: 'failed',
  why: `the webhook took nothing: ${safeText(why)}`,
});

function post(
  url: URL,
  body: string,
  { userAgent }: WebhookOptions,
  signal: AbortSignal,
): Promise<Delivery> {
  const send = url.protocol === 'https:' ? requestTls : requestPlain;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      agent: false,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'content-length': Buffer.byteLength(body),
        'user-agent': userAgent,
        connection: 'close',
      },
      signal,
    });
    request.on('error', reject);
    request.on('response', (response) => {
      const status = response.statusCode ?? 0;
      // Destroyed before its end, it may still report an error, which nobody waits for any more.
      response.on('error', () => undefined);
      response.destroy();
      resolve(
        status >= 200 && status <= 299 ? { kind: 'delivered' } : failed(`it answered ${status}`),
      );
    });
    request.end(body);
  });
}

/** A code where there is one: messages of Node may hold the address, and so a part of the URL. */
function whyOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  const { cause } = error;
  if (error.name === 'AbortError' && cause instanceof Error) return cause.message;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
