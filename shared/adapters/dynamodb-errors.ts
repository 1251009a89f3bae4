/**
 * What DynamoDB or the way to it answered → a `QuorateError` whose sentence names call, table and
 * region, says what is wrong and what to do. Only what an operator must repair is `ACCESS_DENIED`;
 * the rest is `STORE_UNAVAILABLE`, whose retry is the next round.
 */
import { QuorateError } from '../core/errors.ts';

/** IAM, a key policy, or credentials: no retry helps, a person does. */
const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'CredentialsProviderError',
  'ExpiredTokenException',
  'IncompleteSignatureException',
  'InvalidSignatureException',
  'KMSAccessDeniedException',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'UnrecognizedClientException',
]);
const THROTTLED: ReadonlySet<string> = new Set([
  'LimitExceededException',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** Which call on which table in which region: what every sentence begins with. */
export type StoreCall = { readonly call: string; readonly table: string; readonly region: string };

export function storeError(
  cause: unknown,
  { call, table, region }: StoreCall,
  timing: { readonly timeoutMs: number; readonly ended: 'by-deadline' | 'by-caller' | 'by-answer' },
): QuorateError {
  const where = `table ${table} in ${region}: ${call}`;
  const unavailable = (what: string): QuorateError =>
    new QuorateError('STORE_UNAVAILABLE', `${where} ${what}`, { cause });

  if (timing.ended === 'by-caller') {
    return unavailable('was given up because the round ended; the next round tries again');
  }
  if (timing.ended === 'by-deadline') {
    return unavailable(`had no answer within ${timing.timeoutMs} ms; the next round tries again`);
  }
  const name = cause instanceof Error ? cause.name : 'an unknown error';
  if (DENIED.has(name)) {
    return new QuorateError(
      'ACCESS_DENIED',
      `${where} was denied (${name}); let this function's role use the table and its key ` +
        'there, check its credentials, and deploy again',
      { cause },
    );
  }
  if (name === 'ResourceNotFoundException') {
    return unavailable(
      'found no such table; deploy the table with a replica in this region, or correct the ' +
        'name or region',
    );
  }
  if (THROTTLED.has(name)) {
    return unavailable(`was throttled (${name}); the next round tries again`);
  }
  if (name === 'ValidationException') {
    return unavailable(`was refused as invalid (${detailOf(cause)}); this is likely a bug`);
  }
  return unavailable(`failed (${name}: ${detailOf(cause)}); the next round tries again`);
}

const DETAIL_CHARACTERS_MAX = 256;

/** Text from outside: cut to its bound and cleaned of control characters. */
const detailOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause))
    .replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .slice(0, DETAIL_CHARACTERS_MAX);
