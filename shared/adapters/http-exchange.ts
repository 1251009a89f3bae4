/**
 * One request over one open connection → status, headers and at most 64 KiB of body, or how the answer fell
 * short of HTTP. The other side is hostile: everything read is counted against a bound, nothing is inflated,
 * and the deadline is the caller's signal, never an idle timeout. The connection is destroyed at the end,
 * come what may, also under a body that never ends.
 */
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Client, type Dispatcher } from 'undici';
import type { FailCode } from '../core/reason-code.ts';
import type { Missed } from './socket-reason.ts';
import { tlsReason } from './tls-reason.ts';

export const BODY_BYTES_MAX = 64 * 1024;
const HEADER_BYTES_MAX = 64 * 1024;
/** A body of one-byte chunks needs 6 bytes for each; beyond that it is not an answer but a flood. */
const RAW_BYTES_MAX = HEADER_BYTES_MAX + 8 * BODY_BYTES_MAX;
const INFORMATIONAL_MAX = 8;

export type HttpRequest = {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
};
export type HttpReply = {
  readonly kind: 'reply';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

export async function exchange(
  socket: Socket,
  request: HttpRequest,
  onFirstByte: () => void,
  signal: AbortSignal,
): Promise<HttpReply | Missed> {
  const settled = Promise.withResolvers<HttpReply | Missed>();
  settled.promise.catch(() => undefined); // Awaited below, but maybe only after it was rejected.
  const reader = replyReader(socket, onFirstByte, settled.resolve);
  const onAbort = (): void => settled.reject(signal.reason);
  socket.prependListener('error', reader.onSocketError);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  const client = clientOver(socket);
  try {
    // Two turns of the loop: what was said unasked has then arrived, if it came with the handshake.
    await nextTurn();
    await nextTurn();
    if (socket.destroyed) settled.resolve(fail('reset', 'closed before the request was sent'));
    else if (socket.readableLength > 0) settled.resolve(ANSWERED_UNASKED);
    else {
      socket.prependListener('readable', reader.countBytes);
      // `reset`: the request says `Connection: close`.
      client.dispatch({ ...request, reset: true }, reader.handler);
    }
    return await settled.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
    socket.destroy();
    void client.destroy().catch(() => undefined);
  }
}

/** To undici a plain connection that stands already: TLS, SNI and addresses were dealt with before. */
function clientOver(socket: Socket): Client {
  let isTaken = false;
  return new Client('http://probe.invalid', {
    allowH2: false,
    pipelining: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: HEADER_BYTES_MAX,
    connect: (_, callback) => {
      const isFirst = !isTaken;
      isTaken = true;
      // Later: undici forgets its queue if a connection stands before its connector has returned.
      queueMicrotask(() => {
        if (isFirst && !socket.destroyed) callback(null, socket);
        else callback(new Error('a probe makes one connection'), null);
      });
    },
  });
}

type Reader = {
  readonly handler: Dispatcher.DispatchHandler;
  readonly countBytes: () => void;
  readonly onSocketError: (error: Error) => void;
};

function replyReader(
  socket: Socket,
  onFirstByte: () => void,
  settle: (result: HttpReply | Missed) => void,
): Reader {
  let head: { status: number; headers: Record<string, string> } | undefined;
  let informational = 0;
  let bytes = 0;
  const chunks: Buffer[] = [];
  const finish = (): void => {
    if (head === undefined) return;
    const body = Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX);
    settle({ kind: 'reply', ...head, body });
  };

  return {
    handler: {
      onRequestStart: () => undefined,
      onResponseStarted: onFirstByte,
      onResponseStart(_, status, headers) {
        if (status >= 200) {
          head = { status, headers: flatHeaders(headers) };
          return;
        }
        informational += 1;
        if (informational > INFORMATIONAL_MAX) {
          settle(fail('http-malformed', `more than ${INFORMATIONAL_MAX} informational answers`));
        }
      },
      onResponseData(_, chunk) {
        if (bytes >= BODY_BYTES_MAX) return;
        chunks.push(Buffer.from(chunk)); // The parser reuses its memory.
        bytes += chunk.length;
        if (bytes >= BODY_BYTES_MAX) finish();
      },
      onResponseEnd: finish,
      onResponseError: (_, error) =>
        settle(replyReason(error, head !== undefined, socket.bytesRead)),
    },
    countBytes() {
      if (socket.bytesRead <= RAW_BYTES_MAX) return;
      finish();
      settle(fail('http-headers-too-large', `no end of headers in ${socket.bytesRead} bytes`));
    },
    onSocketError(error) {
      // Before undici sees it: a reset may look to it like the orderly end of a body without length.
      settle(replyReason(error, head !== undefined, socket.bytesRead));
    },
  };
}

/** `hasHead`: status and headers were whole, so it was the body that fell short. */
function replyReason(error: Error, hasHead: boolean, bytesRead: number): Missed {
  const { code = '', name, message } = error as NodeJS.ErrnoException;
  const isParsers = name === 'HTTPParserError' || message.startsWith('bad ');
  const isShort = code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' || message.includes('EOF state');
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return fail('http-headers-too-large', 'more than 64 KiB of headers');
  }
  if (code === 'UND_ERR_INVALID_ARG') {
    // Nothing was sent: that says nothing about the endpoint.
    return { kind: 'skipped', code: 'aborted', detail: `the request can't be sent: ${message}` };
  }
  if (isShort && hasHead) return fail('http-truncated', 'the body is shorter than announced');
  if (isParsers || isShort) return fail('http-malformed', message);
  if (code === 'ERR_ASSERTION') return fail('http-malformed', 'no status that HTTP knows');
  if (code !== 'UND_ERR_SOCKET') {
    return { kind: 'fail', ...(tlsReason(error) ?? { code: 'reset', detail: message }) };
  }
  if (bytesRead === 0) return fail('reset', 'closed without an answer');
  const cutWhere = hasHead ? 'the body is shorter than announced' : 'closed within the headers';
  return fail('http-truncated', cutWhere);
}

function flatHeaders(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name.toLowerCase(),
    Array.isArray(value) ? value.join(', ') : String(value),
  ]);
  return Object.fromEntries(entries);
}

const fail = (code: FailCode, detail: string): Missed => ({ kind: 'fail', code, detail });
const ANSWERED_UNASKED = fail('http-malformed', 'answered before it was asked');
