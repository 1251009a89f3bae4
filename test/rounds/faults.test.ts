import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  effectsOf,
  FAULT_FIELDS,
  FAULT_KINDS,
  type Fault,
  faultText,
  type KnownWorld,
  parseFault,
} from '../../scripts/local/faults.ts';
import { parseOrder } from '../../scripts/local/orders.ts';

const WORLD: KnownWorld = {
  vantages: ['eu-west-1', 'us-east-1', 'us-west-2'],
  services: [
    {
      service: 'app',
      endpoints: [
        { endpoint: 'eu', region: 'eu-west-1', hasHttp: true, hasTls: true },
        { endpoint: 'us', region: 'us-east-1', hasHttp: true, hasTls: true },
      ],
    },
    {
      service: 'db',
      endpoints: [{ endpoint: 'main', region: 'dc-1', hasHttp: false, hasTls: false }],
    },
    {
      service: 'plain',
      endpoints: [{ endpoint: 'one', region: 'dc-2', hasHttp: true, hasTls: false }],
    },
  ],
};

/** One good body per kind. */
const GOOD: Readonly<Record<string, unknown>> = {
  'endpoint-down': { service: 'app', endpoint: 'eu' },
  'endpoint-hung': { service: 'app', endpoint: 'eu' },
  'endpoint-5xx': { service: 'app', endpoint: 'eu' },
  'endpoint-slow': { service: 'app', endpoint: 'eu', delayMs: 1500 },
  'endpoint-wrong-body': { service: 'app', endpoint: 'eu' },
  'endpoint-bad-certificate': { service: 'app', endpoint: 'eu' },
  'endpoint-flapping': { service: 'app', endpoint: 'eu', periodMs: 4000 },
  'region-down': { region: 'us-east-1' },
  'vantage-down': { vantage: 'us-west-2' },
  'vantage-isolated': { vantage: 'us-west-2' },
  'vantage-starved': { vantage: 'us-west-2' },
  'vantage-clock-skew': { vantage: 'us-west-2', skewMs: -600_000 },
  'vantage-sees-down': { vantage: 'us-west-2', service: 'app', endpoint: 'us' },
  'replication-lag': { lagMs: 5000, from: 'eu-west-1' },
  'replication-partition': { vantage: 'us-west-2' },
  'route53-throttled': {},
  'route53-down': {},
  'route53-slow-insync': { delayMs: 30_000 },
  'route53-reply-lost': { count: 2 },
  'hand-edit': { service: 'app', endpoint: 'us', weight: 20 },
};

describe('parsing a fault', () => {
  it.each(FAULT_KINDS)('takes %s with its fields', (kind) => {
    const body = { kind, ...(GOOD[kind] as object) };

    expect(parseFault(body, WORLD)).toEqual({ ok: true, value: body });
  });

  it.each([
    ['no object', 7, 'a fault is a JSON object', 'endpoint-down'],
    ['a list', [], 'a fault is a JSON object', 'endpoint-down'],
    ['null', null, 'a fault is a JSON object', 'endpoint-down'],
    ['no kind', {}, 'unknown kind nothing', 'region-down'],
    ['an unknown kind', { kind: 'endpoint-dwon' }, 'unknown kind "endpoint-dwon"', 'endpoint-down'],
    ['a name of every object', { kind: 'constructor' }, 'unknown kind', 'endpoint-down'],
    [
      'an unknown service',
      { kind: 'endpoint-down', service: 'shop', endpoint: 'eu' },
      'unknown service "shop"',
      'app',
    ],
    [
      'an endpoint of another service',
      { kind: 'endpoint-down', service: 'app', endpoint: 'main' },
      'unknown endpoint "main"',
      'us',
    ],
    ['a missing endpoint', { kind: 'endpoint-down', service: 'app' }, 'needs endpoint', 'eu'],
    [
      'an unknown vantage',
      { kind: 'vantage-down', vantage: 'mars-1' },
      'unknown vantage "mars-1"',
      'us-west-2',
    ],
    ['an unknown region', { kind: 'region-down', region: 5 }, 'unknown region 5', 'dc-1'],
    [
      'a field of another kind',
      { kind: 'route53-down', delayMs: 5 },
      'route53-down has no field "delayMs"',
      undefined,
    ],
    [
      'a prototype as a field',
      JSON.parse('{"kind":"vantage-down","vantage":"us-west-2","__proto__":{}}'),
      'has no field "__proto__"',
      'vantage',
    ],
    [
      'a delay that is a text',
      { kind: 'endpoint-slow', service: 'app', endpoint: 'eu', delayMs: '5s' },
      'delayMs is an integer from 1 to 3600000, not "5s"',
      'an integer from 1 to 3600000',
    ],
    ['no delay', { kind: 'route53-slow-insync' }, 'needs delayMs', 'an integer from 1 to 3600000'],
    [
      'a weight over 255',
      { kind: 'hand-edit', service: 'app', endpoint: 'eu', weight: 256 },
      'weight is an integer from 0 to 255, not 256',
      'an integer from 0 to 255',
    ],
    [
      'a bad certificate without TLS',
      { kind: 'endpoint-bad-certificate', service: 'plain', endpoint: 'one' },
      'plain is not checked over TLS',
      'endpoint-down',
    ],
    [
      'a hang that a TCP connect passes',
      { kind: 'endpoint-hung', service: 'db', endpoint: 'main' },
      'db is checked by a TCP connect',
      'endpoint-down',
    ],
  ])('refuses %s and lists what is known', (_what, body, error, known) => {
    const parsed = parseFault(body, WORLD);

    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.problem.error).toContain(error);
    if (known !== undefined) expect(parsed.problem.known).toContain(known);
  });

  it('never throws, whatever the body', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        const parsed = parseFault(body, WORLD);

        expect(parsed.ok).toBe(false);
      }),
    );
  });
});

describe('effects of faults', () => {
  it('adds up what is wrong with one endpoint', () => {
    const effects = effectsOf(
      [
        fault({ kind: 'endpoint-slow', service: 'app', endpoint: 'eu', delayMs: 100 }),
        fault({ kind: 'endpoint-slow', service: 'app', endpoint: 'eu', delayMs: 300 }),
        fault({ kind: 'endpoint-5xx', service: 'app', endpoint: 'eu' }),
      ],
      WORLD,
    );

    expect(effects.troubles.get('app/eu')).toMatchObject({
      delayMs: 300,
      serverError: true,
      refused: false,
    });
    expect(effects.troubles.has('app/us')).toBe(false);
  });

  it('takes endpoints, vantage and replica of a lost region', () => {
    const effects = effectsOf([fault({ kind: 'region-down', region: 'us-east-1' })], WORLD);

    expect([...effects.troubles]).toEqual([['app/us', expect.objectContaining({ refused: true })]]);
    expect([...effects.downVantages]).toEqual(['us-east-1']);
    expect([...effects.downRegions]).toEqual(['us-east-1']);
  });

  it('takes no vantage where the lost region is none', () => {
    const effects = effectsOf([fault({ kind: 'region-down', region: 'dc-1' })], WORLD);

    expect([...effects.troubles.keys()]).toEqual(['db/main']);
    expect([...effects.downVantages]).toEqual([]);
  });

  it('gives every kind but the two acts a visible effect', () => {
    const calm = JSON.stringify(plain(effectsOf([], WORLD)));

    const silent = FAULT_KINDS.filter(
      (kind) =>
        JSON.stringify(
          plain(effectsOf([fault({ kind, ...(GOOD[kind] as object) } as Fault)], WORLD)),
        ) === calm,
    );

    expect(silent).toEqual(['route53-reply-lost', 'hand-edit']);
  });

  it('is the same for faults in any order', () => {
    const all = FAULT_KINDS.map((kind) => fault({ kind, ...(GOOD[kind] as object) } as Fault));

    fc.assert(
      fc.property(fc.shuffledSubarray(all), (some) => {
        const sorted = [...some].sort((a, b) => (faultText(a) < faultText(b) ? -1 : 1));

        expect(plain(effectsOf(some, WORLD))).toEqual(plain(effectsOf(sorted, WORLD)));
      }),
    );
  });

  it('tells the same fault with its fields in another order', () => {
    const one = fault({ kind: 'endpoint-down', service: 'app', endpoint: 'eu' });
    const other = fault({ endpoint: 'eu', service: 'app', kind: 'endpoint-down' });

    expect(faultText(one)).toBe(faultText(other));
    expect(Object.keys(FAULT_FIELDS)).toHaveLength(20);
  });
});

describe('parsing an order', () => {
  const drain = {
    kind: 'drain',
    service: 'app',
    endpoint: 'eu',
    until: '2026-11-23T14:05:00Z',
    reason: 'bad deploy 4711',
    actor: 'alice',
  };

  it('takes a drain with an end in ISO 8601 or epoch ms', () => {
    const untilAt = Date.UTC(2026, 10, 23, 14, 5);

    expect(parseOrder(drain, WORLD)).toMatchObject({ ok: true, value: { untilAt } });
    expect(parseOrder({ ...drain, until: untilAt }, WORLD)).toMatchObject({
      ok: true,
      value: { kind: 'drain', service: 'app', endpoint: 'eu', untilAt, actor: 'alice' },
    });
  });

  it('takes a pin with its weight and a later start, and a freeze of the whole service', () => {
    const { endpoint: _none, ...whole } = drain;
    const pin = { ...drain, kind: 'pin', weight: 30, from: '2026-11-23T13:05:00+00:00' };

    expect(parseOrder(pin, WORLD)).toMatchObject({
      ok: true,
      value: { weight: 30, fromAt: Date.UTC(2026, 10, 23, 13, 5) },
    });
    const frozen = parseOrder({ ...whole, kind: 'freeze' }, WORLD);
    expect(frozen).toMatchObject({ ok: true, value: { kind: 'freeze', service: 'app' } });
  });

  it.each([
    ['no object', 'drain', 'an order is a JSON object'],
    ['an unknown kind', { ...drain, kind: 'stop' }, 'unknown kind "stop"'],
    ['an unknown service', { ...drain, service: 'x' }, 'unknown service "x"'],
    ['an unknown endpoint', { ...drain, endpoint: 'x' }, 'unknown endpoint "x"'],
    ['an unknown field', { ...drain, note: 'x' }, 'unknown field "note"'],
    ['a pin without weight', { ...drain, kind: 'pin' }, 'a pin needs a weight'],
    ['a drain with a weight', { ...drain, weight: 3 }, 'a drain has no weight'],
    ['an end without zone', { ...drain, until: '2026-11-23T14:05:00' }, 'until is a time'],
    ['a start that is no time', { ...drain, from: 'soon' }, 'from is a time'],
    ['no reason', { ...drain, reason: ' ' }, 'needs reason'],
    ['no actor', { ...drain, actor: undefined }, 'needs actor'],
  ])('refuses %s', (_what, body, error) => {
    const parsed = parseOrder(body, WORLD);

    expect(parsed.ok ? '' : parsed.problem.error).toContain(error);
  });
});

const fault = (body: Fault): Fault => {
  const parsed = parseFault(body, WORLD);
  if (!parsed.ok) throw new Error(parsed.problem.error);
  return parsed.value;
};

/** Maps and sets as JSON, sorted, so that equal effects have equal texts. */
const plain = (value: unknown): unknown => {
  if (value instanceof Map) return [...value].map(plain).sort();
  if (value instanceof Set) return [...value].sort();
  if (Array.isArray(value)) return value.map(plain).sort();
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
};
