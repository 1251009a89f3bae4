/**
 * The document of `status` → what is wrong now, worst first, one sentence each: what a person reads before
 * anything else. Orders and what returns by itself are not wrong; they stand with their service.
 */
import type { EndpointShown, ServiceShown, StatusDocument } from '../../shared/api/status.ts';
import { list } from '../../shared/core/reason.ts';

export type Wrong = { readonly service: string | null; readonly text: string };

/** Reasons that need somebody, whatever the endpoint's health is. */
const NEEDS_SOMEBODY = new Set([
  'not-what-is-served',
  'drift',
  'drift-waits',
  'awaiting-approval',
  'pending',
  'orphan',
]);
/** Reasons whose sentence tells the health, too. */
const TELLS_HEALTH = new Set(['quorum-down', 'no-quorum', 'unproven', 'healthy']);
/** So many services with one trouble are one line. */
const SAME_MAX = 3;

export function wrongNow(document: StatusDocument): readonly Wrong[] {
  return [
    ...inCommon(document.services.flatMap(serviceWrongs)),
    ...document.services.flatMap((service) =>
      service.endpoints.flatMap((endpoint) =>
        wrongsOf(service)(endpoint).map((text) => ({ service: service.service, text })),
      ),
    ),
    ...document.vantages.flatMap(({ vantage, state, why }): readonly Wrong[] => {
      if (state === 'reporting') return [];
      const text =
        state === 'silent'
          ? `${vantage} does not look: ${inSeconds(why ?? 'no report')}`
          : `${vantage} is isolated: nothing that it asks answers, so its down votes do not count`;
      return [{ service: null, text }];
    }),
  ];
}

type ServiceWrong = Wrong & { readonly service: string; readonly code: string };

function serviceWrongs(service: ServiceShown): readonly ServiceWrong[] {
  const own = (code: string, text: string): ServiceWrong => ({
    service: service.service,
    code,
    text,
  });
  return [
    ...(service.trouble === null ? [] : [own('unread', service.trouble)]),
    ...service.reasons.map(({ code, sentence }) => own(code, sentence)),
  ];
}

function inCommon(wrongs: readonly ServiceWrong[]): readonly Wrong[] {
  return [...Map.groupBy(wrongs, ({ code }) => code).values()].flatMap((same): readonly Wrong[] => {
    const [first] = same;
    if (first === undefined || same.length <= SAME_MAX) return same;
    const ids = same.slice(0, SAME_MAX).map(({ service }) => service);
    const named = `${list([...ids, `${same.length - SAME_MAX} more`])}`;
    return [{ service: null, text: `${same.length} services (${named}), as ${first.text}` }];
  });
}

/** Of a service that is not quorate every endpoint is unknown: that is said once. */
export const wrongsOf = (
  service: Pick<ServiceShown, 'reasons'>,
): ((endpoint: EndpointShown) => readonly string[]) => {
  const isBlind = service.reasons.some(({ code }) => code === 'not-quorate');
  return (endpoint) =>
    isBlind && endpoint.reason.code === 'no-quorum' && endpoint.downs === 0
      ? []
      : endpointWrongs(endpoint);
};

function endpointWrongs(endpoint: EndpointShown): readonly string[] {
  const { health, degraded, downs, reason, withheld } = endpoint;
  const tells = TELLS_HEALTH.has(reason.code) && reason.sentence !== '';
  // Right after a change of weight no vote is old enough to count: that is no trouble by itself.
  const isBad = health === 'down' || (health === 'unknown' && downs > 0);
  const watched = [...new Set(endpoint.votes.flatMap(({ watch }) => watch))];
  return [
    ...(health === 'up' && degraded ? [degradedText(endpoint)] : []),
    ...(health !== 'up' && tells ? [`${reason.sentence}${servedText(endpoint)}`] : []),
    ...(isBad && !tells ? [`${health}: ${healthText(endpoint)}${servedText(endpoint)}`] : []),
    ...(NEEDS_SOMEBODY.has(reason.code) ? [reason.sentence] : []),
    ...withheld.map(({ sentence }) => sentence),
    ...(watched.length === 0
      ? []
      : [`watch: ${list(watched)} of ${endpoint.endpoint} (shown, never votes)`]),
  ];
}

/** Of one that is down: whether clients are still sent there. */
const servedText = ({ health, inDns, configured }: EndpointShown): string =>
  health !== 'down' || inDns === null ? '' : `; DNS gives it ${inDns} of ${configured}`;

/** `report too old (107362 ms old)`: nobody counts in milliseconds at night. */
const inSeconds = (text: string): string =>
  text.replace(/\b(\d+) ms old\b/, (_, ms: string) => `${Math.round(Number(ms) / 1_000)} s old`);

const healthText = ({ endpoint, ups, downs, of }: EndpointShown): string =>
  `${endpoint} has ${ups} up and ${downs} down votes of ${of}`;

function degradedText({ endpoint, ups, of, votes }: EndpointShown): string {
  const against = votes.filter(({ vote }) => vote === 'down');
  const codes = [...new Set(against.flatMap(({ code }) => code ?? []))];
  const why = codes.length === 0 ? '' : ` (${codes.join(', ')})`;
  const who = list(against.map(({ vantage }) => vantage));
  return `degraded: ${endpoint} is up in ${ups} of ${of} vantages, and down for ${who}${why}; that is no quorum`;
}

/** Said under the endpoint itself: what an operator did, and what returns by itself. */
export function endpointNote({
  reason,
  order,
  inDns,
  wanted,
  configured,
}: EndpointShown): string | null {
  const isUsual = order === null && wanted === configured && inDns === configured;
  const isTold = TELLS_HEALTH.has(reason.code) || NEEDS_SOMEBODY.has(reason.code);
  return isUsual || isTold || reason.sentence === '' ? null : reason.sentence;
}

/** Needs no second look: healthy, undisputed, unordered, and DNS has what is wanted. */
export const isCalm = (service: ServiceShown): boolean =>
  service.trouble === null &&
  service.reasons.length === 0 &&
  service.orders.length === 0 &&
  (service.automation === 'on' || service.automation === 'observing') &&
  service.endpoints.every(
    (endpoint) =>
      endpoint.inDns === endpoint.wanted &&
      endpointWrongs(endpoint).length === 0 &&
      endpointNote(endpoint) === null,
  );
