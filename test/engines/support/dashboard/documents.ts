/** Documents of the API as the dashboard gets them, with what a test is about put in. */
import type { DecisionsDocument } from '../../../../shared/api/decisions.ts';
import type { IncidentsDocument } from '../../../../shared/api/incidents.ts';
import type { LatencyDocument } from '../../../../shared/api/latency.ts';
import type { BallotShown, OrderShown } from '../../../../shared/api/parts.ts';
import type { SloDocument } from '../../../../shared/api/slo.ts';
import type {
  EndpointShown,
  ServiceDocument,
  ServiceShown,
  StatusDocument,
} from '../../../../shared/api/status.ts';

export const AT = Date.UTC(2026, 10, 23, 3, 12, 40);
const MINUTE_MS = 60_000;
export const VANTAGES = ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'eu-central-1', 'us-west-2'];

export const ballot = (vantage: string, fields: Partial<BallotShown> = {}): BallotShown => ({
  vantage,
  vote: 'up',
  failures: 0,
  sinceAt: null,
  code: null,
  detail: '',
  latencyMs: null,
  watch: [],
  ...fields,
});

export const endpoint = (id: string, fields: Partial<EndpointShown> = {}): EndpointShown => ({
  endpoint: id,
  region: id,
  tier: 1,
  health: 'up',
  degraded: false,
  ups: 5,
  downs: 0,
  of: 5,
  sinceAt: null,
  inDns: 100,
  wanted: 100,
  configured: 100,
  order: null,
  reason: { code: 'healthy', sentence: `up: ${id} passes in 5 of 5 vantages` },
  withheld: [],
  votes: VANTAGES.map((vantage) => ballot(vantage)),
  ...fields,
});

export const service = (id: string, fields: Partial<ServiceShown> = {}): ServiceShown => ({
  service: id,
  mode: 'enforce',
  names: [`${id}.example.com`],
  zone: 'main',
  automation: 'on',
  generation: 41,
  quorum: 3,
  usable: 5,
  of: 5,
  reasons: [],
  waitingUntilAt: null,
  orders: [],
  endpoints: [endpoint('eu-west-1'), endpoint('us-east-1'), endpoint('ap-southeast-1')],
  trouble: null,
  ...fields,
});

export const order = (fields: Partial<OrderShown> = {}): OrderShown => ({
  id: 'Na2T12vC',
  service: 'app',
  kind: 'drain',
  covers: 'us-east-1',
  weight: null,
  fromAt: AT - 10 * MINUTE_MS,
  untilAt: AT + 50 * MINUTE_MS,
  started: true,
  afterwards: 'auto',
  force: [],
  actor: 'arn:aws:iam::123456789012:user/alice',
  reason: 'bad deploy 4711',
  ...fields,
});

export const status = (
  services: readonly ServiceShown[],
  region = 'eu-west-1',
): StatusDocument => ({
  format: 1,
  deployment: 'quorate-prod',
  region,
  at: AT,
  zoneReadAt: AT,
  automation: {
    on: services.filter(({ automation }) => automation === 'on').length,
    of: services.length,
  },
  services,
  vantages: VANTAGES.map((vantage) => ({
    vantage,
    state: 'reporting',
    ageMs: 4_000,
    release: '0.1.0',
    why: null,
  })),
  notes: [],
});

/** Everything that a night may hold, on one page. */
export const badNight = (): readonly ServiceShown[] => [
  service('app', {
    waitingUntilAt: AT + 5 * MINUTE_MS,
    orders: [order()],
    endpoints: [
      endpoint('eu-west-1', {
        degraded: true,
        ups: 4,
        downs: 1,
        votes: VANTAGES.map((vantage) =>
          vantage === 'us-west-2'
            ? ballot(vantage, {
                vote: 'down',
                failures: 4,
                sinceAt: AT - MINUTE_MS,
                code: 'timeout',
              })
            : ballot(vantage),
        ),
      }),
      endpoint('us-east-1', {
        inDns: 0,
        wanted: 0,
        order: 'Na2T12vC',
        reason: { code: 'drained', sentence: 'drained: us-east-1 until 04:02Z by order Na2T12vC' },
      }),
      endpoint('ap-southeast-1', {
        inDns: 10,
        wanted: 50,
        reason: {
          code: 'ramp',
          sentence: 'returning: ap-southeast-1 is at 10 %, next step 03:17Z',
        },
      }),
    ],
  }),
  service('pay', {
    automation: 'drift',
    reasons: [
      {
        code: 'drift',
        sentence:
          'drift: on-prem A has weight 20, the last commit left 50; run `quorate adopt pay`',
      },
    ],
    endpoints: [
      endpoint('eu-west-1', {
        health: 'down',
        ups: 0,
        downs: 5,
        withheld: [
          {
            code: 'floor',
            sentence: 'withheld: removing eu-west-1 would leave 40 % in service, floor is 50 %',
          },
        ],
        reason: {
          code: 'quorum-down',
          sentence: 'down: all vantages see eu-west-1 fail (timeout)',
        },
        votes: VANTAGES.map((vantage) =>
          ballot(vantage, { vote: 'down', failures: 9, sinceAt: AT - MINUTE_MS, code: 'timeout' }),
        ),
      }),
      endpoint('us-east-1', {
        health: 'unknown',
        ups: 1,
        votes: VANTAGES.map((vantage) =>
          ballot(vantage, { vote: vantage === 'eu-west-1' ? 'up' : 'none' }),
        ),
      }),
    ],
  }),
  service('shop', { mode: 'observe', automation: 'observing' }),
];

export const serviceDocument = (shown: ServiceShown): ServiceDocument => ({
  format: 1,
  deployment: 'quorate-prod',
  region: 'eu-west-1',
  at: AT,
  ...shown,
  fence: { name: `_quorate.${shown.names[0]}`, state: 'managed', text: 'v=1 g=41' },
  lastChange: {
    generation: 41,
    at: AT - MINUTE_MS,
    changeId: 'C123',
    state: 'insync',
    insyncAt: AT - 30_000,
    seenAt: null,
  },
  notes: [],
  whatWouldChange: ['ap-southeast-1 takes its next step 03:17Z if it stays up'],
});

export const decisions = (id: string): DecisionsDocument => ({
  format: 1,
  service: id,
  region: 'eu-west-1',
  at: AT,
  decisions: [
    {
      record: {
        format: 1,
        service: id,
        generation: 41,
        nonce: 'abc',
        parent: 'def',
        region: 'eu-west-1',
        actor: 'quorum@eu-west-1',
        at: AT - MINUTE_MS,
        config: 'c',
        lines: [
          {
            endpoint: 'us-east-1',
            verdict: 'down',
            from: 100,
            to: 0,
            code: 'quorum-down',
            sentence: 'down: three vantages see us-east-1 fail (timeout), quorum is 3 of 5',
            votes: {},
          },
        ],
        sentences: [],
        plan: '',
        checksum: 'x',
        outbox: [],
      },
      digest: 'd1',
      outcome: 'committed',
      committedAt: AT - MINUTE_MS,
      insyncAt: AT - 30_000,
      seenAt: null,
      changeId: 'C123',
      delivered: [{ channel: 'sns', at: AT }],
    },
  ],
  next: null,
  malformed: 0,
});

export const incidents = (title = 'us-east-1 of app was down'): IncidentsDocument => ({
  format: 1,
  deployment: 'quorate-prod',
  region: 'eu-west-1',
  at: AT,
  sinceAt: AT - 7 * 24 * 60 * MINUTE_MS,
  incidents: [
    {
      id: 'i1',
      service: 'app',
      kind: 'endpoint',
      state: 'resolved',
      title,
      endpoints: ['us-east-1'],
      openedAt: AT - 30 * MINUTE_MS,
      resolvedAt: AT - 10 * MINUTE_MS,
      detectMs: 8_100,
      recoverMs: 11_400,
      recoverBasis: 'seen',
      steps: [
        { step: 'first-failed', at: AT - 30 * MINUTE_MS, sentence: title },
        { step: 'verdict', at: AT - 30 * MINUTE_MS + 8_100, sentence: 'down by quorum, 3 of 5' },
        { step: 'resolved', at: AT - 10 * MINUTE_MS, sentence: 'up again at full weight' },
      ],
    },
  ],
});

export const slo = (): SloDocument => ({
  format: 1,
  deployment: 'quorate-prod',
  region: 'eu-west-1',
  at: AT,
  services: [
    {
      service: 'app',
      sentence: 'on course',
      objectives: [
        {
          kind: 'availability',
          objectivePercent: 99.9,
          thresholdMs: null,
          windowMs: 30 * 24 * 60 * MINUTE_MS,
          measuredPercent: 99.97,
          budgetLeftPercent: 70.2,
          burns: [],
          measured: { minutes: 43_000, ofMinutes: 43_200 },
        },
      ],
    },
  ],
});

export const latency = (id: string): LatencyDocument => ({
  format: 1,
  service: id,
  region: 'eu-west-1',
  at: AT,
  span: 'minute',
  fromAt: AT - 60 * MINUTE_MS,
  toAt: AT,
  series: VANTAGES.map((vantage, place) => ({
    endpoint: 'eu-west-1',
    vantage,
    last: null,
    points: Array.from({ length: 30 }, (_, n) => ({
      at: AT - (30 - n) * MINUTE_MS,
      passes: n === 12 ? 0 : 6,
      failures: n === 12 ? 6 : 0,
      skipped: 0,
      p50Ms: n === 12 ? null : 20 + place,
      p95Ms: n === 12 ? null : 40 + 2 * place + (n % 5),
      p99Ms: n === 12 ? null : 70 + place,
    })),
  })),
});
