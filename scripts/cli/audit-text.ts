/** What an audit found, as people read it: the verdict first, then the first break and what to do. */
import type { Life } from '../../shared/core/chain.ts';
import type { Anchor, Break } from '../../shared/core/chain-break.ts';
import { momentText } from '../../shared/core/phrase.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import type { Paint } from './paint.ts';

/** A chain without its links, of which there may be many thousands. */
export type ChainShown = {
  readonly kind: 'whole' | 'broken';
  readonly breaks: readonly Break[];
  readonly known: readonly Break[];
  readonly lives: readonly Life[];
  readonly records: number;
  readonly lostRaces: number;
  readonly open: number;
  readonly observed: number;
  readonly found: number;
  readonly notes: readonly string[];
};

export type AuditedService = {
  readonly service: string;
  /** Where records were read. */
  readonly from: string;
  readonly region: string;
  readonly anchor: Anchor | null;
  readonly anchorFrom: string;
  readonly anchorNotes: readonly string[];
  readonly chain: ChainShown;
  /** Why not all records could be read. */
  readonly cut: string | null;
};
export type AuditDocument = {
  readonly at: number;
  readonly whole: boolean;
  readonly services: readonly AuditedService[];
};

export type LogLine = {
  readonly at: number;
  readonly service: string;
  readonly generation: number;
  readonly actor: string;
  readonly via: string | null;
  readonly outcome: 'committed' | 'lost' | 'observed';
  readonly what: readonly string[];
  readonly why: string;
  readonly order: string | null;
};
export type LogDocument = {
  readonly sinceAt: number;
  readonly from: string;
  readonly entries: readonly LogLine[];
};

export function auditText({ whole, services }: AuditDocument, paint: Paint): string {
  const records = services.reduce((total, { chain }) => total + chain.records, 0);
  const broken = services.filter(({ chain, cut }) => chain.kind === 'broken' || cut !== null);
  const count = records.toLocaleString('en');
  const first = whole
    ? paint.green(
        `the history is whole: ${count} ${records === 1 ? 'record' : 'records'} of ${plural(services.length, 'service')}`,
      )
    : paint.red(
        `the history is broken in ${broken.length} of ${plural(services.length, 'service')}: ${firstBreak(broken)}`,
      );
  return [paint.bold(first), ...services.flatMap((one) => serviceLines(one, paint))].join('\n');
}

function firstBreak(broken: readonly AuditedService[]): string {
  const [one] = broken;
  if (one === undefined) return '';
  return `${one.service}, ${one.chain.breaks[0]?.what ?? one.cut ?? ''}`;
}

function serviceLines(audited: AuditedService, paint: Paint): readonly string[] {
  const { service, from, anchor, anchorFrom, anchorNotes, chain, cut } = audited;
  const at =
    anchor === null ? 'no anchor' : `generation ${anchor.generation}, anchored in ${anchorFrom}`;
  return [
    '',
    `${paint.bold(service)}   ${at}; ${chain.records.toLocaleString('en')} records from ${from}`,
    ...chain.breaks.flatMap(({ id, what, remedy }) => [
      paint.red(`  ✗ ${what}`),
      `      ${remedy}`,
      paint.dim(`      once it is explained: --known ${id}`),
    ]),
    ...(cut === null ? [] : [paint.red(`  ✗ ${cut}`)]),
    ...chain.known.map(({ what }) => paint.dim(`  known: ${what}`)),
    ...chain.lives.map(
      ({ from: first, to, records, beganAt, lastAt, end }) =>
        `  ${end === 'in-force' ? 'in force' : end}: generations ${first} to ${to}, ${plural(records, 'record')}, ${momentText(beganAt)} to ${momentText(lastAt)}`,
    ),
    ...counted(chain),
    ...[...chain.notes, ...anchorNotes].map((note) => paint.yellow(`  note: ${note}`)),
  ];
}

function counted({ lostRaces, open, observed, found }: ChainShown): readonly string[] {
  const parts = [
    ...(lostRaces === 0 ? [] : [plural(lostRaces, 'lost race')]),
    ...(open === 0 ? [] : [`${open} newer than the _quorate record`]),
    ...(observed === 0 ? [] : [`${observed} only observed`]),
    ...(found === 0 ? [] : [`${found} found in the zone`]),
  ];
  return parts.length === 0 ? [] : [`  beside it: ${parts.join(', ')}`];
}

export function logText({ entries, sinceAt, from }: LogDocument, paint: Paint): string {
  if (entries.length === 0) return `nothing was done since ${momentText(sinceAt)} (${from})`;
  return [
    paint.bold(
      `${plural(entries.length, 'change')} since ${momentText(sinceAt)}, newest first (${from})`,
    ),
    ...entries.flatMap((entry) => logLines(entry, paint)),
  ].join('\n');
}

function logLines(entry: LogLine, paint: Paint): readonly string[] {
  const { at, service, generation, actor, via, outcome, what, why, order } = entry;
  const where = via === null ? '' : ` via ${safeText(via, 120)}`;
  const end = outcome === 'committed' ? '' : paint.yellow(`   ${outcome}`);
  return [
    '',
    `${momentText(at)}  ${paint.bold(service)} ${generation}  ${safeText(actor, 160)}${where}${order === null ? '' : `  order ${order}`}${end}`,
    ...what.map((one) => `  ${safeText(one, 240)}`),
    ...(why === '' ? [] : [paint.dim(`  why: ${safeText(why, 400)}`)]),
  ];
}

const plural = (count: number, word: string): string =>
  `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
