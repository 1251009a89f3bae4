/**
 * A socket's error → the endpoint's fault or the vantage's own. No file handle and no route are ours and
 * must not become votes; everything the other side or the path did is a failure with its own code.
 */
import { networkInterfaces } from 'node:os';
import type { Attempt } from '../core/probe.ts';
import { tlsReason } from './tls-reason.ts';

/** No answer, and why. */
export type Missed = Extract<Attempt['result'], { readonly kind: 'fail' | 'skipped' }>;
export type HasRoute = (family: 4 | 6) => boolean;

/** An address that reaches beyond this machine and its link: without one, nothing can be routed. */
export const machineHasRoute: HasRoute = (family) =>
  Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(
      (one) =>
        !one.internal &&
        (family === 4 ? one.family === 'IPv4' : one.family === 'IPv6' && /^[23]/.test(one.address)),
    ),
  );

export function socketReason(error: unknown, family: 4 | 6, hasRoute: HasRoute): Missed {
  const { code, message } = error as NodeJS.ErrnoException;
  const detail = String(message ?? error);
  switch (code) {
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOBUFS':
    case 'ENOMEM':
      return { kind: 'skipped', code: 'no-handles', detail };
    case 'EADDRNOTAVAIL':
      return { kind: 'skipped', code: hasRoute(family) ? 'no-handles' : 'no-route', detail };
    case 'EACCES':
    case 'EPERM':
    case 'EAFNOSUPPORT':
      return { kind: 'skipped', code: 'no-route', detail };
    case 'ENETUNREACH':
    case 'EHOSTUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
      return hasRoute(family)
        ? { kind: 'fail', code: 'unreachable', detail }
        : { kind: 'skipped', code: 'no-route', detail };
    case 'ECONNREFUSED':
      return { kind: 'fail', code: 'refused', detail };
    case 'ETIMEDOUT':
      return { kind: 'fail', code: 'timeout', detail };
    default:
      return { kind: 'fail', ...(tlsReason(error) ?? { code: 'reset', detail }) };
  }
}
