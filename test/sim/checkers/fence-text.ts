/**
 * The TXT value of a fence → what it says, by a reader of its own: checkers share no code with the
 * decision. What does not print back to itself is no fence, as for production: a cut or edited text must
 * not be taken for one. Marks and digests are computed here once more, too.
 */
import { createHash } from 'node:crypto';
import type { Endpoint } from '../../../shared/core/model.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';

export type EntryText = {
  readonly mark: string;
  readonly weight: number;
  readonly proven: string | null;
  readonly phase: 'in' | 'out' | 'ramp';
  readonly step: number | null;
  readonly changedMs: number | null;
  readonly outMs: number | null;
  readonly countedMs: number | null;
  readonly relapses: number;
  readonly fullMs: number | null;
  readonly waits: boolean;
  readonly approved: boolean;
  /** As it stands there. */
  readonly text: string;
};

export type OrderText = {
  readonly id: string;
  readonly kind: 'drain' | 'pin' | 'freeze';
  /** `*`, `@` + the mark of an endpoint, `+` + the mark of a region. */
  readonly scope: string;
  readonly weight: number | null;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly started: boolean;
  /** Afterwards an operator approves the return. */
  readonly waits: boolean;
  /** Letters of the rules that it was told to pass. */
  readonly forces: string;
  readonly text: string;
};

export type FenceText = {
  readonly format: number;
  readonly deployment: string;
  readonly generation: number;
  readonly nonce: string;
  readonly parentNonce: string | null;
  readonly asofMs: number;
  readonly config: string;
  readonly packagedMs: number;
  readonly record: string;
  readonly rescuedMs: number | null;
  readonly entries: ReadonlyMap<string, EntryText>;
  /** Oldest first. */
  readonly orders: readonly OrderText[];
  readonly text: string;
};

const FENCE_PREFIX = '_quorate.';
export const isFenceRecord = (record: Pick<ZoneRecord, 'name' | 'type'>): boolean =>
  record.type === 'TXT' && record.name.startsWith(FENCE_PREFIX);

/** Records are never changed in place, so each is read once. */
const known = new WeakMap<ZoneRecord, { readonly fence: FenceText | null }>();

/** Null: it can't be read as a fence. */
export function fenceOf(record: ZoneRecord | undefined): FenceText | null {
  if (record === undefined) return null;
  const cached = known.get(record);
  if (cached !== undefined) return cached.fence;
  const fence = record.values?.length === 1 ? readFence(record.values[0] as string) : null;
  known.set(record, { fence });
  return fence;
}

/** A text that is cut right behind a key leaves an empty one. */
const WORD = /^[\w-]+$/;

export function readFence(value: string): FenceText | null {
  if (!/^"[^"]*"( "[^"]*")*$/.test(value)) return null;
  const text = value.slice(1, -1).split('" "').join('');
  const [head = '', ...tokens] = text.split(' ');
  const format = /^quorate(\d+)$/.exec(head)?.[1];
  if (format === undefined) return null;
  const all = (letter: string): string[] =>
    tokens.filter((token) => token.startsWith(`${letter}=`)).map((token) => token.slice(2));
  const [deployment, generation, nonce, asof, config, packaged, record] = [
    'd',
    'g',
    'n',
    'a',
    'c',
    't',
    'r',
  ].map((letter) => all(letter)[0]);
  if (
    deployment === undefined ||
    generation === undefined ||
    nonce === undefined ||
    asof === undefined ||
    config === undefined ||
    packaged === undefined ||
    record === undefined
  ) {
    return null;
  }
  const rescued = all('q')[0];
  const entries = all('e').map(entryOf);
  const orders = all('o').map(orderOf);
  if (entries.includes(null) || orders.includes(null)) return null;
  const fence: FenceText = {
    format: Number(format),
    deployment,
    generation: Number(generation),
    nonce,
    parentNonce: all('p')[0] ?? null,
    asofMs: timeOf(asof),
    config,
    packagedMs: timeOf(packaged),
    record,
    rescuedMs: rescued === undefined ? null : timeOf(rescued),
    entries: new Map((entries as EntryText[]).map((entry) => [entry.mark, entry])),
    orders: orders as OrderText[],
    text,
  };
  const words = [deployment, nonce, config, record, fence.parentNonce ?? 'none'];
  return printed(fence) === text &&
    fence.generation > 0 &&
    fence.entries.size === entries.length &&
    words.every((word) => WORD.test(word))
    ? fence
    : null;
}

/** Everything but `text`, which is what comes out. */
export function printed(fence: Omit<FenceText, 'text'>): string {
  const { deployment, generation, nonce, parentNonce, asofMs, config, packagedMs } = fence;
  return [
    `quorate${fence.format} d=${deployment} g=${generation} n=${nonce}`,
    parentNonce === null ? '' : `p=${parentNonce}`,
    `a=${asofMs.toString(36)} c=${config} t=${packagedMs.toString(36)} r=${fence.record}`,
    fence.rescuedMs === null ? '' : `q=${fence.rescuedMs.toString(36)}`,
    ...[...fence.entries.values()].map((entry) => `e=${entryText(entry)}`),
    ...fence.orders.map((order) => `o=${orderText(order)}`),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

const timed = (letter: string, ms: number | null): string =>
  ms === null ? '' : `,${letter}${ms.toString(36)}`;

export const entryText = (entry: Omit<EntryText, 'text'>): string =>
  [
    `${entry.mark}:${entry.weight}`,
    entry.proven === null ? '' : `,p${entry.proven}`,
    entry.phase === 'out' ? ',o' : entry.step === null ? '' : `,s${entry.step}`,
    timed('c', entry.changedMs),
    timed('x', entry.outMs),
    timed('v', entry.countedMs),
    entry.relapses === 0 ? '' : `,l${entry.relapses}`,
    timed('f', entry.fullMs),
    entry.waits ? ',w' : '',
    entry.approved ? ',y' : '',
  ].join('');

export const orderText = (order: Omit<OrderText, 'text'>): string =>
  [
    `${order.id}:${order.kind[0]}${order.scope}`,
    order.weight === null ? '' : `,w${order.weight}`,
    `,b${order.fromMs.toString(36)},u${order.untilMs.toString(36)}`,
    order.waits ? ',a' : '',
    order.started ? ',s' : '',
    order.forces === '' ? '' : `,f${order.forces}`,
  ].join('');

const timeOf = (text: string): number => Number.parseInt(text, 36);

function entryOf(text: string): EntryText | null {
  const [head = '', ...fields] = text.split(',');
  const colon = head.lastIndexOf(':');
  const weight = Number(head.slice(colon + 1));
  if (colon !== 6 || !Number.isInteger(weight) || weight > 255) return null;
  const fieldOf = (letter: string): string | undefined =>
    fields.find((field) => field[0] === letter)?.slice(1);
  const timeAt = (letter: string): number | null => {
    const field = fieldOf(letter);
    return field === undefined ? null : timeOf(field);
  };
  const step = fieldOf('s');
  const proven = fieldOf('p') ?? null;
  if (proven !== null && proven.length !== 6) return null;
  return {
    mark: head.slice(0, colon),
    weight,
    proven,
    phase: step !== undefined ? 'ramp' : fieldOf('o') !== undefined ? 'out' : 'in',
    step: step === undefined ? null : Number(step),
    changedMs: timeAt('c'),
    outMs: timeAt('x'),
    countedMs: timeAt('v'),
    relapses: Number(fieldOf('l') ?? 0),
    fullMs: timeAt('f'),
    waits: fieldOf('w') !== undefined,
    approved: fieldOf('y') !== undefined,
    text,
  };
}

const ORDER_KINDS = { d: 'drain', p: 'pin', f: 'freeze' } as const;

function orderOf(text: string): OrderText | null {
  const [head = '', ...fields] = text.split(',');
  const match = /^([^:]+):([dpf])(\*|[@+].+)$/.exec(head);
  const fieldOf = (letter: string): string | undefined =>
    fields.find((field) => field[0] === letter)?.slice(1);
  const from = fieldOf('b');
  const until = fieldOf('u');
  if (match === null || from === undefined || until === undefined) return null;
  const weight = fieldOf('w');
  return {
    id: match[1] as string,
    kind: ORDER_KINDS[match[2] as keyof typeof ORDER_KINDS],
    scope: match[3] as string,
    weight: weight === undefined ? null : Number(weight),
    fromMs: timeOf(from),
    untilMs: timeOf(until),
    started: fields.includes('s'),
    waits: fields.includes('a'),
    forces: fieldOf('f') ?? '',
    text,
  };
}

/** The first 132 bits of SHA-256, as base64url. */
const digests = new Map<string, string>();
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
function shortDigest(text: string): string {
  let found = digests.get(text);
  if (found === undefined) {
    found = digestOf(text).slice(0, 6);
    digests.set(text, found);
  }
  return found;
}

/** Keys sorted by code unit, those without a value left out: what a digest is made of. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
    return `{${fields.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}

/** How the fence names an endpoint. */
export const markOf = (setIdentifier: string): string => shortDigest(`endpoint ${setIdentifier}`);
export const regionMarkOf = (region: string): string => shortDigest(`endpoint region ${region}`);

const provenMarks = new WeakMap<Endpoint, string>();
/** What an endpoint is proven under: what is asked, for how long, where, and what it serves. */
export function provenMarkOf(endpoint: Endpoint): string {
  let mark = provenMarks.get(endpoint);
  if (mark === undefined) {
    const { check, targets, probeTargets } = endpoint;
    const { node, timeoutMs } = check;
    mark = shortDigest(`check ${canonical({ check: { node, timeoutMs }, targets, probeTargets })}`);
    provenMarks.set(endpoint, mark);
  }
  return mark;
}
