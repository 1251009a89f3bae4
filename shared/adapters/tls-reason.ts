/**
 * What OpenSSL and Node say about a failed handshake or certificate → one fail code and a short text, or
 * `undefined` if the error is not about TLS. By code where Node has one, else by OpenSSL's sentence.
 */
import type { FailCode } from '../core/reason-code.ts';

const BY_CODE: Readonly<Record<string, FailCode>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate-wrong-host',
  HOSTNAME_MISMATCH: 'certificate-wrong-host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-untrusted',
  CERT_UNTRUSTED: 'certificate-untrusted',
  CERT_REJECTED: 'certificate-untrusted',
  // The leaf came alone and nobody known issued it: a forgotten intermediate, nearly always.
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-incomplete-chain',
  CA_MD_TOO_WEAK: 'certificate-weak',
  EE_KEY_TOO_SMALL: 'certificate-weak',
  CA_KEY_TOO_SMALL: 'certificate-weak',
  CERT_SIGNATURE_FAILURE: 'certificate-invalid',
  CERT_REVOKED: 'certificate-invalid',
  CERT_CHAIN_TOO_LONG: 'certificate-invalid',
  INVALID_CA: 'certificate-invalid',
  INVALID_PURPOSE: 'certificate-invalid',
  PATH_LENGTH_EXCEEDED: 'certificate-invalid',
  ERROR_IN_CERT_NOT_BEFORE_FIELD: 'certificate-invalid',
  ERROR_IN_CERT_NOT_AFTER_FIELD: 'certificate-invalid',
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: 'certificate-invalid',
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: 'certificate-invalid',
};

const BY_SENTENCE: readonly (readonly [RegExp, FailCode])[] = [
  [/too weak|too small|md too weak/i, 'certificate-weak'],
  [/subtree violation|name constraint/i, 'certificate-invalid'],
  [/excessive message size/i, 'certificate-invalid'],
  // These alerts are the server's judgement of *our* certificate: it wants one.
  [
    /alert (certificate[ _]required|bad[ _]certificate|unknown[ _]ca|certificate[ _]unknown|unsupported[ _]certificate)/i,
    'tls-client-certificate',
  ],
  [/protocol version|unsupported protocol|version too low|no protocols available/i, 'tls-protocol'],
];

type Clue = { readonly code?: unknown; readonly reason?: unknown; readonly message?: unknown };

export function tlsReason(
  error: unknown,
): { readonly code: FailCode; readonly detail: string } | undefined {
  const { code, reason, message } = (error ?? {}) as Clue;
  if (typeof code !== 'string') return undefined;
  // OpenSSL's reason, where there is one: its whole message has addresses of memory in it.
  const detail = String(reason ?? message).replace(/; if the root CA is installed locally.*/s, '');
  const known = Object.hasOwn(BY_CODE, code) ? BY_CODE[code] : undefined;
  if (known) return { code: known, detail };
  if (!/^ERR_(SSL|TLS|OSSL)_|^EPROTO$|^UNSPECIFIED$/.test(code)) return undefined;
  const sentence = `${code} ${detail}`.replaceAll('_', ' ');
  const matching = BY_SENTENCE.find(([pattern]) => pattern.test(sentence))?.[1];
  const otherwise = code === 'UNSPECIFIED' ? 'certificate-invalid' : 'tls-handshake';
  return { code: matching ?? otherwise, detail };
}
