/**
 * Probe → observation. A check is a tree of requests; `probesOf` lists its leaves, the prober answers
 * each with plain facts, and `observe` judges those facts: pass, fail with a reason code, or skipped
 * (the vantage's own fault). The prober decides nothing, so that every judgement is pure and testable.
 */
import {
  type Outcome,
  overloadFinding,
  unmetExpectation,
  unmetLatency,
  type WatchFinding,
  watchFinding,
} from './condition.ts';
import {
  type Aids,
  type CheckNode,
  type Endpoint,
  type EndpointId,
  type EpochMs,
  epochMs,
  type HttpCheck,
  type Service,
  type ServiceId,
  type TcpCheck,
  type VantageId,
} from './model.ts';
import type { Attempt, ProbeResponse, Timings } from './probe.ts';
import { leafRequests } from './probe-request.ts';
import { FAIL_CODES, SKIP_CODES } from './reason-code.ts';
import { safeText } from './safe-text.ts';

/** The immutable outcome of one look of one vantage at one endpoint. */
export type Observation = {
  readonly service: ServiceId;
  readonly endpoint: EndpointId;
  readonly vantage: VantageId;
  readonly round: number;
  /** Start of the round. */
  readonly at: EpochMs;
  readonly outcome: Outcome;
  /** Of the slowest passing attempt, null where none passed. */
  readonly latencyMs: number | null;
  readonly timings: Timings | null;
  readonly watch: readonly WatchFinding[];
  /** What the attempt that tells the outcome answered, for display; absent where none did. */
  readonly answer?: AnswerFacts;
};

export type AnswerFacts = {
  readonly status: number | null;
  readonly family: 4 | 6 | null;
  /** Of the certificate that ends first, among all addresses that were asked. */
  readonly certificateEndsAt: EpochMs | null;
};

export type Look = { readonly vantage: VantageId; readonly round: number; readonly at: EpochMs };

type Leaf = HttpCheck | TcpCheck;
/** One attempt of one leaf; `label` names its address where there are several to tell apart. */
type Seen = { readonly leaf: Leaf; readonly attempt: Attempt; readonly label: string };
type Judgement = {
  readonly outcome: Outcome;
  /** What decided, where an attempt did. */
  readonly decidedBy: Attempt | undefined;
  readonly passed: readonly Attempt[];
  readonly seen: readonly Seen[];
};
type Facts = {
  readonly service: Service;
  readonly endpoint: Endpoint;
  readonly responses: ReadonlyMap<string, ProbeResponse>;
  readonly at: EpochMs;
  readonly patterns: Pick<Aids, 'compilePattern'>;
};

/*  node   first found, in this order   →  outcome
 *  all    fail, skipped, pass             a failure counts even beside what could not be probed
 *  any    pass, skipped, fail             what could not be probed might have passed
 *  leaf   as `all`, over every address of every probe target                                    */
const ALL = ['fail', 'skipped', 'pass'] as const;
const ANY = ['pass', 'skipped', 'fail'] as const;

/** One endpoint's answers in, its outcome out. The order in which the answers came doesn't matter. */
export function observe(
  service: Service,
  endpoint: Endpoint,
  responses: ReadonlyMap<string, ProbeResponse>,
  look: Look,
  patterns: Pick<Aids, 'compilePattern'>,
): Observation {
  const facts = { service, endpoint, responses, at: look.at, patterns };
  const { outcome, decidedBy, passed, seen } = judgeNode(endpoint.check.node, facts);
  const slowest = slowestOf(passed);
  const telling = outcome.kind === 'pass' ? slowest : decidedBy;
  return {
    service: service.id,
    endpoint: endpoint.id,
    vantage: look.vantage,
    round: look.round,
    at: look.at,
    outcome,
    latencyMs: slowest?.timings.totalMs ?? null,
    timings: telling?.timings ?? null,
    watch: findingsOf(seen, facts),
    ...(telling === undefined ? {} : { answer: answerOf(telling, seen) }),
  };
}

function answerOf({ result, family }: Attempt, seen: readonly Seen[]): AnswerFacts {
  const ends = seen.flatMap(({ attempt }) =>
    attempt.result.kind === 'http' ? (attempt.result.certificate?.notAfterAt ?? []) : [],
  );
  return {
    status: result.kind === 'http' ? result.status : null,
    family,
    certificateEndsAt: ends.length === 0 ? null : epochMs(Math.min(...ends)),
  };
}

function judgeNode(node: CheckNode, facts: Facts): Judgement {
  switch (node.kind) {
    case 'http':
    case 'tcp':
      return judgeLeaf(node, facts);
    case 'all':
      return combine(
        node.checks.map((check) => judgeNode(check, facts)),
        ALL,
      );
    case 'any':
      return combine(
        node.checks.map((check) => judgeNode(check, facts)),
        ANY,
      );
  }
}

function judgeLeaf(leaf: Leaf, facts: Facts): Judgement {
  const requests = leafRequests(facts.service, facts.endpoint, leaf);
  const answers = requests.map(({ key }) => facts.responses.get(key)?.attempts ?? []);
  const severalAddresses = answers.flat().length > 1;
  const judged = answers.flatMap((attempts) =>
    attempts.length === 0
      ? [unanswered()]
      : attempts.map((attempt) => {
          const label = severalAddresses ? labelOf(attempt) : '';
          return judgeAttempt({ leaf, attempt, label }, facts);
        }),
  );
  // A family that this vantage has no route for is left out, as long as another one was looked at.
  const routed = judged.filter(({ outcome }) => !isNoRoute(outcome));
  const counted = combine(routed.length > 0 ? routed : judged, ALL);
  return { ...counted, seen: judged.flatMap(({ seen }) => seen) };
}

function judgeAttempt(seen: Seen, facts: Facts): Judgement {
  const { attempt, label } = seen;
  const unmet = unmetOf(seen, facts);
  if (unmet === undefined) {
    return { outcome: { kind: 'pass' }, decidedBy: attempt, passed: [attempt], seen: [seen] };
  }
  const outcome = { ...unmet, detail: safeText(`${label}${unmet.detail}`) };
  return { outcome, decidedBy: attempt, passed: [], seen: [seen] };
}

function unmetOf(
  { leaf, attempt }: Seen,
  { at, patterns }: Facts,
): Exclude<Outcome, { readonly kind: 'pass' }> | undefined {
  const { result, timings } = attempt;
  if (result.kind === 'fail')
    return { ...result, detail: result.detail || FAIL_CODES[result.code] };
  if (result.kind === 'skipped') {
    return { ...result, detail: result.detail || SKIP_CODES[result.code] };
  }
  if (leaf.kind === 'tcp') return unmetLatency(leaf.expect, timings.totalMs);
  // An open port alone never stands for an answer that was asked for.
  if (result.kind === 'tcp') return NOTHING_SEEN;
  return unmetExpectation(leaf.expect, result, timings.totalMs, at, patterns);
}

/** The first of the kind that decides. Nothing to look at is nothing seen: never a pass. */
function combine(judgements: readonly Judgement[], order: readonly Outcome['kind'][]): Judgement {
  const [only] = judgements;
  if (only !== undefined && judgements.length === 1) return only;
  const decisive = order
    .map((kind) => judgements.find(({ outcome }) => outcome.kind === kind))
    .find((judgement) => judgement !== undefined);
  const { outcome, decidedBy, passed } = decisive ?? unanswered();
  const choosesOne = order === ANY && outcome.kind === 'pass';
  return {
    outcome,
    decidedBy,
    passed: choosesOne ? passed : judgements.flatMap((judgement) => judgement.passed),
    seen: judgements.flatMap(({ seen }) => seen),
  };
}

const NOTHING_SEEN = { kind: 'skipped', code: 'aborted', detail: SKIP_CODES.aborted } as const;

const unanswered = (): Judgement => ({
  outcome: NOTHING_SEEN,
  decidedBy: undefined,
  passed: [],
  seen: [],
});

const isNoRoute = (outcome: Outcome): boolean =>
  outcome.kind === 'skipped' && outcome.code === 'no-route';

/** Findings in the order of the file, each name once: the first attempt that shows it speaks for it. */
function findingsOf(seen: readonly Seen[], facts: Facts): readonly WatchFinding[] {
  const { at, patterns, endpoint } = facts;
  const found = endpoint.check.watch.flatMap((condition) =>
    firstOf(seen, ({ attempt }) => watchFinding(condition, attempt, at, patterns)),
  );
  const overloaded = firstOf(seen, ({ leaf, attempt: { result } }) =>
    leaf.kind === 'http' && result.kind === 'http'
      ? overloadFinding(leaf.expect, result)
      : undefined,
  );
  return [...found, ...overloaded];
}

function firstOf(
  seen: readonly Seen[],
  find: (one: Seen) => WatchFinding | undefined,
): readonly WatchFinding[] {
  for (const one of seen) {
    const finding = find(one);
    if (finding) return [{ ...finding, detail: safeText(`${one.label}${finding.detail}`) }];
  }
  return [];
}

const slowestOf = (attempts: readonly Attempt[]): Attempt | undefined =>
  attempts.reduce<Attempt | undefined>(
    (slowest, attempt) =>
      slowest !== undefined && slowest.timings.totalMs >= attempt.timings.totalMs
        ? slowest
        : attempt,
    undefined,
  );

const labelOf = ({ address, family }: Attempt): string =>
  address === null ? '' : `IPv${family} ${address}: `;
