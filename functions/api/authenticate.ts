/**
 * Who asks, and how much he may ask for. In: a request as the platform handed it over, and which function
 * it reached; out: actor and scope. This is the one place that knows how callers prove themselves. Today
 * the function URLs do it (AWS_IAM: SigV4, checked before this process runs), so it only reads what they
 * found; another way of proving takes this function's place.
 */
import type { Context } from 'aws-lambda';
import { safeText } from '../../shared/core/safe-text.ts';
import type { ApiRequest } from './request.ts';

/** Each includes those before it. */
export const SCOPES = ['read', 'override', 'freeze'] as const;
export type Scope = (typeof SCOPES)[number];

export type Caller = {
  /** The principal's ARN as IAM found it; null: unsigned, so it may not write. */
  readonly actor: string | null;
  /** Null: it came by a way that nobody has been given. */
  readonly scope: Scope | null;
};

export type Authenticate = (
  request: ApiRequest,
  context: Context,
  signal: AbortSignal,
) => Caller | Promise<Caller>;

/** Of whom nothing is known. */
export const NOBODY: Caller = { actor: null, scope: null };

const ACTOR_LENGTH_MAX = 256;

/** By the URL: the function's own grants all, each alias what it is named for. Who may call which URL is
 *  settled by IAM (`quorate iam --api`). */
export const authenticate = ({ userArn }: ApiRequest, { invokedFunctionArn }: Context): Caller => ({
  actor: userArn === null ? null : safeText(userArn, ACTOR_LENGTH_MAX) || null,
  scope: scopeOf(qualifierOf(invokedFunctionArn)),
});

export const may = (caller: Caller, scope: Scope): boolean =>
  caller.scope !== null && SCOPES.indexOf(caller.scope) >= SCOPES.indexOf(scope);

/** `arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]` */
const qualifierOf = (arn: unknown): string =>
  typeof arn === 'string' ? (arn.split(':')[7] ?? '') : '';

function scopeOf(qualifier: string): Scope | null {
  if (qualifier === '' || qualifier === '$LATEST') return 'freeze';
  return qualifier === 'override' || qualifier === 'read' ? qualifier : null;
}
