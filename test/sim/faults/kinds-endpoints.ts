/** How endpoints fail, one by one and together (faults.md, sections 2 and 6). */
import { FAIL_CODES, type FailCode } from '../../../shared/core/reason-code.ts';
import type { EndpointConditions } from '../world/conditions.ts';
import type { SimWorld } from '../world/world.ts';
import {
  type DrawContext,
  drawEndpoint,
  drawn,
  endpointText,
  HOUR,
  type Kind,
  kind,
  lasting,
  listen,
  MINUTE,
  number,
  pickService,
  SECOND,
  word,
  words,
} from './kind.ts';
import type { DrawnService } from './swarm-file.ts';

const codeOf = (text: string): FailCode => {
  if (!Object.hasOwn(FAIL_CODES, text)) throw new Error(`${text} is no code of a failed probe`);
  return text as FailCode;
};

export const fails = (
  world: SimWorld,
  service: string,
  endpoint: string,
  more: Partial<EndpointConditions>,
): void => world.setEndpoint(service, endpoint, { how: 'fails', fails: 1, family: null, ...more });

export const heals = (world: SimWorld, service: string, endpoint: string): void =>
  world.setEndpoint(service, endpoint, { how: 'answers', family: null, clients: 'as-probed' });

type Failure = {
  readonly rows: readonly string[];
  readonly codes: readonly FailCode[];
  readonly isFit?: (service: DrawnService) => boolean;
  readonly share?: number;
};
const FAILURES: Readonly<Record<string, Failure>> = {
  'endpoint-refuses': { rows: ['F15'], codes: ['refused'], share: 6 },
  'endpoint-times-out': { rows: ['F13', 'F15', 'F25'], codes: ['timeout'], share: 4 },
  'endpoint-breaks-off': { rows: ['F14'], codes: ['reset', 'http-truncated'] },
  'endpoint-answers-an-error-page': {
    rows: ['F18', 'F19'],
    codes: ['body'],
    isFit: ({ hasBody }) => hasBody,
    share: 2,
  },
  'endpoint-errs': { rows: ['F20'], codes: ['status'], share: 2 },
  'endpoint-redirects': { rows: ['F21', 'F22'], codes: ['redirects', 'redirect-not-allowed'] },
  'endpoint-is-no-http': { rows: ['F26'], codes: ['http-malformed', 'http-headers-too-large'] },
  'certificate-expires': {
    rows: ['F27'],
    codes: ['certificate-expired', 'certificate-not-yet-valid'],
  },
  'certificate-wrong': {
    rows: ['F28'],
    codes: [
      'certificate-wrong-host',
      'certificate-self-signed',
      'certificate-untrusted',
      'certificate-incomplete-chain',
      'certificate-weak',
      'certificate-invalid',
      'tls-protocol',
      'tls-handshake',
      'tls-client-certificate',
    ],
  },
  'endpoint-is-another': { rows: ['F33'], codes: ['header'] },
  'target-not-resolved': {
    rows: ['F35', 'F36'],
    codes: ['dns-not-found', 'dns-server-failure', 'dns-empty', 'dns-loop', 'address-not-allowed'],
  },
};

const FAILURE_KINDS: Readonly<Record<string, Kind>> = Object.fromEntries(
  Object.entries(FAILURES).map(([id, { rows, codes, isFit, share }]) => [
    id,
    kind({
      rows,
      what: (fault) => `${endpointText(fault)} fails: ${word(fault, 'code')}`,
      begin: (world, fault, injected) => {
        const [service, endpoint] = [word(fault, 'service'), word(fault, 'endpoint')];
        const status = typeof fault.params.status === 'number' ? number(fault, 'status') : 503;
        fails(world, service, endpoint, { code: codeOf(word(fault, 'code')), status });
        injected();
        return () => heals(world, service, endpoint);
      },
      draw: drawEndpoint(
        MINUTE,
        HOUR,
        ({ random }) => ({
          code: random.pick(codes),
          status: random.pick([403, 404, 500, 502, 503]),
        }),
        isFit,
      ),
      ...(share === undefined ? {} : { share }),
    }),
  ]),
);

const all = (world: SimWorld, service: string): readonly string[] =>
  [...world.conditions.endpoints.keys()].flatMap((key) =>
    key.startsWith(`${service}/`) ? [key.slice(service.length + 1)] : [],
  );

const allOfService = (
  rows: readonly string[],
  what: string,
  more: Partial<EndpointConditions>,
): Kind =>
  kind({
    rows,
    what: (fault) => `every endpoint of ${word(fault, 'service')} ${what}`,
    begin: (world, fault, injected) => {
      const service = word(fault, 'service');
      const endpoints = all(world, service);
      for (const endpoint of endpoints) fails(world, service, endpoint, more);
      injected();
      return () => {
        for (const endpoint of endpoints) heals(world, service, endpoint);
      };
    },
    draw: (context) => {
      const service = pickService(context);
      return drawn(
        lasting(context, 2 * MINUTE, 30 * MINUTE),
        service ? { service: service.id } : null,
      );
    },
  });

/** A service with two endpoints or more that serve from the first tier. */
const severalInFirstTier = ({ endpoints, mode }: DrawnService): boolean =>
  mode === 'enforce' && endpoints.filter(({ tier }) => tier === 1).length >= 2;

function drawMany(
  context: DrawContext,
  count: (of: number) => number,
  times: readonly [number, number],
): ReturnType<Kind['draw']> {
  const service = pickService(context, severalInFirstTier);
  if (service === undefined) return null;
  const inFirst = service.endpoints.filter(({ tier }) => tier === 1).map(({ id }) => id);
  return drawn(lasting(context, ...times), {
    service: service.id,
    endpoints: context.random.shuffled(inFirst).slice(0, count(inFirst.length)),
    gapMs: context.random.pick([0, 5 * SECOND, MINUTE, 5 * MINUTE]),
  });
}

export const ENDPOINT_KINDS: Readonly<Record<string, Kind>> = {
  ...FAILURE_KINDS,
  'endpoint-is-overloaded': kind({
    rows: ['F20'],
    what: (fault) => `${endpointText(fault)} answers 429, which is alive`,
    begin: (world, fault, injected) => {
      const [service, endpoint] = [word(fault, 'service'), word(fault, 'endpoint')];
      world.setEndpoint(service, endpoint, { answerStatus: 429 });
      injected();
      return () => world.setEndpoint(service, endpoint, { answerStatus: 200 });
    },
    draw: drawEndpoint(
      2 * MINUTE,
      30 * MINUTE,
      () => ({}),
      ({ hasStatus }) => !hasStatus,
    ),
    share: 3,
  }),
  'all-fail': { ...allOfService(['F32', 'F90'], 'fails', { code: 'refused' }), share: 2 },
  'certificates-expire-together': allOfService(['F29'], 'has an expired certificate', {
    code: 'certificate-expired',
  }),
  'firewall-answers-403': allOfService(['F122'], 'answers 403 to vantages only', {
    code: 'status',
    status: 403,
    clients: 'served',
  }),
  'health-path-lies': kind({
    rows: ['F31'],
    what: (fault) => `${endpointText(fault)} passes its check and serves nobody`,
    begin: (world, fault, injected) => {
      const [service, endpoint] = [word(fault, 'service'), word(fault, 'endpoint')];
      world.setEndpoint(service, endpoint, { clients: 'dead' });
      injected();
      return () => world.setEndpoint(service, endpoint, { clients: 'as-probed' });
    },
    draw: drawEndpoint(MINUTE, 10 * MINUTE),
    share: 0.5,
  }),
  'several-fail': kind({
    rows: ['F89'],
    what: (fault) => `${words(fault, 'endpoints').join(', ')} of ${word(fault, 'service')} fail`,
    begin: (world, fault, injected) => {
      const service = word(fault, 'service');
      const endpoints = words(fault, 'endpoints');
      let isOver = false;
      for (const [i, endpoint] of endpoints.entries()) {
        world.sim.after(i * number(fault, 'gapMs'), 'fails', () => {
          if (isOver) return;
          fails(world, service, endpoint, { code: 'timeout' });
          if (i === 1) injected();
        });
      }
      return () => {
        isOver = true;
        for (const endpoint of endpoints) heals(world, service, endpoint);
      };
    },
    draw: (context) => drawMany(context, () => 2, [12 * MINUTE, HOUR]),
    share: 4,
  }),
  'first-tier-fails': kind({
    rows: ['F104'],
    what: (fault) => `the first tier of ${word(fault, 'service')} fails`,
    begin: (world, fault, injected) => {
      const service = word(fault, 'service');
      const endpoints = words(fault, 'endpoints');
      for (const endpoint of endpoints) fails(world, service, endpoint, { code: 'refused' });
      injected();
      return () => {
        for (const endpoint of endpoints) heals(world, service, endpoint);
      };
    },
    draw: (context) => {
      const service = pickService(
        context,
        ({ endpoints, mode }) => mode === 'enforce' && endpoints.some(({ tier }) => tier > 1),
      );
      const inFirst = service?.endpoints.filter(({ tier }) => tier === 1).map(({ id }) => id);
      return drawn(
        lasting(context, 3 * MINUTE, 30 * MINUTE),
        service ? { service: service.id, endpoints: inFirst ?? [] } : null,
      );
    },
    share: 3,
  }),
  'observed-endpoint-fails': kind({
    rows: ['F108'],
    what: (fault) => `${endpointText(fault)}, which is only observed, fails`,
    begin: (world, fault, injected) => {
      const [service, endpoint] = [word(fault, 'service'), word(fault, 'endpoint')];
      fails(world, service, endpoint, { code: 'refused' });
      // Counted by what would have been written.
      const off = listen(world, (event) => {
        if (event.kind !== 'decided') return;
        const found = event.results.find((result) => result.service === service);
        if (found?.outcome.kind === 'observed') injected();
      });
      return () => {
        off();
        heals(world, service, endpoint);
      };
    },
    draw: drawEndpoint(
      3 * MINUTE,
      30 * MINUTE,
      () => ({}),
      ({ mode }) => mode === 'observe',
    ),
    share: 4,
  }),
  'see-saw': kind({
    rows: ['F113'],
    what: (fault) =>
      `${word(fault, 'first')} of ${word(fault, 'service')} has just recovered when the others die`,
    begin: (world, fault, injected) => {
      const service = word(fault, 'service');
      const first = word(fault, 'first');
      const others = words(fault, 'others');
      let isOver = false;
      const later = (ms: number, then: () => void): void =>
        void world.sim.after(ms, 'see-saw', () => {
          if (!isOver) then();
        });
      fails(world, service, first, { code: 'refused' });
      later(number(fault, 'downMs'), () => heals(world, service, first));
      later(number(fault, 'downMs') + number(fault, 'gapMs'), () => {
        for (const other of others) fails(world, service, other, { code: 'refused' });
        injected();
      });
      return () => {
        isOver = true;
        for (const one of [first, ...others]) heals(world, service, one);
      };
    },
    draw: (context) => {
      const service = pickService(context, severalInFirstTier);
      if (service === undefined) return null;
      const { everyMs, fall, rise, timeoutMs, holdDownMs } = service;
      const downMs = (fall + 2) * everyMs + timeoutMs + 20 * SECOND;
      const gapMs = Math.round(
        (rise + 1) * everyMs + context.random.between(0.1, 1.4) * holdDownMs,
      );
      const ids = context.random.shuffled(service.endpoints.map(({ id }) => id));
      const leastMs = downMs + gapMs + 5 * MINUTE;
      return drawn(lasting(context, leastMs, leastMs + 10 * MINUTE), {
        service: service.id,
        first: ids[0] ?? '',
        others: ids.slice(1),
        downMs,
        gapMs,
      });
    },
    share: 4,
  }),
  'returns-weak': kind({
    rows: ['F34'],
    what: (fault) => `${endpointText(fault)} comes back with a fifth of its capacity`,
    begin: (world, fault, injected) => {
      const [service, endpoint] = [word(fault, 'service'), word(fault, 'endpoint')];
      const own = world.firstConfig.services
        .find(({ id }) => id === service)
        ?.endpoints.find(({ id }) => id === endpoint);
      let relapses = 0;
      let isOver = false;
      let isDown = true;
      fails(world, service, endpoint, { code: 'timeout' });
      const recover = (ms: number): void =>
        void world.sim.after(ms, 'recovers', () => {
          if (isOver) return;
          isDown = false;
          heals(world, service, endpoint);
        });
      recover(number(fault, 'downMs'));
      const off = listen(world, (event) => {
        if (event.kind !== 'zone-served' || isDown || isOver || own === undefined) return;
        const record = [...event.state.values()].find(
          ({ setIdentifier, name }) =>
            setIdentifier === own.setIdentifier && name.startsWith(service),
        );
        const weight = record?.weight ?? 0;
        if (weight * 100 < own.weight * 40 || relapses >= number(fault, 'relapses')) return;
        relapses += 1;
        isDown = true;
        fails(world, service, endpoint, { code: 'timeout' });
        injected();
        recover(number(fault, 'downMs'));
      });
      return () => {
        isOver = true;
        off();
        heals(world, service, endpoint);
      };
    },
    draw: drawEndpoint(
      25 * MINUTE,
      4 * HOUR,
      ({ random }) => ({
        downMs: random.integer(2, 4) * MINUTE,
        relapses: random.integer(1, 6),
      }),
      ({ mode, endpoints }) => mode === 'enforce' && endpoints.length >= 2,
    ),
    share: 4,
  }),
};
