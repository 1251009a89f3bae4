/**
 * The one error class, for operating errors: something outside this process refused or failed. Bad
 * news about endpoints is data, never an exception; a bug is an assertion. The table is closed: a new
 * code forces a choice of how it is retried, answered and exited with.
 */
export const ERROR_CODES = {
  CONFIG_INVALID: { retryable: false, httpStatus: 400, exitCode: 2 },
  BAD_REQUEST: { retryable: false, httpStatus: 400, exitCode: 2 },
  UNAUTHENTICATED: { retryable: false, httpStatus: 401, exitCode: 1 },
  FORBIDDEN: { retryable: false, httpStatus: 403, exitCode: 1 },
  NOT_FOUND: { retryable: false, httpStatus: 404, exitCode: 2 },
  PLAN_CHANGED: { retryable: false, httpStatus: 409, exitCode: 3 },
  REFUSED: { retryable: false, httpStatus: 409, exitCode: 3 },
  STORE_UNAVAILABLE: { retryable: true, httpStatus: 503, exitCode: 1 },
  ZONE_UNAVAILABLE: { retryable: true, httpStatus: 503, exitCode: 1 },
  ZONE_THROTTLED: { retryable: true, httpStatus: 503, exitCode: 1 },
  ACCESS_DENIED: { retryable: false, httpStatus: 502, exitCode: 1 },
  /** No region's API answers: a client's word. */
  API_UNAVAILABLE: { retryable: true, httpStatus: 503, exitCode: 1 },
  DEPLOY_FAILED: { retryable: false, httpStatus: 502, exitCode: 1 },
} as const satisfies Record<string, { retryable: boolean; httpStatus: number; exitCode: number }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export class QuorateError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'QuorateError';
    this.code = code;
  }

  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }

  get httpStatus(): number {
    return ERROR_CODES[this.code].httpStatus;
  }

  get exitCode(): number {
    return ERROR_CODES[this.code].exitCode;
  }
}

/** A failed assertion is a bug: nobody repairs it, the service holds and DNS keeps its weights. */
export class AssertionError extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'AssertionError';
  }
}

export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new AssertionError(sentence);
}
