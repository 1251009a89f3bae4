/**
 * What can be broken in the local world. In: the body of POST /world/faults, and who is there. Out: a
 * Fault, or a problem that lists what is known. `effectsOf` folds all faults that hold now into one
 * picture, so that adding and removing them in any order leaves the same world.
 */
import { byText } from '../../shared/core/model.ts';
import { NO_TROUBLE, type Trouble } from './endpoint-server.ts';

type FieldRule =
  | { readonly names: 'service' | 'endpoint' | 'vantage' | 'region'; readonly optional?: true }
  | { readonly from: number; readonly to: number };

const ENDPOINT = { service: { names: 'service' }, endpoint: { names: 'endpoint' } } as const;
const VANTAGE = { vantage: { names: 'vantage' } } as const;
const HOUR_MS = 3_600_000;

/** Kind → its fields. The one list: the API's answers and the view's hints are made from it. */
export const FAULT_FIELDS = {
  'endpoint-down': ENDPOINT,
  'endpoint-hung': ENDPOINT,
  'endpoint-5xx': ENDPOINT,
  'endpoint-slow': { ...ENDPOINT, delayMs: { from: 1, to: HOUR_MS } },
  'endpoint-wrong-body': ENDPOINT,
  'endpoint-bad-certificate': ENDPOINT,
  'endpoint-flapping': { ...ENDPOINT, periodMs: { from: 100, to: HOUR_MS } },
  'region-down': { region: { names: 'region' } },
  'vantage-down': VANTAGE,
  'vantage-isolated': VANTAGE,
  'vantage-starved': VANTAGE,
  'vantage-clock-skew': { ...VANTAGE, skewMs: { from: -24 * HOUR_MS, to: 24 * HOUR_MS } },
  'vantage-sees-down': { ...VANTAGE, ...ENDPOINT },
  'replication-lag': {
    lagMs: { from: 1, to: 24 * HOUR_MS },
    from: { names: 'vantage', optional: true },
    to: { names: 'vantage', optional: true },
  },
  'replication-partition': VANTAGE,
  'route53-throttled': {},
  'route53-down': {},
  'route53-slow-insync': { delayMs: { from: 1, to: HOUR_MS } },
  'route53-reply-lost': { count: { from: 1, to: 1000 } },
  'hand-edit': { ...ENDPOINT, weight: { from: 0, to: 255 } },
} as const satisfies Record<string, Readonly<Record<string, FieldRule>>>;

export type FaultKind = keyof typeof FAULT_FIELDS;
export const FAULT_KINDS = Object.keys(FAULT_FIELDS) as readonly FaultKind[];

type ValueOf<R> = R extends { readonly names: string } ? string : number;
type Optional<F> = {
  [K in keyof F as F[K] extends { readonly optional: true } ? K : never]?: ValueOf<F[K]>;
};
type Required<F> = {
  [K in keyof F as F[K] extends { readonly optional: true } ? never : K]: ValueOf<F[K]>;
};
type FaultOf<K extends FaultKind> = K extends FaultKind
  ? Readonly<{ kind: K } & Required<(typeof FAULT_FIELDS)[K]> & Optional<(typeof FAULT_FIELDS)[K]>>
  : never;
export type Fault = FaultOf<FaultKind>;

/** Who is there, and what each endpoint's check can notice. */
export type KnownWorld = {
  readonly vantages: readonly string[];
  readonly services: readonly {
    readonly service: string;
    readonly endpoints: readonly {
      readonly endpoint: string;
      readonly region: string;
      readonly hasHttp: boolean;
      readonly hasTls: boolean;
    }[];
  }[];
};

export type Problem = { readonly error: string; readonly known: readonly string[] };
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

export function parseFault(body: unknown, world: KnownWorld): Parsed<Fault> {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    return wrong('a fault is a JSON object with a "kind"', FAULT_KINDS);
  }
  const given = body as Readonly<Record<string, unknown>>;
  const kind = given.kind;
  if (typeof kind !== 'string' || !isFaultKind(kind)) {
    return wrong(`unknown kind ${shown(kind)}`, FAULT_KINDS);
  }
  const rules: Readonly<Record<string, FieldRule>> = FAULT_FIELDS[kind];
  const fields = Object.keys(rules);
  for (const field of Object.keys(given)) {
    if (field !== 'kind' && !fields.includes(field)) {
      return wrong(`${kind} has no field ${shown(field)}`, fields);
    }
  }
  for (const [field, rule] of Object.entries(rules)) {
    const problem = problemOf(kind, field, rule, given, world);
    if (problem) return { ok: false, problem };
  }
  const unseen = unseenBy(kind, given, world);
  if (unseen) return unseen;
  const ordered = fields.filter((field) => Object.hasOwn(given, field));
  return {
    ok: true,
    value: Object.fromEntries([
      ['kind', kind],
      ...ordered.map((field) => [field, given[field]]),
    ]) as Fault,
  };
}

const isFaultKind = (text: string): text is FaultKind => Object.hasOwn(FAULT_FIELDS, text);

function problemOf(
  kind: FaultKind,
  field: string,
  rule: FieldRule,
  given: Readonly<Record<string, unknown>>,
  world: KnownWorld,
): Problem | undefined {
  const value = Object.hasOwn(given, field) ? given[field] : undefined;
  if ('from' in rule) {
    const range = `an integer from ${rule.from} to ${rule.to}`;
    if (value === undefined) return { error: `${kind} needs ${field}, ${range}`, known: [range] };
    const fits = Number.isInteger(value) && rule.from <= Number(value) && Number(value) <= rule.to;
    return fits
      ? undefined
      : { error: `${field} is ${range}, not ${shown(value)}`, known: [range] };
  }
  if (value === undefined && rule.optional) return;
  const known = namesOf(rule.names, given, world);
  if (value === undefined) return { error: `${kind} needs ${field}`, known };
  if (typeof value !== 'string' || !known.includes(value)) {
    return { error: `unknown ${rule.names} ${shown(value)}`, known };
  }
  return;
}

function namesOf(
  what: 'service' | 'endpoint' | 'vantage' | 'region',
  given: Readonly<Record<string, unknown>>,
  world: KnownWorld,
): readonly string[] {
  switch (what) {
    case 'service':
      return world.services.map((service) => service.service);
    case 'endpoint':
      return world.services
        .filter((service) => service.service === given.service)
        .flatMap((service) => service.endpoints.map((endpoint) => endpoint.endpoint));
    case 'vantage':
      return world.vantages;
    case 'region': {
      const regions = world.services.flatMap(({ endpoints }) => endpoints.map((e) => e.region));
      return [...new Set([...world.vantages, ...regions])].sort(byText);
    }
  }
}

/** A fault that no check of this endpoint could notice is refused: it would look like a miss. */
function unseenBy(
  kind: FaultKind,
  given: Readonly<Record<string, unknown>>,
  world: KnownWorld,
): Parsed<Fault> | undefined {
  const found = world.services
    .find((service) => service.service === given.service)
    ?.endpoints.find((endpoint) => endpoint.endpoint === given.endpoint);
  if (!found) return;
  if (kind === 'endpoint-bad-certificate' && !found.hasTls) {
    return wrong(
      `${String(given.service)} is not checked over TLS, so nobody would see a bad certificate`,
      FAULT_KINDS.filter((other) => other !== kind),
    );
  }
  const overHttp: readonly FaultKind[] = [
    'endpoint-hung',
    'endpoint-5xx',
    'endpoint-slow',
    'endpoint-wrong-body',
  ];
  if (overHttp.includes(kind) && !found.hasHttp) {
    return wrong(
      `${String(given.service)} is checked by a TCP connect, which ${kind} does not disturb; use endpoint-down`,
      ['endpoint-down', 'endpoint-flapping'],
    );
  }
  return;
}

/** Two faults are the same if every field is. */
export const faultText = (fault: Fault): string =>
  JSON.stringify(Object.entries(fault).sort(([a], [b]) => byText(a, b)));

export type EndpointTrouble = Trouble & { readonly flapPeriodsMs: readonly number[] };
export type Lag = { readonly lagMs: number; readonly from?: string; readonly to?: string };

export type Effects = {
  /** `service/endpoint` → what is wrong with it. Absent: nothing. */
  readonly troubles: ReadonlyMap<string, EndpointTrouble>;
  readonly downRegions: ReadonlySet<string>;
  /** Vantages whose functions do not run, those of a lost region included. */
  readonly downVantages: ReadonlySet<string>;
  readonly isolated: ReadonlySet<string>;
  readonly starved: ReadonlySet<string>;
  readonly skewMs: ReadonlyMap<string, number>;
  /** Vantage → `service/endpoint` it wrongly sees down. */
  readonly seesDown: ReadonlyMap<string, ReadonlySet<string>>;
  readonly lags: readonly Lag[];
  readonly partitioned: ReadonlySet<string>;
  readonly throttled: boolean;
  readonly route53Down: boolean;
  /** Null: as the world was started. */
  readonly insyncDelayMs: number | null;
};

export const endpointKey = (service: string, endpoint: string): string => `${service}/${endpoint}`;

export function effectsOf(faults: readonly Fault[], world: KnownWorld): Effects {
  const troubles = new Map<string, EndpointTrouble>();
  const downRegions = new Set<string>();
  const downVantages = new Set<string>();
  const isolated = new Set<string>();
  const starved = new Set<string>();
  const skewMs = new Map<string, number>();
  const seesDown = new Map<string, Set<string>>();
  const lags: Lag[] = [];
  const partitioned = new Set<string>();
  let throttled = false;
  let route53Down = false;
  let insyncDelayMs: number | null = null;

  const add = (service: string, endpoint: string, change: Partial<EndpointTrouble>): void => {
    const key = endpointKey(service, endpoint);
    const before = troubles.get(key) ?? { ...NO_TROUBLE, flapPeriodsMs: [] };
    troubles.set(key, { ...before, ...change });
  };
  const troubleOf = (service: string, endpoint: string): EndpointTrouble =>
    troubles.get(endpointKey(service, endpoint)) ?? { ...NO_TROUBLE, flapPeriodsMs: [] };

  for (const fault of faults) {
    switch (fault.kind) {
      case 'endpoint-down':
        add(fault.service, fault.endpoint, { refused: true });
        break;
      case 'endpoint-hung':
        add(fault.service, fault.endpoint, { hung: true });
        break;
      case 'endpoint-5xx':
        add(fault.service, fault.endpoint, { serverError: true });
        break;
      case 'endpoint-slow': {
        const { delayMs } = troubleOf(fault.service, fault.endpoint);
        add(fault.service, fault.endpoint, { delayMs: Math.max(delayMs, fault.delayMs) });
        break;
      }
      case 'endpoint-wrong-body':
        add(fault.service, fault.endpoint, { wrongBody: true });
        break;
      case 'endpoint-bad-certificate':
        add(fault.service, fault.endpoint, { badCertificate: true });
        break;
      case 'endpoint-flapping': {
        const { flapPeriodsMs } = troubleOf(fault.service, fault.endpoint);
        add(fault.service, fault.endpoint, { flapPeriodsMs: [...flapPeriodsMs, fault.periodMs] });
        break;
      }
      case 'region-down':
        downRegions.add(fault.region);
        if (world.vantages.includes(fault.region)) downVantages.add(fault.region);
        for (const { service, endpoints } of world.services) {
          for (const { endpoint, region } of endpoints) {
            if (region === fault.region) add(service, endpoint, { refused: true });
          }
        }
        break;
      case 'vantage-down':
        downVantages.add(fault.vantage);
        break;
      case 'vantage-isolated':
        isolated.add(fault.vantage);
        break;
      case 'vantage-starved':
        starved.add(fault.vantage);
        break;
      case 'vantage-clock-skew':
        skewMs.set(fault.vantage, (skewMs.get(fault.vantage) ?? 0) + fault.skewMs);
        break;
      case 'vantage-sees-down': {
        const seen = seesDown.get(fault.vantage) ?? new Set<string>();
        seesDown.set(fault.vantage, seen.add(endpointKey(fault.service, fault.endpoint)));
        break;
      }
      case 'replication-lag': {
        const { kind: _kind, ...lag } = fault;
        lags.push(lag);
        break;
      }
      case 'replication-partition':
        partitioned.add(fault.vantage);
        break;
      case 'route53-throttled':
        throttled = true;
        break;
      case 'route53-down':
        route53Down = true;
        break;
      case 'route53-slow-insync':
        insyncDelayMs = Math.max(insyncDelayMs ?? 0, fault.delayMs);
        break;
      // Both are acts, not states: the world does them once, when the fault is added.
      case 'route53-reply-lost':
      case 'hand-edit':
        break;
    }
  }
  return {
    troubles,
    downRegions,
    downVantages,
    isolated,
    starved,
    skewMs,
    seesDown,
    lags,
    partitioned,
    throttled,
    route53Down,
    insyncDelayMs,
  };
}

/** Text from outside, cut and quoted, for an error sentence. */
export function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}

const wrong = (error: string, known: readonly string[]): Parsed<never> => ({
  ok: false,
  problem: { error: `${error}; known: ${known.join(', ')}`, known },
});
