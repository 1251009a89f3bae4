/**
 * The live screen of `npm start`. In: the world's state, where it listens and the terminal's size. Out:
 * lines that fit, votes as symbols and words (colour only repeats them), what to type to look and to
 * break. `render` is pure; `openScreen` alone touches the terminal and gives it back as it was.
 */
import type { Ballot, EndpointState, ServiceState, WorldState } from './world-state.ts';

export type ScreenSize = {
  readonly columns: number;
  readonly rows: number;
  readonly colour: boolean;
};

export type ScreenFacts = {
  readonly url: string;
  readonly dns: { readonly host: string; readonly port: number };
  readonly speed: number;
};

type Colour = 'green' | 'red' | 'yellow' | 'dim' | 'bold';
/** A stretch of text and how it is coloured where colour is wanted. */
type Piece = string | { readonly text: string; readonly colour: Colour };
type Line = readonly Piece[];

const COLOURS: Readonly<Record<Colour, string>> = {
  green: '32',
  red: '31',
  yellow: '33',
  dim: '2',
  bold: '1',
};

const SYMBOLS: Readonly<Record<Ballot, Piece>> = {
  up: { text: '✓', colour: 'green' },
  down: { text: '✗', colour: 'red' },
  none: { text: '·', colour: 'dim' },
  silent: { text: '?', colour: 'yellow' },
};
const LEGEND = '✓ up  ✗ down  · no vote yet  ? silent';

export function render(state: WorldState, facts: ScreenFacts, size: ScreenSize): string {
  const fixed: readonly Line[] = [
    ...heading(state, facts),
    ...state.services.flatMap((service) => ['', ...serviceLines(service, state)].map(asLine)),
    ...vantageLines(state),
    ...faultLines(state),
  ];
  const help = helpLines(state, facts, size.columns);
  const room = size.rows - fixed.length - help.length;
  // News gets what is left; on a small screen the help goes first, then the end of the rest.
  const news = room >= 2 ? newsLines(state, room) : [];
  const lines = [...fixed, ...news, ...(room >= 0 ? help : [])].slice(0, size.rows);
  return lines.map((line) => paint(line, size)).join('\n');
}

const asLine = (line: Line | string): Line => (typeof line === 'string' ? [line] : line);

function heading(state: WorldState, facts: ScreenFacts): readonly Line[] {
  const speed = facts.speed === 1 ? '' : `  speed ×${facts.speed}`;
  const readiness: Piece = state.ready
    ? { text: `ready ${facts.url} dns ${facts.dns.host}:${facts.dns.port}`, colour: 'green' }
    : { text: 'starting: waiting for every endpoint to be up and in DNS', colour: 'yellow' };
  return [
    [
      { text: `Quorate, local world: ${state.deployment}`, colour: 'bold' },
      `  ${clock(state.now)}${speed}  `,
      readiness,
    ],
    ...state.notes.map((note): Line => [{ text: `note: ${note}`, colour: 'dim' }]),
  ];
}

const ENDPOINT_WIDTH_MIN = 10;

function serviceLines(service: ServiceState, state: WorldState): readonly Line[] {
  const shorts = state.vantages.map(({ vantage }) => shortName(vantage));
  const wide = Math.max(
    ENDPOINT_WIDTH_MIN,
    ...service.endpoints.map(({ endpoint }) => endpoint.length),
  );
  const automation = service.automation ?? 'starting';
  const healthy = automation === 'on' || automation === 'observing';
  return [
    [
      { text: service.service, colour: 'bold' },
      `  ${service.names.join(', ')}   automation: `,
      { text: automation, colour: healthy ? 'green' : 'yellow' },
      `   generation ${service.generation ?? '-'}`,
    ],
    [{ text: `  ${service.pace}`, colour: 'dim' }],
    [
      {
        text: `  ${'endpoint'.padEnd(wide)}  ${shorts.join(' ')}  ${'health'.padEnd(9)}${'in DNS'.padEnd(8)}${'wanted'.padEnd(8)}of   answers`,
        colour: 'dim',
      },
    ],
    ...service.endpoints.flatMap((endpoint) => [
      endpointLine(service, endpoint, state, shorts, wide),
      ...whyLine(endpoint),
    ]),
  ];
}

function endpointLine(
  service: ServiceState,
  endpoint: EndpointState,
  state: WorldState,
  shorts: readonly string[],
  wide: number,
): Line {
  const votes = state.vantages.flatMap(({ vantage }, position): readonly Piece[] => {
    const ballot = endpoint.votes[vantage];
    const width = shorts[position]?.length ?? 1;
    const symbol: Piece = ballot ? SYMBOLS[ballot] : ' ';
    return [
      ' '.repeat(Math.floor((width - 1) / 2)),
      symbol,
      ' '.repeat(Math.ceil((width + 1) / 2)),
    ];
  });
  const { configured, wanted, served } = endpoint.weight;
  return [
    `  ${endpoint.endpoint.padEnd(wide)}  `,
    ...votes,
    ' ',
    health(endpoint),
    { text: `${served ?? '-'}`.padEnd(8), colour: weightColour(endpoint) },
    `${wanted ?? '-'}`.padEnd(8),
    `${configured}`.padEnd(5),
    answersOf(service, endpoint),
  ];
}

function weightColour({ verdict, weight }: EndpointState): Colour {
  if (weight.served === weight.configured) return 'green';
  return weight.served === 0 && verdict === 'down' ? 'red' : 'yellow';
}

function health({ verdict, degraded }: EndpointState): Piece {
  const text = verdict === 'up' && degraded ? 'degraded' : verdict;
  const colour = verdict === 'up' ? (degraded ? 'yellow' : 'green') : 'red';
  return { text: text.padEnd(9), colour: verdict === 'unknown' ? 'yellow' : colour };
}

function answersOf(service: ServiceState, endpoint: EndpointState): string {
  const all = service.dnsAnswers.reduce((sum, { count }) => sum + count, 0);
  const own = service.dnsAnswers.find(({ answer }) => answer === endpoint.address)?.count ?? 0;
  const share = all === 0 ? '-' : `${Math.round((own * 100) / all)} %`;
  return `${endpoint.address ?? '-'}  ${share}`;
}

/** Healthy and at full weight needs no sentence. */
function whyLine({ verdict, weight, why, degraded }: EndpointState): readonly Line[] {
  const isCalm = verdict === 'up' && !degraded && weight.wanted === weight.configured;
  return why === null || isCalm ? [] : [[{ text: `    ${why}`, colour: 'yellow' }]];
}

function vantageLines(state: WorldState): readonly Line[] {
  const pieces = state.vantages.flatMap(
    ({ vantage, state: now, reportAgeMs }): readonly Piece[] => {
      const age = reportAgeMs === null ? '' : ` ${Math.round(reportAgeMs / 1000)} s`;
      const colour = now === 'reporting' ? 'green' : now === 'down' ? 'red' : 'yellow';
      return [`  ${shortName(vantage)} `, { text: `${now}${age}`, colour }];
    },
  );
  return [[''], ['vantages', ...pieces], [{ text: `votes     ${LEGEND}`, colour: 'dim' }]];
}

function faultLines(state: WorldState): readonly Line[] {
  if (state.faults.length === 0) return [];
  const texts = state.faults.map(
    ({ id, ...fields }) => `${Object.values(fields).join(' ')} (${id})`,
  );
  return [[{ text: `faults    ${texts.join(', ')}`, colour: 'red' }]];
}

function newsLines(state: WorldState, room: number): readonly Line[] {
  const newest = state.news.slice(-(room - 1));
  if (newest.length === 0) return [];
  return [
    [''],
    ...newest.map(
      ({ at, service, sentence }): Line => [
        { text: `${clock(at)}  `, colour: 'dim' },
        `${service === null ? '' : `${service}: `}${sentence}`,
      ],
    ),
  ];
}

function helpLines(state: WorldState, { url, dns }: ScreenFacts, columns: number): readonly Line[] {
  const service = state.services[0];
  const name = service?.names[0] ?? 'app.example.test';
  const endpoint = service?.endpoints[0]?.endpoint ?? 'eu-west-1';
  const fault = JSON.stringify({
    kind: 'endpoint-down',
    service: service?.service ?? 'app',
    endpoint,
  });
  return [
    [''],
    [{ text: 'page   ', colour: 'bold' }, `${url}/     (drain a region, break one, watch DNS)`],
    [{ text: 'look   ', colour: 'bold' }, `dig @${dns.host} -p ${dns.port} ${name}`],
    [{ text: 'state  ', colour: 'bold' }, `curl ${url}/world`],
    ...copyable('break  ', `curl ${url}/world/faults -d`, `'${fault}'`, columns),
    [
      { text: 'heal   ', colour: 'bold' },
      `curl -X DELETE ${url}/world/faults/${state.faults[0]?.id ?? 'f1'}     (Ctrl-C ends everything)`,
    ],
  ];
}

/** A command that is cut at the edge can't be copied: it goes on in the next line instead. */
function copyable(
  label: string,
  command: string,
  argument: string,
  columns: number,
): readonly Line[] {
  const bold: Piece = { text: label, colour: 'bold' };
  if (label.length + command.length + 1 + argument.length <= columns) {
    return [[bold, `${command} ${argument}`]];
  }
  return [
    [bold, `${command} \\`],
    [' '.repeat(label.length), argument],
  ];
}

/** `ap-southeast-1` → `apse1`, as AWS's own short names go; anything else is cut. */
export function shortName(vantage: string): string {
  const compass = vantage
    .split('-')
    .map((part, position) =>
      position === 0
        ? part
        : part.replaceAll(/(north|south|east|west|central)/g, (word) => word.slice(0, 1)),
    )
    .join('');
  return compass.slice(0, 8);
}

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** Cut to the terminal's width by visible characters, then coloured. */
function paint(line: Line, { columns, colour }: ScreenSize): string {
  let left = columns;
  let painted = '';
  for (const piece of line) {
    const text = [...(typeof piece === 'string' ? piece : piece.text)].slice(0, left).join('');
    left -= [...text].length;
    painted +=
      typeof piece === 'string' || !colour
        ? text
        : `\u001b[${COLOURS[piece.colour]}m${text}\u001b[0m`;
  }
  return painted.trimEnd();
}

export type Terminal = {
  readonly write: (text: string) => unknown;
  readonly columns?: number;
  readonly rows?: number;
};

/** The other screen, no cursor; every frame overwrites the last in one write, so nothing flickers. */
export function openScreen(
  terminal: Terminal,
  colour: boolean,
): { readonly show: (frame: (size: ScreenSize) => string) => void } & Disposable {
  terminal.write('\u001b[?1049h\u001b[?25l');
  let last = '';
  return {
    show(frame) {
      const size = { columns: terminal.columns ?? 100, rows: terminal.rows ?? 40, colour };
      const lines = frame(size).split('\n');
      const text = `\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`;
      if (text !== last) terminal.write(text);
      last = text;
    },
    [Symbol.dispose]() {
      terminal.write('\u001b[?25h\u001b[?1049l');
    },
  };
}
