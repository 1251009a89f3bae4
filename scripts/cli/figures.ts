/**
 * A configuration → the numbers that follow from it: what it asks of the account at rest, what a quorum still
 * decides after losing regions, how soon a dead endpoint is voted down, what losing a region leaves in
 * service. Arithmetic of the file alone; nothing is measured here.
 */
import { sha256 } from '../../shared/adapters/digest.ts';
import { fenceFits, newEntry } from '../../shared/core/fence.ts';
import { floorOf, meetsFloor, regionWeights } from '../../shared/core/floor.ts';
import {
  type Config,
  digest,
  type EpochMs,
  nonce,
  percentOf,
  type Service,
} from '../../shared/core/model.ts';
import { controlProbesOf, probesOf } from '../../shared/core/probe-request.ts';
import { span } from '../../shared/core/reason.ts';
import { servicesSeenBy } from '../../shared/core/report.ts';
import { markOf, slotsOf } from '../../shared/core/snapshot.ts';

export type LossShown = {
  readonly lost: number;
  readonly left: number;
  readonly of: number;
  readonly decides: 'with-one-to-spare' | 'if-all-agree' | 'no';
};

export type ServiceFigures = {
  readonly service: string;
  readonly mode: Service['mode'];
  readonly quorum: number;
  readonly vantages: number;
  /** What is left after losing 1, 2, … vantage regions, until nothing is decided any more. */
  readonly losses: readonly LossShown[];
  /** From an endpoint's death to the vote down of a vantage. */
  readonly votedDownMs: { readonly from: number; readonly to: number };
  readonly settleMs: number;
  readonly ttlSeconds: number;
  readonly regions: readonly {
    readonly region: string;
    readonly tier: number;
    readonly leavesPercent: number;
    readonly floorPercent: number;
    readonly moves: boolean;
  }[];
  readonly records: number;
  readonly batchChanges: number;
  readonly fenceCharactersMax: number;
};

export type Figures = {
  readonly vantages: number;
  readonly services: number;
  readonly endpoints: number;
  /** Per second, all regions together. */
  readonly route53ReadsPerSecond: number;
  readonly probesPerSecondAndVantage: number;
  readonly probesPerSecond: number;
  readonly tableWritesPerSecond: number;
  readonly zones: number;
  readonly policies: number;
  readonly perService: readonly ServiceFigures[];
};

/** Records of one page of a listing. */
const RECORDS_PER_PAGE = 300;
/** A zone is swept once a minute, by one region in turn. */
const SWEEPS_PER_SECOND = 1 / 60;

export function figuresOf(config: Config): Figures {
  const zones = [...Map.groupBy(config.services, ({ zone }) => zone.id).values()];
  const pages = zones.map((services) =>
    Math.max(
      1,
      Math.ceil(services.reduce((sum, one) => sum + recordCount(one) + 1, 0) / RECORDS_PER_PAGE),
    ),
  );
  const perVantage = config.vantages.map((vantage) => probesPerSecond(config, vantage));
  const writes = config.vantages.map((vantage) => {
    const intervals = new Set(servicesSeenBy(config, vantage).map(({ everyMs }) => everyMs));
    return sum([...intervals].map((everyMs) => 1_000 / everyMs));
  });
  return {
    vantages: config.vantages.length,
    services: config.services.length,
    endpoints: sum(config.services.map(({ endpoints }) => endpoints.length)),
    route53ReadsPerSecond: rounded(sum(pages) * SWEEPS_PER_SECOND, 3),
    probesPerSecondAndVantage: rounded(Math.max(0, ...perVantage), 2),
    probesPerSecond: rounded(sum(perVantage), 2),
    tableWritesPerSecond: rounded(sum(writes), 2),
    zones: zones.length,
    policies: new Set(config.services.map(({ zone, group }) => `${zone.id} ${group}`)).size,
    perService: config.services.map((service) => serviceFigures(config, service)),
  };
}

/** Equal requests of services with one interval are made once; each interval's round asks the controls. */
function probesPerSecond(config: Config, vantage: Config['vantages'][number]): number {
  const controls = controlProbesOf(config, vantage).length;
  const rounds = Map.groupBy(servicesSeenBy(config, vantage), ({ everyMs }) => everyMs);
  return sum(
    [...rounds].map(([everyMs, services]) => {
      const keys = services.flatMap((service) =>
        service.endpoints.flatMap((endpoint) => probesOf(service, endpoint).map(({ key }) => key)),
      );
      return ((new Set(keys).size + controls) * 1_000) / everyMs;
    }),
  );
}

const recordCount = (service: Service): number =>
  sum(service.endpoints.map((endpoint) => slotsOf(service, endpoint).length));

function serviceFigures(config: Config, service: Service): ServiceFigures {
  const { quorum, everyMs, endpoints, policy } = service;
  const of = service.vantages.length;
  const checks = endpoints.map(({ check }) => check);
  const records = recordCount(service);
  return {
    service: service.id,
    mode: service.mode,
    quorum,
    vantages: of,
    losses: lossesOf(quorum, of),
    votedDownMs: {
      from: Math.min(...checks.map(({ fall }) => (fall - 1) * everyMs)),
      to: Math.max(...checks.map(({ fall, timeoutMs }) => fall * everyMs + timeoutMs)),
    },
    settleMs: policy.settleMs,
    ttlSeconds: service.ttlSeconds,
    regions: regionsOf(service),
    records,
    batchChanges: 2 + 2 * records,
    fenceCharactersMax: fenceCharacters(config, service),
  };
}

function lossesOf(quorum: number, of: number): readonly LossShown[] {
  const losses: LossShown[] = [];
  for (let lost = 1; lost <= of; lost += 1) {
    const left = of - lost;
    const decides = left > quorum ? 'with-one-to-spare' : left === quorum ? 'if-all-agree' : 'no';
    losses.push({ lost, left, of, decides });
    if (decides === 'no') break;
  }
  return losses;
}

function regionsOf(service: Service): ServiceFigures['regions'] {
  const tiers = [...new Set(service.endpoints.map(({ tier }) => tier))].sort((a, b) => a - b);
  return tiers.flatMap((tier) => {
    const weights = regionWeights(service.endpoints, tier);
    const total = sum([...weights.values()]);
    const floorPercent = floorOf(service, tier);
    return [...weights].map(([region, weight]) => ({
      region,
      tier,
      leavesPercent: percentOf(total - weight, total),
      floorPercent,
      moves: meetsFloor(total - weight, total, floorPercent),
    }));
  });
}

/** With every entry at its longest; orders take their own room. */
function fenceCharacters(config: Config, service: Service): number {
  const fence = {
    deployment: config.deployment,
    generation: 1_000_000,
    nonce: nonce('nonce000'),
    parentNonce: nonce('nonce000'),
    asofAt: config.packagedAt as EpochMs,
    config: service.settings,
    packagedAt: config.packagedAt,
    record: digest('r'.repeat(22)),
    rescuedAt: null,
    entries: service.endpoints.map((endpoint) =>
      newEntry(markOf(endpoint, sha256), endpoint.weight, { kind: 'in' }),
    ),
    orders: [],
  };
  return fenceFits(fence).characters;
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

export function figuresText(figures: Figures): readonly string[] {
  const { zones, policies, vantages } = figures;
  return [
    `at rest   Route 53: ${figures.route53ReadsPerSecond} requests/s (${plural(zones, 'zone')}, each listed once a minute by one region; the account's limit of 10/s is everybody's)`,
    `          probes: ${figures.probesPerSecondAndVantage}/s from each vantage, ${figures.probesPerSecond}/s in all`,
    `          table: ${figures.tableWritesPerSecond} writes/s, each replicated to ${plural(vantages, 'region')}`,
    `IAM       ${policies === 1 ? 'one group of names: one policy' : `${policies} groups of names, each a policy of its own`}`,
    ...figures.perService.flatMap((one) => ['', ...serviceText(one)]),
  ];
}

function serviceText(one: ServiceFigures): readonly string[] {
  const { votedDownMs, settleMs, ttlSeconds } = one;
  return [
    `${one.service}   mode ${one.mode}, quorum ${one.quorum} of ${one.vantages}`,
    ...one.losses.map(
      ({ lost, left, of, decides }) =>
        `  loses ${plural(lost, 'region').padEnd(10)} → ${left} of ${of} vantages left: ${DECIDES[decides]}`,
    ),
    `  dead endpoint    → a vantage votes it down after ${span(votedDownMs.from)} to ${span(votedDownMs.to)}, a change is served within ${span(settleMs)}, clients keep the old answer for ${ttlSeconds} s more`,
    ...one.regions.map(({ region, tier, leavesPercent, floorPercent, moves }) => {
      const where = one.regions.some((other) => other.tier !== tier) ? ` of tier ${tier}` : '';
      const end = moves
        ? leavesPercent === 0
          ? 'moves only if another tier or a rescue takes over'
          : 'its weight moves'
        : 'withheld';
      return `  losing ${region}${where} → leaves ${leavesPercent} % in service, floor is ${floorPercent} %: ${end}`;
    }),
    `  records          → ${one.records}; one change is ${one.batchChanges} entries (Route 53 takes 1,000), the _quorate record at most ${one.fenceCharactersMax} of 4,000 characters, orders aside`,
  ];
}

const DECIDES: Readonly<Record<LossShown['decides'], string>> = {
  'with-one-to-spare': 'still decides, and one may disagree',
  'if-all-agree': 'decides if all of them agree',
  no: 'decides nothing, DNS stays as it is',
};

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
