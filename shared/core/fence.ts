/**
 * The fence: one TXT record `_quorate.<first name>` that carries everything a decision needs besides
 * fresh reports, and on which compare-and-set happens. It is public: codes, times and short digests,
 * never an actor, a reason or an address. Printing is canonical; a text that does not print back to
 * itself is malformed, so two writers can't disagree about what a fence says.
 *
 *     quorate1 d=prod g=41 n=<nonce> p=<parent nonce> a=<asof> c=<config> t=<packaged> r=<record>
 *       e=<mark>:<weight>,p<check>,s<step>,c<changed>,x<out>,v<counted>,l<relapses>,f<full>,w,y …
 *       o=<id>:<kind><scope>,w<weight>,b<begin>,u<until>,a,s,f<rules> …
 *
 * Times are epoch ms in base 36.
 */
import type { Digest, EpochMs, Nonce, OrderId, Weight } from './model.ts';

export const FENCE_FORMAT = 1;
/** One Value holds at most 4,000 characters [R53API ResourceRecord]; quotes and spaces included. */
export const FENCE_CHARACTERS_MAX = 4000;
const SEGMENT_CHARACTERS_MAX = 255;
/** Times take at most 8 characters of base 36: until 2059. */
export const FENCE_TIME_MAX = 36 ** 8 - 1;
/** Two digits. At the cap of 60 min, a flapping endpoint gets there within a week. */
export const RELAPSES_MAX = 99;
/** A report from the future is refused beyond this; so is a fence. */
export const CLOCK_TOLERANCE_MS = 5000;
/** What ` e=` and an entry can grow to: an order is refused if not every endpoint could hold one. */
const ENTRY_CHARACTERS_MAX = 3 + (6 + 1 + 3) + 8 + 4 + 4 * 10 + 4 + 4;

/** in: takes its full share · out: removed, waiting to return · ramp: returning step by step. */
export type Phase =
  | { readonly kind: 'in' }
  | { readonly kind: 'out' }
  | { readonly kind: 'ramp'; readonly step: number };

/** The controller's memory of one endpoint. */
export type FenceEntry = {
  /** Short digest of the set identifier. */
  readonly mark: string;
  /** As the last commit left it: another weight in the zone is a hand edit. */
  readonly weight: Weight;
  /** Digest of the check and target under which it was last `up` by quorum. */
  readonly provenAs: string | null;
  readonly phase: Phase;
  /** Last change of weight by a commit: votes observed before it can't reverse it. */
  readonly changedAt: EpochMs | null;
  /** Start of the hold-down. */
  readonly outAt: EpochMs | null;
  /** Last removal that counts towards velocity. */
  readonly countedAt: EpochMs | null;
  readonly relapses: number;
  /** Back at full weight since; null if it never fell. */
  readonly fullAt: EpochMs | null;
  /** Its order said `then: approve`. */
  readonly waits: boolean;
  readonly approved: boolean;
};

export const ORDER_KINDS = ['drain', 'pin', 'freeze'] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];
/** Rules that an order may be told to pass by name. Never: never all zero. */
export const FORCEABLE_RULES = ['floor'] as const;
export type ForceableRule = (typeof FORCEABLE_RULES)[number];

export type OrderScope =
  | { readonly kind: 'service' }
  | { readonly kind: 'endpoint'; readonly mark: string }
  | { readonly kind: 'region'; readonly mark: string };

export type FenceOrder = {
  readonly id: OrderId;
  readonly kind: OrderKind;
  readonly scope: OrderScope;
  /** Of a pin; 0 for a drain; null for a freeze. */
  readonly weight: Weight | null;
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly afterwards: 'auto' | 'approve';
  readonly force: readonly ForceableRule[];
  readonly started: boolean;
};

export type Fence = {
  readonly deployment: string;
  readonly generation: number;
  readonly nonce: Nonce;
  /** Nonce of the fence this one replaced: a commit stays provable after its successor. */
  readonly parentNonce: Nonce | null;
  /** The Q-th newest report time that an automated commit used. */
  readonly asofAt: EpochMs;
  readonly config: string;
  readonly packagedAt: EpochMs;
  /** Digest of the decision record of this commit. */
  readonly record: Digest;
  readonly rescuedAt: EpochMs | null;
  readonly entries: readonly FenceEntry[];
  /** Oldest first: of two that cover an endpoint the later one holds. */
  readonly orders: readonly FenceOrder[];
};

export type FenceState =
  | { readonly kind: 'managed'; readonly fence: Fence }
  | { readonly kind: 'unmanaged' }
  | { readonly kind: 'foreign'; readonly deployment: string }
  | { readonly kind: 'malformed'; readonly problem: string };

/** Another configuration with a later packaging time is in force: this one never commits over it. */
export const isSuperseded = (
  fence: Pick<Fence, 'config' | 'packagedAt'>,
  service: { readonly settings: string },
  config: { readonly packagedAt: EpochMs },
): boolean => fence.config !== service.settings && fence.packagedAt > config.packagedAt;

const PHASE_IN: Phase = { kind: 'in' };

export const newEntry = (mark: string, weight: Weight, phase: Phase): FenceEntry => ({
  mark,
  weight,
  provenAs: null,
  phase,
  changedAt: null,
  outAt: null,
  countedAt: null,
  relapses: 0,
  fullAt: null,
  waits: false,
  approved: false,
});

export function printFence(fence: Fence): string {
  return [
    `quorate${FENCE_FORMAT}`,
    `d=${fence.deployment}`,
    `g=${fence.generation}`,
    `n=${fence.nonce}`,
    ...(fence.parentNonce === null ? [] : [`p=${fence.parentNonce}`]),
    `a=${base36(fence.asofAt)}`,
    `c=${fence.config}`,
    `t=${base36(fence.packagedAt)}`,
    `r=${fence.record}`,
    ...(fence.rescuedAt === null ? [] : [`q=${base36(fence.rescuedAt)}`]),
    ...fence.entries.map((entry) => `e=${printEntry(entry)}`),
    ...fence.orders.map((order) => `o=${printOrder(order)}`),
  ].join(' ');
}

/** The TXT value: quoted strings of at most 255 characters, separated by a space. */
export function fenceValue(fence: Fence): string {
  const text = printFence(fence);
  const segments: string[] = [];
  for (let at = 0; at < text.length; at += SEGMENT_CHARACTERS_MAX) {
    segments.push(`"${text.slice(at, at + SEGMENT_CHARACTERS_MAX)}"`);
  }
  return segments.join(' ');
}

/** Would the fence still fit once every endpoint needed its longest entry, and every order had begun? */
export function fenceFits(fence: Fence): { readonly fits: boolean; readonly characters: number } {
  const bare = printFence({
    ...fence,
    rescuedAt: fence.rescuedAt ?? fence.asofAt,
    entries: [],
    orders: fence.orders.map((order) => ({ ...order, started: true })),
  }).length;
  const text = bare + fence.entries.length * ENTRY_CHARACTERS_MAX;
  const segments = Math.ceil(text / SEGMENT_CHARACTERS_MAX);
  const characters = text + segments * 2 + (segments - 1);
  return { fits: characters <= FENCE_CHARACTERS_MAX, characters };
}

/** Whatever stands there, an answer comes back: a bad fence is a state with a command, no exception. */
export function parseFence(
  values: readonly string[] | null,
  deployment: string,
  now: EpochMs,
): FenceState {
  if (values === null) return { kind: 'unmanaged' };
  const written = readBefore.get(values) ?? readValues(values);
  readBefore.set(values, written);
  if (written.kind === 'malformed') return written;
  const { fence } = written;
  if (fence.deployment !== deployment) return { kind: 'foreign', deployment: fence.deployment };
  if (fence.asofAt > now + CLOCK_TOLERANCE_MS) {
    return malformed(`its evidence is ${fence.asofAt - now} ms in the future`);
  }
  return written;
}

/** A zone as read is held and looked at by many rounds, and twice by each: its fence is read once. */
const readBefore = new WeakMap<readonly string[], Written>();
type Written = Extract<FenceState, { readonly kind: 'managed' | 'malformed' }>;

function readValues(values: readonly string[]): Written {
  const [value, ...more] = values;
  if (value === undefined || more.length > 0) {
    return malformed(`it has ${values.length} values instead of one`);
  }
  const text = unquote(value);
  if (text === null) return malformed('it is not one sequence of quoted strings');
  const version = /^quorate(\d{1,4}) /.exec(text)?.[1];
  if (version === undefined) return malformed('it was not written by Quorate');
  if (Number(version) !== FENCE_FORMAT) {
    return malformed(`format ${version} is not known to this release`);
  }
  const fence = readFence(text);
  if (fence === null) return malformed('a field is missing, unknown or out of order');
  return { kind: 'managed', fence };
}

const malformed = (problem: string): Written => ({ kind: 'malformed', problem });

function unquote(value: string): string | null {
  const segments = value.match(/^"[^"\\]{0,255}"(?: "[^"\\]{0,255}")*$/)
    ? value.split('" "')
    : null;
  return segments === null ? null : segments.join('').slice(1, -1);
}

function readFence(text: string): Fence | null {
  const tokens = text.split(' ').slice(1);
  const one = (key: string): string | null => {
    const found = tokens.filter((token) => token.startsWith(`${key}=`));
    return found.length === 1 && found[0] !== undefined ? found[0].slice(key.length + 1) : null;
  };
  const many = (key: string): string[] =>
    tokens.filter((token) => token.startsWith(`${key}=`)).map((token) => token.slice(2));
  const entries = many('e').map(readEntry);
  const orders = many('o').map(readOrder);
  const generation = Number(one('g'));
  const times = { a: readTime(one('a')), t: readTime(one('t')), q: readTime(one('q')) };
  const deployment = one('d');
  const nonce = one('n');
  const config = one('c');
  const record = one('r');
  if (
    deployment === null ||
    nonce === null ||
    config === null ||
    record === null ||
    times.a === null ||
    times.t === null ||
    !Number.isSafeInteger(generation) ||
    !entries.every((entry) => entry !== null) ||
    !orders.every((order) => order !== null)
  ) {
    return null;
  }
  const fence: Fence = {
    deployment,
    generation,
    nonce: nonce as Nonce,
    parentNonce: one('p') as Nonce | null,
    asofAt: times.a,
    config,
    packagedAt: times.t,
    record: record as Digest,
    rescuedAt: times.q,
    entries,
    orders,
  };
  // Canonical or nothing: unknown, repeated or reordered tokens can't survive this.
  return isUnique(entries.map(({ mark }) => mark)) &&
    isUnique(orders.map(({ id }) => id)) &&
    isPlain(fence) &&
    printFence(fence) === text
    ? fence
    : null;
}

const isUnique = (words: readonly string[]): boolean => new Set(words).size === words.length;

const isPlain = (fence: Fence): boolean =>
  fence.generation > 0 &&
  [fence.deployment, fence.nonce, fence.config, fence.record, fence.parentNonce ?? 'none'].every(
    (word) => /^[A-Za-z0-9_-]{1,64}$/.test(word),
  );

function printEntry(entry: FenceEntry): string {
  return [
    `${entry.mark}:${entry.weight}`,
    ...(entry.provenAs === null ? [] : [`p${entry.provenAs}`]),
    ...(entry.phase.kind === 'out' ? ['o'] : []),
    ...(entry.phase.kind === 'ramp' ? [`s${entry.phase.step}`] : []),
    ...time('c', entry.changedAt),
    ...time('x', entry.outAt),
    ...time('v', entry.countedAt),
    ...(entry.relapses === 0 ? [] : [`l${entry.relapses}`]),
    ...time('f', entry.fullAt),
    ...(entry.waits ? ['w'] : []),
    ...(entry.approved ? ['y'] : []),
  ].join(',');
}

function readEntry(text: string): FenceEntry | null {
  const [head = '', ...fields] = text.split(',');
  const match = /^([A-Za-z0-9_-]{6}):(\d{1,3})$/.exec(head);
  if (match?.[1] === undefined || Number(match[2]) > 255) return null;
  const field = (letter: string): string | null =>
    fields.find((item) => item.startsWith(letter))?.slice(1) ?? null;
  const proven = field('p');
  const step = field('s');
  const relapses = field('l');
  if (proven !== null && !/^[A-Za-z0-9_-]{6}$/.test(proven)) return null;
  if (step !== null && !/^\d{1,2}$/.test(step)) return null;
  if (relapses !== null && !/^[1-9]\d?$/.test(relapses)) return null;
  return {
    mark: match[1],
    weight: Number(match[2]) as Weight,
    provenAs: proven,
    phase:
      step !== null
        ? { kind: 'ramp', step: Number(step) }
        : field('o') !== null
          ? { kind: 'out' }
          : PHASE_IN,
    changedAt: readTime(field('c')),
    outAt: readTime(field('x')),
    countedAt: readTime(field('v')),
    relapses: Number(relapses ?? 0),
    fullAt: readTime(field('f')),
    waits: field('w') !== null,
    approved: field('y') !== null,
  };
}

const KIND_LETTERS = { drain: 'd', pin: 'p', freeze: 'f' } as const satisfies Record<
  OrderKind,
  string
>;
const RULE_LETTERS = { floor: 'f' } as const satisfies Record<ForceableRule, string>;

function printOrder(order: FenceOrder): string {
  const scope =
    order.scope.kind === 'service'
      ? '*'
      : `${order.scope.kind === 'endpoint' ? '@' : '+'}${order.scope.mark}`;
  return [
    `${order.id}:${KIND_LETTERS[order.kind]}${scope}`,
    ...(order.weight === null ? [] : [`w${order.weight}`]),
    `b${base36(order.fromAt)}`,
    `u${base36(order.untilAt)}`,
    ...(order.afterwards === 'approve' ? ['a'] : []),
    ...(order.started ? ['s'] : []),
    ...(order.force.length === 0
      ? []
      : [`f${order.force.map((rule) => RULE_LETTERS[rule]).join('')}`]),
  ].join(',');
}

function readOrder(text: string): FenceOrder | null {
  const [head = '', ...fields] = text.split(',');
  const match = /^([A-Za-z0-9_-]{8}):([dpf])(\*|[@+][A-Za-z0-9_-]{6})$/.exec(head);
  const field = (letter: string): string | null =>
    fields.find((item) => item.startsWith(letter))?.slice(1) ?? null;
  const fromAt = readTime(field('b'));
  const untilAt = readTime(field('u'));
  const weight = field('w');
  if (match?.[1] === undefined || match[3] === undefined || fromAt === null || untilAt === null) {
    return null;
  }
  if (weight !== null && !(/^\d{1,3}$/.test(weight) && Number(weight) <= 255)) return null;
  const kind = ORDER_KINDS.find((name) => KIND_LETTERS[name] === match[2]);
  const mark = match[3].slice(1);
  if (kind === undefined || (weight === null) !== (kind === 'freeze')) return null;
  return {
    id: match[1] as OrderId,
    kind,
    scope:
      match[3] === '*'
        ? { kind: 'service' }
        : { kind: match[3].startsWith('@') ? 'endpoint' : 'region', mark },
    weight: weight === null ? null : (Number(weight) as Weight),
    fromAt,
    untilAt,
    afterwards: field('a') === null ? 'auto' : 'approve',
    force: FORCEABLE_RULES.filter((rule) => (field('f') ?? '').includes(RULE_LETTERS[rule])),
    started: field('s') !== null,
  };
}

const base36 = (at: EpochMs): string => at.toString(36);
const time = (letter: string, at: EpochMs | null): string[] =>
  at === null ? [] : [`${letter}${base36(at)}`];

/** 1970 to 2059 in base 36 takes at most 8 characters. */
function readTime(text: string | null): EpochMs | null {
  return text !== null && /^[0-9a-z]{1,8}$/.test(text)
    ? (Number.parseInt(text, 36) as EpochMs)
    : null;
}
