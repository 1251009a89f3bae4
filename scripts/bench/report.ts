/**
 * Samples and settings → the cells of the report: per contender, kind of fault and measure, what was
 * measured beside what arithmetic alone demands. Nothing is judged here: times have no pass or fail.
 */
import { BREAK_KINDS, type Break, type Facts } from './contender.ts';
import type { Sample } from './run-bench.ts';
import { mean, type Summary, summarise } from './statistics.ts';
import { type Bounds, constant, theoryOf } from './theory.ts';

export const MEASURES = {
  gone: 'last answer with it',
  back: 'first answer with it again',
  full: 'full weight again',
} as const;
export type Measure = keyof typeof MEASURES;
const MEASURE_KINDS = Object.keys(MEASURES) as readonly Measure[];

export type Cell = {
  readonly contender: string;
  readonly fault: Break;
  readonly measure: Measure;
  /** Null: not one sample got there. */
  readonly measured: Summary | null;
  readonly theory: Bounds;
  readonly ratios: {
    /** Measured median to the mean that theory expects. */
    readonly median: number;
    /** Measured maximum to theory's worst case. */
    readonly max: number;
  } | null;
  /** Samples that did not get there within the limit. */
  readonly missing: number;
  /** How exactly the instants are known: the gap between the two answers around each. */
  readonly bracket: Summary | null;
};

export function cellsOf(
  samples: readonly Sample[],
  facts: ReadonlyMap<string, ReadonlyMap<Break, Facts>>,
): readonly Cell[] {
  return [...facts].flatMap(([contender, ofFaults]) =>
    BREAK_KINDS.flatMap((fault) => {
      const settings = ofFaults.get(fault);
      if (settings === undefined) return [];
      const own = samples.filter((one) => one.contender === contender && one.fault === fault);
      const theory = theoryOf(settings, fault, healedAfter(own));
      return MEASURE_KINDS.map((measure) =>
        cellOf(own, { contender, fault, measure }, theory[measure]),
      );
    }),
  );
}

function cellOf(
  samples: readonly Sample[],
  place: Pick<Cell, 'contender' | 'fault' | 'measure'>,
  theory: Bounds,
): Cell {
  const { measure } = place;
  const times = samples.flatMap((sample) => timeOf(sample, measure) ?? []);
  const measured = summarise(times);
  return {
    ...place,
    measured,
    theory: {
      minMs: Math.round(theory.minMs),
      meanMs: Math.round(theory.meanMs),
      worstMs: Math.round(theory.worstMs),
    },
    ratios: measured && {
      median: hundredths(measured.medianMs / theory.meanMs),
      max: hundredths(measured.maxMs / theory.worstMs),
    },
    missing: samples.length - times.length,
    bracket: summarise(samples.flatMap((sample) => sample.bracketsMs[measure] ?? [])),
  };
}

/** The worst any change is known by; null if nothing changed. */
export const resolutionOf = (samples: readonly Sample[]): Summary | null =>
  summarise(
    samples.flatMap(({ bracketsMs }) => MEASURE_KINDS.flatMap((kind) => bracketsMs[kind] ?? [])),
  );

/** From here on a vantage holds its own machine for starved and abstains, so that times are the machine's. */
export const STARVED_MS = 250;

export const isDisturbed = ({ pauseMs }: Sample): boolean => pauseMs > STARVED_MS;

export const hasMoved = ({ goneMs, backMs, fullMs }: Sample): boolean =>
  goneMs !== null && backMs !== null && fullMs !== null;

/** From the last answer that named it to its healing: the bench heals as soon as it is sure. */
function healedAfter(samples: readonly Sample[]): Bounds {
  const waits = samples.flatMap(({ faultAt, goneMs, healedAt }) =>
    goneMs === null || healedAt === null ? [] : [healedAt - faultAt - goneMs],
  );
  if (waits.length === 0) return constant(0);
  return { minMs: Math.min(...waits), meanMs: mean(waits), worstMs: Math.max(...waits) };
}

function timeOf({ goneMs, backMs, fullMs }: Sample, measure: Measure): number | null {
  switch (measure) {
    case 'gone':
      return goneMs;
    case 'back':
      return backMs;
    case 'full':
      return fullMs;
  }
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;
