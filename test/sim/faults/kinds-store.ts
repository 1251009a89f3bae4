/** What goes wrong with the replicated table (faults.md, section 4). */
import type { PlaceConditions } from '../world/conditions.ts';
import type { SimWorld } from '../world/world.ts';
import {
  atOnce,
  drawn,
  drawPlace,
  HOUR,
  type Kind,
  kind,
  lasting,
  listen,
  MINUTE,
  number,
  placeOf,
  region,
  rounded,
  SECOND,
  word,
  words,
} from './kind.ts';
import { orderQuietly } from './kinds-windows.ts';

const atTable = (
  rows: readonly string[],
  what: string,
  set: (table: PlaceConditions['table'], value: number) => void,
  reset: (table: PlaceConditions['table']) => void,
  draw: Kind['draw'],
): Kind =>
  kind({
    rows,
    what: (fault) => `${region(fault)}: ${what}`,
    begin: (world, fault, injected) => {
      const { table } = placeOf(world, region(fault));
      set(table, number(fault, 'value'));
      injected();
      return () => reset(table);
    },
    draw,
  });

const cutLinks = (world: SimWorld, links: readonly string[]): (() => void) => {
  const { cut } = world.conditions.table;
  for (const link of links) cut.add(link);
  return () => {
    for (const link of links) cut.delete(link);
    world.replicas.release();
  };
};

const lagInto = (rows: readonly string[], draw: Kind['draw'], share = 1): Kind =>
  kind({
    rows,
    what: (fault) => `${region(fault)} sees others' writes ${number(fault, 'value')} ms later`,
    begin: (world, fault, injected) => {
      const { lagIntoMs } = world.conditions.table;
      lagIntoMs.set(region(fault), number(fault, 'value'));
      injected();
      return () => void lagIntoMs.delete(region(fault));
    },
    draw,
    share,
  });

export const STORE_KINDS: Readonly<Record<string, Kind>> = {
  'replica-lags': lagInto(
    ['F53', 'F103'],
    drawPlace(3 * MINUTE, HOUR, ({ random }) => ({ value: random.integer(2, 120) * SECOND })),
    3,
  ),
  'replica-hours-late': lagInto(
    ['F53', 'F103'],
    drawPlace(5 * MINUTE, HOUR, ({ random }) => ({
      value: Math.round(random.between(0.2, 2) * HOUR),
    })),
    1.5,
  ),
  'replication-disordered': kind({
    rows: ['F57', 'F45'],
    what: (fault) => `writes take up to ${number(fault, 'value')} ms to anywhere, in any order`,
    begin: (world, fault, injected) => {
      world.conditions.table.lagMs.to = number(fault, 'value');
      injected();
      return () => {
        world.conditions.table.lagMs.to = 1_500;
      };
    },
    draw: (context) =>
      drawn(lasting(context, 3 * MINUTE, HOUR), {
        value: context.random.integer(5, 60) * SECOND,
      }),
  }),
  'replica-cut-off': kind({
    rows: ['F54'],
    what: (fault) => `the replica in ${region(fault)} is cut off both ways`,
    begin: (world, fault, injected) => {
      const own = region(fault);
      const others = [...world.conditions.places.keys()].filter((one) => one !== own);
      injected();
      return cutLinks(
        world,
        others.flatMap((other) => [`${own}>${other}`, `${other}>${own}`]),
      );
    },
    draw: drawPlace(2 * MINUTE, HOUR),
  }),
  'split-brain': kind({
    rows: ['F55'],
    what: (fault) =>
      `${words(fault, 'regions').join(', ')} and the others see nothing of each other`,
    begin: (world, fault, injected) => {
      const side = words(fault, 'regions');
      const others = [...world.conditions.places.keys()].filter((one) => !side.includes(one));
      injected();
      return cutLinks(
        world,
        side.flatMap((one) => others.flatMap((other) => [`${one}>${other}`, `${other}>${one}`])),
      );
    },
    draw: (context) => {
      const { file, random } = context;
      return drawn(lasting(context, 3 * MINUTE, HOUR), {
        regions: random
          .shuffled(file.vantages)
          .slice(0, random.integer(1, file.vantages.length - 1)),
      });
    },
  }),
  'writes-merged': kind({
    rows: ['F56'],
    what: (fault) => `${100 * number(fault, 'value')} % of all writes arrive as part of the next`,
    begin: (world, fault, injected) => {
      world.conditions.table.mergeChance = number(fault, 'value');
      injected();
      return () => {
        world.conditions.table.mergeChance = 0;
      };
    },
    draw: (context) =>
      drawn(lasting(context, 3 * MINUTE, HOUR), {
        value: rounded(context.random.between(0.05, 0.5)),
      }),
  }),
  'store-errors': atTable(
    ['F58', 'F66'],
    'calls to the table fail',
    (table, value) => {
      table.errorChance = value;
    },
    (table) => {
      table.errorChance = 0;
    },
    drawPlace(2 * MINUTE, HOUR, ({ random }) => ({
      value: random.chance(0.2) ? 1 : rounded(random.between(0.01, 0.3)),
    })),
  ),
  'store-replies-lost': atTable(
    ['F59'],
    'replies of the table are lost',
    (table, value) => {
      table.replyLoss = value;
    },
    (table) => {
      table.replyLoss = 0;
    },
    drawPlace(2 * MINUTE, HOUR, ({ random }) => ({ value: rounded(random.between(0.05, 0.5)) })),
  ),
  'store-cut-off': atTable(
    ['F65', 'F9'],
    'the table is out of reach',
    (table) => {
      table.isCut = true;
    },
    (table) => {
      table.isCut = false;
    },
    drawPlace(MINUTE, 40 * MINUTE, () => ({ value: 0 })),
  ),
  'reports-missed': atTable(
    ['F60'],
    'reads lack some reports',
    (table, value) => {
      table.readMisses = value;
    },
    (table) => {
      table.readMisses = 0;
    },
    drawPlace(3 * MINUTE, HOUR, ({ random }) => ({ value: rounded(random.between(0.05, 0.6)) })),
  ),
  'ttl-removes': kind({
    rows: ['F61'],
    what: (fault) => `what is older than ${number(fault, 'value')} ms leaves the table`,
    begin: (world, fault, injected) => {
      const olderThanMs = world.sim.nowMs() - number(fault, 'value');
      for (const prefix of ['report#', 'history#', 'rollup#', 'pulse#', 'head#']) {
        world.replicas.expire(prefix, olderThanMs);
      }
      injected();
    },
    draw: (context) => drawn(atOnce(context), { value: context.random.integer(1, 30) * MINUTE }),
  }),
  'table-gone': kind({
    rows: ['F65'],
    what: () => 'the table is gone',
    begin: (world, _, injected) => {
      world.conditions.table.isGone = true;
      injected();
      return () => {
        world.conditions.table.isGone = false;
      };
    },
    draw: (context) => drawn(lasting(context, MINUTE, 30 * MINUTE), {}),
  }),
  'order-without-table': kind({
    rows: ['F105', 'F65'],
    what: (fault) => `an order on ${word(fault, 'service')} while the table is gone`,
    begin: (world, fault, injected) => {
      world.conditions.table.isGone = true;
      const off = listen(world, (event) => {
        if (event.kind !== 'order-answered' || event.answer.answer.kind !== 'committed') return;
        if (world.conditions.table.isGone) injected();
      });
      world.sim.after(30 * SECOND, 'order', () => {
        const at = world.sim.nowMs();
        void orderQuietly(
          world,
          { region: region(fault) },
          {
            kind: 'pin',
            service: word(fault, 'service'),
            endpoint: word(fault, 'endpoint'),
            weight: number(fault, 'weight'),
            fromAt: at,
            // Begins and ends while nothing can be seen.
            untilAt: world.startMs + fault.untilMs - 20 * SECOND,
            key: `blind ${at}`,
          },
        );
      });
      return () => {
        off();
        world.conditions.table.isGone = false;
      };
    },
    draw: (context) => {
      const fit = context.file.services.filter(({ mode }) => mode === 'enforce');
      const service = fit.length === 0 ? undefined : context.random.pick(fit);
      return drawn(
        lasting(context, 4 * MINUTE, 20 * MINUTE),
        service
          ? {
              region: context.random.pick(context.file.vantages),
              service: service.id,
              endpoint: context.random.pick(service.endpoints).id,
              weight: context.random.integer(1, 200),
            }
          : null,
      );
    },
    share: 2,
  }),
  'stream-poisoned': kind({
    rows: ['F107'],
    what: (fault) => `${region(fault)}: the stream hands over a broken record`,
    begin: (world, fault, injected) => {
      world.lambda.invoke(region(fault), 'quorum', {
        Records: [{ dynamodb: { NewImage: 7 } }, null],
      });
      injected();
    },
    draw: (context) =>
      drawn(atOnce(context), { region: context.random.pick(context.file.vantages) }),
  }),
};
