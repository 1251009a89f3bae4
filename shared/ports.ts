/**
 * What a round may ask of the world: small types in the words of the core. Adapters implement them
 * for AWS, fakes and the simulation for tests. Every call takes a signal; none retries by itself
 * unless it says so. Foreign errors arrive as `QuorateError`s (STORE_*, ZONE_*, ACCESS_DENIED).
 */
import type { Notice } from './core/alarm-notice.ts';
import type { DrillEvent } from './core/drill-report.ts';
import type { IncidentEvent } from './core/incident.ts';
import type { EpochMs, Nonce, ServiceId, VantageId, ZoneRef } from './core/model.ts';
import type { Notification } from './core/notification.ts';
import type { ChannelName, OutboxItem } from './core/outbox.ts';
import type { ProbeRequest, ProbeResponse } from './core/probe.ts';
import type { Pulse } from './core/pulse.ts';
import type { DecisionRecord, Mark } from './core/record.ts';
import type { ConfigManifest, Report } from './core/report.ts';
import type { Rollup, StoredRollup } from './core/rollup.ts';
import type { Change, ZoneRead } from './core/zone-record.ts';

export type Clock = {
  readonly now: () => EpochMs;
  /** Resolves after `ms` of this clock; rejects with the signal's reason when it aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Runs with a signal that aborts after `ms` of this clock, or with `parent`. Leaves no timer behind. */
  readonly withDeadline: <T>(
    ms: number,
    parent: AbortSignal,
    run: (signal: AbortSignal) => Promise<T>,
  ) => Promise<T>;
};

export type Ids = {
  readonly nonce: () => Nonce;
  /** 0 ≤ x < 1: jitter only, never a decision. */
  readonly random: () => number;
};

export type Prober = {
  /** Facts, never a judgement and never an exception: an abort gives attempts skipped as `aborted`. */
  readonly probe: (request: ProbeRequest, signal: AbortSignal) => Promise<ProbeResponse>;
  /** The longest that the event loop ran late since the last call, in real milliseconds. */
  readonly loopLatenessMs: () => number;
};

export type ReportWrite =
  | { readonly kind: 'written' }
  /** Another run wrote since: its item, as stored. */
  | { readonly kind: 'beaten'; readonly stored: unknown };

/** After a commit a region tells the others: service → generation. Read as "look again". */
export type Head = {
  readonly region: VantageId;
  readonly generations: Readonly<Record<string, number>>;
};

/** What a commit of an observed service would have left, per region. */
export type Shadow = {
  readonly service: ServiceId;
  readonly region: VantageId;
  /** Endpoint id → weight. */
  readonly weights: Readonly<Record<string, number>>;
  /** A printed fence, so that observing and enforcing decide on the same state. */
  readonly fence: string;
};

/** One region's replica of the global table. What is read comes back raw; the core parses it. */
export type Store = {
  readonly readReports: (
    vantages: readonly VantageId[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<VantageId, unknown>>;
  /** Written only if the stored `roundKey` equals `expected` (null: no item). Writing the same round
   *  and run again is `written`: a retry after a lost reply is harmless. */
  readonly writeReport: (
    report: Report,
    expected: string | null,
    signal: AbortSignal,
  ) => Promise<ReportWrite>;
  readonly writeHistory: (report: Report, at: EpochMs, signal: AbortSignal) => Promise<void>;
  /** Reports that changed a vote, kept in `from ≤ at < to`, oldest first. */
  readonly readHistory: (
    vantage: VantageId,
    from: EpochMs,
    to: EpochMs,
    signal: AbortSignal,
  ) => Promise<readonly unknown[]>;
  readonly writeRollup: (rollup: StoredRollup, signal: AbortSignal) => Promise<void>;
  readonly readRollups: (
    vantage: VantageId,
    span: Rollup['span'],
    from: EpochMs,
    to: EpochMs,
    signal: AbortSignal,
  ) => Promise<readonly unknown[]>;
  readonly writeManifest: (manifest: ConfigManifest, signal: AbortSignal) => Promise<void>;
  readonly readManifests: (
    digests: readonly string[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<string, unknown>>;
  readonly writeHead: (head: Head, signal: AbortSignal) => Promise<void>;
  readonly readHeads: (
    regions: readonly VantageId[],
    signal: AbortSignal,
  ) => Promise<readonly Head[]>;
  /** "I decided a round at this time": one item per region, its own writer. */
  readonly writePulse: (pulse: Pulse, signal: AbortSignal) => Promise<void>;
  readonly readPulses: (
    regions: readonly VantageId[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<VantageId, unknown>>;
  readonly writeShadow: (shadow: Shadow, signal: AbortSignal) => Promise<void>;
  readonly readShadows: (
    region: VantageId,
    services: readonly ServiceId[],
    signal: AbortSignal,
  ) => Promise<ReadonlyMap<ServiceId, unknown>>;
  readonly deleteShadow: (
    region: VantageId,
    service: ServiceId,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Immutable: written only if absent; the same record again is no error. */
  readonly recordIntent: (record: DecisionRecord, signal: AbortSignal) => Promise<void>;
  /** Newest generation first. */
  readonly readRecords: (
    service: ServiceId,
    page: { readonly limit: number; readonly before?: string },
    signal: AbortSignal,
  ) => Promise<readonly unknown[]>;
  /** An item of its own, keyed by kind and region: one writer each. */
  readonly writeMark: (mark: Mark, signal: AbortSignal) => Promise<void>;
  readonly readMarks: (service: ServiceId, signal: AbortSignal) => Promise<readonly unknown[]>;
  /** Append-only: begin, drill, step and writer are its key, so each has one writer. */
  readonly writeDrillEvent: (event: DrillEvent, signal: AbortSignal) => Promise<void>;
  /** Of drills that began at `since` or later, newest first. */
  readonly readDrillEvents: (
    deployment: string,
    since: EpochMs,
    signal: AbortSignal,
  ) => Promise<readonly unknown[]>;
  /** Append-only: time, incident, step and region are its key, so each has one writer. */
  readonly writeIncidentEvent: (event: IncidentEvent, signal: AbortSignal) => Promise<void>;
  /** Those that were seen since, oldest first. */
  readonly readIncidentEvents: (
    service: ServiceId,
    since: EpochMs,
    signal: AbortSignal,
  ) => Promise<readonly unknown[]>;
  /** Written only if the stored version equals `expected` (null: no live item); `any` always writes.
   *  An end that is over takes the item away. False: another run was first. */
  readonly writeOutbox: (
    item: OutboxItem,
    expected: { readonly version: string | null } | 'any',
    signal: AbortSignal,
  ) => Promise<boolean>;
  /** Of each of these regions, what has a key that begins so. */
  readonly readOutbox: (
    regions: readonly VantageId[],
    prefix: string,
    signal: AbortSignal,
  ) => Promise<readonly unknown[]>;
};

export type CommitReply =
  | { readonly kind: 'accepted'; readonly changeId: string }
  /** `InvalidChangeBatch`: lost race, drift or blocked; the zone as read back decides which. */
  | { readonly kind: 'refused'; readonly messages: readonly string[] }
  | { readonly kind: 'throttled' }
  /** `PriorRequestNotComplete`: never a lost race. */
  | { readonly kind: 'busy' }
  | {
      readonly kind: 'denied';
      readonly code: 'access-denied' | 'no-such-zone' | 'invalid-input';
      readonly message: string;
    }
  /** Timeout, 5xx, reset: it may have happened, or may still happen. */
  | { readonly kind: 'unknown'; readonly message: string };

/** INSYNC: served by every name server. stranded: `NoSuchChange`, the control plane forgot it. */
export type ChangeStatus = 'pending' | 'insync' | 'stranded';

export type Zone = {
  /** Every record from name `from` to name `to` (inclusive) in listing order: whole pages, all of them. */
  readonly read: (
    zone: ZoneRef,
    stretch: { readonly from: string; readonly to: string },
    signal: AbortSignal,
  ) => Promise<ZoneRead>;
  /** One attempt. Never throws for what Route 53 answers. */
  readonly commit: (
    zone: ZoneRef,
    changes: readonly Change[],
    comment: string,
    signal: AbortSignal,
  ) => Promise<CommitReply>;
  readonly changeStatus: (
    zone: ZoneRef,
    changeId: string,
    signal: AbortSignal,
  ) => Promise<ChangeStatus>;
};

/** What is told to the outside arrives, or it is said why not: never an exception. */
export type Delivery =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'failed'; readonly why: string };

/** A dead-man's switch outside: it calls for people when pings stop. */
export type Heartbeat = {
  readonly ping: (url: string, signal: AbortSignal) => Promise<Delivery>;
};

/** Where people read. */
export type Topic = {
  readonly publish: (notice: Notice, signal: AbortSignal) => Promise<Delivery>;
};

/** One way to people or programs. Its secrets are its own; what it says of a failure holds none. */
export type Channel = {
  readonly name: ChannelName;
  readonly send: (notification: Notification, signal: AbortSignal) => Promise<Delivery>;
};

/** What a zone's name servers answer. Silence is an answer here, never an exception. */
export type NameServers = {
  /** Addresses of all that serve the zone of this name, as `192.0.2.1:53`; empty where it can't be told. */
  readonly serversOf: (name: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** The values of a TXT record there, strings joined; null: no answer. */
  readonly txt: (
    server: string,
    name: string,
    signal: AbortSignal,
  ) => Promise<readonly string[] | null>;
};

/** The region's own `notify`, as `api` reaches it. Never an exception: an order stands without it. */
export type NotifyCaller = {
  /** Deliveries are due: it is started and not waited for. */
  readonly wake: (signal: AbortSignal) => Promise<Delivery>;
  /** Every channel gets a test, and says what came of it. */
  readonly test: (
    signal: AbortSignal,
  ) => Promise<
    | { readonly kind: 'told'; readonly channels: readonly ChannelTold[] }
    | { readonly kind: 'failed'; readonly why: string }
  >;
};
export type ChannelTold = {
  readonly channel: string;
  readonly delivered: boolean;
  readonly why: string | null;
};

/** Secrets named in the configuration by `{ssm: …}`. `undefined`: unreadable, so the probe is skipped. */
export type Secrets = {
  readonly read: (name: string, signal: AbortSignal) => Promise<string | undefined>;
};
