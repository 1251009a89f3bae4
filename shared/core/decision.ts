/**
 * Votes + snapshot → decision: weights for every endpoint of a service, each with a reason and a
 * sentence, what was withheld, and the commit that would bring it about, if any. The blind cases come
 * first and change nothing. Equal inputs give equal decisions in every region.
 */
import { automatedCommit, type Commit } from './commit.ts';
import type { Draft, Facts, Line, Rule } from './draft.ts';
import { asNow } from './draft.ts';
import { assert } from './errors.ts';
import { type Fence, type FenceOrder, isSuperseded } from './fence.ts';
import { firstDraft, verdictOf } from './first-draft.ts';
import type { Aids, Config, EndpointId, EpochMs, OrderId, Service, ServiceId } from './model.ts';
import { fenceName } from './model.ts';
import type { EndpointReason, Reason, ServiceReason } from './reason.ts';
import { floorRule } from './rule-floor.ts';
import { neverOnlyDeadRule } from './rule-never-only-dead.ts';
import { emptyGroup, neverZeroRule } from './rule-never-zero.ts';
import { freezeOf, orderRule } from './rule-order.ts';
import { rescueRule } from './rule-rescue.ts';
import { returnRule } from './rule-return.ts';
import { tierRule } from './rule-tier.ts';
import { velocityRule } from './rule-velocity.ts';
import { reasonOf } from './rule-verdict.ts';
import type { Orphan, Snapshot } from './snapshot.ts';
import { judge, type LastChange, type Verdict } from './verdict.ts';
import { SILENT_WHYS, type Votes } from './vote.ts';

export const AUTOMATION_STATES = [
  'on',
  'observing',
  'frozen',
  'not-quorate',
  'drift',
  'blocked',
  'unmanaged',
] as const;
export type Automation = (typeof AUTOMATION_STATES)[number];

/** Real and effective, side by side. */
export type EndpointDecision = {
  readonly endpoint: EndpointId;
  readonly verdict: Verdict;
  /** Weight in the zone as read; null if it has no record there. */
  readonly from: number | null;
  /** Weight wanted in the zone now. */
  readonly to: number | null;
  readonly configured: number;
  readonly order: OrderId | null;
  readonly reason: EndpointReason;
  readonly withheld: readonly EndpointReason[];
};

export type Decision = {
  readonly service: ServiceId;
  readonly automation: Automation;
  readonly endpoints: readonly EndpointDecision[];
  /** Why the service is left alone, or what an order did. */
  readonly reasons: readonly ServiceReason[];
  readonly withheld: readonly Reason[];
  readonly asofAt: EpochMs | null;
  readonly commit: Commit | null;
};

export type DecisionInput = {
  readonly config: Pick<Config, 'deployment' | 'packagedAt'>;
  readonly service: Service;
  readonly votes: Votes;
  readonly snapshot: Snapshot;
  /** Usable reports of this service that ran under this very configuration. */
  readonly reportsUnderConfig: number;
  readonly now: EpochMs;
  readonly aids: Pick<Aids, 'digestOf' | 'classifyAddress'>;
};

/** The fixed order of rules 2 to 8 (0 and 1 make the first draft). Reordering changes behaviour. */
export const RULES: readonly (readonly [string, (aids: DecisionInput['aids']) => Rule])[] = [
  ['orders', ({ digestOf }) => orderRule(digestOf)],
  ['tiers', () => tierRule],
  ['hold-down and ramp', () => returnRule],
  ['velocity', () => velocityRule],
  ['floor', () => floorRule],
  ['rescue', () => rescueRule],
  ['never only dead', () => neverOnlyDeadRule],
  ['never all zero', () => neverZeroRule],
];

const NO_CHANGES: ReadonlyMap<EndpointId, LastChange> = new Map();

export function decide(input: DecisionInput): Decision {
  const { service, votes, snapshot, now } = input;
  const { fence } = snapshot;
  const real = judge(service, votes, NO_CHANGES);
  const isEnforced = service.mode === 'enforce';
  switch (fence.kind) {
    case 'unmanaged':
      return leftAlone(input, real, 'unmanaged', {
        code: 'unmanaged',
        service: service.id,
        fence: fenceName(service),
        isEmpty: snapshot.records.length === 0,
      });
    case 'foreign':
      return leftAlone(input, real, 'blocked', {
        code: 'foreign',
        service: service.id,
        fence: fenceName(service),
        deployment: fence.deployment,
      });
    case 'malformed':
      return leftAlone(input, real, 'blocked', {
        code: 'malformed-fence',
        service: service.id,
        fence: fenceName(service),
        problem: fence.problem,
      });
    case 'managed':
      break;
  }
  const drafted = firstDraft(input, fence.fence);
  if (drafted.kind === 'held') {
    const { text, remedy } = drafted.problem;
    const reason = { code: 'records' as const, service: service.id, problem: text, remedy };
    return leftAlone(input, real, 'drift', reason);
  }
  const { lines, orphans } = drafted;
  const isDrifting = lines.some((line) => line.fixed === 'edited');
  const freeze = freezeOf(fence.fence);
  const { asofAt } = votes;
  const hold = holdOf(input, fence.fence, freeze);
  const automation: Automation = isDrifting
    ? 'drift'
    : freeze !== null
      ? 'frozen'
      : hold?.code === 'not-quorate'
        ? 'not-quorate'
        : isEnforced
          ? 'on'
          : 'observing';
  if (hold !== null) {
    const kept = lines.map((line) =>
      explained(asNow(line, line.reason), freeze, fence.fence, input),
    );
    return {
      service: service.id,
      automation,
      endpoints: [
        ...kept.map(toDecision),
        ...orphans.map((orphan) => orphanDecision(orphan, service)),
      ],
      reasons: [hold],
      withheld: kept.flatMap((line) => line.withheld),
      asofAt,
      commit: null,
    };
  }
  assert(asofAt !== null, 'without Q usable reports a decision holds');
  const facts: Facts = { service, fence: fence.fence, orphans, now, asofAt };
  const first: Draft = { lines, serving: null, isRescue: false };
  const draft = RULES.reduce((folded, [, rule]) => rule(input.aids)(folded, facts), first);
  assert(draft.lines.length === service.endpoints.length, 'a decision names every endpoint');
  assert(
    draft.lines.every((line) => Number.isInteger(line.to) && line.to >= 0 && line.to <= 255),
    'a weight is an integer from 0 to 255',
  );
  const empty = emptyGroup(draft, facts);
  return {
    service: service.id,
    automation: empty === null ? automation : 'drift',
    endpoints: [
      ...draft.lines.map(toDecision),
      ...orphans.map((orphan) => orphanDecision(orphan, service)),
    ],
    reasons: empty === null ? [] : [allZero(empty, facts)],
    withheld: draft.lines.flatMap((line) => line.withheld),
    asofAt,
    commit: automatedCommit(draft, facts, input),
  };
}

/** What a person left all zero holds the whole service, since no batch may assert it: it has to be said. */
function allZero(group: string, { service, orphans }: Facts): ServiceReason {
  const left = orphans.find(({ records }) =>
    records.some(({ name, type }) => `${name} ${type}` === group),
  );
  return {
    code: 'records',
    service: service.id,
    problem: `every weight of ${group} is 0, and Route 53 answers all of them alike`,
    remedy:
      left === undefined
        ? 'give one of them weight in Route 53'
        : `run \`quorate retire ${service.id} ${left.name}\`, or give one of them weight in Route 53`,
  };
}

/** Why nothing automated may be committed now, whatever the verdicts say. */
function holdOf(
  input: DecisionInput,
  fence: Fence,
  freeze: FenceOrder | null,
): ServiceReason | null {
  const { service, votes, config } = input;
  if (isSuperseded(fence, service, config)) {
    return {
      code: 'superseded-config',
      service: service.id,
      packagedAt: config.packagedAt,
      newerAt: fence.packagedAt,
    };
  }
  if (freeze !== null) {
    return {
      code: 'service-frozen',
      service: service.id,
      order: freeze.id,
      untilAt: freeze.untilAt,
    };
  }
  // Two regions would take turns at weights that their files give differently: the quorum's is in force.
  const isWaiting = fence.config !== service.settings && input.reportsUnderConfig < service.quorum;
  if (votes.asofAt === null || isWaiting) {
    const silent = votes.views.flatMap((view) =>
      view.state === 'silent' ? [`${view.vantage}: ${view.why}`] : [],
    );
    return {
      code: 'not-quorate',
      service: service.id,
      usable: isWaiting ? input.reportsUnderConfig : votes.views.length - silent.length,
      quorum: service.quorum,
      of: votes.views.length,
      silent: isWaiting ? [...silent, `others: ${SILENT_WHYS['other-config']}`] : silent,
    };
  }
  if (votes.asofAt < fence.asofAt) {
    return {
      code: 'stale-evidence',
      service: service.id,
      asofAt: votes.asofAt,
      fenceAsofAt: fence.asofAt,
    };
  }
  return null;
}

/** Under a hold the orders in force are still named. */
function explained(
  line: Line,
  freeze: FenceOrder | null,
  fence: Fence,
  input: DecisionInput,
): Line {
  const facts = { service: input.service, fence, orphans: [], now: input.now, asofAt: input.now };
  const draft = { lines: [line], serving: null, isRescue: false };
  const [ordered = line] = orderRule(input.aids.digestOf)(draft, facts).lines;
  if (ordered.fixed !== null || freeze === null) return ordered;
  const { endpoint } = line.holding;
  return {
    ...ordered,
    reason: { endpoint: endpoint.id, code: 'frozen', order: freeze.id, untilAt: freeze.untilAt },
  };
}

export const toDecision = (line: Line): EndpointDecision => ({
  endpoint: line.holding.endpoint.id,
  verdict: line.verdict,
  from: line.fixed === 'pending' ? null : line.now,
  to: line.fixed === 'pending' ? null : line.to,
  configured: line.holding.endpoint.weight,
  order: line.order?.id ?? null,
  reason: line.reason,
  withheld: line.withheld,
});

const NO_VERDICT: Verdict = {
  value: 'unknown',
  degraded: false,
  ups: [],
  downs: [],
  failing: [],
  of: 0,
  sinceAt: null,
  failure: '',
};

export const orphanDecision = (orphan: Orphan, service: Service): EndpointDecision => {
  const weight = Math.min(...orphan.records.map((record) => record.weight));
  const endpoint = orphan.name as EndpointId;
  return {
    endpoint,
    verdict: NO_VERDICT,
    from: weight,
    to: weight,
    configured: 0,
    order: null,
    reason: { endpoint, code: 'orphan', service: service.id },
    withheld: [],
  };
};

/** The zone can't be decided on: real health is still told, weights as far as records are recognised. */
function leftAlone(
  { service, snapshot, votes }: DecisionInput,
  verdicts: ReadonlyMap<EndpointId, Verdict>,
  automation: Automation,
  reason: ServiceReason,
): Decision {
  const endpoints = service.endpoints.map((endpoint): EndpointDecision => {
    const verdict = verdictOf(verdicts, endpoint.id);
    const record = snapshot.records.find((one) => one.setIdentifier === endpoint.setIdentifier);
    const weight = record?.weight ?? null;
    return {
      endpoint: endpoint.id,
      verdict,
      from: weight,
      to: weight,
      configured: endpoint.weight,
      order: null,
      reason: reasonOf(service, endpoint.id, verdict),
      withheld: [],
    };
  });
  return {
    service: service.id,
    automation,
    endpoints,
    reasons: [reason],
    withheld: [],
    asofAt: votes.asofAt,
    commit: null,
  };
}
