/**
 * One service as a round found it → what is not as it should be there, and the orders in force. A finding
 * says what is so now; whether that is news is judged by `incident-watch.ts`. Equal rounds give equal
 * findings in every region.
 */
import type { Decision, EndpointDecision } from './decision.ts';
import type { Fence, FenceEntry, FenceOrder } from './fence.ts';
import type { EventStep, IncidentKind } from './incident.ts';
import type { DigestOf, Endpoint, EpochMs, Service } from './model.ts';
import { isWithheld, list, type Reason, sentence } from './reason.ts';
import { regionMark } from './rule-order.ts';
import { HELD_CODES } from './runbook.ts';
import { safeText } from './safe-text.ts';
import { markOf } from './snapshot.ts';
import type { Votes } from './vote.ts';

/** What a round looked at, beside what it decided. */
export type Looked = { readonly fence: Fence | null; readonly votes: Votes };

export type RoundSeen = Looked & {
  readonly service: Service;
  readonly decision: Decision;
  /** Generation of a commit of this very round; null where it made none. */
  readonly committed: number | null;
  /** When the verdicts were reached, before any waiting and sending. */
  readonly decidedAt: EpochMs;
  readonly at: EpochMs;
  readonly packagedAt: EpochMs;
  readonly digestOf: DigestOf;
};

export type Finding = {
  readonly kind: IncidentKind;
  readonly subject: string;
  /** Null: nothing is known now, so what was known stands. It never begins an incident. */
  readonly label: string | null;
  readonly step: EventStep;
  readonly sentence: string;
  readonly sinceAt: EpochMs;
  readonly firstFailedAt: EpochMs | null;
  readonly voteAt: EpochMs | null;
  /** When it was found: a verdict is older than the commit that followed. */
  readonly at: EpochMs;
  readonly generation: number | null;
  readonly serves: string;
  readonly commands: readonly string[];
  readonly title: string;
  readonly place: string | null;
  /** An order: when it ends. */
  readonly untilAt: EpochMs | null;
};

/** A deployment's own minutes, in which vantages have no report of this file yet. */
const DEPLOYING_MS = 900_000;
const NOT_YET: ReadonlySet<string> = new Set(['missing', 'other-config', 'unknown-config']);
/** An order is called to mind when so much of its life is over. */
const REMIND_PERCENT = 80;
const SERVED_SHOWN_MAX = 8;

export function findingsOf(seen: RoundSeen): readonly Finding[] {
  const off = automationOff(seen);
  return [
    ...(off === null ? [] : [off]),
    ...seen.service.endpoints.flatMap((endpoint) => endpointFindings(seen, endpoint)),
    ...(seen.fence?.orders ?? []).map((order) => orderFinding(seen, order)),
  ];
}

/** `frozen` is the work of an order, which has an incident of its own. */
function automationOff(seen: RoundSeen): Finding | null {
  const { service, decision, at } = seen;
  const { automation } = decision;
  if (automation === 'on' || automation === 'observing' || automation === 'frozen') return null;
  if (automation === 'not-quorate' && isDeploying(seen)) return null;
  const reason = decision.reasons.findLast(isWhy) ?? decision.endpoints.map(reasonOf).find(isDrift);
  return {
    ...about(seen),
    kind: 'automation',
    subject: 'automation',
    label: automation,
    step: 'verdict',
    sentence: reason === undefined ? `automation is off: ${automation}` : sentence(reason),
    sinceAt: at,
    commands: [`quorate why ${service.id}`, `quorate runbook ${automation}`],
    title: `${service.id}: automation is off (${automation})`,
  };
}

const reasonOf = ({ reason }: EndpointDecision): Reason => reason;
const isDrift = ({ code }: Reason): boolean => code === 'drift';
const isWhy = ({ code }: Reason): boolean => !code.startsWith('order-');

const isDeploying = ({ votes, at, packagedAt }: RoundSeen): boolean =>
  at - packagedAt < DEPLOYING_MS &&
  votes.views.every((view) => view.state !== 'silent' || NOT_YET.has(view.why));

function endpointFindings(seen: RoundSeen, own: Endpoint): readonly Finding[] {
  const { id } = own;
  const { decision } = seen;
  const found = decision.endpoints.find(({ endpoint }) => endpoint === id);
  // A hold by a bug judges no endpoint: what was known of them stands.
  if (found === undefined) return [endpointFinding(seen, own, null)];
  // Of several rules the last one says most: that all look down, rather than that one has to wait.
  const held = found.withheld.findLast(isWithheld);
  const { verdict, reason, from, to, order } = found;
  const isDown = verdict.value === 'down';
  const base = endpointFinding(seen, own, found);
  const finding = (label: string, step: EventStep, text: Reason): Finding => ({
    ...base,
    label,
    step,
    sentence: sentence(text),
    commands: [...base.commands, ...runbookOf(text)],
  });
  if (held !== undefined) return [finding(`withheld ${held.code}`, 'withheld', held)];
  if (reason.code === 'not-what-is-served') return [finding('not-served', 'withheld', reason)];
  if (isDown && reason.code === 'unproven') return [finding('unproven', 'withheld', reason)];
  if (isDown) {
    // Observing, nothing was committed, whatever the shadow holds.
    const isObserved = seen.service.mode === 'observe';
    const isOut = from === 0 && to === 0 && order === null && !isObserved;
    const isRemovedNow = seen.committed !== null && from !== null && from > 0 && to === 0;
    if (isOut) return [finding('out', 'committed', reason)];
    if (!isRemovedNow) return [finding('down', 'verdict', reason)];
    return [
      { ...finding('down', 'verdict', reason), at: seen.decidedAt },
      {
        ...finding('out', 'committed', reason),
        sentence: `removed: ${id} ${from} → 0, generation ${seen.committed}`,
        generation: seen.committed,
      },
    ];
  }
  const phase = entryOf(seen, own)?.phase.kind ?? 'in';
  // What an order covers is the order's to tell, once it is up.
  if (verdict.value === 'up' && (phase === 'in' || order !== null)) return [];
  // An `unknown` never ends an incident, and one that isn't back yet goes on.
  if (verdict.value === 'unknown') return [endpointFinding(seen, own, found)];
  return [finding(reason.code === 'ramp' ? 'returning' : 'up again', 'returning', reason)];
}

const runbookOf = ({ code }: Reason): readonly string[] =>
  HELD_CODES.includes(code) ? [`quorate runbook ${code}`] : [];

const entryOf = ({ fence, digestOf }: RoundSeen, own: Endpoint): FenceEntry | undefined =>
  fence?.entries.find(({ mark }) => mark === markOf(own, digestOf));

function endpointFinding(seen: RoundSeen, own: Endpoint, found: EndpointDecision | null): Finding {
  const { service, at } = seen;
  const { id, region: place } = own;
  const downs = new Set(found?.verdict.downs ?? []);
  const times = seen.votes.views.flatMap((view) =>
    view.state === 'silent' || !downs.has(view.vantage)
      ? []
      : (view.ballots.get(id)?.sinceAt ?? []),
  );
  const firstFailedAt = times.length === 0 ? null : (Math.min(...times) as EpochMs);
  const voteAt = found?.verdict.sinceAt ?? null;
  return {
    ...about(seen),
    kind: 'endpoint',
    subject: id,
    label: null,
    step: 'changed',
    sentence: '',
    sinceAt: firstFailedAt ?? at,
    firstFailedAt,
    voteAt: firstFailedAt === null ? null : voteAt,
    commands: [`quorate why ${service.id} ${id}`, `quorate status ${service.id}`],
    title: `${service.id}: ${id} is down${service.mode === 'observe' ? ' (observed only)' : ''}`,
    place,
  };
}

function orderFinding(seen: RoundSeen, order: FenceOrder): Finding {
  const { service, at, decision } = seen;
  const { id, kind, fromAt, untilAt, started } = order;
  const withheld = decision.reasons.find(
    (reason) => reason.code === 'order-withheld' && reason.order === id,
  );
  const covers = coversText(seen, order);
  const what = `${kind} of ${covers} until ${dayTime(untilAt)}`;
  const isEnding = (at - fromAt) * 100 >= (untilAt - fromAt) * REMIND_PERCENT;
  const state =
    withheld !== undefined ? 'withheld' : !started ? 'given' : isEnding ? 'ends soon' : 'begun';
  const texts = {
    withheld: '',
    given: `order ${id}: ${what} is given and begins ${dayTime(fromAt)}`,
    begun: `order ${id}: ${what} has begun`,
    'ends soon': `order ${id}: ${what} is ${REMIND_PERCENT} % over; what it covers returns by its health then`,
  };
  return {
    ...about(seen),
    kind: 'order',
    subject: id,
    label: `${state} ${untilAt}`,
    step: state === 'withheld' ? 'withheld' : 'changed',
    sentence: withheld === undefined ? texts[state] : sentence(withheld),
    sinceAt: fromAt,
    commands: [`quorate overrides`, `quorate extend ${id} --for 1h --reason "…"`],
    title: `${service.id}: ${what}`,
    untilAt,
  };
}

function coversText({ service, digestOf }: RoundSeen, { scope }: FenceOrder): string {
  switch (scope.kind) {
    case 'service':
      return service.id;
    case 'endpoint':
      return (
        service.endpoints.find((one) => markOf(one, digestOf) === scope.mark)?.id ??
        'an endpoint that left the file'
      );
    case 'region': {
      const own = service.endpoints.find(
        ({ region }) => regionMark(region, digestOf) === scope.mark,
      );
      return own === undefined ? 'a region that left the file' : `region ${own.region}`;
    }
  }
}

/** `2026-07-01 14:05Z`: a notification is read on another day, too. */
const dayTime = (at: EpochMs): string =>
  new Date(at).toISOString().slice(0, 16).replace('T', ' ').concat('Z');

const about = (seen: RoundSeen) => ({
  firstFailedAt: null,
  voteAt: null,
  at: seen.at,
  generation: null,
  serves: servesText(seen),
  place: null,
  untilAt: null,
});

/** What DNS serves now, by weight; after a commit, what it has left. */
function servesText({ decision, committed }: RoundSeen): string {
  const serving = decision.endpoints.flatMap(({ endpoint, from, to }) => {
    const weight = committed === null ? from : to;
    return weight === null || weight === 0 ? [] : [`${safeText(endpoint)} ${weight}`];
  });
  if (serving.length === 0) return 'nothing with weight is known here';
  const more = serving.length - SERVED_SHOWN_MAX;
  return list([...serving.slice(0, SERVED_SHOWN_MAX), ...(more > 0 ? [`${more} more`] : [])]);
}
