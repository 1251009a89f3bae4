/**
 * The outbox of a region: what is due to be told, what the name servers have to be asked, and what this
 * region has told, each an item of its own with this region as its writer. Every region that notices
 * something writes it down; which of them tells it is a matter of turns, and a mark per incident and
 * channel keeps the others from telling it again. What doesn't parse is left out.
 */
import * as v from 'valibot';
import type { IncidentEvent } from './incident.ts';
import type { EpochMs, Nonce, ServiceId, VantageId } from './model.ts';

export const CHANNELS = ['sns', 'webhook', 'events'] as const;
export type ChannelName = (typeof CHANNELS)[number];

export type OutboxItem = {
  readonly region: VantageId;
  readonly key: string;
  /** Another one with each write: a condition compares it. */
  readonly version: string;
  /** Once this is over the item counts as gone. */
  readonly expiresAt: EpochMs;
  readonly body: unknown;
};

/** What could not be told for so long is history. */
export const DUE_FOR_MS = 43_200_000;
/** As long as threads are folded: a mark that is forgotten earlier tells a thread anew. */
export const TOLD_FOR_MS = 14 * 86_400_000;
const STANDING_FOR_MS = 400 * 86_400_000;

export const DUE = 'due#';
export const TOLD = 'told#';
export const STANDING = 'standing';

const time = v.pipe(v.number(), v.safeInteger());
const stored = v.object({
  region: v.string(),
  key: v.string(),
  version: v.string(),
  expiresAt: time,
  body: v.unknown(),
});

function parseItem(item: unknown): OutboxItem | undefined {
  const parsed = v.safeParse(stored, item);
  return parsed.success ? (parsed.output as unknown as OutboxItem) : undefined;
}

const over = (at: number, ms: number): EpochMs => (at + ms) as EpochMs;

/** An incident has news: its events say which. One item per incident, the newest news wins. */
export type Due = { readonly service: ServiceId; readonly incident: string; readonly at: EpochMs };
const dueBody = v.object({
  what: v.literal('news'),
  service: v.string(),
  incident: v.string(),
  at: time,
});

export const dueItem = (
  { service, id, at, label }: IncidentEvent,
  region: VantageId,
): OutboxItem => ({
  region,
  key: `${DUE}${id}`,
  version: `${at} ${label}`,
  expiresAt: over(at, DUE_FOR_MS),
  body: { what: 'news', service, incident: id, at },
});

/** A commit is INSYNC: the name servers shall be asked whether they answer it. */
export type Look = {
  readonly service: ServiceId;
  readonly generation: number;
  readonly nonce: Nonce;
  readonly at: EpochMs;
};
const lookBody = v.object({
  what: v.literal('look'),
  service: v.string(),
  generation: v.pipe(time, v.minValue(1)),
  nonce: v.string(),
  at: time,
});
/** A name server that is still behind after this is a matter for `verify`. */
export const LOOK_FOR_MS = 900_000;

export const lookItem = (look: Look, region: VantageId): OutboxItem => ({
  region,
  key: `${DUE}look ${look.service}`,
  version: `${look.generation} ${look.nonce}`,
  expiresAt: over(look.at, LOOK_FOR_MS),
  body: { what: 'look', ...look },
});

export type DueFound = {
  readonly news: readonly (Due & { readonly item: OutboxItem })[];
  readonly looks: readonly (Look & { readonly item: OutboxItem })[];
};

export function parseDue(items: readonly unknown[]): DueFound {
  const found = items.flatMap((item) => parseItem(item) ?? []);
  const as = <T>(
    schema: v.GenericSchema<unknown, unknown>,
  ): readonly (T & { item: OutboxItem })[] =>
    found.flatMap((item) => {
      const parsed = v.safeParse(schema, item.body);
      return parsed.success ? [{ ...(parsed.output as T), item }] : [];
    });
  return { news: as<Due>(dueBody), looks: as<Look>(lookBody) };
}

/** What it took is done: the item is gone, unless its region wrote news meanwhile. */
export const finished = (item: OutboxItem, now: EpochMs): OutboxItem => ({
  ...item,
  expiresAt: over(now, -1_000),
});

export const standingItem = (region: VantageId, body: unknown, at: EpochMs): OutboxItem => ({
  region,
  key: STANDING,
  version: String(at),
  expiresAt: over(at, STANDING_FOR_MS),
  body,
});

export const bodyOf = (item: unknown): unknown => parseItem(item)?.body;

/** What one region has told of one incident on one channel, and what it is trying to tell. */
export type Told = {
  readonly region: VantageId;
  readonly incident: string;
  readonly channel: ChannelName;
  readonly version: string;
  readonly delivered: Delivered | null;
  readonly attempt: Attempt | null;
};
export type Delivered = {
  readonly label: string;
  readonly at: number;
  /** Messages of this thread so far, and how many of them told an end. */
  readonly count: number;
  readonly ends: number;
};
export type Attempt = {
  readonly state: 'claimed' | 'failed';
  readonly label: string;
  readonly at: number;
  readonly tries: number;
  /** Of the first failure in a row. */
  readonly failingSinceAt: number | null;
  readonly why: string;
};

const count = v.pipe(time, v.minValue(0));
const toldBody = v.object({
  incident: v.string(),
  channel: v.picklist(CHANNELS),
  delivered: v.nullable(v.object({ label: v.string(), at: time, count, ends: count })),
  attempt: v.nullable(
    v.object({
      state: v.picklist(['claimed', 'failed']),
      label: v.string(),
      at: time,
      tries: count,
      failingSinceAt: v.nullable(time),
      why: v.string(),
    }),
  ),
});

export const toldItem = (told: Told, at: EpochMs): OutboxItem => {
  const { region, incident, channel, version, delivered, attempt } = told;
  return {
    region,
    key: `${TOLD}${incident}#${channel}`,
    version,
    expiresAt: over(at, TOLD_FOR_MS),
    body: { incident, channel, delivered, attempt },
  };
};

export const parseTold = (items: readonly unknown[]): readonly Told[] =>
  items.flatMap((raw) => {
    const item = parseItem(raw);
    const parsed = v.safeParse(toldBody, item?.body);
    return item === undefined || !parsed.success
      ? []
      : [{ region: item.region, version: item.version, ...parsed.output }];
  });
