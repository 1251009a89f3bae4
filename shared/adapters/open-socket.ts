/**
 * One checked address → one fresh connection, with TLS and the certificate's facts where asked for, or the
 * reason why not. Nothing is pooled or resumed. After an abort the socket is destroyed and the promise
 * rejects with the signal's reason. Whoever gets the socket destroys it.
 */
import { connect, isIP, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
  checkServerIdentity as verifyHost,
} from 'node:tls';
import { epochMs } from '../core/model.ts';
import type { CertificateFacts } from '../core/probe.ts';
import type { Address } from './resolve-target.ts';
import { type HasRoute, type Missed, socketReason } from './socket-reason.ts';

export type OpenRequest = Address & {
  readonly port: number;
  readonly tls: { readonly host: string; readonly context: SecureContext } | undefined;
  readonly hasRoute: HasRoute;
  readonly onConnected: () => void;
  readonly onSecured: () => void;
};
export type Opened = {
  readonly kind: 'opened';
  readonly socket: Socket;
  readonly certificate: CertificateFacts | null;
};

/** Made once: reading all root certificates anew takes longer than a handshake. */
export const probeContext = (ca?: string): SecureContext =>
  createSecureContext({
    minVersion: 'TLSv1.2',
    ...(ca === undefined ? {} : { ca: [...getCACertificates('default'), ca] }),
  });

/** `app.example.com:8443` → `app.example.com`, `[::1]:443` → `::1`: what SNI and certificates speak of. */
export const hostName = (host: string): string =>
  host
    .replace(/^\[([^\]]*)\](:\d*)?$/, '$1')
    .replace(/^([^:]*):\d*$/, '$1')
    .replace(/\.$/, '')
    .toLowerCase();

export async function openSocket(
  request: OpenRequest,
  signal: AbortSignal,
): Promise<Opened | Missed> {
  signal.throwIfAborted();
  const { address, family, port, tls, hasRoute } = request;
  const to = { host: address, port, family, noDelay: true, autoSelectFamily: false };
  const socket = tls === undefined ? connect(to) : connectTls({ ...to, ...tlsOptions(tls) });
  const settled = Promise.withResolvers<Opened | Missed>();
  const onAbort = (): void => {
    socket.destroy();
    settled.reject(signal.reason);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  // Stays on for good: a late error of a socket that nobody uses any more must not end the process.
  socket.on('error', (error) => {
    socket.destroy();
    settled.resolve(socketReason(error, family, hasRoute));
  });
  socket.once('connect', () => {
    request.onConnected();
    if (tls === undefined) settled.resolve({ kind: 'opened', socket, certificate: null });
  });
  socket.once('secureConnect', () => {
    request.onSecured();
    settled.resolve({ kind: 'opened', socket, certificate: factsOf(socket as TLSSocket) });
  });
  socket.once('close', () =>
    settled.resolve({ kind: 'fail', code: 'reset', detail: 'closed while connecting' }),
  );
  try {
    return await settled.promise;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

const tlsOptions = ({
  host,
  context,
}: {
  readonly host: string;
  readonly context: SecureContext;
}) =>
  ({
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
    // An address is never sent as SNI (RFC 6066, 3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    checkServerIdentity: (_: string, certificate: PeerCertificate) =>
      hostProblem(host, certificate),
  }) as const;

/** Node still falls back to the common name, which no browser has looked at since 2017. */
function hostProblem(host: string, certificate: PeerCertificate): Error | undefined {
  if (certificate.subjectaltname) return verifyHost(host, certificate);
  const error: NodeJS.ErrnoException = new Error('the certificate has no subjectAltName');
  error.code = 'ERR_TLS_CERT_ALTNAME_INVALID';
  return error;
}

function factsOf(socket: TLSSocket): CertificateFacts | null {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return null;
  return {
    notBeforeAt: epochMs(certificate.validFromDate.getTime()),
    notAfterAt: epochMs(certificate.validToDate.getTime()),
  };
}
