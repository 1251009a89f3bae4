/**
 * Whatever a Route 53 call throws → one of a closed list of failures, with text fit to be shown.
 * Judged by the error's code, which Route 53 chose, then by the HTTP status; a text decides nothing
 * but a throttle without a code. Only an answer that is certainly Route 53's own refusal says that
 * nothing happened; a proxy's page, a half answer and a broken connection are `unknown`.
 *
 *  code                        status   failure
 *  InvalidChangeBatch          4xx      refused, in either body shape
 *  throttles                   any      throttled
 *  PriorRequestNotComplete     any      busy
 *  credentials, signature      any      access-denied
 *  anything, nothing           403      access-denied
 *  NoSuchHostedZone, NoSuchChange       named as such
 *  any other                   4xx      invalid-input
 *  none, or a 5xx              any      unknown
 */
export type Failure =
  | { readonly kind: 'refused'; readonly messages: readonly string[] }
  | {
      readonly kind:
        | 'throttled'
        | 'busy'
        | 'access-denied'
        | 'no-such-zone'
        | 'no-such-change'
        | 'invalid-input'
        | 'unknown';
      readonly message: string;
    };

const MESSAGES_MAX = 100;
/** A message names a record (at most 255 + 128 characters) and then says what is wrong with it. */
const MESSAGE_CHARACTERS_MAX = 1_024;
const TEXT_CHARACTERS_MAX = 256;

const THROTTLES: ReadonlySet<string> = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestLimitExceeded',
  'SlowDown',
  'TooManyRequests',
  'TooManyRequestsException',
]);

const DENIALS: ReadonlySet<string> = new Set([
  'AuthFailure',
  'AuthorizationHeaderMalformed',
  'CredentialsProviderError',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'InvalidToken',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'NotAuthorized',
  'OptInRequired',
  'RegionDisabledException',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'UnauthorizedOperation',
  'UnrecognizedClientException',
]);

/** What the SDK calls an answer whose body names no code. */
const CODELESS: ReadonlySet<string> = new Set(['', 'Error', 'NotFound', 'Unknown', 'UnknownError']);

export function failureOf(error: unknown): Failure {
  const { code, status, text, messages } = factsOf(error);
  const message = shown(CODELESS.has(code) ? text : `${code}: ${text}`, TEXT_CHARACTERS_MAX);

  if (isRefusedChange(code, status, messages)) {
    const list = messages.length > 0 ? messages : splitMessages(text);
    return {
      kind: 'refused',
      messages: list.slice(0, MESSAGES_MAX).map((one) => shown(one, MESSAGE_CHARACTERS_MAX)),
    };
  }
  if (THROTTLES.has(code) || status === 429 || isThrottleText(code, text, status)) {
    return { kind: 'throttled', message };
  }
  if (code === 'PriorRequestNotComplete') return { kind: 'busy', message };
  if (/^(?:AccessDenied|ExpiredToken)/.test(code) || DENIALS.has(code) || status === 403) {
    return { kind: 'access-denied', message };
  }
  if (code === 'NoSuchHostedZone') return { kind: 'no-such-zone', message };
  if (code === 'NoSuchChange') return { kind: 'no-such-change', message };
  const isClientError = status !== undefined && status >= 400 && status < 500 && status !== 408;
  if (isClientError && isServiceError(error) && !CODELESS.has(code)) {
    return { kind: 'invalid-input', message };
  }
  return { kind: 'unknown', message };
}

function isRefusedChange(
  code: string,
  status: number | undefined,
  messages: readonly string[],
): boolean {
  const isClientError = status === undefined || (status >= 400 && status < 500);
  // The second body shape has no <Code>: its root element is the code, and the SDK reads only the list.
  const isListOnly = CODELESS.has(code) && messages.length > 0 && status === 400;
  return isClientError && (code === 'InvalidChangeBatch' || isListOnly);
}

const isThrottleText = (code: string, text: string, status: number | undefined): boolean =>
  CODELESS.has(code) && status === 400 && /^rate exceeded/i.test(text);

/** Made from an answer that named a code, not by the parser that choked on one. */
const isServiceError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && '$fault' in error;

type Facts = {
  readonly code: string;
  readonly status: number | undefined;
  readonly text: string;
  readonly messages: readonly string[];
};

function factsOf(error: unknown): Facts {
  if (typeof error !== 'object' || error === null) {
    return { code: '', status: undefined, text: String(error), messages: [] };
  }
  const thrown: Thrown = error;
  const status = thrown.$metadata?.httpStatusCode;
  const cause = thrown.cause instanceof Error ? thrown.cause.message : '';
  return {
    code: textOf(thrown.name),
    status: typeof status === 'number' ? status : undefined,
    text: (textOf(thrown.message) || textOf(thrown.code) || cause).trim(),
    messages: listOf(thrown.messages ?? thrown.Messages?.Message),
  };
}

/** What the SDK and Node leave on the errors they throw; nothing of it can be relied on. */
type Thrown = {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: unknown };
  readonly messages?: unknown;
  /** As in the second body shape, which the SDK copies as it is. */
  readonly Messages?: { readonly Message?: unknown } | null;
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const listOf = (value: unknown): readonly string[] =>
  (Array.isArray(value) ? value : [value]).filter(
    (one): one is string => typeof one === 'string' && one !== '',
  );

/** `[m1, m2]`. Messages hold commas and brackets themselves, so a new one is known by how it begins. */
const NEXT_MESSAGE =
  /, (?=Tried to |RRSet |Invalid |FATAL |Duplicate |The (?:request|resource|record) |Resource record |A HostedZone |Number of |RDATA |Exceeded )/;

export function splitMessages(text: string): readonly string[] {
  const trimmed = text.trim();
  const inner = /^\[([\s\S]*)\]$/.exec(trimmed)?.[1] ?? trimmed;
  const parts = inner.split(NEXT_MESSAGE).filter((part) => part !== '');
  return parts.length > 0 ? parts : ['Route 53 refused the batch and gave no message'];
}

/** The SDK appends a line of advice to whatever it can't parse. */
const SDK_HINT = /\n\s+Deserialization error: [\s\S]*$/;

/** Text from outside: cut to its bound, without control characters. */
function shown(text: string, charactersMax: number): string {
  const line = text
    .replace(SDK_HINT, '')
    .slice(0, charactersMax * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  const whole = line === '' ? 'no reason given' : line;
  return whole.length <= charactersMax ? whole : `${whole.slice(0, charactersMax - 1)}…`;
}
