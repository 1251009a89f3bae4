/**
 * The nouns every stage shares: ids, units, a service with its endpoints, and the aids (digest,
 * addresses, patterns) that the core is given because it may import nothing. Values are immutable and
 * are branded where they are parsed, so that two ids or two units can't be swapped by accident.
 * The nouns of one stage live in that stage's own file.
 */
declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

export type ServiceId = Brand<string, 'ServiceId'>;
export type EndpointId = Brand<string, 'EndpointId'>;
/** A region from which we look. */
export type VantageId = Brand<string, 'VantageId'>;
/** An endpoint's failure domain: an AWS region, or any word the operator chose. */
export type RegionId = Brand<string, 'RegionId'>;
export type OrderId = Brand<string, 'OrderId'>;
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type EpochMs = Brand<number, 'EpochMs'>;
/** A Route 53 weight: an integer from 0 to 255 (Route 53 API, ResourceRecordSet). */
export type Weight = Brand<number, 'Weight'>;
/** Random, 8 base64url characters: tells two plans for one generation apart. */
export type Nonce = Brand<string, 'Nonce'>;
/** At least 128 bits, 22 or more base64url characters. */
export type Digest = Brand<string, 'Digest'>;

export const serviceId = (text: string): ServiceId => text as ServiceId;
export const endpointId = (text: string): EndpointId => text as EndpointId;
export const vantageId = (text: string): VantageId => text as VantageId;
export const regionId = (text: string): RegionId => text as RegionId;
export const orderId = (text: string): OrderId => text as OrderId;
export const epochMs = (ms: number): EpochMs => ms as EpochMs;
export const weight = (value: number): Weight => value as Weight;
export const nonce = (text: string): Nonce => text as Nonce;
export const digest = (text: string): Digest => text as Digest;

/** A-Z order by code unit, so that every machine sorts alike (no locale). */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export const RECORD_TYPES = ['A', 'AAAA', 'CNAME'] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

/** What one record of an endpoint should answer with. */
export type Target =
  | { readonly kind: 'value'; readonly value: string }
  | {
      readonly kind: 'alias';
      readonly name: string;
      readonly zone: string;
      readonly evaluateTargetHealth: boolean;
    };

/** One weighted target of a service. */
export type Endpoint = {
  readonly id: EndpointId;
  readonly region: RegionId;
  /** SetIdentifier of its records: the endpoint's id unless the file says otherwise. */
  readonly setIdentifier: string;
  readonly weight: Weight;
  /** 1 serves first. */
  readonly tier: number;
  /** What its records answer with, per record type of the service. Absent: no record of that type. */
  readonly targets: Readonly<Partial<Record<RecordType, Target>>>;
  /** Host names or addresses to probe, in file order: an endpoint with A and AAAA has two. */
  readonly probeTargets: readonly string[];
  readonly check: Check;
  readonly healthCheckId?: string;
};

export type HeaderValue = string | { readonly ssm: string };

/** `expect` votes. Absent `status` means 200-399 plus 429 (overloaded counts as alive). */
export type Expectation = {
  readonly status?: readonly StatusRange[];
  readonly body?: BodyMatch;
  /** Names are lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly latencyMsMax?: number;
  readonly certificateDaysMin?: number;
};
export type StatusRange = { readonly from: number; readonly to: number };
export type BodyMatch =
  | { readonly kind: 'contains'; readonly text: string }
  | { readonly kind: 'matches'; readonly pattern: string };

/** `watch` never votes: it is shown and notified. */
export type WatchCondition = { readonly name: string } & (
  | { readonly kind: 'certificate'; readonly daysMin: number }
  | { readonly kind: 'latency'; readonly latencyMsMax: number }
  | { readonly kind: 'body'; readonly body: BodyMatch }
  | { readonly kind: 'status'; readonly status: readonly StatusRange[] }
);

/** One request as configured; `{target}` `{endpoint}` `{region}` `{name}` are still in place. */
export type HttpCheck = {
  readonly kind: 'http';
  readonly url: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
  /** Host header and SNI. */
  readonly host: string;
  readonly headers: Readonly<Record<string, HeaderValue>>;
  readonly expect: Expectation;
};
export type TcpCheck = {
  readonly kind: 'tcp';
  /** `{target}:5432` */
  readonly address: string;
  readonly expect: { readonly latencyMsMax?: number };
};
export type CheckNode =
  | HttpCheck
  | TcpCheck
  | { readonly kind: 'all'; readonly checks: readonly CheckNode[] }
  | { readonly kind: 'any'; readonly checks: readonly CheckNode[] };
export type Check = {
  readonly node: CheckNode;
  /** Total deadline of one probe, DNS included. */
  readonly timeoutMs: number;
  /** Consecutive failures to vote down. */
  readonly fall: number;
  /** Consecutive passes to vote up again. */
  readonly rise: number;
  readonly watch: readonly WatchCondition[];
};

export type Policy = {
  /** At most `regions` regions lose weight because of `down` in any `windowMs`. */
  readonly velocity: { readonly regions: number; readonly windowMs: number };
  readonly holdDownMs: number;
  /** Ascending percentages, the last one is 100. */
  readonly ramp: readonly number[];
  readonly rampStepMs: number;
  readonly failback: 'auto' | 'manual';
  /** Percent of the serving tier's configured weight; absent: derived per tier (`floorOf`). */
  readonly floorPercent?: number;
  /** Percent of the total that the next tier gets while an earlier one serves. */
  readonly tricklePercent: number;
  /** Time for a commit to be served: 60 s on AWS. */
  readonly settleMs: number;
};

export type ZoneRef = { readonly key: string; readonly id: string; readonly role?: string };

/** What a service promises, for error budgets: at least one of the two objectives. */
export type Slo = {
  /** Percent of probes that pass. */
  readonly availabilityPercent?: number;
  /** Percent of the passing probes that are answered within a bound of the rollups' latency buckets. */
  readonly latency?: { readonly thresholdMs: number; readonly percent: number };
  readonly windowMs: number;
};

/** What we steer as one: names, endpoints, one policy, one fence. */
export type Service = {
  readonly id: ServiceId;
  readonly mode: 'observe' | 'enforce';
  readonly zone: ZoneRef;
  /** Lower case, no final dot. The fence stands at `_quorate.` + the first. */
  readonly names: readonly string[];
  readonly types: readonly RecordType[];
  readonly ttlSeconds: number;
  readonly vantages: readonly VantageId[];
  readonly quorum: number;
  readonly everyMs: number;
  readonly endpoints: readonly Endpoint[];
  readonly policy: Policy;
  readonly acceptWithheld: boolean;
  readonly slo?: Slo;
  /** Of targets, checks, vantages, quorum and policy: a vote counts only under the same one. */
  readonly digest: Digest;
  /** Of `digest` and of what else decides: weights, tiers, names. The fence names the one in force. */
  readonly settings: Digest;
  /** Change batches never span groups of names: each group is one IAM policy. */
  readonly group: number;
};

export type Config = {
  readonly deployment: string;
  readonly home: VantageId;
  readonly vantages: readonly VantageId[];
  readonly zones: Readonly<Record<string, ZoneRef>>;
  readonly services: readonly Service[];
  readonly controlTargets: readonly string[];
  readonly allowAddresses: readonly string[];
  readonly network: Readonly<Record<string, VantageNetwork>>;
  readonly aws: AwsSettings;
  readonly notify: NotifySettings;
  readonly drills: readonly PlannedDrill[];
  /** Of the whole validated file. */
  readonly digest: Digest;
  /** When it was packaged: an older configuration never commits over a newer one. */
  readonly packagedAt: EpochMs;
};
export type VantageNetwork = {
  readonly subnets: readonly string[];
  readonly securityGroups: readonly string[];
  readonly ipv6: boolean;
};
export type AwsSettings = {
  readonly tags: Readonly<Record<string, string>>;
  readonly permissionsBoundary?: string;
  readonly kmsKey?: string;
};
export type NotifySettings = {
  readonly sns?: string;
  readonly webhook?: HeaderValue;
  readonly heartbeat?: HeaderValue;
  /** The ARN of an EventBridge bus. */
  readonly events?: string;
};
/** Every week, in UTC. */
export type PlannedDrill = {
  readonly region: RegionId;
  readonly forMs: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly minuteOfDay: number;
};

/** Made from `node:crypto` outside: the first 132 bits of SHA-256, base64url, 22 characters. */
export type DigestOf = (text: string) => Digest;

export const ADDRESS_RANGES = [
  'public',
  'private',
  'documentation',
  'loopback',
  'link-local',
  'metadata',
  'unspecified',
  'multicast',
  'reserved',
] as const;
export type AddressRange = (typeof ADDRESS_RANGES)[number];
/** `undefined` where the text is no address literal. Mapped and tunnelled IPv4 count as what is inside. */
export type ClassifyAddress = (
  text: string,
) =>
  | { readonly family: 4 | 6; readonly range: AddressRange; readonly canonical: string }
  | undefined;
/** Is the address inside one of these CIDRs? */
export type IsInside = (address: string, cidrs: readonly string[]) => boolean;
/** Linear-time matching (RE2 syntax): a hostile body must not stall a vantage. */
export type CompilePattern = (
  pattern: string,
) => { readonly matches: (text: string) => boolean } | { readonly problem: string };

/** Pure helpers that the core is handed instead of importing a package. */
export type Aids = {
  readonly digestOf: DigestOf;
  readonly classifyAddress: ClassifyAddress;
  readonly isInside: IsInside;
  readonly compilePattern: CompilePattern;
};

export const fenceName = (service: Pick<Service, 'names'>): string =>
  `_quorate.${service.names[0] ?? ''}`;

/** Percent of `whole`, rounded down, in integers: 0 of 0 is 0. */
export const percentOf = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.floor((part * 100) / whole);
