/** Clocks, schedules and processes that run late, twice, too long or not to their end (faults.md, section 3). */
import { noSkew } from '../kernel/process-clock.ts';
import type { PlaceConditions } from '../world/conditions.ts';
import type { Deployed } from '../world/lambda.ts';
import {
  atOnce,
  drawn,
  drawPlace,
  HOUR,
  type Kind,
  kind,
  leftMs,
  listen,
  MINUTE,
  number,
  placeOf,
  region,
  rounded,
  SECOND,
  word,
} from './kind.ts';

const FUNCTIONS = ['probe', 'quorum', 'notify'] as const satisfies readonly Deployed[];
const functionOf = (text: string): Deployed => {
  const found = FUNCTIONS.find((name) => name === text);
  if (found === undefined) throw new Error(`there is no function ${text}`);
  return found;
};

const skewed = (
  rows: readonly string[],
  what: string,
  skew: (value: number, nowMs: number) => Partial<PlaceConditions['skew']>,
  draw: Kind['draw'],
): Kind =>
  kind({
    rows,
    what: (fault) => `${region(fault)}: the clock ${what} ${number(fault, 'value')}`,
    begin: (world, fault, injected) => {
      const { skew: own } = placeOf(world, region(fault));
      Object.assign(own, skew(number(fault, 'value'), world.sim.nowMs()));
      injected();
      return () => void Object.assign(own, noSkew());
    },
    draw,
  });

const atPlace = (
  rows: readonly string[],
  what: string,
  set: (place: PlaceConditions, value: number) => void,
  reset: (place: PlaceConditions) => void,
  draw: Kind['draw'],
): Kind =>
  kind({
    rows,
    what: (fault) => `${region(fault)} ${what}`,
    begin: (world, fault, injected) => {
      const place = placeOf(world, region(fault));
      set(place, number(fault, 'value'));
      injected();
      return () => reset(place);
    },
    draw,
  });

const someChance = drawPlace(3 * MINUTE, HOUR, ({ random }) => ({
  value: rounded(random.between(0.1, 0.9)),
}));

export const PROCESS_KINDS: Readonly<Record<string, Kind>> = {
  'clock-ahead': skewed(
    ['F38'],
    'is ahead, ms:',
    (value) => ({ offsetMs: value }),
    drawPlace(3 * MINUTE, HOUR, ({ random }) => ({
      value: random.pick([6_000, 30_000, 600_000, random.integer(1_000, 600_000)]),
    })),
  ),
  'clock-behind': skewed(
    ['F39'],
    'is behind, ms:',
    (value) => ({ offsetMs: -value }),
    drawPlace(3 * MINUTE, HOUR, ({ random }) => ({
      value: random.pick([6_000, 30_000, 600_000, random.integer(1_000, 600_000)]),
    })),
  ),
  'clock-jumps': skewed(
    ['F40'],
    'jumps by ms:',
    (value) => ({ offsetMs: value }),
    drawPlace(MINUTE, 20 * MINUTE, ({ random }) => ({ value: random.pick([-HOUR, HOUR]) })),
  ),
  'clock-drifts': skewed(
    ['F41'],
    'drifts, ppm:',
    (value, nowMs) => ({ driftPpm: value, driftSinceMs: nowMs }),
    drawPlace(10 * MINUTE, 24 * HOUR, ({ random }) => ({ value: random.integer(-500, 500) })),
  ),
  'clock-and-certificates': kind({
    rows: ['F30'],
    what: (fault) => `${region(fault)}: the clock is wrong, so every certificate is invalid there`,
    begin: (world, fault, injected) => {
      const { skew } = placeOf(world, region(fault));
      const endpoints = [...world.conditions.endpoints.values()];
      skew.offsetMs = number(fault, 'value');
      for (const endpoint of endpoints) endpoint.failsFrom.set(region(fault), 1);
      injected();
      return () => {
        Object.assign(skew, noSkew());
        for (const endpoint of endpoints) endpoint.failsFrom.delete(region(fault));
      };
    },
    draw: drawPlace(3 * MINUTE, 40 * MINUTE, ({ random }) => ({
      value: random.pick([-600_000, 600_000]),
    })),
  }),
  'triggers-twice': atPlace(
    ['F43'],
    'is triggered twice',
    (place, value) => {
      place.triggerTwice = value;
    },
    (place) => {
      place.triggerTwice = 0;
    },
    someChance,
  ),
  'triggers-late': atPlace(
    ['F44', 'F45'],
    'is triggered late, and out of order',
    (place, value) => {
      place.triggerDelayMsMax = value;
    },
    (place) => {
      place.triggerDelayMsMax = 0;
    },
    drawPlace(5 * MINUTE, HOUR, ({ random }) => ({ value: random.integer(20, 90) * SECOND })),
  ),
  'no-triggers': atPlace(
    ['F50'],
    'is not triggered any more',
    (place) => {
      place.isUntriggered = true;
    },
    (place) => {
      place.isUntriggered = false;
    },
    drawPlace(3 * MINUTE, HOUR, () => ({ value: 0 })),
  ),
  'cold-starts': atPlace(
    ['F49'],
    'starts functions in 5 s',
    (place, value) => {
      place.coldStartMs = value;
    },
    (place) => {
      place.coldStartMs = 400;
    },
    drawPlace(5 * MINUTE, HOUR, ({ random }) => ({ value: random.integer(3_000, 8_000) })),
  ),
  'starts-fail': atPlace(
    ['F49'],
    'fails to start functions',
    (place, value) => {
      place.initFails = value;
    },
    (place) => {
      place.initFails = 0;
    },
    drawPlace(3 * MINUTE, 30 * MINUTE, ({ random }) => ({
      value: random.chance(0.3) ? 1 : rounded(random.between(0.2, 0.9)),
    })),
  ),
  'killed-at-random': atPlace(
    ['F52', 'F48'],
    'loses processes in the middle of what they do',
    (place, value) => {
      place.killChance = value;
    },
    (place) => {
      place.killChance = 0;
    },
    drawPlace(3 * MINUTE, 40 * MINUTE, ({ random }) => ({
      value: rounded(random.between(0.1, 0.6)),
    })),
  ),
  'throttled-functions': atPlace(
    ['F118'],
    'may run few functions at once',
    (place, value) => {
      place.concurrencyMax = value;
    },
    (place) => {
      place.concurrencyMax = 10;
    },
    drawPlace(3 * MINUTE, 40 * MINUTE, ({ random }) => ({ value: random.integer(1, 3) })),
  ),
  'out-of-memory': kind({
    rows: ['F52'],
    what: (fault) => `${region(fault)}: every process dies at once`,
    begin: (world, fault, injected) => {
      if (world.lambda.kill(region(fault)) > 0) injected();
    },
    draw: (context) =>
      drawn(atOnce(context), { region: context.random.pick(context.file.vantages) }),
  }),
  frozen: kind({
    rows: ['F46'],
    what: (fault) => `${region(fault)}: ${word(fault, 'name')} stands still`,
    // The next time that it does something.
    begin: (world, fault, injected) => {
      const name = functionOf(word(fault, 'name'));
      const off = listen(world, (event) => {
        if (event.kind !== 'zone-read' && event.kind !== 'reports-read') return;
        if (event.by.region !== region(fault) || event.by.name !== name) return;
        if (world.lambda.freezeProcess(event.by.number, leftMs(world, fault), true)) {
          off();
          injected();
        }
      });
      return off;
    },
    draw: drawPlace(MINUTE, 20 * MINUTE, ({ random }) => ({
      name: random.pick(['probe', 'quorum', 'quorum', 'quorum']),
    })),
    share: 2,
  }),
};
