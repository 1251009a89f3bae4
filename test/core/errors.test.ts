/** The closed table of operating errors, and assertions. */
import { describe, expect, it } from 'vitest';
import {
  AssertionError,
  assert,
  ERROR_CODES,
  type ErrorCode,
  QuorateError,
} from '../../shared/core/errors.ts';

/** A new code has to be given its row here. */
const EXPECTED: Record<ErrorCode, readonly [boolean, number, number]> = {
  CONFIG_INVALID: [false, 400, 2],
  BAD_REQUEST: [false, 400, 2],
  UNAUTHENTICATED: [false, 401, 1],
  FORBIDDEN: [false, 403, 1],
  NOT_FOUND: [false, 404, 2],
  PLAN_CHANGED: [false, 409, 3],
  REFUSED: [false, 409, 3],
  STORE_UNAVAILABLE: [true, 503, 1],
  ZONE_UNAVAILABLE: [true, 503, 1],
  ZONE_THROTTLED: [true, 503, 1],
  ACCESS_DENIED: [false, 502, 1],
  API_UNAVAILABLE: [true, 503, 1],
  DEPLOY_FAILED: [false, 502, 1],
};

describe('operating errors', () => {
  it.each(Object.entries(EXPECTED) as [ErrorCode, readonly [boolean, number, number]][])(
    '%s says how it is retried, answered and exited with',
    (code, [retryable, status, exit]) => {
      const error = new QuorateError(code, 'what happened');

      expect([error.retryable, error.httpStatus, error.exitCode]).toEqual([
        retryable,
        status,
        exit,
      ]);
      expect(error).toMatchObject({ name: 'QuorateError', message: 'what happened', code });
    },
  );

  it('have no code beside these', () => {
    expect(Object.keys(ERROR_CODES).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it('keep what caused them', () => {
    const cause = new Error('socket hang up');

    expect(new QuorateError('STORE_UNAVAILABLE', 'no answer', { cause }).cause).toBe(cause);
  });
});

describe('assertions', () => {
  it('pass what holds, and throw the sentence of what does not', () => {
    expect(() => assert(1, 'one is true')).not.toThrow();
    expect(() => assert(0, 'a weight is an integer')).toThrow(
      new AssertionError('a weight is an integer'),
    );
    expect(new AssertionError('x')).toMatchObject({ name: 'AssertionError' });
  });
});
