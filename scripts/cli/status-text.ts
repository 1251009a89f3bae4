/**
 * The document of `status` → what a person reads at night: automation first, then each service with health
 * beside what DNS has, and a sentence wherever something is not calm. Votes are symbols with a legend;
 * colour only repeats what the words say. Lines fit the terminal: the votes go first.
 */
import type { BallotShown, OrderShown } from '../../shared/api/parts.ts';
import type { EndpointShown, ServiceShown, StatusDocument } from '../../shared/api/status.ts';
import { HELD_STATES, isOn } from '../../shared/api/status-document.ts';
import { clockTime, list, span } from '../../shared/core/reason.ts';
import { shortName } from '../local/terminal-view.ts';
import type { Paint } from './paint.ts';

const SYMBOLS: Readonly<Record<BallotShown['vote'], string>> = {
  up: '✓',
  down: '✗',
  none: '·',
  silent: '?',
};
const LEGEND = '✓ up  ✗ down  · no vote  ? silent';
const ENDPOINT_WIDTH_MIN = 10;
const FACTS_WIDTH = 46;

export type TextOptions = {
  readonly paint: Paint;
  readonly columns: number;
  /** One service was asked for: what each vantage saw is told too. */
  readonly detailed: boolean;
};

export function statusText(document: StatusDocument, options: TextOptions): string {
  const { paint } = options;
  const shorts = document.vantages.map(({ vantage }) => shortName(vantage));
  const votesWidth = shorts.join(' ').length + 2;
  const longest = Math.max(
    ENDPOINT_WIDTH_MIN,
    ...document.services.flatMap(({ endpoints }) => endpoints.map((one) => one.endpoint.length)),
  );
  const hasVotes = longest + votesWidth + FACTS_WIDTH <= options.columns;
  const columns = { wide: longest, shorts: hasVotes ? shorts : [], document };
  return [
    headline(document, paint),
    paint.dim(
      `${document.deployment}, read through ${document.region} at ${clockTime(document.at)}`,
    ),
    ...document.notes.map((note) => paint.yellow(`note: ${note}`)),
    ...document.services.flatMap((service) => ['', ...serviceLines(service, columns, options)]),
    '',
    paint.bold('vantages'),
    ...vantageLines(document, paint),
    ...(hasVotes ? [paint.dim(`votes: ${LEGEND}`)] : []),
  ].join('\n');
}

/** `automation: on for 2 of 3 services; pay is frozen` */
export function headline(document: StatusDocument, paint: Paint): string {
  const { on, of } = document.automation;
  const held = HELD_STATES.flatMap((state) => {
    const services = document.services.filter(({ automation }) => automation === state);
    const ids = services.map(({ service }) => service);
    return ids.length === 0 ? [] : [`${list(ids)} ${ids.length === 1 ? 'is' : 'are'} ${state}`];
  });
  const text = `automation: on for ${on} of ${of} ${of === 1 ? 'service' : 'services'}${held.length === 0 ? '' : `; ${held.join('; ')}`}`;
  return paint.bold(on === of ? paint.green(text) : paint.yellow(text));
}

type Columns = {
  readonly wide: number;
  readonly shorts: readonly string[];
  readonly document: StatusDocument;
};

function serviceLines(
  service: ServiceShown,
  columns: Columns,
  options: TextOptions,
): readonly string[] {
  const { paint } = options;
  const { wide, shorts } = columns;
  const automation = isOn(service)
    ? paint.green(service.automation)
    : paint.yellow(service.automation);
  const waiting =
    service.waitingUntilAt === null ? '' : `   waiting until ${clockTime(service.waitingUntilAt)}`;
  return [
    `${paint.bold(service.service)}   automation: ${automation}   generation ${service.generation ?? '-'}   mode ${service.mode}   ${service.usable} of ${service.of} vantages, quorum ${service.quorum}${waiting}`,
    paint.dim(`  ${service.names.join(', ')}`),
    ...(service.trouble === null ? [] : [paint.red(`  ${service.trouble}`)]),
    ...service.reasons.map((reason) => paint.yellow(`  ${reason.sentence}`)),
    ...service.orders.map((order) => `  ${orderText(order)}`),
    paint.dim(
      `  ${'endpoint'.padEnd(wide)}  ${shorts.length === 0 ? '' : `${shorts.join(' ')}  `}${'health'.padEnd(18)}${'in DNS'.padEnd(8)}${'wanted'.padEnd(8)}of`,
    ),
    ...service.endpoints.flatMap((endpoint) => [
      endpointLine(endpoint, columns, paint),
      ...whyLines(endpoint, paint),
      ...(options.detailed ? seenLines(endpoint, columns.document.at, paint) : []),
    ]),
  ];
}

function endpointLine(
  endpoint: EndpointShown,
  { wide, shorts, document }: Columns,
  paint: Paint,
): string {
  const votes = shorts.map((short, position) => {
    const vantage = document.vantages[position]?.vantage;
    const ballot = endpoint.votes.find((one) => one.vantage === vantage);
    return centred(ballot === undefined ? '' : SYMBOLS[ballot.vote], short.length);
  });
  const { inDns, wanted, configured } = endpoint;
  return [
    `  ${endpoint.endpoint.padEnd(wide)}  `,
    ...(votes.length === 0 ? [] : [`${votes.join(' ')}  `]),
    healthText(endpoint, paint),
    weightPaint(endpoint, paint)(`${inDns ?? '-'}`.padEnd(8)),
    `${wanted ?? '-'}`.padEnd(8),
    `${configured}`,
  ].join('');
}

const centred = (symbol: string, width: number): string =>
  ' '.repeat(Math.floor((width - 1) / 2)) +
  (symbol === '' ? ' ' : symbol) +
  ' '.repeat(Math.ceil((width - 1) / 2));

function healthText({ health, degraded, ups, downs, of }: EndpointShown, paint: Paint): string {
  switch (health) {
    case 'up': {
      const word = degraded ? 'degraded' : 'up';
      return paint[degraded ? 'yellow' : 'green'](`${word} ${ups} of ${of}`.padEnd(18));
    }
    case 'down':
      return paint.red(`down ${downs} of ${of}`.padEnd(18));
    case 'unknown':
      return paint.yellow(`unknown ${ups}+${downs}−`.padEnd(18));
  }
}

function weightPaint({ inDns, configured, health }: EndpointShown, paint: Paint): Paint['red'] {
  if (inDns === configured) return health === 'down' ? paint.red : paint.green;
  return paint.yellow;
}

/** Healthy, undisputed and at full weight needs no sentence. */
function whyLines(endpoint: EndpointShown, paint: Paint): readonly string[] {
  const { health, degraded, inDns, wanted, configured, order, reason, withheld } = endpoint;
  const isCalm =
    health === 'up' && !degraded && order === null && wanted === configured && inDns === configured;
  const why = isCalm || reason.sentence === '' ? [] : [reason.sentence];
  const failing = endpoint.votes.flatMap(({ watch }) => watch);
  const watched =
    failing.length === 0 ? [] : [`watch: ${list([...new Set(failing)])} (shown, never votes)`];
  return [...why, ...withheld.map((one) => one.sentence), ...watched].map((text) =>
    paint.yellow(`    ${text}`),
  );
}

/** What each vantage saw, where it is not steadily well. */
function seenLines(endpoint: EndpointShown, now: number, paint: Paint): readonly string[] {
  const telling = endpoint.votes.filter(
    ({ vote, code }) => vote !== 'silent' && (vote !== 'up' || code !== null),
  );
  const wide = Math.max(0, ...telling.map(({ vantage }) => vantage.length));
  return telling.map((ballot) =>
    paint.dim(`      ${ballot.vantage.padEnd(wide)}  ${ballotText(ballot, now)}`),
  );
}

/** `down  timeout, 4 in a row since 12:00:20Z: no complete answer within 3000 ms` */
export function ballotText(ballot: BallotShown, now: number): string {
  const { vote, failures, sinceAt, code, detail, latencyMs, watch } = ballot;
  if (vote === 'silent') return `silent  ${detail}`;
  const since = sinceAt === null ? '' : ` since ${clockTime(sinceAt)} (${age(now - sinceAt)})`;
  const run = failures > 0 ? `, ${failures} in a row` : '';
  const facts = [
    `${code ?? (vote === 'up' ? 'passes' : 'no vote yet')}${run}${since}`,
    ...(latencyMs === null ? [] : [`${latencyMs} ms`]),
    ...(watch.length === 0 ? [] : [`watch: ${watch.join(', ')}`]),
  ].join(', ');
  return `${vote.padEnd(6)}${facts}${detail === '' ? '' : `: ${detail}`}`;
}

export function orderText(order: OrderShown): string {
  const what =
    order.kind === 'pin' ? `pin at ${order.weight}` : order.kind === 'drain' ? 'drain' : 'freeze';
  const on =
    order.covers === null
      ? ' of something that is not in this file'
      : order.covers === 'service'
        ? ''
        : ` of ${order.covers}`;
  const when = order.started
    ? `until ${clockTime(order.untilAt)}`
    : `from ${clockTime(order.fromAt)} until ${clockTime(order.untilAt)}, not begun`;
  const then = order.afterwards === 'approve' ? ', then waits for approval' : '';
  return `order ${order.id}: ${what}${on} ${when}${then}`;
}

function vantageLines({ vantages }: StatusDocument, paint: Paint): readonly string[] {
  const wide = Math.max(0, ...vantages.map(({ vantage }) => vantage.length));
  return vantages.map(({ vantage, state, ageMs, why }) => {
    const colour = state === 'reporting' ? paint.green : paint.yellow;
    const when = ageMs === null ? '' : `  ${age(ageMs)} ago`;
    return `  ${vantage.padEnd(wide)}  ${colour(state.padEnd(9))}${when}${why === null ? '' : `  ${why}`}`;
  });
}

/** `40 s`, `3 min`, `2 h`: how long ago, no more exact than anybody needs. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return span(seconds * 1_000);
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
