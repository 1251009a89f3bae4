/**
 * A service's objectives and what was measured → what is left of each error budget and how fast it burns. A
 * budget is the share of the measured time that may be bad; a burn rate of 1 uses it up exactly by the end of its
 * window. A pair of windows burns only where both do: the long one shows that it matters, the short one that it
 * goes on. Thresholds and windows are those of the SRE workbook, "Alerting on SLOs".
 */
import type { EpochMs, Service, ServiceId, Slo } from './model.ts';
import { list } from './phrase.ts';
import { type Cell, type Good, type Measured, measure } from './slo-measure.ts';
import type { Served } from './slo-weights.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from './units.ts';

export const BURN_PAIRS = [
  { name: 'fast', longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, threshold: 14.4 },
  { name: 'slow', longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, threshold: 6 },
  { name: 'steady', longMs: 3 * DAY_MS, shortMs: 6 * HOUR_MS, threshold: 1 },
] as const;
/** Of a window, so much must be measured before it has a rate: two bad minutes are no bad 3 days. */
const MEASURED_SHARE_MIN = 1 / 12;
/** What the pairs look back on, however short a service's own window is. */
export const BURN_MS_MAX = 3 * DAY_MS;

export type Burn = {
  readonly name: (typeof BURN_PAIRS)[number]['name'];
  readonly longMs: number;
  readonly shortMs: number;
  readonly threshold: number;
  /** Null where less than a twelfth of the window was measured. */
  readonly longRate: number | null;
  readonly shortRate: number | null;
  readonly burning: boolean;
};

export type ObjectiveShown = {
  readonly kind: 'availability' | 'latency';
  readonly objectivePercent: number;
  readonly thresholdMs: number | null;
  readonly windowMs: number;
  readonly measuredPercent: number | null;
  /** Below 0: overspent. */
  readonly budgetLeftPercent: number | null;
  readonly burns: readonly Burn[];
  readonly measured: { readonly minutes: number; readonly ofMinutes: number };
};

/** One service of `GET /v1/slo`. */
export type ServiceSlo = {
  readonly service: ServiceId;
  readonly objectives: readonly ObjectiveShown[];
  readonly sentence: string;
};

export function sloOf(
  service: Pick<Service, 'id' | 'slo'>,
  cells: readonly Cell[],
  served: Served,
  now: EpochMs,
): ServiceSlo {
  const objectives = objectivesOf(service.slo).map(
    ({ good, percent, windowMs }): ObjectiveShown => {
      const over = (ms: number): Measured => measure(service.id, good, cells, served, now - ms);
      const whole = over(windowMs);
      const budget = (100 - percent) / 100;
      const rate = (ms: number): number | null => {
        const measured = over(ms);
        const bad = badShare(measured);
        const isEnough = measured.minutes + HAIR >= (ms * MEASURED_SHARE_MIN) / MINUTE_MS;
        return bad === null || !isEnough ? null : rounded(bad / budget, 2);
      };
      const bad = badShare(whole);
      return {
        kind: good.kind,
        objectivePercent: percent,
        thresholdMs: good.kind === 'latency' ? good.thresholdMs : null,
        windowMs,
        measuredPercent: bad === null ? null : rounded(100 * (1 - bad), 6),
        budgetLeftPercent: bad === null ? null : rounded(100 * (1 - bad / budget), 1),
        burns: BURN_PAIRS.map((pair) => {
          const [longRate, shortRate] = [rate(pair.longMs), rate(pair.shortMs)];
          return {
            ...pair,
            longRate,
            shortRate,
            burning: burns(pair.threshold, longRate, shortRate),
          };
        }),
        measured: {
          minutes: Math.round(whole.minutes),
          ofMinutes: Math.round(windowMs / MINUTE_MS),
        },
      };
    },
  );
  return { service: service.id, objectives, sentence: sentenceOf(service.id, objectives, served) };
}

type Objective = { readonly good: Good; readonly percent: number; readonly windowMs: number };

function objectivesOf(slo: Slo | undefined): readonly Objective[] {
  if (slo === undefined) return [];
  const { availabilityPercent, latency, windowMs } = slo;
  return [
    ...(availabilityPercent === undefined
      ? []
      : [{ good: { kind: 'availability' as const }, percent: availabilityPercent, windowMs }]),
    ...(latency === undefined
      ? []
      : [
          {
            good: { kind: 'latency' as const, thresholdMs: latency.thresholdMs },
            percent: latency.percent,
            windowMs,
          },
        ]),
  ];
}

const badShare = ({ good, total }: Measured): number | null =>
  total === 0 ? null : Math.max(0, 1 - good / total);

const burns = (threshold: number, longRate: number | null, shortRate: number | null): boolean =>
  longRate !== null && shortRate !== null && longRate > threshold && shortRate > threshold;

/** Minutes of an hour are added up in parts. */
const HAIR = 1e-6;

const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

function sentenceOf(
  service: ServiceId,
  objectives: readonly ObjectiveShown[],
  { source }: Served,
): string {
  const [first] = objectives;
  if (first === undefined) {
    return `${service} states no objective; give it one in quorate.yml, such as slo: 99.95%`;
  }
  const { minutes, ofMinutes } = first.measured;
  const weighted =
    source === 'decisions'
      ? 'weighted by what DNS served'
      : 'weighted as the file says, no committed change is on record';
  return `${objectives.map(objectiveText).join('; ')}; measured ${minutes} of ${ofMinutes} min, ${weighted}`;
}

function objectiveText(objective: ObjectiveShown): string {
  const { kind, objectivePercent, thresholdMs, windowMs, measuredPercent, budgetLeftPercent } =
    objective;
  const what = thresholdMs === null ? kind : `${kind} under ${thresholdMs} ms`;
  const window = windowText(windowMs);
  if (measuredPercent === null || budgetLeftPercent === null) {
    return `${what}: nothing was measured in ${window}`;
  }
  const left =
    budgetLeftPercent > 0
      ? `${budgetLeftPercent} % of the budget of ${window} is left`
      : `the budget of ${window} is spent (${budgetLeftPercent} %)`;
  const hot = objective.burns.filter(({ burning }) => burning).map(burnText);
  const burning = hot.length === 0 ? '' : `, and it burns ${list(hot)}`;
  return `${what} ${rounded(measuredPercent, 3)} % (objective ${objectivePercent} %), ${left}${burning}`;
}

/** `15.2 times too fast over 1 h and 5 min`. */
export const burnText = ({ longRate, longMs, shortMs }: Burn): string =>
  `${longRate} times too fast over ${windowText(longMs)} and ${windowText(shortMs)}`;

export function windowText(ms: number): string {
  if (ms % DAY_MS === 0) return `${ms / DAY_MS} d`;
  if (ms % HOUR_MS === 0) return `${ms / HOUR_MS} h`;
  return `${Math.round(ms / MINUTE_MS)} min`;
}

/**
 * Why a pipeline should wait; null: go on. It waits while a budget burns or is spent, and where the last hour was
 * hardly measured: what can't be seen is not known to be well.
 */
export function gateReason({
  service,
  objectives,
}: {
  readonly service: string;
  readonly objectives: readonly ObjectiveShown[];
}): string | null {
  for (const objective of objectives) {
    const { kind, budgetLeftPercent, burns } = objective;
    const hot = burns.find(({ burning }) => burning);
    if (hot !== undefined) {
      return `the ${kind} budget of ${service} burns ${burnText(hot)} (the limit is ${hot.threshold})`;
    }
    if (budgetLeftPercent !== null && budgetLeftPercent <= 0) {
      return `the ${kind} budget of ${service} is spent: ${budgetLeftPercent} % of ${windowText(objective.windowMs)} is left`;
    }
    if (burns.some(({ name, longRate }) => name === 'fast' && longRate === null)) {
      return `too little of ${service} was measured in the last hour, so its ${kind} is not known`;
    }
  }
  return null;
}
