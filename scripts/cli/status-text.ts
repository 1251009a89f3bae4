/**
 * The document of `status` → the screen of 3 a.m.: whether automation is on, what is wrong, which orders
 * are in force, then each service with health beside what DNS has. Votes are symbols with a legend; colour
 * only repeats what the words say. Lines fit the terminal: the votes go first. Of many services only those
 * that are not calm are shown.
 */
import type { BallotShown, OrderShown } from '../../shared/api/parts.ts';
import type { EndpointShown, ServiceShown, StatusDocument } from '../../shared/api/status.ts';
import { HELD_STATES, isOn } from '../../shared/api/status-document.ts';
import { momentText } from '../../shared/core/phrase.ts';
import { clockTime, list, span } from '../../shared/core/reason.ts';
import { shortName } from '../local/terminal-view.ts';
import type { Paint } from './paint.ts';
import { endpointNote, isCalm, type Wrong, wrongNow } from './status-wrong.ts';

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

/** More than this do not fit a screen: the calm ones are counted. */
const SERVICES_SHOWN_MAX = 8;

export function statusText(document: StatusDocument, options: TextOptions): string {
  const { paint, detailed } = options;
  const shorts = document.vantages.map(({ vantage }) => shortName(vantage));
  const votesWidth = shorts.join(' ').length + 2;
  const isMany = document.services.length > SERVICES_SHOWN_MAX && !detailed;
  const shown = isMany ? document.services.filter((one) => !isCalm(one)) : document.services;
  const calm = document.services.length - shown.length;
  const longest = Math.max(
    ENDPOINT_WIDTH_MIN,
    ...shown.flatMap(({ endpoints }) => endpoints.map((one) => one.endpoint.length)),
  );
  const hasVotes = longest + votesWidth + FACTS_WIDTH <= options.columns;
  const columns = { wide: longest, shorts: hasVotes ? shorts : [], document };
  return [
    headline(document, paint),
    paint.dim(readLine(document)),
    ...document.notes.map((note) => paint.yellow(`note: ${note}`)),
    '',
    ...wrongLines(wrongNow(document), document, paint),
    ...orderLines(document.services, paint),
    ...(shown.length === 0 ? [] : ['', paint.bold('what is served')]),
    ...shown.flatMap((service) => ['', ...serviceLines(service, columns, options)]),
    ...(calm === 0
      ? []
      : [
          '',
          `${calm} ${shown.length === 0 ? '' : 'more '}${calm === 1 ? 'service is' : 'services are'} calm: every endpoint up, DNS as wanted; one of them: ${paint.bold('quorate status SERVICE')}`,
        ]),
    '',
    paint.bold('vantages'),
    ...vantageLines(document, paint),
    ...(hasVotes && shown.length > 0 ? [paint.dim(`votes: ${LEGEND}`)] : []),
  ].join('\n');
}

/** A second is no age: the zone was read for this answer. */
const FRESH_MS = 1_000;

function readLine({ deployment, region, at, zoneReadAt }: StatusDocument): string {
  const zoneAgeMs = zoneReadAt === null ? 0 : at - zoneReadAt;
  const zone = zoneAgeMs < FRESH_MS ? '' : `, the zone ${age(zoneAgeMs)} before`;
  return `${deployment}, read through ${region} at ${clockTime(at)}${zone}`;
}

/** `automation is on for 198 of 200 services; pay and web are frozen` */
export function headline(document: StatusDocument, paint: Paint): string {
  const { on, of } = document.automation;
  const held = HELD_STATES.flatMap((state) => {
    const ids = document.services.flatMap(({ automation, service }) =>
      automation === state ? [service] : [],
    );
    return ids.length === 0 ? [] : [`${idsText(ids)} ${ids.length === 1 ? 'is' : 'are'} ${state}`];
  });
  const text = `automation is on for ${on} of ${of} ${of === 1 ? 'service' : 'services'}${held.length === 0 ? '' : `; ${held.join('; ')}`}`;
  return paint.bold(on === of ? paint.green(text) : paint.yellow(text));
}

const IDS_MAX = 4;

const idsText = (ids: readonly string[]): string =>
  ids.length <= IDS_MAX
    ? list(ids)
    : list([...ids.slice(0, IDS_MAX - 1), `${ids.length - IDS_MAX + 1} others`]);

function wrongLines(
  wrongs: readonly Wrong[],
  { services }: StatusDocument,
  paint: Paint,
): readonly string[] {
  if (wrongs.length === 0) {
    const isAll = services.every(isCalm);
    return [
      paint.bold(
        isAll
          ? paint.green('nothing is wrong: every endpoint is up, and DNS has what is wanted')
          : paint.green('nothing is wrong'),
      ),
    ];
  }
  const wide = Math.max(0, ...wrongs.map(({ service }) => service?.length ?? 0));
  const isOne = services.length === 1;
  return [
    paint.bold('what is wrong'),
    ...wrongs.map(({ service, text }) =>
      paint.yellow(
        isOne ? `  ${text}` : `  ${service === null ? text : `${service.padEnd(wide)}  ${text}`}`,
      ),
    ),
  ];
}

function orderLines(services: readonly ServiceShown[], paint: Paint): readonly string[] {
  const orders = services.flatMap(({ orders: own }) => own);
  if (orders.length === 0) return [];
  const wide = Math.max(...orders.map(({ service }) => service.length));
  return [
    '',
    paint.bold('orders'),
    ...orders.map((order) => `  ${order.service.padEnd(wide)}  ${orderText(order)}`),
  ];
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

function whyLines(endpoint: EndpointShown, paint: Paint): readonly string[] {
  const note = endpointNote(endpoint);
  return note === null ? [] : [paint.yellow(`    ${note}`)];
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

/** `order x: drain of us-east-1 until 2026-11-24 03:30Z, by ann: bad deploy 4711` */
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
    ? `until ${momentText(order.untilAt)}`
    : `from ${momentText(order.fromAt)} until ${momentText(order.untilAt)}, not begun`;
  const then = order.afterwards === 'approve' ? ', then waits for approval' : '';
  const forced = order.force.length === 0 ? '' : `, ${list(order.force)} forced`;
  const who =
    order.actor === null
      ? ', by whom is not known here'
      : `, by ${order.actor}${order.reason === null ? '' : `: ${order.reason}`}`;
  return `order ${order.id}: ${what}${on} ${when}${then}${forced}${who}`;
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
