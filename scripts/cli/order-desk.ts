/**
 * Where an order goes: to the API of any region, or straight to the zones. Both judge by the same rounds
 * and answer with the same document. A problem that carries a plan (what was reviewed is not there any
 * more, a rule refuses) is an answer, not an exception: the operator wants to see that plan.
 */
import {
  type ChangeAnswer,
  changeAnswerSchema,
  type OverrideRequest,
  type OverridesDocument,
  overridesSchema,
} from '../../shared/api/overrides.ts';
import { type ServiceShown, serviceDocumentSchema, statusSchema } from '../../shared/api/status.ts';
import { type ProblemHeard, problemOf } from '../client/api-problem.ts';
import type { OpenApi } from './api.ts';

/** An order in force, and who holds it. */
type Standing = {
  readonly id: string;
  readonly services: readonly string[];
  /** Ending it, or its new end, needs what giving it needed. */
  readonly isWide: boolean;
};

export type OrderWish =
  | { readonly kind: 'give'; readonly body: Omit<OverrideRequest, 'dryRun' | 'reason'> }
  | (Standing & { readonly kind: 'cancel' })
  | (Standing & {
      readonly kind: 'extend';
      readonly end: { readonly until?: string; readonly for?: string };
    })
  | { readonly kind: 'approve'; readonly service: string; readonly endpoint: string };

/** Of a dry run: nothing but a reason. */
export type How =
  | { readonly isDryRun: true; readonly reason: string }
  | {
      readonly isDryRun: false;
      readonly reason: string;
      /** Of the plan that was reviewed. */
      readonly checksum: string;
      /** The same command, typed again, is the same order. */
      readonly key: string;
    };

export type OrderDesk = {
  readonly ask: (wish: OrderWish, how: How, signal: AbortSignal) => Promise<ChangeAnswer>;
  readonly orders: (signal: AbortSignal) => Promise<OverridesDocument>;
  /** Health and what DNS has, of these services. */
  readonly look: (
    services: readonly string[],
    signal: AbortSignal,
  ) => Promise<readonly ServiceShown[]>;
};

/** More than these are asked for at once, by one status. */
const SINGLY_MAX = 3;

export function apiDesk(api: OpenApi, now: () => number): OrderDesk {
  return {
    ask: async (wish, how, signal) => {
      const { method, path, body, needsFreeze } = requestOf(wish);
      const headers = how.isDryRun
        ? {}
        : { 'if-match': `"p${how.checksum}"`, 'idempotency-key': how.key };
      const options = {
        body: { ...body, reason: how.reason, ...(how.isDryRun ? { dryRun: true } : {}) },
        headers,
        scope: needsFreeze ? ('freeze' as const) : ('override' as const),
      };
      try {
        const { document, isRepeated } = await api.ask(
          changeAnswerSchema,
          method,
          path,
          options,
          signal,
        );
        return document.results.length > 0 ? document : goneAnswer(document, wish, isRepeated);
      } catch (error) {
        const problem = problemOf(error);
        if (problem?.answer !== undefined) return judgedAnswer(problem, problem.answer);
        const isGone = problem?.isRepeated === true && problem.status === 404;
        if (!isGone || wish.kind !== 'cancel') throw error;
        const nothing = {
          format: 1 as const,
          region: problem.region,
          at: now(),
          actor: '',
          dryRun: false,
          checksum: null,
          untilAt: null,
          results: [],
        };
        return goneAnswer(nothing, wish, true);
      }
    },
    orders: async (signal) =>
      (await api.ask(overridesSchema, 'GET', '/v1/overrides', {}, signal)).document,
    look: async (services, signal) => {
      if (services.length > SINGLY_MAX) {
        const { document } = await api.ask(statusSchema, 'GET', '/v1/status', {}, signal);
        return document.services.filter(({ service }) => services.includes(service));
      }
      return await Promise.all(
        services.map(async (id) => {
          const path = `/v1/services/${encodeURIComponent(id)}`;
          return (await api.ask(serviceDocumentSchema, 'GET', path, {}, signal)).document;
        }),
      );
    },
  };
}

function requestOf(wish: OrderWish): {
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  readonly body: object;
  readonly needsFreeze: boolean;
} {
  switch (wish.kind) {
    case 'give': {
      const { kind, scope } = wish.body;
      const needsFreeze = kind === 'freeze' || scope.service === undefined;
      return { method: 'POST', path: '/v1/overrides', body: wish.body, needsFreeze };
    }
    case 'cancel':
      return {
        method: 'DELETE',
        path: `/v1/overrides/${encodeURIComponent(wish.id)}`,
        body: {},
        needsFreeze: wish.isWide,
      };
    case 'extend':
      return {
        method: 'POST',
        path: `/v1/overrides/${encodeURIComponent(wish.id)}/extend`,
        body: wish.end,
        needsFreeze: wish.isWide,
      };
    case 'approve': {
      const { service, endpoint } = wish;
      const body = { service, endpoint };
      return { method: 'POST', path: '/v1/approvals', body, needsFreeze: false };
    }
  }
}

/** Of a write that was sent twice the second answer alone does not tell what the first one did. */
function judgedAnswer(problem: ProblemHeard, answer: ChangeAnswer): ChangeAnswer {
  if (!problem.isRepeated) return answer;
  const note =
    'a try before this got no answer and may have done it: look at `quorate overrides` first';
  return {
    ...answer,
    results: answer.results.map((one) => ({ ...one, sentences: [...one.sentences, note] })),
  };
}

/** The order ended between the look and the send; or the first of two tries, whose answer was lost, ended it. */
function goneAnswer(answer: ChangeAnswer, wish: OrderWish, isRepeated: boolean): ChangeAnswer {
  if (wish.kind !== 'cancel' && wish.kind !== 'extend') return answer;
  const sentence = isRepeated
    ? `order ${wish.id} is not in force any more: a try before this, whose answer was lost, has ended it, or its time came`
    : `order ${wish.id} is not in force any more: it ended meanwhile`;
  return {
    ...answer,
    results: wish.services.map((service) => ({
      service,
      outcome: 'nothing-to-do',
      sentence,
      sentences: [],
      plan: null,
      order: wish.id,
      generation: null,
      changeId: null,
      recorded: null,
      trouble: null,
    })),
  };
}
