/** Documents as a region would answer them, with something of everything that metrics tell. */

import type { MetricDocuments } from '../../scripts/exporter/open-metrics-text.ts';
import type { DecisionShown, DecisionsDocument } from '../../shared/api/decisions.ts';
import type { LatencyDocument } from '../../shared/api/latency.ts';
import type { SloDocument } from '../../shared/api/slo.ts';
import type { StatusDocument } from '../../shared/api/status.ts';
import { committed } from './slo-world.ts';

export const AT = 1_795_000_000_000;
const MINUTE = 60_000;
type Service = StatusDocument['services'][number];
type Endpoint = Service['endpoints'][number];

const ballot = (vantage: string, vote: Endpoint['votes'][number]['vote'], failures = 0) => ({
  vantage,
  vote,
  failures,
  sinceAt: AT - MINUTE,
  code: null,
  detail: 'bytes of the endpoint: "} 1\nforged 1',
  latencyMs: 42,
  watch: [],
});

export const sampleStatus = (changes: Partial<Service> = {}): StatusDocument => ({
  format: 1,
  deployment: 'quorate-test',
  region: 'eu-west-1',
  at: AT,
  zoneReadAt: AT - 4_000,
  automation: { on: 1, of: 1 },
  services: [
    {
      service: 'app',
      mode: 'enforce',
      names: ['app.example.com'],
      zone: 'main',
      automation: 'on',
      generation: 41,
      quorum: 2,
      usable: 2,
      of: 3,
      reasons: [],
      waitingUntilAt: AT + 30_000,
      orders: [
        {
          id: 'order001',
          service: 'app',
          kind: 'drain',
          covers: 'us-east-1',
          weight: 0,
          fromAt: AT - 10 * MINUTE,
          untilAt: AT + 20 * MINUTE,
          started: true,
          afterwards: 'auto',
          force: [],
          actor: 'alice',
          reason: 'bad deploy',
        },
      ],
      endpoints: [
        {
          endpoint: 'eu-west-1',
          region: 'eu-west-1',
          tier: 1,
          health: 'up',
          degraded: true,
          ups: 2,
          downs: 1,
          of: 3,
          sinceAt: AT - MINUTE,
          inDns: 100,
          wanted: 100,
          configured: 100,
          order: null,
          reason: { code: 'healthy', sentence: '' },
          withheld: [],
          votes: [
            ballot('eu-west-1', 'up'),
            ballot('us-east-1', 'down', 4),
            ballot('us-west-2', 'silent'),
          ],
        },
        {
          endpoint: 'us-east-1',
          region: 'us-east-1',
          tier: 1,
          health: 'unknown',
          degraded: false,
          ups: 0,
          downs: 1,
          of: 3,
          sinceAt: null,
          inDns: null,
          wanted: 0,
          configured: 100,
          order: 'order001',
          reason: { code: 'drained', sentence: '' },
          withheld: [
            { code: 'floor', sentence: '' },
            { code: 'floor', sentence: '' },
            { code: 'velocity', sentence: '' },
          ],
          votes: [ballot('eu-west-1', 'none', 1)],
        },
      ],
      trouble: null,
      ...changes,
    },
  ],
  vantages: [
    { vantage: 'eu-west-1', state: 'reporting', ageMs: 3_500, release: '1', why: null },
    { vantage: 'us-east-1', state: 'isolated', ageMs: 8_000, release: '1', why: null },
    { vantage: 'us-west-2', state: 'silent', ageMs: null, release: null, why: 'no report' },
  ],
  notes: [],
});

export const sampleLatency = (): LatencyDocument => ({
  format: 1,
  service: 'app',
  region: 'eu-west-1',
  at: AT,
  span: 'minute',
  fromAt: AT - 5 * MINUTE,
  toAt: AT,
  series: [
    { endpoint: 'eu-west-1', vantage: 'eu-west-1', points: [], last: sampleLast(AT - 20_000) },
    { endpoint: 'eu-west-1', vantage: 'us-east-1', points: [], last: null },
    { endpoint: 'eu-west-1', vantage: 'us-west-2', points: [], last: sampleLast(AT - 6 * MINUTE) },
  ],
});

const sampleLast = (at: number): NonNullable<LatencyDocument['series'][number]['last']> => ({
  at,
  passed: true,
  code: null,
  status: 200,
  totalMs: 61.5,
  resolveMs: null,
  connectMs: 10,
  tlsMs: 18,
  firstByteMs: 30.1,
  transferMs: 1.4,
  certificateEndsAt: AT + 86_400_000,
  family: 4,
});

export const sampleSlo = (): SloDocument => ({
  format: 1,
  deployment: 'quorate-test',
  region: 'eu-west-1',
  at: AT,
  services: [
    {
      service: 'app',
      objectives: [
        {
          kind: 'availability',
          objectivePercent: 99.95,
          thresholdMs: null,
          windowMs: 30 * 24 * 60 * MINUTE,
          measuredPercent: 99.97,
          budgetLeftPercent: 40,
          burns: [
            burn('fast', 60, 5, 14.4, 2),
            burn('slow', 360, 30, 6, 1.5),
            burn('steady', 4320, 360, 1, null),
          ],
          measured: { minutes: 43_000, ofMinutes: 43_200 },
        },
      ],
      sentence: '',
    },
    { service: 'bare', objectives: [], sentence: '' },
  ],
});

const burn = (
  name: 'fast' | 'slow' | 'steady',
  long: number,
  short: number,
  threshold: number,
  longRate: number | null,
) => ({
  name,
  longMs: long * MINUTE,
  shortMs: short * MINUTE,
  threshold,
  longRate,
  shortRate: 0.5,
  burning: false,
});

/** `outcomes`: by generation, newest first. */
export const sampleDecisions = (
  outcomes: readonly (readonly [generation: number, digest: string, DecisionShown['outcome']])[],
): DecisionsDocument => ({
  format: 1,
  service: 'app',
  region: 'eu-west-1',
  at: AT,
  decisions: outcomes.map(([generation, digest, outcome]) => ({
    record: committed(generation, 0, {}, {}).record,
    digest,
    outcome,
    committedAt: null,
    insyncAt: null,
    seenAt: null,
    changeId: null,
    delivered: [],
  })),
  malformed: 0,
  next: null,
});

export const sampleDocuments = (): MetricDocuments => ({
  status: sampleStatus(),
  latency: [sampleLatency()],
  slo: sampleSlo(),
  seen: new Map([['app', { commits: 3, conflicts: 1 }]]),
});
