/**
 * The form of a route: one entry says how it is asked, who may, what it takes and what it answers. Router,
 * checks and `/openapi.json` are made from the same entries, so none can say what the others don't.
 */
import type * as v from 'valibot';
import type { RouteShape } from '../../shared/api/openapi.ts';
import type { Caller } from './authenticate.ts';
import type { Desk } from './desk.ts';
import type { Refusal } from './problem.ts';
import type { EntriesSchema } from './query.ts';
import type { Reply } from './reply.ts';
import type { ApiRequest } from './request.ts';

export type Asking<P, Q, B> = {
  readonly params: P;
  readonly query: Q;
  /** Null where the route takes none, or none was sent where it may be left out. */
  readonly body: B;
  readonly caller: Caller;
  readonly request: ApiRequest;
};

export type Answered = Reply | { readonly refusal: Refusal };

type Output<S> = S extends v.GenericSchema ? v.InferOutput<S> : null;

export type RouteSpec<
  P extends EntriesSchema,
  Q extends EntriesSchema,
  B extends v.GenericSchema | null,
> = Omit<RouteShape, 'params' | 'query' | 'body'> & {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly answer: (
    desk: Desk,
    asking: Asking<v.InferOutput<P>, v.InferOutput<Q>, Output<B>>,
    signal: AbortSignal,
  ) => Promise<Answered>;
};

/** What the router holds: each entry has been checked against its own schemas. */
export type Route = RouteShape & {
  readonly answer: (
    desk: Desk,
    asking: Asking<unknown, unknown, unknown>,
    signal: AbortSignal,
  ) => Promise<Answered>;
};

export const route = <
  P extends EntriesSchema,
  Q extends EntriesSchema,
  B extends v.GenericSchema | null,
>(
  spec: RouteSpec<P, Q, B>,
): Route => spec as unknown as Route;
