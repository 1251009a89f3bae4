/** What an AWS service answered → a `QuorateError` whose sentence says where, what is wrong and what to do. */
import { QuorateError } from '../../shared/core/errors.ts';

const NO_CREDENTIALS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'UnrecognizedClientException',
  'TokenProviderError',
]);
const DENIED: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'UnauthorizedOperation',
]);

export const NO_CREDENTIALS_REMEDY =
  'sign in (aws sso login, or aws configure), set AWS_PROFILE to the profile, and repeat';

export const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');
export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** `what` begins the sentence: `CloudFormation in eu-west-1: creating stack quorate-prod`. */
export function troubleOf(cause: unknown, what: string): QuorateError {
  if (cause instanceof QuorateError) return cause;
  const name = nameOf(cause);
  const message = messageOf(cause);
  if (NO_CREDENTIALS.has(name)) {
    return new QuorateError(
      'UNAUTHENTICATED',
      `${what}: no usable AWS credentials (${message}); ${NO_CREDENTIALS_REMEDY}`,
      { cause },
    );
  }
  if (DENIED.has(name) || httpStatusOf(cause) === 403) {
    return new QuorateError(
      'ACCESS_DENIED',
      `${what}: not permitted (${message}); give the deployer this permission, the README lists all`,
      { cause },
    );
  }
  return new QuorateError('DEPLOY_FAILED', `${what}: ${message || name}`, { cause });
}

function httpStatusOf(cause: unknown): number | undefined {
  if (typeof cause !== 'object' || cause === null || !('$metadata' in cause)) return undefined;
  const metadata = cause.$metadata;
  return typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
    ? Number(metadata.httpStatusCode)
    : undefined;
}
