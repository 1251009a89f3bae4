/**
 * TCP: connecting is the whole probe. The connection is closed again before a byte is sent or read.
 */
import type { Attempt } from '../core/probe.ts';
import { type OpenRequest, openSocket } from './open-socket.ts';

export async function tcpConnect(
  request: OpenRequest,
  signal: AbortSignal,
): Promise<Attempt['result']> {
  const opened = await openSocket(request, signal);
  if (opened.kind !== 'opened') return opened;
  opened.socket.destroy();
  return { kind: 'tcp' };
}
