/**
 * Routes that change something. Each asks for the scope that its order needs, makes it one operation per
 * service, and has the override round carry them out: planned, compared with what the operator has seen,
 * and committed through the fence. 200 means that the zone has it, or that nothing was to do; of a wide
 * order it means that every service was judged, and `results` says how.
 */
import * as v from 'valibot';
import { changeAnswer } from '../../shared/api/change-answer.ts';
import {
  notificationTestRequestSchema,
  notificationTestSchema,
} from '../../shared/api/notifications.ts';
import {
  approvalRequestSchema,
  type ChangeAnswer,
  cancelRequestSchema,
  changeAnswerSchema,
  extendRequestSchema,
  overrideRequestSchema,
  reasonTextSchema,
} from '../../shared/api/overrides.ts';
import type { EpochMs, orderId } from '../../shared/core/model.ts';
import type { Operation } from '../../shared/core/operation.ts';
import { approvalOf, type Change, changesOf, extensionOf } from '../../shared/core/override.ts';
import { overrideRound, type ServiceAnswer } from '../../shared/rounds/override-round.ts';
import { may, type Scope } from './authenticate.ts';
import type { Desk } from './desk.ts';
import { keyOf, matchOf } from './headers.ts';
import { endAsked, isWideScope, orderAsked, scopeOfOrder, standingOrder } from './orders.ts';
import type { Refusal } from './problem.ts';
import { judge } from './query.ts';
import { jsonReply } from './reply.ts';
import { type Answered, type Asking, type Route, route } from './routes.ts';

const NOTHING = v.strictObject({});
const ORDER_PARAM = v.strictObject({
  id: v.pipe(v.string(), v.regex(/^[\w-]{8}$/, 'an order’s id has 8 characters')),
});
/** Of an order that is only planned: no other request can be the same. */
const NO_KEY = 'dry run';

const write = {
  scope: 'override',
  params: NOTHING,
  query: NOTHING,
  reply: changeAnswerSchema,
  etag: 'Of a dry run `"p<checksum>"`: what If-Match takes to carry out exactly this.',
} as const;

export const WRITE_ROUTES: readonly Route[] = [
  route({
    ...write,
    method: 'POST',
    path: '/v1/overrides',
    id: 'giveOrder',
    summary: 'Drain, pin or freeze, for a while and for a reason.',
    description:
      'One of `service`, `region`, `all`; `endpoint` or `region` narrow a service. A freeze, and an order without `service`, need the scope `freeze`. `force` names the rules that it passes; nothing passes "never all zero".',
    body: overrideRequestSchema,
    example: {
      kind: 'drain',
      scope: { service: 'app', endpoint: 'us-east-1' },
      for: '2h',
      reason: 'bad deploy 4711',
    },
    headers: ['if-match', 'idempotency-key'],
    problems: [404, 409, 412, 422, 428],
    answer: async (desk, asking, signal) => {
      const { body } = asking;
      const isDryRun = body.dryRun ?? false;
      const key = keyOf(asking.request.headers['idempotency-key']);
      if ('refusal' in key) return key;
      if (key.value === null && !isDryRun) return { refusal: NO_KEY_GIVEN };
      const needed = scopeOfOrder(body);
      const given = { actor: actorOf(asking), key: key.value ?? NO_KEY, now: desk.clock.now() };
      const asked = orderAsked(body, given);
      return change(desk, asking, signal, {
        needed,
        isDryRun,
        isWide: isWideScope(body),
        reason: body.reason,
        untilAt: asked.untilAt,
        changes: async () => changesOf(desk.config, asked, desk.aids.digestOf),
      });
    },
  }),
  route({
    ...write,
    method: 'DELETE',
    path: '/v1/overrides/{id}',
    id: 'cancelOrder',
    summary: 'End an order now; what it covered returns by its health.',
    description:
      'Reason and dryRun stand in the query or in a body, not in both. Ending a freeze, or an order that spans services, needs the scope `freeze`.',
    params: ORDER_PARAM,
    query: v.strictObject({
      reason: v.exactOptional(reasonTextSchema),
      dryRun: v.exactOptional(v.boolean()),
    }),
    body: cancelRequestSchema,
    isBodyOptional: true,
    headers: ['if-match', 'idempotency-key'],
    problems: [404, 409, 412, 428],
    answer: async (desk, asking, signal) => {
      const { body, query, params } = asking;
      if (body !== null && Object.keys(query).length > 0) return { refusal: SAID_TWICE };
      const asked = judge(cancelRequestSchema, body ?? query, body === null ? '?' : '');
      if ('refusal' in asked) return asked;
      const { reason, dryRun = false } = asked.value;
      return change(desk, asking, signal, {
        isDryRun: dryRun,
        reason,
        untilAt: null,
        ...(await ofStanding(desk, params.id, signal, (order) => ({ kind: 'cancel', order }))),
      });
    },
  }),
  route({
    ...write,
    method: 'POST',
    path: '/v1/overrides/{id}/extend',
    id: 'extendOrder',
    summary: 'Let an order last longer, or end sooner.',
    params: ORDER_PARAM,
    body: extendRequestSchema,
    example: { for: '4h', reason: 'not mended yet' },
    headers: ['if-match', 'idempotency-key'],
    problems: [404, 409, 412, 428],
    answer: async (desk, asking, signal) => {
      const { body, params } = asking;
      const { untilAt, asked } = endAsked(body, desk.clock.now());
      return change(desk, asking, signal, {
        isDryRun: body.dryRun ?? false,
        reason: body.reason,
        untilAt,
        ...(await ofStanding(desk, params.id, signal, (order) =>
          extensionOf(order, untilAt, asked),
        )),
      });
    },
  }),
  route({
    ...write,
    method: 'POST',
    path: '/v1/approvals',
    id: 'approve',
    summary: 'Let an endpoint return that waits for approval (manual failback).',
    body: approvalRequestSchema,
    example: { service: 'app', endpoint: 'us-east-1', reason: 'looked at it: it is well' },
    headers: ['if-match', 'idempotency-key'],
    problems: [404, 409, 412, 428],
    answer: async (desk, asking, signal) => {
      const { service, endpoint, reason, dryRun = false } = asking.body;
      return change(desk, asking, signal, {
        needed: 'override',
        isDryRun: dryRun,
        isWide: false,
        reason,
        untilAt: null,
        changes: async () => [approvalOf(desk.config, service, endpoint)],
      });
    },
  }),
  route({
    method: 'POST',
    path: '/v1/notifications/test',
    id: 'testNotifications',
    summary: 'Send a test through every channel, and say what came of it.',
    scope: 'override',
    params: NOTHING,
    query: NOTHING,
    body: notificationTestRequestSchema,
    isBodyOptional: true,
    reply: notificationTestSchema,
    problems: [],
    answer: async ({ notify, region, clock }, _asking, signal) => {
      const told = await notify().test(signal);
      if (told.kind === 'failed') {
        return { refusal: { code: 'NOTIFY_UNAVAILABLE', detail: told.why } };
      }
      return jsonReply(200, { format: 1, region, at: clock.now(), channels: told.channels });
    },
  }),
];

const NO_KEY_GIVEN: Refusal = {
  code: 'BAD_REQUEST',
  detail: 'Idempotency-Key is missing: with it the same request, sent again, stays one order',
  help: 'send Idempotency-Key with a new UUID for each order, and the same one when you repeat it',
};
const SAID_TWICE: Refusal = {
  code: 'BAD_REQUEST',
  detail: 'reason and dryRun stand in the query or in the body, not in both',
};

type Wish = {
  readonly needed: Scope;
  readonly isDryRun: boolean;
  /** Judged service by service, whatever comes of each. */
  readonly isWide: boolean;
  readonly reason: string;
  readonly untilAt: EpochMs | null;
  readonly changes: () => Promise<readonly Change[]>;
};

const actorOf = ({ caller }: Pick<Asking<never, never, never>, 'caller'>): string =>
  caller.actor ?? 'nobody';

async function ofStanding(
  desk: Desk,
  id: string,
  signal: AbortSignal,
  operationOf: (id: ReturnType<typeof orderId>) => Operation,
): Promise<Pick<Wish, 'needed' | 'isWide' | 'changes'>> {
  const standing = await standingOrder(desk, id, signal);
  const isWide = standing.services.length > 1;
  const operation = operationOf(standing.order.id);
  return {
    needed: standing.scope,
    isWide,
    changes: async () => standing.services.map((service) => ({ service, operation, isWide })),
  };
}

async function change(
  desk: Desk,
  { caller, request }: Asking<unknown, unknown, unknown>,
  signal: AbortSignal,
  wish: Wish,
): Promise<Answered> {
  if (!may(caller, wish.needed)) {
    return {
      refusal: {
        code: 'FORBIDDEN',
        detail: `this needs the scope ${wish.needed}: a freeze, and an order that spans services, are asked for at the URL of that scope`,
      },
    };
  }
  const key = keyOf(request.headers['idempotency-key']);
  if ('refusal' in key) return key;
  const match = matchOf(request.headers['if-match']);
  if ('refusal' in match) return match;
  if (match.value === null && !wish.isDryRun) {
    return {
      refusal: {
        code: 'MATCH_REQUIRED',
        detail: 'If-Match is missing: it says which state or plan you have looked at',
      },
    };
  }
  const changes = await wish.changes();
  if (match.value?.kind === 'generation' && wish.isWide) {
    return {
      refusal: {
        code: 'BAD_REQUEST',
        detail:
          'a generation is one service’s, and this order spans several: ask with dryRun first, then send If-Match: "p<checksum>"',
      },
    };
  }
  const actor = caller.actor ?? 'nobody';
  const answer = await overrideRound(
    { ...desk, store: desk.store(), zone: desk.zones.fresh },
    desk.config,
    { region: desk.region, manifest: desk.manifest },
    changes,
    {
      actor,
      via: `api@${desk.region} ${request.sourceIp}`.trim(),
      reason: wish.reason,
      isDryRun: wish.isDryRun,
      match: wish.isDryRun ? null : match.value,
    },
    signal,
  );
  const document = changeAnswer(answer, {
    region: desk.region,
    at: desk.clock.now(),
    actor,
    isDryRun: wish.isDryRun,
    untilAt: wish.untilAt,
  });
  tell(desk, request.id, caller.actor, document, wish.reason);
  if (document.results.some(({ outcome }) => outcome === 'committed')) await wake(desk, signal);
  const refusal = refusalIn(answer.results, document, wish);
  if (refusal !== null) return { refusal };
  return jsonReply(200, document, etagOf(document));
}

/** Null: 200. What was reviewed and is not there any more is refused as a whole, nothing of it was sent. */
function refusalIn(
  results: readonly ServiceAnswer[],
  answer: ChangeAnswer,
  { isDryRun, isWide }: Pick<Wish, 'isDryRun' | 'isWide'>,
): Refusal | null {
  const is = (kind: ServiceAnswer['answer']['kind']): boolean =>
    results.some((one) => one.answer.kind === kind);
  if (is('plan-changed') && !is('committed')) {
    const { checksum, results: shown } = answer;
    const now = shown.find(({ outcome }) => outcome === 'plan-changed');
    const generation = now?.plan?.generation.from ?? null;
    return {
      code: 'PLAN_CHANGED',
      detail: `the zone is not as you have seen it${generation === null ? '' : `: ${now?.service} is at generation ${generation}`}; the plan now is ${checksum}: ${now?.sentence}`,
      answer,
    };
  }
  const [only] = results;
  if (isWide || only === undefined) return null;
  const { answer: judged } = only;
  switch (judged.kind) {
    case 'unread':
      return { code: judged.error.code, detail: judged.error.message, answer };
    case 'refused': {
      if (isDryRun) return null;
      return {
        code: judged.isKeyReused === true ? 'KEY_REUSED' : 'REFUSED',
        detail: judged.sentence,
        answer,
      };
    }
    case 'failed':
      return { ...FAILED[judged.outcome], detail: judged.sentence, answer };
    case 'planned':
    case 'plan-changed':
    case 'committed':
    case 'nothing-to-do':
      return null;
  }
}

const AGAIN_SOON = { 'retry-after': '5' };
type Failed = Extract<ServiceAnswer['answer'], { readonly kind: 'failed' }>['outcome'];
const FAILED: Readonly<Record<Failed, Omit<Refusal, 'detail'>>> = {
  committed: { code: 'NO_ANSWER' },
  unresolved: { code: 'NO_ANSWER' },
  lost: { code: 'CHANGED' },
  drift: { code: 'CHANGED' },
  blocked: { code: 'REFUSED', help: 'run quorate status and quorate verify: they name the record' },
  throttled: { code: 'ZONE_THROTTLED', headers: AGAIN_SOON },
  expired: { code: 'ZONE_UNAVAILABLE', headers: AGAIN_SOON },
};

function etagOf({ dryRun, checksum, results }: ChangeAnswer): Readonly<Record<string, string>> {
  if (dryRun) return checksum === null ? {} : { etag: `"p${checksum}"` };
  const [only, ...others] = results;
  const generation = others.length === 0 ? (only?.generation ?? null) : null;
  return generation === null ? {} : { etag: `"g${generation}"` };
}

/** Who asked for what, and what came of it per service: beside the record, for those without a commit. */
function tell(
  { telemetry, region }: Desk,
  requestId: string,
  actor: string | null,
  { dryRun, checksum, results }: ChangeAnswer,
  reason: string,
): void {
  for (const { service, outcome, order, generation, changeId } of results) {
    telemetry.log({
      level: outcome === 'failed' ? 'warn' : 'info',
      message: `order on ${service}: ${outcome}`,
      service,
      region,
      outcome,
      order,
      generation,
      changeId,
      checksum,
      dryRun,
      actor,
      reason,
      requestId,
    });
  }
}

/** What was committed is due to be told; a sweep finds it a minute later if this fails. */
async function wake({ notify, telemetry, region }: Desk, signal: AbortSignal): Promise<void> {
  const woken = await notify().wake(signal);
  if (woken.kind === 'failed') telemetry.log({ level: 'warn', message: woken.why, region });
}
