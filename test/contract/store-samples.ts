/** Nouns of the store's tests, each with what a story doesn't care about filled in. */
import { systemClock } from '../../shared/adapters/system-clock.ts';
import type { DrillEvent } from '../../shared/core/drill-report.ts';
import {
  digest,
  endpointId,
  epochMs,
  nonce,
  orderId,
  regionId,
  type ServiceId,
  serviceId,
  type VantageId,
  vantageId,
} from '../../shared/core/model.ts';
import type { DecisionRecord, Mark } from '../../shared/core/record.ts';
import { type ConfigManifest, type Report, roundKey } from '../../shared/core/report.ts';
import type { Rollup, StoredRollup } from '../../shared/core/rollup.ts';
import type { Clock, Shadow } from '../../shared/ports.ts';

export const NOW = Date.UTC(2026, 6, 1, 12);
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** Its own time, the machine's timers. */
export const clockAt = (ms: number): Clock => ({ ...systemClock(), now: () => epochMs(ms) });

export const LIVE = new AbortController().signal;
export const EU = vantageId('eu-west-1');
export const US = vantageId('us-east-1');
export const APP: ServiceId = serviceId('app');
export const DB = serviceId('db');

type ReportOptions = { round: number; run?: string; vantage?: VantageId; changed?: boolean };

export const aReport = ({
  round,
  run = 'run',
  vantage = EU,
  changed = false,
}: ReportOptions): Report => ({
  format: 1,
  reads: { report: [1], fence: [1] },
  release: '1.0.0',
  vantage,
  run: { startedAt: epochMs(NOW - MINUTE), id: run },
  config: 'config-1',
  rounds: [
    { everyMs: 5_000, round, observedAt: epochMs(NOW + round * 5_000) },
    { everyMs: 10_000, round: 1, observedAt: epochMs(NOW) },
  ],
  selfCheck: { isolated: false, targets: 3, failed: 0 },
  unlisted: 2,
  entries: [anEntry({})],
  changed,
  changedRoundsLeft: changed ? 3 : 0,
});

export const keyOf = (options: ReportOptions): string => roundKey(aReport(options));

type Entry = Report['entries'][number];
export const anEntry = (fields: Partial<Entry>): Entry => ({
  service: APP,
  endpoint: endpointId('eu-west-1'),
  vote: 'down',
  failures: 3,
  passes: 0,
  sinceAt: epochMs(NOW),
  code: 'timeout',
  skipped: null,
  detail: '',
  latencyMs: null,
  watch: [],
  ...fields,
});

export const aLine = (passes: number): StoredRollup['lines'][number] => ({
  service: APP,
  endpoint: endpointId('eu-west-1'),
  passes,
  failures: 0,
  skipped: 0,
  histogram: { '50': passes },
});

type RollupOptions = { startAt: number; run?: string; span?: Rollup['span']; vantage?: VantageId };

export const aRollup = ({
  startAt,
  run = 'run',
  span = 'minute',
  vantage = EU,
}: RollupOptions): StoredRollup => ({
  vantage,
  span,
  startAt: epochMs(startAt),
  run,
  lines: [aLine(5)],
});

export const aManifest = (id: string): ConfigManifest => ({
  digest: id,
  packagedAt: epochMs(NOW),
  services: { app: { digest: 's1', endpoints: 3 } },
});

export const aShadow = (fields: Partial<Shadow>): Shadow => ({
  service: APP,
  region: EU,
  weights: {},
  fence: 'q1',
  ...fields,
});

export const aRecord = (
  generation: number,
  by = 'aaaaaaaa',
  planCharacters = 10,
): DecisionRecord => ({
  format: 1,
  service: APP,
  generation,
  nonce: nonce(by),
  parent: generation === 1 ? null : digest('parent'),
  region: EU,
  actor: 'quorum@eu-west-1',
  at: epochMs(NOW),
  config: 'config-1',
  lines: [],
  sentences: ['down: eu-west-1'],
  plan: 'p'.repeat(planCharacters),
  checksum: '9c1f4e',
  outbox: [],
});

export const aMark = (fields: Partial<Mark>): Mark => ({
  service: APP,
  generation: 1,
  nonce: nonce('aaaaaaaa'),
  kind: 'committed',
  region: EU,
  at: epochMs(NOW),
  detail: '',
  ...fields,
});

export const aDrillEvent = (changes: Partial<DrillEvent> = {}): DrillEvent => ({
  format: 1,
  drill: orderId('drill001'),
  deployment: 'prod',
  region: regionId('eu-west-1'),
  step: 'begun',
  fromAt: epochMs(NOW),
  untilAt: epochMs(NOW + 600_000),
  at: epochMs(NOW + 1_000),
  actor: 'drill@eu-west-1',
  sentence: 'eu-west-1 is drained for 10 min in app',
  services: ['app'],
  before: { 'app eu-west-1': 100 },
  goalMs: 45_000,
  restored: null,
  measures: [],
  ...changes,
});
