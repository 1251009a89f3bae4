/** Operators and deployments: orders, commands, new files, older files, files with a mistake. */
import type { Config } from '../../../shared/core/model.ts';
import type { Operation } from '../../../shared/core/operation.ts';
import type { PlannedFault } from '../scenario.ts';
import { configOf, type FileData } from '../world/sim-config.ts';
import type { SimWorld } from '../world/world.ts';
import {
  atOnce,
  type DrawContext,
  drawn,
  HOUR,
  type Kind,
  kind,
  lasting,
  listen,
  MINUTE,
  number,
  type Params,
  region,
  SECOND,
  word,
} from './kind.ts';
import { orderQuietly } from './kinds-windows.ts';
import { ordersOf } from './memory.ts';
import { tidyUp } from './tidy.ts';
import { editWeights } from './zone-edit.ts';

const enforced = (context: DrawContext) =>
  context.file.services.filter(({ mode }) => mode === 'enforce');

const drawOrder =
  (more: (context: DrawContext) => Params) =>
  (context: DrawContext): ReturnType<Kind['draw']> => {
    const fit = enforced(context);
    if (fit.length === 0) return null;
    const service = context.random.pick(fit);
    return drawn(lasting(context, 2 * MINUTE, 90 * MINUTE), {
      region: context.random.pick(context.file.vantages),
      service: service.id,
      endpoint: context.random.pick(service.endpoints).id,
      // Later than now: it begins by a commit of its own.
      delayMs: context.random.pick([0, 0, 30 * SECOND]),
      afterwards: context.random.pick(['auto', 'auto', 'auto', 'approve']),
      isForced: context.random.chance(0.3),
      key: `order ${context.random.integer(0, 1_000_000_000)}`,
      ...more(context),
    });
  };

const order = (orderKind: 'drain' | 'pin' | 'freeze', draw: Kind['draw'], share: number): Kind =>
  kind({
    rows: [],
    what: (fault) =>
      `${orderKind} ${word(fault, 'service')}${orderKind === 'freeze' ? '' : `/${word(fault, 'endpoint')}`}`,
    begin: (world, fault, injected) => {
      const fromAt = world.sim.nowMs() + number(fault, 'delayMs');
      void orderQuietly(
        world,
        { region: region(fault) },
        {
          kind: orderKind,
          service: word(fault, 'service'),
          ...(orderKind === 'freeze' ? {} : { endpoint: word(fault, 'endpoint') }),
          ...(orderKind === 'pin' ? { weight: number(fault, 'weight') } : {}),
          fromAt,
          untilAt: world.startMs + fault.untilMs,
          key: word(fault, 'key'),
          afterwards: word(fault, 'afterwards') === 'approve' ? 'approve' : 'auto',
          force: fault.params.isForced === true,
        },
      );
      injected();
    },
    draw,
    share,
  });

const operates = (
  world: SimWorld,
  fault: PlannedFault,
  operation: Operation,
): Promise<string | undefined> =>
  world
    .operate(region(fault), word(fault, 'service') as never, operation, 'operator')
    .then((answer) => answer?.answer.kind)
    .catch(() => undefined);

const command = (
  what: string,
  operationOf: (world: SimWorld, fault: PlannedFault) => Operation | null,
  share = 1,
): Kind =>
  kind({
    rows: [],
    what: (fault) => `${what} ${word(fault, 'service')}`,
    begin: (world, fault, injected) => {
      const operation = operationOf(world, fault);
      if (operation === null) return;
      injected();
      void operates(world, fault, operation);
    },
    draw: (context) => {
      const fit = enforced(context);
      if (fit.length === 0) return null;
      const service = context.random.pick(fit);
      return drawn(atOnce(context), {
        region: context.random.pick(context.file.vantages),
        service: service.id,
        endpoint: context.random.pick(service.endpoints).id,
      });
    },
    share,
  });

/** A file in some regions from now on; returns what it parsed to. */
function deploys(
  world: SimWorld,
  data: FileData,
  packagedAtMs: number,
  where: readonly string[],
  gapMs: number,
): Config {
  const config = configOf(data, packagedAtMs);
  for (const [i, at] of where.entries()) {
    if (i === 0) world.deploy(at as never, config);
    else world.sim.after(i * gapMs, 'deploys', () => world.deploy(at as never, config));
  }
  return config;
}

const fileOf = (fault: PlannedFault): FileData => fault.params.file as FileData;
const everywhere = (world: SimWorld): readonly string[] => [...world.conditions.places.keys()];

type Services = Readonly<
  Record<string, { readonly policy?: object } & Readonly<Record<string, unknown>>>
>;
const withService = (
  data: FileData,
  id: string,
  change: (service: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>,
): FileData => {
  const services = data.services as Services;
  return { ...data, services: { ...services, [id]: change(services[id] ?? {}) } };
};

const drawDeploy =
  (
    change: (
      context: DrawContext,
      service: DrawContext['file']['services'][number],
    ) => FileData | null,
    times: readonly [number, number],
    more: (context: DrawContext) => Params = () => ({}),
  ) =>
  (context: DrawContext): ReturnType<Kind['draw']> => {
    const fit = enforced(context);
    if (fit.length === 0) return null;
    const service = context.random.pick(fit);
    const file = change(context, service);
    return drawn(
      lasting(context, ...times),
      file && {
        region: context.random.pick(context.file.vantages),
        service: service.id,
        file: file as Params,
        gapMs: context.random.pick([0, 2 * SECOND, 30 * SECOND, 5 * MINUTE, 12 * MINUTE]),
        ...more(context),
      },
    );
  };

const otherPolicy = (
  { file }: DrawContext,
  { id, holdDownMs }: { id: string; holdDownMs: number },
) =>
  withService(file.data, id, (service) => ({
    ...service,
    policy: {
      ...(service.policy as object),
      'hold-down': `${holdDownMs / MINUTE + 1}m`,
    },
  }));
const otherCheck = ({ file }: DrawContext, { id, fall }: { id: string; fall: number }) =>
  withService(file.data, id, (service) => ({
    ...service,
    check: { ...(service.check as object), fall: fall + 1 },
  }));

const hasFloor = ({ services }: FileData, id: string): boolean =>
  'floor' in ((services as Services)[id]?.policy ?? {});

const EXTRA = 'extra-1';

export const OPERATOR_KINDS: Readonly<Record<string, Kind>> = {
  'order-drain': order(
    'drain',
    drawOrder(() => ({})),
    6,
  ),
  'order-pin': order(
    'pin',
    drawOrder(({ random }) => ({ weight: random.pick([0, 1, 10, 50, 255]) })),
    5,
  ),
  'order-freeze': order(
    'freeze',
    drawOrder(() => ({})),
    4,
  ),
  'order-replayed': kind({
    rows: ['F93'],
    what: (fault) => `the same order on ${word(fault, 'service')}, twice, through two regions`,
    begin: (world, fault, injected) => {
      const fromAt = world.sim.nowMs();
      const asked = {
        kind: 'pin' as const,
        service: word(fault, 'service'),
        endpoint: word(fault, 'endpoint'),
        weight: number(fault, 'weight'),
        fromAt,
        untilAt: world.startMs + fault.untilMs,
        key: word(fault, 'key'),
      };
      const other = everywhere(world).find((one) => one !== region(fault)) ?? region(fault);
      void orderQuietly(world, { region: region(fault) }, asked);
      world.sim.after(number(fault, 'gapMs'), 'again', () => {
        void orderQuietly(world, { region: other as never }, asked);
        injected();
      });
    },
    draw: drawOrder(({ random }) => ({
      weight: random.integer(1, 200),
      gapMs: random.pick([0, 200, 5 * SECOND, MINUTE]),
    })),
  }),
  'order-that-leaves-nothing': kind({
    rows: ['F110'],
    what: (fault) => `drain all of ${word(fault, 'service')}`,
    begin: (world, fault, injected) => {
      const off = listen(world, (event) => {
        if (event.kind !== 'order-answered' || event.answer.answer.kind !== 'refused') return;
        if (event.answer.service.id !== word(fault, 'service')) return;
        off();
        injected();
      });
      void orderQuietly(
        world,
        { region: region(fault) },
        {
          kind: 'drain',
          service: word(fault, 'service'),
          fromAt: world.sim.nowMs() + number(fault, 'delayMs'),
          untilAt: world.startMs + fault.untilMs,
          key: word(fault, 'key'),
          force: fault.params.isForced === true,
        },
      );
      return off;
    },
    draw: drawOrder(() => ({})),
    share: 1.5,
  }),
  'many-orders': kind({
    rows: ['F100'],
    what: (fault) => `order after order on ${word(fault, 'service')}, until the fence is full`,
    begin: (world, fault, injected) => {
      let count = 0;
      const service = word(fault, 'service');
      const endpoints =
        world.firstConfig.services.find(({ id }) => id === service)?.endpoints ?? [];
      const untilAt = world.startMs + fault.untilMs;
      const stop = listen(world, (event) => {
        if (event.kind !== 'order-answered' || event.answer.answer.kind !== 'refused') return;
        if (event.answer.answer.sentence.includes('4000')) injected();
      });
      const next = async (): Promise<void> => {
        const endpoint = endpoints[count]?.id;
        if (endpoint === undefined || world.sim.nowMs() > untilAt - MINUTE) return;
        count += 1;
        await orderQuietly(
          world,
          { region: region(fault) },
          {
            kind: 'pin',
            service,
            endpoint,
            weight: number(fault, 'weight'),
            fromAt: world.sim.nowMs(),
            untilAt,
            key: `${word(fault, 'key')} ${count}`,
          },
        );
        world.sim.after(200, 'orders', () => void next());
      };
      void next();
      return stop;
    },
    // A fence is only full with many endpoints: scripted.
    draw: () => null,
    share: 0,
  }),
  'order-cancelled': command(
    'cancel an order of',
    (world, fault) => {
      const last = ordersOf(world, word(fault, 'service')).at(-1);
      return last === undefined ? null : { kind: 'cancel', order: last };
    },
    3,
  ),
  'order-extended': command(
    'extend an order of',
    (world, fault) => {
      const last = ordersOf(world, word(fault, 'service')).at(-1);
      if (last === undefined) return null;
      const untilAt = (world.sim.nowMs() + 10 * MINUTE) as never;
      return { kind: 'extend', order: last, untilAt, asked: '10m' };
    },
    2,
  ),
  approves: command(
    'approve a return of',
    (_, fault) => ({ kind: 'approve', endpoint: word(fault, 'endpoint') as never }),
    2,
  ),
  adopts: command('adopt', () => ({ kind: 'adopt' }), 2),
  reasserts: command('reassert', () => ({ kind: 'reassert' }), 2),
  applies: command('apply', () => ({ kind: 'apply' })),
  retires: command('retire an endpoint of', (_, fault) => ({
    kind: 'retire',
    endpoint: word(fault, 'endpoint'),
  })),
  restores: command('restore', () => ({ kind: 'restore' }), 0.5),
  'released-and-adopted': kind({
    rows: [],
    what: (fault) => `release ${word(fault, 'service')}, and adopt it again`,
    begin: (world, fault, injected) => {
      injected();
      void operates(world, fault, { kind: 'release', restores: fault.params.restores === true });
      return () => void operates(world, fault, { kind: 'adopt' });
    },
    draw: (context) => {
      const fit = enforced(context);
      if (fit.length === 0) return null;
      return drawn(lasting(context, MINUTE, 5 * MINUTE), {
        region: context.random.pick(context.file.vantages),
        service: context.random.pick(fit).id,
        restores: context.random.chance(0.5),
      });
    },
    share: 0.5,
  }),
  'deployed-region-by-region': kind({
    rows: ['F51'],
    what: (fault) => `a new file, ${number(fault, 'gapMs') / SECOND} s from region to region`,
    begin: (world, fault, injected) => {
      deploys(world, fileOf(fault), world.sim.nowMs(), everywhere(world), number(fault, 'gapMs'));
      injected();
      return () => {
        for (const at of everywhere(world)) world.deploy(at as never, world.config());
      };
    },
    draw: drawDeploy(
      (context, service) =>
        context.random.chance(0.5) ? otherPolicy(context, service) : otherCheck(context, service),
      [6 * MINUTE, HOUR],
    ),
    share: 3,
  }),
  'older-file-in-one-region': kind({
    rows: ['F120'],
    what: (fault) => `${region(fault)} runs an older file`,
    begin: (world, fault, injected) => {
      const packagedAtMs = world.firstConfig.packagedAt - HOUR;
      deploys(world, fileOf(fault), packagedAtMs, [region(fault)], 0);
      injected();
      return () => world.deploy(region(fault), world.config());
    },
    draw: drawDeploy(
      (context, service) =>
        context.random.chance(0.7) ? otherPolicy(context, service) : otherCheck(context, service),
      [5 * MINUTE, HOUR],
    ),
    share: 3,
  }),
  'released-and-rolled-back': kind({
    rows: ['F119'],
    what: () => 'an upgrade region by region, then the release before it again',
    begin: (world, fault, injected) => {
      const places = [...world.conditions.places];
      const half = Math.floor((fault.untilMs - fault.fromMs) / 2);
      const stepMs = Math.floor(half / (places.length + 1));
      for (const [i, [at, place]] of places.entries()) {
        world.sim.after(i * stepMs, 'upgrade', () => {
          place.release = '99.0.0';
          world.lambda.kill(at);
        });
        world.sim.after(half + i * stepMs, 'roll-back', () => {
          place.release = null;
          world.lambda.kill(at);
          if (i === 0) injected();
        });
      }
      return () => {
        for (const [, place] of places) place.release = null;
      };
    },
    draw: (context) => drawn(lasting(context, 10 * MINUTE, 40 * MINUTE), {}),
    share: 2,
  }),
  'typo-in-the-path': kind({
    rows: ['F114'],
    what: (fault) => `a new file asks ${word(fault, 'service')} for a path that is not there`,
    begin: (world, fault, injected) => {
      deploys(world, fileOf(fault), world.sim.nowMs(), everywhere(world), 2 * SECOND);
      injected();
      return () => {
        // What was meant, as a newer file.
        const data = fault.params.back as FileData;
        deploys(world, data, world.sim.nowMs(), everywhere(world), 0);
      };
    },
    draw: drawDeploy(
      ({ file }, { id }) =>
        withService(file.data, id, (service) => ({
          ...service,
          check: { ...(service.check as object), url: 'https://{target}/typo' },
        })),
      [6 * MINUTE, 30 * MINUTE],
      ({ file }) => ({ back: file.data as Params }),
    ),
    share: 2,
  }),
  'endpoint-added': kind({
    rows: ['F116'],
    what: () => 'a new file has one endpoint more, which is brought in and retired later',
    begin: (world, fault, injected) => {
      const service = word(fault, 'service');
      const ms = fault.untilMs - fault.fromMs;
      deploys(world, fileOf(fault), world.sim.nowMs(), everywhere(world), SECOND);
      let isOver = false;
      const at = (part: number, then: () => void): void =>
        void world.sim.after(part * ms, 'endpoint', () => {
          if (!isOver) then();
        });
      at(
        0.2,
        () =>
          void operates(world, fault, { kind: 'apply' }).then((answer) => {
            if (answer === 'committed') injected();
          }),
      );
      at(0.7, () => {
        deploys(world, fault.params.back as FileData, world.sim.nowMs(), everywhere(world), 0);
        editWeights(world, service, (_, id) => (id === EXTRA ? 0 : null));
      });
      at(0.85, () => void operates(world, fault, { kind: 'retire', endpoint: EXTRA }));
      return () => {
        isOver = true;
      };
    },
    draw: drawDeploy(
      ({ file }, { id, types }) =>
        withService(file.data, id, (service) => ({
          ...service,
          endpoints: {
            ...(service.endpoints as object),
            [EXTRA]: {
              address: types.includes('AAAA')
                ? { A: '203.0.113.200', AAAA: '2001:db8::99' }
                : '203.0.113.200',
              weight: 50,
            },
          },
        })),
      [15 * MINUTE, 40 * MINUTE],
      ({ file }) => ({ back: file.data as Params }),
    ),
    share: 2.5,
  }),
  'endpoint-dropped': kind({
    rows: ['F116'],
    what: (fault) => `a new file lacks ${word(fault, 'dropped')}, which comes back later`,
    begin: (world, fault, injected) => {
      const service = word(fault, 'service');
      const dropped = word(fault, 'dropped');
      const ms = fault.untilMs - fault.fromMs;
      deploys(world, fileOf(fault), world.sim.nowMs(), everywhere(world), SECOND);
      injected();
      let isOver = false;
      const at = (part: number, then: () => void): void =>
        void world.sim.after(part * ms, 'endpoint', () => {
          if (!isOver) then();
        });
      if (fault.params.isRetired === true) {
        at(0.3, () => void editWeights(world, service, (_, id) => (id === dropped ? 0 : null)));
        at(0.45, () => void operates(world, fault, { kind: 'retire', endpoint: dropped }));
      }
      at(0.6, () => {
        const data = fault.params.back as FileData;
        deploys(world, data, world.sim.nowMs(), everywhere(world), 0);
      });
      at(0.8, () => void operates(world, fault, { kind: 'apply' }));
      return () => {
        isOver = true;
        world.deploy(region(fault), world.config());
      };
    },
    draw: (context) => {
      const fit = enforced(context).filter(
        ({ endpoints, id }) =>
          endpoints.length >= 3 &&
          endpoints.every(({ tier }) => tier === 1) &&
          !hasFloor(context.file.data, id),
      );
      if (fit.length === 0) return null;
      const service = context.random.pick(fit);
      const dropped = context.random.pick(service.endpoints).id;
      const file = withService(context.file.data, service.id, (own) => ({
        ...own,
        endpoints: Object.fromEntries(
          Object.entries(own.endpoints as object).filter(([id]) => id !== dropped),
        ),
      }));
      return drawn(lasting(context, 15 * MINUTE, 40 * MINUTE), {
        region: context.random.pick(context.file.vantages),
        service: service.id,
        dropped,
        isRetired: context.random.chance(0.6),
        file: file as Params,
        back: context.file.data as Params,
      });
    },
    share: 2,
  }),
  'tidies-up': kind({
    rows: [],
    what: () => 'an operator tidies up',
    begin: (world, _, injected) => {
      injected();
      void tidyUp(world);
      for (const ms of [90 * SECOND, 4 * MINUTE]) {
        world.sim.after(ms, 'tidies', () => void tidyUp(world));
      }
    },
    draw: () => null,
    share: 0,
  }),
};
