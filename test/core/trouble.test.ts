/** Errors → the sentence that somebody at a shell reads: what is wrong, where, and what to set or allow. */
import { describe, expect, it } from 'vitest';
import { AssertionError, QuorateError } from '../../shared/core/errors.ts';
import { tableNote, troubleText } from '../../shared/core/trouble.ts';

const ROLE = 'arn:aws:iam::444455556666:role/quorate-zone';
const main = { key: 'main', id: 'Z0123456789ABCDEFGHIJ' };
const zones = { main };

describe('what a command failed with', () => {
  it('is said as it is where nothing has to be said anew', () => {
    expect(troubleText(new QuorateError('NOT_FOUND', 'there is no service ap in the file'))).toBe(
      'there is no service ap in the file',
    );
    expect(troubleText(new Error('odd'))).toBe('odd');
    expect(troubleText('text')).toBe('text');
  });

  it('is a bug where an assertion failed', () => {
    expect(troubleText(new AssertionError('a plan names each record once'))).toBe(
      'this is a bug, please report it: a plan names each record once',
    );
  });

  it.each([
    [
      'CredentialsProviderError',
      'Could not load credentials from any providers.',
      'there are no AWS credentials here (Could not load credentials from any providers); set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`',
    ],
    [
      'ExpiredTokenException',
      'old',
      'the AWS credentials in use have expired (ExpiredTokenException); sign in again, or set AWS_PROFILE to others',
    ],
    [
      'InvalidClientTokenId',
      'who',
      'AWS does not accept the credentials in use (InvalidClientTokenId); check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    ],
  ])('is about credentials wherever %s caused it', (name, message, text) => {
    const cause = Object.assign(new Error(message), { name });
    const middle = new Error('no answer', { cause });

    expect(troubleText(new QuorateError('ZONE_UNAVAILABLE', 'x', { cause: middle }))).toBe(text);
  });

  it('ends looking for a cause at some depth', () => {
    let error = Object.assign(new Error('old'), { name: 'ExpiredTokenException' }) as Error;
    for (let depth = 0; depth < 10; depth += 1) error = new Error('again', { cause: error });

    expect(troubleText(error)).toBe('again');
  });

  it('names no round, since a person tries again', () => {
    const said = [
      'zone main (Z1) did not answer; DNS is left alone, the next round tries again',
      'table t did not answer; the next round tries again',
    ];

    expect(said.map((text) => troubleText(new QuorateError('STORE_UNAVAILABLE', text)))).toEqual([
      'zone main (Z1) did not answer; try again',
      'table t did not answer; try again',
    ]);
  });
});

describe('a zone that could not be read', () => {
  const denied = (said: string | null, message = 'zone main (Z0123456789ABCDEFGHIJ) denied') =>
    new QuorateError('ACCESS_DENIED', message, said === null ? {} : { cause: new Error(said) });

  it('of another account needs its role', () => {
    const said = 'User: ann is not authorized to access this resource';

    expect(troubleText(denied(said), zones)).toBe(
      "zone main (Z0123456789ABCDEFGHIJ) belongs to another account than your credentials; write zones.main.role, the role to assume there (`quorate iam --zone main` prints it), or use that account's credentials",
    );
  });

  it('needs the permission to list it', () => {
    expect(troubleText(denied('not allowed'), zones)).toBe(
      'zone main (Z0123456789ABCDEFGHIJ) could not be read (not allowed); allow your credentials route53:ListResourceRecordSets on it',
    );
    expect(troubleText(denied(null, 'zone Z1 (Z1) denied'))).toBe(
      'zone Z1 could not be read (zone Z1 (Z1) denied); allow your credentials route53:ListResourceRecordSets on it',
    );
  });

  it('through a role needs its trust, or its permission', () => {
    const ours = { main: { ...main, role: ROLE } };

    expect(troubleText(denied('not authorized to perform: sts:AssumeRole'), ours)).toContain(
      `is reached through ${ROLE}, which your credentials may not assume (not authorized to perform: sts:AssumeRole); let the role's trust policy name them`,
    );
    expect(troubleText(denied('no'), ours)).toContain(
      `could not be read through ${ROLE} (no); allow the role route53:ListResourceRecordSets on it`,
    );
  });

  it('for throttling is tried again', () => {
    const message = 'zone main (Z0123456789ABCDEFGHIJ): Rate exceeded';

    expect(troubleText(new QuorateError('ZONE_THROTTLED', message), zones)).toBe(
      'zone main (Z0123456789ABCDEFGHIJ) could not be read: Route 53 is throttling the whole account; try again in a few seconds',
    );
    expect(troubleText(new QuorateError('ZONE_THROTTLED', 'slow down'))).toBe('slow down');
  });
});

describe('a table that could not be read', () => {
  it('is told with what to allow', () => {
    const message =
      "reading was denied; let this function's role use the table and its key there, check its credentials, and deploy again";

    expect(troubleText(new QuorateError('ACCESS_DENIED', message))).toBe(
      'reading was denied; allow your credentials to use the table and its key there',
    );
  });

  it('leaves every vantage silent, and the note says why', () => {
    expect(tableNote('reading reports: CredentialsProviderError: none')).toBe(
      'no reports: there are no AWS credentials here to read the table with; so every vantage counts as silent',
    );
    expect(tableNote('table t did not answer; the next round tries again')).toBe(
      'no reports: table t did not answer; so every vantage counts as silent',
    );
  });
});
