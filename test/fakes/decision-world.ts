/**
 * One service in a zone of its own, for tests of the decision core: reports go in as raw items and come
 * back parsed, the fence is kept as text and parsed at each look, and a commit replaces the records and
 * the fence whole. So every story runs through the same arrows as in production, without any port.
 */
import { sha256 } from '../../shared/adapters/digest.ts';
import type { Commit } from '../../shared/core/commit.ts';
import { type Decision, decide } from '../../shared/core/decision.ts';
import { checkMark } from '../../shared/core/endpoint-mark.ts';
import {
  type Fence,
  type FenceEntry,
  type FenceOrder,
  fenceValue,
  newEntry,
} from '../../shared/core/fence.ts';
import {
  type Aids,
  type ClassifyAddress,
  type Config,
  type Digest,
  type DigestOf,
  digest,
  type Endpoint,
  type EpochMs,
  epochMs,
  fenceName,
  nonce,
  orderId,
  type Service,
  type VantageId,
  type Weight,
} from '../../shared/core/model.ts';
import type { Operated } from '../../shared/core/operated.ts';
import { type Operation, operate } from '../../shared/core/operation.ts';
import { dueOrder, type OrderStep } from '../../shared/core/order.ts';
import { type Plan, planChanges, sealPlan } from '../../shared/core/plan.ts';
import { type ConfigManifest, coversAll, type Vote } from '../../shared/core/report.ts';
import { parseManifest, parseReport } from '../../shared/core/report-parse.ts';
import { regionMark } from '../../shared/core/rule-order.ts';
import { markOf, type Snapshot, slotsOf, snapshotOf } from '../../shared/core/snapshot.ts';
import {
  castVotes,
  isolatedVantages,
  type ReportReading,
  type Votes,
} from '../../shared/core/vote.ts';
import { type Change, recordText, type ZoneRecord } from '../../shared/core/zone-record.ts';
import { sampleService } from './sample-service.ts';

export const NOW = epochMs(Date.UTC(2026, 10, 20, 12, 0, 0));
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const DEPLOYMENT = 'quorate-test';
export const PACKAGED_AT = epochMs(Date.UTC(2026, 10, 1));

/** SHA-256, remembered: simulated days ask for the same few digests again and again. */
const remembered = new Map<string, Digest>();
const digestOf: DigestOf = (text) => {
  const known = remembered.get(text) ?? sha256(text);
  remembered.set(text, known);
  return known;
};

/** IPv6 texts may differ and mean one address; everything else is compared as written. */
const classifyAddress: ClassifyAddress = (text) => {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(text)) return { family: 4, range: 'public', canonical: text };
  if (!text.includes(':')) return undefined;
  const canonical = new URL(`http://[${text}]`).hostname;
  return { family: 6, range: 'public', canonical };
};
export const AIDS: Pick<Aids, 'digestOf' | 'classifyAddress'> = {
  digestOf,
  classifyAddress,
};

/** What one vantage makes of one endpoint. */
export type Sight = {
  readonly vote: Vote;
  readonly code?: string;
  /** It votes down and passes again, not yet often enough. */
  readonly isRecovering?: boolean;
  /** It votes up, and its last probe failed. */
  readonly isFailing?: boolean;
  readonly skipped?: string;
  readonly sinceAt?: number;
};

export type WorldOptions = {
  readonly service?: Service;
  readonly now?: EpochMs;
  /** Weights in the zone; what isn't named has its configured weight (tier 1) or 0. */
  readonly weights?: Readonly<Record<string, number>>;
  /** Changes to the fence's entry of an endpoint. */
  readonly entries?: Readonly<Record<string, Partial<FenceEntry>>>;
  readonly orders?: readonly FenceOrder[];
  readonly fence?: Partial<Fence>;
};

export const CONFIG_DIGEST = 'config-digest-000000001';

/** A raw report, as a vantage would have stored it. */
export function rawReport(
  service: Service,
  vantage: VantageId,
  observedAt: number,
  sights: ReadonlyMap<string, Sight>,
  changes: Readonly<Record<string, unknown>> = {},
): unknown {
  const entries = service.endpoints.flatMap(({ id }) => {
    const sight = sights.get(id);
    if (sight === undefined) return [];
    const isDown = sight.vote === 'down' && sight.isRecovering !== true;
    return [
      {
        service: service.id,
        endpoint: id,
        vote: sight.vote,
        failures: isDown ? 3 : sight.isFailing === true ? 1 : 0,
        passes: isDown || sight.isFailing === true ? 0 : 1,
        sinceAt: sight.sinceAt ?? observedAt,
        code: sight.code ?? (isDown || sight.isFailing === true ? 'timeout' : null),
        skipped: sight.skipped ?? null,
        detail: '',
        latencyMs: 20,
        watch: [],
      },
    ];
  });
  return JSON.parse(
    JSON.stringify({
      format: 1,
      reads: { report: [1], fence: [1] },
      release: '0.1.0',
      vantage,
      run: { startedAt: observedAt - 30 * SECOND, id: 'runrunru' },
      config: CONFIG_DIGEST,
      rounds: [
        {
          everyMs: service.everyMs,
          round: Math.floor(observedAt / service.everyMs),
          observedAt,
        },
      ],
      selfCheck: { isolated: false, targets: 3, failed: 0 },
      unlisted: service.endpoints.length - entries.length,
      entries,
      changed: false,
      changedRoundsLeft: 0,
      ...changes,
    }),
  );
}

export const manifestOf = (
  services: readonly Service[],
  settings: Digest | null = null,
): ConfigManifest => ({
  digest: CONFIG_DIGEST,
  packagedAt: PACKAGED_AT,
  services: Object.fromEntries(
    services.map((one) => [
      one.id,
      {
        digest: one.digest,
        ...(settings === null ? {} : { settings }),
        endpoints: one.endpoints.length,
      },
    ]),
  ),
});

/** Raw item → reading, as the round does it. */
export function readingOf(
  raw: unknown,
  vantage: VantageId,
  manifests: ReadonlyMap<string, unknown>,
): ReportReading {
  const report = parseReport(raw, vantage);
  if ('malformed' in report) return { kind: 'silent', why: 'malformed', detail: report.malformed };
  const manifest = parseManifest(manifests.get(report.config), report.config);
  if ('malformed' in manifest) {
    return { kind: 'silent', why: 'unknown-config', detail: manifest.malformed };
  }
  return coversAll(report, manifest)
    ? { kind: 'read', report, manifest }
    : { kind: 'silent', why: 'malformed', detail: 'not every endpoint is accounted for' };
}

/** The records of one endpoint as a first commit would have made them. */
export const recordsFor = (service: Service, endpoint: Endpoint, weight: number): ZoneRecord[] =>
  slotsOf(service, endpoint).map(({ name, type, target }) => ({
    name,
    type,
    setIdentifier: endpoint.setIdentifier,
    weight,
    ...(target.kind === 'value'
      ? { ttlSeconds: service.ttlSeconds, values: [target.value] }
      : {
          alias: {
            name: target.name,
            zone: target.zone,
            evaluateTargetHealth: target.evaluateTargetHealth,
          },
        }),
    ...(endpoint.healthCheckId === undefined ? {} : { healthCheckId: endpoint.healthCheckId }),
  }));

export const orderOf = (
  id: string,
  changes: Partial<FenceOrder> & Pick<FenceOrder, 'kind' | 'scope'>,
): FenceOrder => ({
  id: orderId(id.padEnd(8, '0')),
  weight: changes.kind === 'freeze' ? null : (0 as Weight),
  fromAt: NOW,
  untilAt: epochMs(NOW + HOUR),
  afterwards: 'auto',
  force: [],
  started: true,
  ...changes,
});

export const onEndpoint = (service: Service, id: string): FenceOrder['scope'] => ({
  kind: 'endpoint',
  mark: markOf(endpointOf(service, id), digestOf),
});
export const onRegion = (region: string): FenceOrder['scope'] => ({
  kind: 'region',
  mark: regionMark(region as Parameters<typeof regionMark>[0], digestOf),
});
export const onService: FenceOrder['scope'] = { kind: 'service' };

export function endpointOf(service: Service, id: string): Endpoint {
  const endpoint = service.endpoints.find((one) => one.id === id);
  if (endpoint === undefined) throw new Error(`no endpoint ${id} in this test's service`);
  return endpoint;
}

export type World = ReturnType<typeof openWorld>;

export function openWorld(options: WorldOptions = {}) {
  const state = {
    service: options.service ?? sampleService(),
    config: { deployment: DEPLOYMENT, packagedAt: PACKAGED_AT } satisfies Partial<Config>,
    now: options.now ?? NOW,
    records: [] as ZoneRecord[],
    fenceValues: null as readonly string[] | null,
    /** Vantage → endpoint → sight; nothing listed is steadily up. */
    sights: new Map<VantageId, Map<string, Sight>>(),
    /** Changes to a vantage's raw report; `null`: there is none. */
    reports: new Map<VantageId, Readonly<Record<string, unknown>> | null>(),
    /** How long ago a vantage's last round began. */
    lagMs: new Map<VantageId, number>(),
    serverOffsetMs: 0 as number | null,
    reportsUnderConfig: null as number | null,
    /** Of the file that the vantages run; null: their manifest doesn't say. */
    deployedSettings: null as Digest | null,
    commits: 0,
  };
  const { service: first } = state;
  const firstTier = Math.min(...first.endpoints.map(({ tier }) => tier));
  const weightIn = (endpoint: Endpoint): number =>
    options.weights?.[endpoint.id] ?? (endpoint.tier === firstTier ? endpoint.weight : 0);
  state.records = first.endpoints.flatMap((endpoint) =>
    recordsFor(first, endpoint, weightIn(endpoint)),
  );
  writeFence({
    deployment: DEPLOYMENT,
    generation: 41,
    nonce: nonce('nonce041'),
    parentNonce: nonce('nonce040'),
    asofAt: epochMs(state.now - MINUTE),
    config: first.digest,
    packagedAt: PACKAGED_AT,
    record: digest('record-digest-00000041'),
    rescuedAt: null,
    entries: first.endpoints
      .map(
        (endpoint): FenceEntry => ({
          ...newEntry(markOf(endpoint, digestOf), weightIn(endpoint) as Weight, { kind: 'in' }),
          provenAs: checkMark(endpoint, digestOf),
          ...options.entries?.[endpoint.id],
        }),
      )
      .sort((a, b) => (a.mark < b.mark ? -1 : 1)),
    orders: options.orders ?? [],
    ...options.fence,
  });

  function writeFence(fence: Fence): void {
    state.fenceValues = [fenceValue(fence)];
  }

  function see(
    endpoint: string,
    vote: Vote,
    { by, ...sight }: Omit<Sight, 'vote'> & { by?: readonly string[] } = {},
  ): void {
    for (const vantage of state.service.vantages) {
      if (by !== undefined && !by.includes(vantage)) continue;
      const own = state.sights.get(vantage) ?? new Map<string, Sight>();
      state.sights.set(vantage, own);
      own.delete(endpoint);
      if (vote !== 'up' || Object.keys(sight).length > 0) {
        own.set(endpoint, { vote, sinceAt: state.now, ...sight });
      }
    }
  }

  function readings(): ReadonlyMap<VantageId, ReportReading> {
    const manifests = new Map([
      [CONFIG_DIGEST, manifestOf([state.service], state.deployedSettings)],
    ]);
    return new Map(
      state.service.vantages.flatMap((vantage) => {
        const changes = state.reports.get(vantage);
        if (changes === null) return [];
        const observedAt = state.now - (state.lagMs.get(vantage) ?? SECOND);
        const sights = state.sights.get(vantage) ?? new Map<string, Sight>();
        const raw = rawReport(state.service, vantage, observedAt, sights, changes);
        return [[vantage, readingOf(raw, vantage, manifests)] as const];
      }),
    );
  }

  function votes(): Votes {
    const read = readings();
    return castVotes(
      state.service,
      read,
      isolatedVantages([state.service], read, state.now),
      state.now,
    );
  }

  function snapshot(): Snapshot {
    const fence: ZoneRecord[] =
      state.fenceValues === null
        ? []
        : [
            {
              name: fenceName(state.service),
              type: 'TXT',
              ttlSeconds: 60,
              values: state.fenceValues,
            },
          ];
    return snapshotOf(
      state.service,
      {
        records: [...state.records, ...fence],
        serverAt: state.serverOffsetMs === null ? null : epochMs(state.now + state.serverOffsetMs),
        readAt: state.now,
      },
      DEPLOYMENT,
      state.now,
    );
  }

  function input() {
    const cast = votes();
    const usable = cast.views.filter((view) => view.state !== 'silent').length;
    return {
      config: state.config,
      service: state.service,
      votes: cast,
      snapshot: snapshot(),
      reportsUnderConfig: state.reportsUnderConfig ?? usable,
      now: state.now,
      aids: AIDS,
    };
  }

  function fence(): Fence {
    const parsed = snapshot().fence;
    if (parsed.kind !== 'managed') throw new Error(`the fence is ${JSON.stringify(parsed)}`);
    return parsed.fence;
  }

  /** Plans the commit and does Route 53's part: every DELETE must match a record in every field. */
  function apply(commit: Commit): Plan {
    state.commits += 1;
    const plan = sealPlan(
      planChanges(
        state.service,
        commit,
        snapshot(),
        nonce(String(state.commits).padStart(8, 'n')),
        state.now,
        digestOf,
      ),
      digest(String(state.commits).padStart(22, 'r')),
    );
    for (const { action, record } of plan.changes) change(action, record);
    return plan;
  }

  function change(action: Change['action'], record: ZoneRecord): void {
    if (record.type === 'TXT') {
      state.fenceValues = action === 'DELETE' ? null : (record.values ?? []);
    } else if (action === 'CREATE') {
      state.records.push(record);
    } else {
      const at = state.records.findIndex((one) => recordText(one) === recordText(record));
      if (at < 0) throw new Error(`DELETE does not match: ${recordText(record)}`);
      state.records.splice(at, 1);
    }
  }

  return {
    state,
    see,
    readings,
    votes,
    snapshot,
    input,
    fence,
    apply,
    writeFence,
    change,
    pass: (ms: number): void => {
      state.now = epochMs(state.now + ms);
    },
    decide: (): Decision => decide(input()),
    /** Decides and commits. */
    round(): Decision {
      const decision = decide(input());
      if (decision.commit !== null) apply(decision.commit);
      return decision;
    },
    /** The order that is due, committed. */
    orderRound(): OrderStep {
      const step = dueOrder(input());
      if (step.commit !== null) apply(step.commit);
      return step;
    },
    /** An operator's wish, committed unless refused. */
    operate(operation: Operation): Operated {
      const operated = operate(operation, input());
      if (operated.kind === 'planned') apply(operated.commit);
      return operated;
    },
    /** By set identifier; the smallest where records differ. */
    weights(): Record<string, number> {
      const found: Record<string, number> = {};
      for (const record of state.records) {
        const id = record.setIdentifier ?? '';
        found[id] = Math.min(found[id] ?? 256, record.weight ?? 0);
      }
      return found;
    },
    entry(id: string): FenceEntry {
      const mark = markOf(endpointOf(state.service, id), digestOf);
      const entry = fence().entries.find((one) => one.mark === mark);
      if (entry === undefined) throw new Error(`the fence does not list ${id}`);
      return entry;
    },
    /** A person's edit in the console. */
    edit(id: string, weight: number, type?: string): void {
      state.records = state.records.map((record) =>
        record.setIdentifier === id && (type === undefined || record.type === type)
          ? { ...record, weight }
          : record,
      );
    },
  };
}

/** Reason codes per endpoint, the withheld ones behind a slash. */
export const codesOf = (decision: Decision): Record<string, string> =>
  Object.fromEntries(
    decision.endpoints.map(({ endpoint, reason, withheld }) => [
      endpoint,
      [reason.code, ...withheld.map(({ code }) => code)].join('/'),
    ]),
  );
