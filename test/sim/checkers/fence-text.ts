/**
 * The TXT value of a fence → what it says, by a reader of its own: checkers share no code with the
 * decision. It is lenient where production is strict (order of tokens, lengths): what production refuses
 * to read may still be judged here. Marks and digests are computed here once more, too.
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
  return {
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
}

const timeOf = (text: string): number => Number.parseInt(text, 36);

function entryOf(text: string): EntryText | null {
  const [head = '', ...fields] = text.split(',');
  const colon = head.lastIndexOf(':');
  const weight = Number(head.slice(colon + 1));
  if (colon < 1 || !Number.isInteger(weight)) return null;
  const fieldOf = (letter: string): string | undefined =>
    fields.find((field) => field[0] === letter)?.slice(1);
  const timeAt = (letter: string): number | null => {
    const field = fieldOf(letter);
    return field === undefined ? null : timeOf(field);
  };
  const step = fieldOf('s');
  return {
    mark: head.slice(0, colon),
    weight,
    proven: fieldOf('p') ?? null,
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
