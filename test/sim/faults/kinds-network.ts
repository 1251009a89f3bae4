/** What goes wrong between a vantage and what it looks at, or with the vantage itself (faults.md, section 1). */
import type { PlaceConditions } from '../world/conditions.ts';
import type { SimWorld } from '../world/world.ts';
import {
  type DrawContext,
  drawEndpoint,
  drawn,
  drawPlace,
  endpointText,
  HOUR,
  type Kind,
  kind,
  lasting,
  listen,
  MINUTE,
  number,
  type Params,
  placeOf,
  region,
  regions,
  rounded,
  SECOND,
  word,
  words,
} from './kind.ts';

/** One property of a place, for a time. */
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
      set(place, typeof fault.params.value === 'number' ? number(fault, 'value') : 0);
      injected();
      return () => reset(place);
    },
    draw,
  });

const cutFrom = (
  world: SimWorld,
  service: string,
  endpoint: string,
  from: readonly string[],
  loss: number,
): (() => void) => {
  const conditions = world.conditions.endpoints.get(`${service}/${endpoint}`);
  for (const one of from) conditions?.failsFrom.set(one, loss);
  return () => {
    for (const one of from) conditions?.failsFrom.delete(one);
  };
};

const drawSome =
  (count: (context: DrawContext) => number) =>
  (context: DrawContext): Params => ({
    regions: context.random.shuffled(context.file.vantages).slice(0, count(context)),
  });

const flaps = (
  world: SimWorld,
  fault: Parameters<Kind['begin']>[1],
  times: { readonly downMs: number; readonly upMs: number },
  onDown: () => void,
): (() => void) => {
  const [service, endpoint] = [word(fault, 'service'), word(fault, 'endpoint')];
  let isOver = false;
  const down = (): void => {
    if (isOver) return;
    world.setEndpoint(service, endpoint, { how: 'fails', code: 'refused', fails: 1 });
    onDown();
    world.sim.after(times.downMs, 'flap', up);
  };
  const up = (): void => {
    if (isOver) return;
    world.setEndpoint(service, endpoint, { how: 'answers' });
    world.sim.after(times.upMs, 'flap', down);
  };
  down();
  return () => {
    isOver = true;
    world.setEndpoint(service, endpoint, { how: 'answers' });
  };
};

export const NETWORK_KINDS = {
  'packet-loss': atPlace(
    ['F1'],
    'loses probes on the way',
    (place, value) => {
      place.probeLoss = value;
    },
    (place) => {
      place.probeLoss = 0;
    },
    drawPlace(5 * MINUTE, HOUR, ({ random }) => ({ value: rounded(random.between(0.02, 0.3)) })),
  ),
  'vantage-cut-off': atPlace(
    ['F2'],
    'is cut off, control targets included',
    (place) => {
      place.probeLoss = 1;
      place.controlLoss = 1;
    },
    (place) => {
      place.probeLoss = 0;
      place.controlLoss = 0;
    },
    drawPlace(3 * MINUTE, 40 * MINUTE),
  ),
  'vantage-sees-all-down': kind({
    rows: ['F2'],
    what: (fault) =>
      `${region(fault)} is cut off from every endpoint, but not from control targets`,
    begin: (world, fault, injected) => {
      const cuts = [...world.conditions.endpoints.keys()].map((key) => {
        const [service = '', endpoint = ''] = key.split('/');
        return cutFrom(world, service, endpoint, [region(fault)], 1);
      });
      injected();
      return () => {
        for (const undo of cuts) undo();
      };
    },
    draw: (context) =>
      context.file.services.length < 2 ? null : drawPlace(5 * MINUTE, 30 * MINUTE)(context),
    share: 2,
  }),
  'report-not-written': atPlace(
    ['F3', 'F58'],
    'can not write its report',
    (place) => {
      place.table.reportWritesFail = 1;
    },
    (place) => {
      place.table.reportWritesFail = 0;
    },
    drawPlace(MINUTE, 30 * MINUTE),
  ),
  'own-dns-broken': atPlace(
    ['F4', 'F35'],
    'has no resolver',
    (place) => {
      place.cannotProbe = 'own-dns';
    },
    (place) => {
      place.cannotProbe = null;
    },
    drawPlace(MINUTE, 30 * MINUTE),
  ),
  'no-route': atPlace(
    ['F4', 'F12'],
    'has no route to anything',
    (place) => {
      place.cannotProbe = 'no-route';
    },
    (place) => {
      place.cannotProbe = null;
    },
    drawPlace(MINUTE, 30 * MINUTE),
  ),
  'no-ipv6-route': kind({
    rows: ['F12'],
    what: (fault) => `${region(fault)} has no IPv6 route`,
    begin: (world, fault, injected) => {
      const place = placeOf(world, region(fault));
      place.hasNoIpv6 = true;
      injected();
      return () => {
        place.hasNoIpv6 = false;
      };
    },
    draw: (context) =>
      context.file.services.some(({ types }) => types.includes('AAAA'))
        ? drawPlace(2 * MINUTE, HOUR)(context)
        : null,
    share: 1.5,
  }),
  'minority-cut-from-endpoint': kind({
    rows: ['F5'],
    what: (fault) => `${words(fault, 'regions').join(', ')} can not reach ${endpointText(fault)}`,
    begin: (world, fault, injected) => {
      injected();
      return cutFrom(world, word(fault, 'service'), word(fault, 'endpoint'), regions(fault), 1);
    },
    draw: drawEndpoint(2 * MINUTE, 40 * MINUTE, (context) =>
      drawSome(({ file }) => file.quorum - 1)(context),
    ),
  }),
  'majority-cut-from-endpoint': kind({
    rows: ['F6'],
    what: (fault) => `${words(fault, 'regions').join(', ')} can not reach ${endpointText(fault)}`,
    begin: (world, fault, injected) => {
      injected();
      return cutFrom(world, word(fault, 'service'), word(fault, 'endpoint'), regions(fault), 1);
    },
    draw: drawEndpoint(2 * MINUTE, 30 * MINUTE, (context) =>
      drawSome(({ file }) => file.quorum)(context),
    ),
  }),
  slow: kind({
    rows: ['F7'],
    what: (fault) => `${endpointText(fault)} answers 20 times slower`,
    begin: (world, fault, injected) => {
      const [service, endpoint] = [word(fault, 'service'), word(fault, 'endpoint')];
      world.setEndpoint(service, endpoint, { latencyMs: 800 });
      injected();
      return () => world.setEndpoint(service, endpoint, { latencyMs: 40 });
    },
    draw: drawEndpoint(2 * MINUTE, 40 * MINUTE),
  }),
  gray: kind({
    rows: ['F8'],
    what: (fault) => `${endpointText(fault)} fails ${100 * number(fault, 'value')} % of all probes`,
    begin: (world, fault, injected) => {
      injected();
      const all = [...world.conditions.places.keys()];
      return cutFrom(
        world,
        word(fault, 'service'),
        word(fault, 'endpoint'),
        all,
        number(fault, 'value'),
      );
    },
    draw: drawEndpoint(10 * MINUTE, 2 * HOUR, ({ random }) => ({
      value: random.pick([0.1, 0.2, 0.3]),
    })),
  }),
  'flaps-fast': kind({
    rows: ['F9'],
    what: (fault) => `${endpointText(fault)} fails now and then, never long enough`,
    begin: (world, fault, injected) => {
      let isTold = false;
      const times = { downMs: number(fault, 'downMs'), upMs: number(fault, 'upMs') };
      return flaps(world, fault, times, () => {
        if (!isTold) injected();
        isTold = true;
      });
    },
    draw: drawEndpoint(5 * MINUTE, 20 * MINUTE, ({ random }, { everyMs, fall, rise }) => ({
      downMs: Math.max(1, fall - 1) * everyMs - SECOND,
      upMs: random.integer(1, rise) * everyMs,
    })),
  }),
  'flaps-slowly': kind({
    rows: ['F10'],
    what: (fault) => `${endpointText(fault)} fails again whenever its hold-down is over`,
    begin: (world, fault, injected) => {
      let times = 0;
      const span = { downMs: number(fault, 'downMs'), upMs: number(fault, 'upMs') };
      return flaps(world, fault, span, () => {
        times += 1;
        if (times === 2) injected();
      });
    },
    draw: drawEndpoint(30 * MINUTE, 4 * HOUR, ({ random }, { holdDownMs, everyMs }) => ({
      downMs: Math.round(random.between(12, 24) * everyMs),
      upMs: Math.round(holdDownMs + random.between(1, 8) * MINUTE),
    })),
    share: 2,
  }),
  'family-fails': kind({
    rows: ['F11', 'F12'],
    what: (fault) => `only IPv${number(fault, 'family')} of ${endpointText(fault)} fails`,
    begin: (world, fault, injected) => {
      const [service, endpoint] = [word(fault, 'service'), word(fault, 'endpoint')];
      const family = number(fault, 'family') === 6 ? 6 : 4;
      world.setEndpoint(service, endpoint, { how: 'fails', code: 'unreachable', family });
      injected();
      return () => world.setEndpoint(service, endpoint, { how: 'answers', family: null });
    },
    draw: drawEndpoint(
      3 * MINUTE,
      30 * MINUTE,
      ({ random }) => ({ family: random.pick([6, 6, 4]) }),
      ({ types }) => types.includes('AAAA'),
    ),
    share: 2.5,
  }),
  'calls-repeated': atPlace(
    ['F16', 'F59'],
    'has calls to the table repeated on the way, and replies lost',
    (place, value) => {
      place.table.repeats = value;
      place.table.replyLoss = value / 4;
    },
    (place) => {
      place.table.repeats = 0;
      place.table.replyLoss = 0;
    },
    drawPlace(2 * MINUTE, HOUR, ({ random }) => ({ value: rounded(random.between(0.02, 0.5)) })),
  ),
  'slow-network': atPlace(
    ['F16'],
    'has slow ways to everything, and calls overtake each other',
    (place, value) => {
      Object.assign(place.oneWayMs, { from: 5, to: 2 * value });
    },
    (place) => {
      Object.assign(place.oneWayMs, { from: 10, to: 60 });
    },
    drawPlace(2 * MINUTE, HOUR, ({ random }) => ({
      value: random.chance(0.1) ? 700 : random.integer(30, 100),
    })),
  ),
  'links-close': kind({
    rows: ['F17', 'F57'],
    what: (fault) => `links of replicas close one by one: ${words(fault, 'links').join(', ')}`,
    begin: (world, fault, injected) => {
      const links = words(fault, 'links');
      const { cut } = world.conditions.table;
      const stepMs = Math.floor((fault.untilMs - fault.fromMs) / (links.length + 1));
      const random = world.sim.random.fork(`links ${fault.fromMs}`);
      let isOver = false;
      for (const [i, link] of links.entries()) {
        world.sim.after(i * stepMs, 'link', () => {
          if (!isOver) cut.add(link);
          if (i === 1) injected();
        });
      }
      for (const [i, link] of random.shuffled(links).entries()) {
        world.sim.after((i + 2) * stepMs, 'link', () => {
          if (isOver) return;
          cut.delete(link);
          world.replicas.release();
        });
      }
      return () => {
        isOver = true;
        for (const link of links) cut.delete(link);
        world.replicas.release();
      };
    },
    draw: (context) => {
      const { vantages } = context.file;
      const all = vantages.flatMap((from) =>
        vantages.filter((to) => to !== from).map((to) => `${from}>${to}`),
      );
      return drawn(lasting(context, 3 * MINUTE, 30 * MINUTE), {
        links: context.random.shuffled(all).slice(0, context.random.integer(2, 8)),
      });
    },
  }),
  starved: atPlace(
    ['F112'],
    'is short of CPU: its event loop is late',
    (place, value) => {
      place.loopLateMs = value;
    },
    (place) => {
      place.loopLateMs = 0;
    },
    drawPlace(2 * MINUTE, 40 * MINUTE, ({ random }) => ({ value: random.integer(0, 2_000) })),
  ),
  'no-handles': atPlace(
    ['F112'],
    'is out of file handles',
    (place) => {
      place.cannotProbe = 'no-handles';
    },
    (place) => {
      place.cannotProbe = null;
    },
    drawPlace(MINUTE, 30 * MINUTE),
  ),
} as const satisfies Record<string, Kind>;

export type Lie = NonNullable<PlaceConditions['lies']>;
const LIES: Readonly<Record<string, { readonly lie: Lie; readonly rows: readonly string[] }>> = {
  'liar-down': { lie: 'down', rows: ['F64'] },
  'liar-up': { lie: 'up', rows: ['F64'] },
  'liar-alternating': { lie: 'alternating', rows: ['F64'] },
  'liar-per-reader': { lie: 'per-reader', rows: ['F64'] },
  'report-malformed': { lie: 'malformed', rows: ['F62'] },
  'report-cut-short': { lie: 'cut-short', rows: ['F62'] },
  'report-of-another': { lie: 'names-another', rows: ['F63'] },
  'report-with-old-times': { lie: 'old-times', rows: ['F39', 'F45'] },
  'report-with-future-times': { lie: 'future-times', rows: ['F38'] },
};

/** Counted once such a report was stored. */
export const LIAR_KINDS: Readonly<Record<string, Kind>> = Object.fromEntries(
  Object.entries(LIES).map(([id, { lie, rows }]) => [
    id,
    kind({
      rows,
      what: (fault) => `${words(fault, 'regions').join(', ')}: reports are ${lie}`,
      begin: (world, fault, injected) => {
        const places = regions(fault).map((one) => placeOf(world, one));
        for (const place of places) place.lies = lie;
        let isTold = false;
        const off = listen(world, (event) => {
          if (isTold || event.kind !== 'report-written') return;
          if (!regions(fault).includes(event.by.region)) return;
          isTold = true;
          injected();
        });
        return () => {
          off();
          for (const place of places) place.lies = null;
        };
      },
      // As many as are harmless: they neither make a quorum nor keep one from forming.
      draw: (context) => {
        const { file, random } = context;
        const most = Math.max(1, Math.min(file.vantages.length - file.quorum, file.quorum - 1));
        return drawn(lasting(context, 3 * MINUTE, HOUR), {
          regions: random.shuffled(file.vantages).slice(0, random.integer(1, most)),
        });
      },
    }),
  ]),
);
