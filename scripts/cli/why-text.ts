/**
 * One service's document and its newest decisions → the answer to "why": first what is the matter, in one
 * sentence; then numbers, what each vantage sees, the last change, what would let things change; last the
 * commands to type next.
 */
import type { DecisionShown } from '../../shared/api/decisions.ts';
import type { EndpointShown, ServiceDocument } from '../../shared/api/status.ts';
import { isOn } from '../../shared/api/status-document.ts';
import { clockTime } from '../../shared/core/reason.ts';
import { HELD_CODES } from '../../shared/core/runbook.ts';
import { dayTime, decisionHead, decisionLines } from './decision-text.ts';
import type { Paint } from './paint.ts';
import { age, ballotText, orderText } from './status-text.ts';
import { endpointNote, isCalm, wrongsOf } from './status-wrong.ts';

export type WhyDocument = ServiceDocument & {
  /** The newest that was not lost; null where the table knows none. */
  readonly lastDecision: DecisionShown | null;
  /** Ready to type. */
  readonly commands: readonly string[];
};

export function whyDocument(
  document: ServiceDocument,
  decisions: readonly DecisionShown[],
  endpoint: string | null,
): WhyDocument {
  const endpoints = document.endpoints.filter(
    (one) => endpoint === null || one.endpoint === endpoint,
  );
  const own = { ...document, endpoints };
  const lastDecision =
    decisions.find(
      ({ record, outcome }) =>
        outcome !== 'lost' &&
        (endpoint === null ||
          record.lines.some((line) => line.endpoint === endpoint && line.from !== line.to)),
    ) ?? null;
  return { ...own, lastDecision, commands: commandsOf(own) };
}

/** In one sentence: the first thing to know. */
export function matterOf(document: ServiceDocument): string {
  const { service, trouble, reasons, endpoints } = document;
  const [reason] = reasons;
  if (trouble !== null) return `${service} can't be judged: ${trouble}`;
  if (reason !== undefined) return reason.sentence;
  const withheld = endpoints.flatMap((one) => one.withheld);
  const [held] = withheld;
  if (held !== undefined) return held.sentence;
  const down = endpoints.filter(({ health }) => health === 'down').map(downText);
  if (down.length > 0) return down.join('; ');
  const wrongs = endpoints.flatMap(wrongsOf(document));
  const [wrong] = wrongs;
  const more = wrongs.length > 1 ? ` (and ${wrongs.length - 1} more)` : '';
  if (wrong !== undefined) return `${wrong}${more}`;
  const note = endpoints.map(endpointNote).find((text) => text !== null);
  if (note !== undefined && note !== null) return note;
  const names =
    endpoints.length === 1
      ? `${endpoints[0]?.endpoint} is`
      : `all ${endpoints.length} endpoints are`;
  return `nothing is the matter with ${service}: ${names} up, and DNS has what is wanted`;
}

/** `us-east-1 is down since 03:12:40Z, 5 of 5 vantages (timeout); DNS gives it 0 of 100` */
function downText({
  endpoint,
  sinceAt,
  downs,
  of,
  inDns,
  configured,
  votes,
}: EndpointShown): string {
  const since = sinceAt === null ? '' : ` since ${clockTime(sinceAt)}`;
  const codes = [
    ...new Set(votes.flatMap(({ vote, code }) => (vote === 'down' && code !== null ? [code] : []))),
  ];
  const why = codes.length === 0 ? '' : ` (${codes.join(', ')})`;
  const dns = inDns === null ? 'it has no record in DNS' : `DNS gives it ${inDns} of ${configured}`;
  return `${endpoint} is down${since} for ${downs} of ${of} vantages${why}; ${dns}`;
}

export function whyText(document: WhyDocument, paint: Paint): string {
  const { endpoints, lastDecision, lastChange, whatWouldChange, commands, orders, at } = document;
  const wrongs = wrongsOf(document);
  const colour = isCalm(document) ? paint.green : paint.yellow;
  const automation = isOn(document) ? paint.green('on') : paint.yellow(document.automation);
  return [
    paint.bold(colour(matterOf(document))),
    '',
    `${paint.bold(document.service)}   automation: ${automation}   generation ${document.generation ?? '-'}   mode ${document.mode}   ${document.usable} of ${document.of} vantages, quorum ${document.quorum}`,
    paint.dim(
      `${document.names.join(', ')}   ${document.deployment}, read through ${document.region} at ${clockTime(at)}`,
    ),
    ...document.notes.map((note) => paint.yellow(`note: ${note}`)),
    ...orders.map((order) => orderText(order)),
    ...endpoints.flatMap((one) => ['', ...endpointLines(one, wrongs(one), at, paint)]),
    ...section('last change', changeLines(document, lastDecision, lastChange, paint), paint),
    ...section('what would change it', whatWouldChange, paint),
    ...section('type next', commands, paint),
  ].join('\n');
}

const section = (title: string, lines: readonly string[], paint: Paint): readonly string[] =>
  lines.length === 0 ? [] : ['', paint.bold(title), ...lines.map((line) => `  ${line}`)];

function endpointLines(
  endpoint: EndpointShown,
  wrongs: readonly string[],
  now: number,
  paint: Paint,
): readonly string[] {
  const { health, degraded, ups, downs, of, inDns, wanted, configured, votes } = endpoint;
  const word = degraded ? 'degraded' : health;
  const colour =
    health === 'down' ? paint.red : health === 'up' && !degraded ? paint.green : paint.yellow;
  const wide = Math.max(0, ...votes.map(({ vantage }) => vantage.length));
  const tier = endpoint.tier === null || endpoint.tier === 1 ? '' : `   tier ${endpoint.tier}`;
  const texts = [...wrongs, endpointNote(endpoint)].filter((one) => one !== null);
  return [
    `${paint.bold(endpoint.endpoint)}   ${colour(word)}, ${ups} up and ${downs} down votes of ${of}   in DNS ${inDns ?? '-'}   wanted ${wanted ?? '-'}   of ${configured}${tier}`,
    ...texts.map((text) => paint.yellow(`  ${text}`)),
    ...votes.map((ballot) => `    ${ballot.vantage.padEnd(wide)}  ${ballotText(ballot, now)}`),
  ];
}

function changeLines(
  { at, fence }: WhyDocument,
  decision: DecisionShown | null,
  change: ServiceDocument['lastChange'],
  paint: Paint,
): readonly string[] {
  if (decision === null) {
    return change === null
      ? [`none: ${fence.name} is ${fence.state}`]
      : [`generation ${change.generation} stands in DNS; this region's table has no record of it`];
  }
  const { record } = decision;
  return [
    `${dayTime(record.at)} (${age(at - record.at)} ago)  ${decisionHead(decision, paint)}`,
    ...decisionLines(record).map((line) => `  ${line}`),
    ...(change?.state === 'pending' && change.generation === record.generation
      ? [paint.yellow('  not yet INSYNC: Route 53 is still handing it to its name servers')]
      : []),
  ];
}

const COMMANDS_MAX = 6;

/** What helps here, in the order in which one would type it. */
function commandsOf({
  service,
  endpoints,
  orders,
  automation,
  reasons,
}: ServiceDocument): readonly string[] {
  const [held] = [
    ...reasons,
    ...endpoints.flatMap((one) => one.withheld),
    ...endpoints.map(({ reason }) => reason),
  ].filter(({ code }) => HELD_CODES.some((one) => one === code));
  const failing = endpoints.filter(({ health, degraded }) => health !== 'up' || degraded);
  const inService = failing.filter(
    ({ health, inDns, order }) => health === 'down' && (inDns ?? 0) > 0 && order === null,
  );
  const waiting = endpoints.filter(({ reason }) => reason.code === 'awaiting-approval');
  const commands = [
    ...failing.map(({ endpoint }) => `quorate probe ${service} ${endpoint} --from all`),
    ...inService.map(
      ({ endpoint }) => `quorate drain ${service} ${endpoint} --for 2h --reason "…"`,
    ),
    ...waiting.map(({ endpoint }) => `quorate approve ${service} ${endpoint} --reason "…"`),
    ...orders.map(
      ({ kind, id }) =>
        `quorate ${{ drain: 'undrain', pin: 'unpin', freeze: 'unfreeze' }[kind]} ${id}`,
    ),
    ...(automation === 'drift' ? [`quorate plan ${service}`] : []),
    ...(automation === 'not-quorate' || automation === 'blocked' ? ['quorate doctor'] : []),
  ];
  return [
    ...[...new Set(commands)].slice(0, COMMANDS_MAX),
    ...(held === undefined ? [] : [`quorate runbook ${held.code}`]),
    `quorate history ${service}`,
    `quorate incidents ${service}`,
  ];
}
