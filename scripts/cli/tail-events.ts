/**
 * Two looks at the same deployment → what happened in between, each as one line: automation, health, what
 * DNS has, vantages, decisions with how far they came, incidents. Pure, so that a night can be told in a
 * test; what did not change says nothing.
 */
import type { DecisionShown } from '../../shared/api/decisions.ts';
import type { IncidentShown } from '../../shared/api/incidents.ts';
import type { EndpointShown, ServiceShown, StatusDocument } from '../../shared/api/status.ts';

export const TAIL_KINDS = [
  'automation',
  'health',
  'in-dns',
  'vantage',
  'order',
  'decision',
  'incident',
  'api',
] as const;

export type TailEvent = {
  readonly format: 1;
  readonly at: number;
  readonly kind: (typeof TAIL_KINDS)[number];
  /** Null: of the whole deployment. */
  readonly service: string | null;
  readonly sentence: string;
};

const event = (
  at: number,
  kind: TailEvent['kind'],
  service: string | null,
  sentence: string,
): TailEvent => ({ format: 1, at, kind, service, sentence });

export function statusEvents(before: StatusDocument, after: StatusDocument): readonly TailEvent[] {
  const { at } = after;
  const services = after.services.flatMap((now) => {
    const then = before.services.find(({ service }) => service === now.service);
    return then === undefined ? [] : serviceEvents(then, now, at);
  });
  const vantages = after.vantages.flatMap((now) => {
    const then = before.vantages.find(({ vantage }) => vantage === now.vantage);
    if (then === undefined || then.state === now.state) return [];
    const why = now.why === null ? '' : `: ${now.why}`;
    return [event(at, 'vantage', null, `${now.vantage} ${then.state} → ${now.state}${why}`)];
  });
  return [...services, ...vantages];
}

function serviceEvents(then: ServiceShown, now: ServiceShown, at: number): readonly TailEvent[] {
  const { service } = now;
  const events: TailEvent[] = [];
  if (then.automation !== now.automation) {
    const why = now.trouble ?? now.reasons[0]?.sentence;
    events.push(
      event(
        at,
        'automation',
        service,
        `automation ${then.automation} → ${now.automation}${why === undefined ? '' : `: ${why}`}`,
      ),
    );
  }
  for (const endpoint of now.endpoints) {
    const old = then.endpoints.find((one) => one.endpoint === endpoint.endpoint);
    if (old !== undefined) events.push(...endpointEvents(old, endpoint, service, at));
  }
  // A service that could not be read shows no orders: that is not their end.
  if (now.trouble === null && then.trouble === null) {
    for (const { id, kind, covers } of now.orders) {
      if (then.orders.some((one) => one.id === id)) continue;
      events.push(event(at, 'order', service, `order ${id}: ${kind} of ${covers ?? service}`));
    }
    for (const { id, kind, covers } of then.orders) {
      if (now.orders.some((one) => one.id === id)) continue;
      events.push(
        event(at, 'order', service, `order ${id} is over: ${kind} of ${covers ?? service}`),
      );
    }
  }
  return events;
}

function endpointEvents(
  then: EndpointShown,
  now: EndpointShown,
  service: string,
  at: number,
): readonly TailEvent[] {
  const name = now.endpoint;
  const votes = now.health === 'down' ? now.downs : now.ups;
  const health =
    then.health === now.health
      ? []
      : [
          event(
            at,
            'health',
            service,
            `${name} ${then.health} → ${now.health} (${votes} of ${now.of}): ${now.reason.sentence}`,
          ),
        ];
  const served =
    then.inDns === now.inDns
      ? []
      : [event(at, 'in-dns', service, `${name} in DNS ${then.inDns ?? '-'} → ${now.inDns ?? '-'}`)];
  return [...health, ...served];
}

/** What one look at a service's decisions shows, by generation and nonce. */
export type DecisionsSeen = ReadonlyMap<string, DecisionShown>;

const keyOf = ({ record }: DecisionShown): string => `${record.generation}#${record.nonce}`;

export const seenOf = (decisions: readonly DecisionShown[]): DecisionsSeen =>
  new Map(decisions.map((one) => [keyOf(one), one]));

export function decisionEvents(
  service: string,
  before: DecisionsSeen,
  decisions: readonly DecisionShown[],
  /** Those older than the first look are history. */
  sinceAt: number,
): readonly TailEvent[] {
  return decisions
    .toReversed()
    .filter(({ record }) => record.at >= sinceAt || before.size > 0)
    .flatMap((now) => stepsOf(service, before.get(keyOf(now)), now, sinceAt));
}

function stepsOf(
  service: string,
  then: DecisionShown | undefined,
  { record, outcome, committedAt, insyncAt, seenAt, changeId }: DecisionShown,
  sinceAt: number,
): readonly TailEvent[] {
  const events: TailEvent[] = [];
  const tell = (at: number, sentence: string): void => {
    events.push(event(at, 'decision', service, sentence));
  };
  const name = `generation ${record.generation}`;
  if (then === undefined && record.at >= sinceAt) {
    tell(record.at, `${name} by ${record.actor}: ${record.sentences.join('; ')}`);
  }
  if (outcome !== 'open' && (then === undefined ? record.at >= sinceAt : then.outcome === 'open')) {
    const change = changeId === null ? '' : ` as change ${changeId}`;
    tell(committedAt ?? record.at, `${name} ${outcome}${change}`);
  }
  const isNew = (at: number | null, known: number | null | undefined): at is number =>
    at !== null && (known ?? null) === null && at >= sinceAt;
  if (isNew(insyncAt, then?.insyncAt)) tell(insyncAt, `${name} is in sync at Route 53`);
  if (isNew(seenAt, then?.seenAt)) tell(seenAt, `${name} is answered by every name server`);
  return events;
}

/** Is there something to come of the newest ones? */
export const isUnfinished = (decisions: DecisionsSeen, now: number, forMs: number): boolean =>
  [...decisions.values()].some(
    ({ record, outcome, seenAt }) =>
      (outcome === 'open' || (outcome === 'committed' && seenAt === null)) &&
      now - record.at < forMs,
  );

export function incidentEvents(
  known: ReadonlySet<string>,
  incidents: readonly IncidentShown[],
): { readonly events: readonly TailEvent[]; readonly known: ReadonlySet<string> } {
  const steps = incidents.flatMap((incident) =>
    incident.steps.map((step) => ({
      incident,
      step,
      key: `${incident.id} ${step.step} ${step.at}`,
    })),
  );
  const events = steps
    .filter(({ key }) => !known.has(key))
    .map(({ incident, step }) =>
      event(step.at, 'incident', incident.service, `${incident.title}: ${step.sentence}`),
    );
  return {
    events: events.sort((a, b) => a.at - b.at),
    known: new Set([...known, ...steps.map(({ key }) => key)]),
  };
}

/** `03:12:40Z  app   health      us-east-1 up → down (5 of 5): …` */
export const tailLine = ({ at, kind, service, sentence }: TailEvent, width: number): string =>
  `${new Date(at).toISOString().slice(11, 19)}Z  ${(service ?? '-').padEnd(width)}  ${kind.padEnd(10)}  ${sentence}`;
