/** Taking over what stands in a zone: as it is, or in place of simple records; else why not and how. */
import { describe, expect, it } from 'vitest';
import type { Endpoint, Service, Target, Weight } from '../../shared/core/model.ts';
import { type Operated, operationText } from '../../shared/core/operated.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { codesOf, MINUTE, openWorld, type World } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const value = (text: string): Target => ({ kind: 'value', value: text });
const at = (id: string, a: string, aaaa?: string, changes: Partial<Endpoint> = {}): Endpoint =>
  sampleEndpoint(id, {
    targets: { A: value(a), ...(aaaa === undefined ? {} : { AAAA: value(aaaa) }) },
    ...changes,
  });
const service = sampleService({
  endpoints: [at('a', '203.0.113.1'), at('b', '203.0.113.2'), at('c', '203.0.113.3')],
});
const simple = (changes: Partial<ZoneRecord> = {}): ZoneRecord => ({
  name: 'app.example.com',
  type: 'A',
  ttlSeconds: 300,
  values: ['203.0.113.1'],
  ...changes,
});
/** Nothing of Quorate's stands there, only these. */
function found(records: readonly ZoneRecord[], of: Service = service): World {
  const world = openWorld({ service: of });
  world.state.records = [...records];
  world.state.fenceValues = null;
  return world;
}
const text = (operated: Operated): string => `${operated.kind}: ${operationText(operated)}`;
const adopt = (world: World): string => text(world.operate({ kind: 'adopt' }));
const convert = (world: World): string => text(world.operate({ kind: 'convert' }));

describe('adopt', () => {
  it('F78: says how to convert simple records', () => {
    const named = { ...service, names: ['app.example.com', 'www.example.com'] };

    expect(adopt(found([simple(), simple({ name: 'www.example.com' })], named))).toBe(
      'refused: app.example.com A (203.0.113.1) and www.example.com A (203.0.113.1) are simple records; run `quorate adopt app --convert` to put weighted records in their place in one batch',
    );
  });

  it.each([
    ['Region', 'eu-west-1', 'latency'],
    ['GeoLocation', { ContinentCode: 'EU' }, 'geolocation'],
    ['MultiValueAnswer', true, 'multivalue answer'],
    ['Failover', 'PRIMARY', 'failover'],
    ['Unheard', 'of', 'Unheard'],
  ])('F78: prints the recipe for records of another policy: %s', (field, content, policy) => {
    const odd = simple({ setIdentifier: 'eu', other: { [field]: content } });

    expect(adopt(found([odd]))).toBe(
      `refused: app.example.com A has ${policy} records, and one name and type has one routing policy; give app a name of its own in quorate.yml, run \`quorate apply app\` and make these records aliases of it, or replace them by weighted ones yourself in one change batch and adopt those`,
    );
  });

  it('refuses a group with another TTL at first, and takes an edited one over later', () => {
    const world = openWorld({ service });
    world.state.records = world.state.records.map((record) => ({ ...record, ttlSeconds: 300 }));
    expect(adopt(world)).toMatch(/^planned: adopted: a as found/);
    expect(world.state.records.map(({ ttlSeconds }) => ttlSeconds)).toEqual([300, 300, 300]);

    world.state.fenceValues = null;

    expect(adopt(world)).toBe(
      'refused: app.example.com A has a TTL of 300 s, the file says 30 s; write ttl: 300s to adopt it as it is, then change it and run `quorate apply app`',
    );
  });

  it('of aliases asks for no TTL', () => {
    const aliased = sampleService({
      endpoints: ['a', 'b'].map((id) =>
        sampleEndpoint(id, {
          targets: {
            A: { kind: 'alias', name: `${id}.elb.test`, zone: 'ZELB', evaluateTargetHealth: true },
          },
        }),
      ),
    });
    const world = openWorld({ service: aliased });
    world.state.fenceValues = null;

    expect(adopt(world)).toMatch(/^planned: /);
  });

  it('F115: takes over a record that answers something else, and says that its votes are not used', () => {
    const world = openWorld({ service });
    world.state.records[0] = { ...world.state.records[0]!, values: ['198.51.100.9'] };
    world.state.fenceValues = null;

    expect(adopt(world)).toMatch(
      /; not what is served: app.example.com A of a answers 198.51.100.9, the file says 203.0.113.1/,
    );
    expect(codesOf(world.decide()).a).toBe('not-what-is-served');
  });

  it('asks for records that are not there to be left out at first, and to be applied later', () => {
    const named = { ...service, names: ['app.example.com', 'www.example.com'] };
    const world = openWorld({ service });
    world.state.service = named;
    expect(adopt(world)).toBe(
      'refused: www.example.com A of a is missing; run `quorate apply app` first',
    );

    world.state.fenceValues = null;

    expect(adopt(world)).toBe(
      'refused: www.example.com A of a is missing; leave what is not there yet out of the file, adopt, then add it and run `quorate apply app`',
    );
  });

  it('refuses a record of an endpoint that the file does not name', () => {
    const world = openWorld({ service });
    world.state.records.push({
      ...world.state.records[0]!,
      type: 'AAAA',
      values: ['2001:db8::1'],
    });

    expect(adopt(world)).toBe(
      'refused: app.example.com AAAA of a is not in the file; add it to the file, or delete its record in Route 53',
    );
  });

  it('is refused at first under a file that most vantages do not run', () => {
    const world = openWorld({ service });
    for (const vantage of VANTAGES.slice(0, 3)) {
      world.state.reports.set(vantage, { config: 'another-configuration-1' });
    }
    expect(adopt(world)).toMatch(/^planned/);

    world.state.fenceValues = null;

    const why = 'refused: 3 of 5 vantages run another configuration of app; deploy this file first';
    expect(adopt(world)).toBe(why);
    world.state.records = [simple()];
    expect(convert(world)).toBe(why);
  });
});

describe('converting a simple record', () => {
  it('F75: replaces a fence that can’t be read, and says so: fence-replaced', () => {
    const world = found([simple()]);
    world.state.fenceValues = ['"junk"'];

    expect(convert(world)).toMatch(/; replaced: _quorate.app.example.com can't be read/);
    expect(world.fence().generation).toBe(1);
  });

  it('keeps the traffic where it is, in one batch, and lets the others ramp: converted', () => {
    const world = found([simple()]);

    expect(convert(world)).toBe(
      'planned: converted: a has a weighted record of weight 100; converted: b has a weighted record of weight 0; converted: c has a weighted record of weight 0',
    );
    expect(world.weights()).toEqual({ a: 100, b: 0, c: 0 });
    expect(world.state.records.every(({ ttlSeconds }) => ttlSeconds === 30)).toBe(true);
    expect(world.fence()).toMatchObject({ generation: 1, orders: [] });
    world.pass(MINUTE);
    world.round();
    expect(world.weights()).toEqual({ a: 100, b: 10, c: 10 });
  });

  it('of several values gives each endpoint behind them its weight', () => {
    const world = found([simple({ values: ['203.0.113.3', '203.0.113.1'] })]);

    convert(world);

    expect(world.weights()).toEqual({ a: 100, b: 0, c: 100 });
    expect(world.entry('b').phase).toEqual({ kind: 'out' });
    expect(world.entry('c').phase).toEqual({ kind: 'in' });
  });

  it('of an alias finds its endpoint, and keeps the health check that it carried', () => {
    const alias = { name: 'a.elb.test', zone: 'ZELB', evaluateTargetHealth: true };
    const aliased = {
      ...service,
      endpoints: [
        sampleEndpoint('a', { targets: { A: { kind: 'alias' as const, ...alias } } }),
        sampleEndpoint('b', { healthCheckId: 'check-b' }),
      ],
    };
    const { ttlSeconds: _ttl, values: _values, ...bare } = simple();
    const served = { ...alias, name: 'dualstack.a.elb.test' };
    const world = found([{ ...bare, alias: served, healthCheckId: 'check-a' }], aliased);

    expect(convert(world)).toMatch(/^planned: converted: a has a weighted record of weight 100/);
    expect(world.state.records).toEqual([
      {
        name: 'app.example.com',
        type: 'A',
        setIdentifier: 'a',
        weight: 100,
        alias,
        healthCheckId: 'check-a',
      },
      expect.objectContaining({ setIdentifier: 'b', weight: 0, healthCheckId: 'check-b' }),
    ]);
  });

  it('makes the records of names and types that were empty, too', () => {
    const named: Service = {
      ...service,
      names: ['app.example.com', 'www.example.com'],
      types: ['A', 'AAAA'],
      endpoints: [at('a', '203.0.113.1', '2001:db8::1'), at('b', '203.0.113.2')],
    };
    const world = found([simple()], named);

    expect(convert(world)).toMatch(/^planned/);
    expect(world.state.records).toHaveLength(6);
    expect(world.weights()).toEqual({ a: 100, b: 0 });
  });

  it.each<[string, readonly ZoneRecord[], Service, string]>([
    [
      'that answers no endpoint’s target',
      [simple({ values: ['203.0.113.1', '198.51.100.9'] })],
      service,
      "app.example.com A answers 198.51.100.9, which is no endpoint's target; add an endpoint with that target, which keeps the traffic",
    ],
    [
      'of a type that the file does not say',
      [simple({ type: 'CNAME', values: ['lb.example.net'] })],
      service,
      'app.example.com CNAME stands where the file says A; write type: CNAME with such targets, or replace it yourself',
    ],
    [
      'with a field that weighted records can’t carry on',
      [simple({ other: { TrafficPolicyInstanceId: 't-1' } })],
      service,
      "app.example.com A has TrafficPolicyInstanceId, which weighted records can't carry on; replace it yourself and adopt what stands there then",
    ],
    [
      'where there is none',
      [],
      service,
      'app.example.com has no record to convert; run `quorate apply app`',
    ],
    [
      'beside weighted ones',
      [simple(), simple({ name: 'www.example.com', setIdentifier: 'a', weight: 100 })],
      { ...service, names: ['app.example.com', 'www.example.com'] },
      'www.example.com A is no simple record; run `quorate adopt app`, which says what it takes',
    ],
    [
      'where names answer with different endpoints',
      [simple(), simple({ name: 'www.example.com', values: ['203.0.113.2'] })],
      { ...service, names: ['app.example.com', 'www.example.com'] },
      'app.example.com A answers with a and not with b, as another name or type does; an endpoint has one weight, so make them alike in Route 53 first',
    ],
    [
      'whose endpoint is nowhere at another type',
      [simple()],
      {
        ...service,
        types: ['A', 'AAAA'],
        endpoints: [at('a', '203.0.113.1'), at('b', '203.0.113.2', '2001:db8::2')],
      },
      'every weight of app.example.com AAAA would be 0, since a answers now and has none there; leave it out of the file until an endpoint that has it serves',
    ],
    [
      'whose endpoint has the configured weight 0',
      [simple()],
      {
        ...service,
        endpoints: [
          at('a', '203.0.113.1', undefined, { weight: 0 as Weight }),
          at('b', '203.0.113.2'),
        ],
      },
      'every weight of app.example.com A would be 0, since a answers now and has none there; leave it out of the file until an endpoint that has it serves',
    ],
  ])('refuses one %s', (_, records, of, why) => {
    const world = found(records, of);

    expect(convert(world)).toBe(`refused: ${why}`);
    expect(world.state.records).toEqual(records);
  });

  it('refuses while a fence still lists weighted records', () => {
    const world = openWorld({ service });
    world.state.records = [simple()];
    expect(convert(world)).toBe(
      'refused: the fence still lists weighted records that are gone; run `quorate release app` first',
    );

    expect(text(world.operate({ kind: 'release', restores: false }))).toMatch(/^planned: released/);

    expect(convert(world)).toMatch(/^planned/);
  });
});
