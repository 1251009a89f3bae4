/**
 * Is a request signed (SigV4) by somebody whom this local world knows? It is signed here a second time, with
 * the secret that belongs to the key it names, over the headers it says were signed; the two signatures
 * must be the same. What is wrong is answered as AWS answers it, in status, code and words.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { LocalIdentity, UrlRequest } from './function-url-event.ts';
import { LOCAL_ACCOUNT } from './scheduler.ts';

export type LocalCredentials = { readonly accessKeyId: string; readonly secretAccessKey: string };

/** Of everybody in a local world: functions, the operator, the page. It opens nothing anywhere else. */
export const LOCAL_CREDENTIALS: LocalCredentials = {
  accessKeyId: 'local',
  secretAccessKey: 'local',
};

/** Of one of several operators: `alice` is `arn:aws:iam::123456789012:user/alice`. */
export const localCredentialsOf = (name: string): LocalCredentials => ({
  accessKeyId: `${LOCAL_CREDENTIALS.accessKeyId}-${name}`,
  secretAccessKey: LOCAL_CREDENTIALS.secretAccessKey,
});

export type KnownCaller = { readonly secretAccessKey: string; readonly userArn: string };
/** Undefined: nobody has this key. */
export type KnownCallers = (accessKeyId: string) => KnownCaller | undefined;

export const localCallers: KnownCallers = (accessKeyId) => {
  const found = KEY_ID.exec(accessKeyId);
  return found === null
    ? undefined
    : {
        secretAccessKey: LOCAL_CREDENTIALS.secretAccessKey,
        userArn: `arn:aws:iam::${LOCAL_ACCOUNT}:user/${found[1] ?? 'local'}`,
      };
};

export type SignatureVerdict =
  | { readonly identity: LocalIdentity }
  | { readonly refusal: { readonly code: string; readonly message: string } };

/** AWS's tolerance. */
const SKEW_MS_MAX = 5 * 60_000;
const SERVICE = 'lambda';
const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/;
const KEY_ID = /^local(?:-([a-z][a-z0-9-]{0,31}))?$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

export function checkSignature(
  request: UrlRequest,
  region: string,
  nows: readonly number[],
  callers: KnownCallers = localCallers,
): SignatureVerdict {
  const { headers, body } = request;
  const [, keyId, day, scopeRegion, service, signedNames, signature] =
    HEADER.exec(headers.authorization ?? '') ?? [];
  if (!keyId || !day || !signedNames || !signature)
    return refused('AccessDeniedException', 'Forbidden');
  const known = callers(keyId);
  if (known === undefined) {
    return refused(
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
    );
  }
  const signedAt = timeOf(headers['x-amz-date'] ?? '');
  const names = signedNames.split(';');
  if (
    scopeRegion !== region ||
    service !== SERVICE ||
    signedAt === undefined ||
    headers['x-amz-date']?.slice(0, 8) !== day ||
    !names.includes('host')
  ) {
    return refused(
      'InvalidSignatureException',
      `Credential should be scoped to ${region}, ${SERVICE}.`,
    );
  }
  if (!nows.some((now) => Math.abs(now - signedAt) <= SKEW_MS_MAX)) {
    return refused('InvalidSignatureException', `Signature expired or not yet current: ${day}.`);
  }
  const hash = sha256Hex(body);
  const claimed = headers['x-amz-content-sha256'];
  const secret = known.secretAccessKey;
  const again = signatureOf(request, names, { day, region, hash, secret });
  if ((claimed !== undefined && claimed !== hash) || !isSame(again, signature)) {
    return refused(
      'InvalidSignatureException',
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
  return { identity: { accessKeyId: keyId, userArn: known.userArn } };
}

/** By the book, and not by the signer's own code: what both got wrong would go unseen. */
function signatureOf(
  { method, target, headers }: UrlRequest,
  names: readonly string[],
  by: {
    readonly day: string;
    readonly region: string;
    readonly hash: string;
    readonly secret: string;
  },
): string {
  const [path = '/', ...rest] = target.split('?');
  const query = [...new URLSearchParams(rest.join('?'))]
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .sort()
    .join('&');
  const canonical = [
    method,
    // All services but S3 encode the path that is sent once more.
    path.split('/').map(encoded).join('/'),
    query,
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/\s+/g, ' ')}`),
    '',
    names.join(';'),
    by.hash,
  ].join('\n');
  const scope = `${by.day}/${by.region}/${SERVICE}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256Hex(canonical)].join('\n');
  const key = [by.day, by.region, SERVICE, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${by.secret}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

const sha256Hex = (data: string | Buffer): string =>
  createHash('sha256').update(data).digest('hex');

const encoded = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const isSame = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const refused = (code: string, message: string): SignatureVerdict => ({
  refusal: { code, message },
});

function timeOf(text: string): number | undefined {
  const [, ...parts] = DATE.exec(text) ?? [];
  const [year, month, day, hour, minute, second] = parts.map(Number);
  if (year === undefined || month === undefined) return undefined;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
