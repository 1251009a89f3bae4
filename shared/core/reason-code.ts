/** Why a probe failed or was skipped: closed lists, shared by prober, report and sentences. */

/** The endpoint's fault. Each of them counts towards `fall`. */
export const FAIL_CODES = {
  timeout: 'no complete answer within the timeout',
  refused: 'connection refused',
  reset: 'connection reset',
  unreachable: 'no route to the address',
  'dns-not-found': 'the target name does not exist',
  'dns-server-failure': 'the target name could not be resolved',
  'dns-empty': 'the target name has no address',
  'dns-loop': 'the target name is a CNAME loop',
  'address-not-allowed': 'the target resolves to an address that may not be probed',
  'tls-handshake': 'TLS handshake failed',
  'tls-protocol': 'no TLS version in common',
  'tls-client-certificate': 'the server demands a client certificate',
  'certificate-expired': 'certificate expired',
  'certificate-not-yet-valid': 'certificate not yet valid',
  'certificate-wrong-host': 'certificate is for another host',
  'certificate-self-signed': 'certificate is self-signed',
  'certificate-untrusted': 'certificate issuer is not trusted',
  'certificate-incomplete-chain': 'certificate chain is incomplete',
  'certificate-weak': 'certificate uses a weak signature or key',
  'certificate-invalid': 'certificate is invalid',
  'certificate-days': 'certificate has too few days left',
  'http-malformed': 'the answer is not HTTP',
  'http-truncated': 'fewer bytes than announced',
  'http-headers-too-large': 'headers are too large',
  redirects: 'more than 3 redirects',
  'redirect-not-allowed': 'redirected to an address, host or scheme that may not be followed',
  status: 'unexpected status',
  body: 'the body does not match',
  header: 'a header does not match',
  latency: 'slower than expected',
} as const;
export type FailCode = keyof typeof FAIL_CODES;

/** The vantage's own fault: never a vote. */
export const SKIP_CODES = {
  starved: 'the vantage was short of CPU',
  'no-handles': 'the vantage is out of file handles',
  'own-dns': "the vantage's own resolver does not answer",
  'no-route': 'the vantage has no route for this address family',
  'no-secret': 'a header value could not be read',
  aborted: 'the round ended first',
} as const;
export type SkipCode = keyof typeof SKIP_CODES;
