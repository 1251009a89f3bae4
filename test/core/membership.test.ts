/** Bringing endpoints in, taking over what stands in a zone, retiring what left the file. */
import { describe, expect, it } from 'vitest';
import { emptyRecordGroup } from '../../shared/core/membership.ts';
import { digest, epochMs, type Service, type Weight } from '../../shared/core/model.ts';
import { type Operated, operationText } from '../../shared/core/operated.ts';
import { sentence } from '../../shared/core/reason.ts';
import {
  codesOf,
  HOUR,
  MINUTE,
  NOW,
  onEndpoint,
  openWorld,
  orderOf,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) });
const without = (...ids: string[]): Service => ({
  ...service,
  endpoints: service.endpoints.filter(({ id }) => !ids.includes(id)),
});
const text = (operated: Operated): string => `${operated.kind}: ${operationText(operated)}`;

describe('apply', () => {
  it('F116: brings a pending endpoint in at weight 0, whence it ramps once it is up: brought-in', () => {
    const world = openWorld({ service: without('c') });
    world.state.service = service;
    expect(sentence(world.decide().endpoints[2]!.reason)).toBe(
      'pending: c is in the file and not yet in the zone; run `quorate apply app` to bring it in',
    );

    expect(text(world.operate({ kind: 'apply' }))).toBe('planned: brought in: c with weight 0');
    expect(world.weights()).toEqual({ a: 100, b: 100, c: 0 });
    world.round();
    expect(world.weights().c).toBe(10);
    expect(text(world.operate({ kind: 'apply' }))).toBe(
      'nothing-to-do: every endpoint of app is in the zone as the file says; weights follow by themselves, by health and ramp',
    );
  });

  it('F116: an endpoint that was brought in and never passed stays at 0', () => {
    const world = openWorld({ service: without('c') });
    world.state.service = service;
    world.operate({ kind: 'apply' });
    world.see('c', 'down');

    expect(world.round().commit).toBeNull();
    expect(world.weights().c).toBe(0);
  });

  it('gives the whole group the TTL of the file, since one weighted group has one', () => {
    const world = openWorld({ service: without('c') });
    world.state.records = world.state.records.map((record) => ({ ...record, ttlSeconds: 7 }));
    world.state.service = service;

    world.operate({ kind: 'apply' });

    expect(world.state.records.map(({ ttlSeconds }) => ttlSeconds)).toEqual([30, 30, 30]);
  });

  it('takes the TTL of the file where aliases have none', () => {
    const alias = { kind: 'alias' as const, zone: 'ZELB', evaluateTargetHealth: true };
    const aliased = sampleService({
      endpoints: ['a', 'b'].map((id) =>
        sampleEndpoint(id, { targets: { A: { ...alias, name: `${id}.elb.amazonaws.com` } } }),
      ),
    });
    const world = openWorld({ service: aliased });
    world.state.service = { ...aliased, endpoints: [...aliased.endpoints, sampleEndpoint('c')] };

    world.operate({ kind: 'apply' });

    expect(world.state.records.map(({ ttlSeconds }) => ttlSeconds)).toEqual([
      undefined,
      undefined,
      30,
    ]);
  });

  it('makes the first records of an empty name at their configured weight, later tiers at 0', () => {
    const tiered = sampleService({
      endpoints: [
        sampleEndpoint('a', { healthCheckId: 'check-1', weight: 70 as Weight }),
        sampleEndpoint('b', {
          targets: {
            A: {
              kind: 'alias',
              name: 'b.elb.amazonaws.com',
              zone: 'ZELB',
              evaluateTargetHealth: true,
            },
          },
        }),
        sampleEndpoint('standby', { tier: 2 }),
      ],
    });
    const world = openWorld({ service: tiered });
    world.state.records = [];
    world.state.fenceValues = null;

    expect(text(world.operate({ kind: 'apply' }))).toBe(
      'planned: brought in: a with weight 70; brought in: b with weight 100; brought in: standby with weight 0',
    );
    expect(world.state.records).toEqual([
      {
        name: 'app.example.com',
        type: 'A',
        setIdentifier: 'a',
        weight: 70,
        ttlSeconds: 30,
        values: [expect.any(String)],
        healthCheckId: 'check-1',
      },
      {
        name: 'app.example.com',
        type: 'A',
        setIdentifier: 'b',
        weight: 100,
        alias: { name: 'b.elb.amazonaws.com', zone: 'ZELB', evaluateTargetHealth: true },
      },
      expect.objectContaining({ setIdentifier: 'standby', weight: 0 }),
    ]);
    expect(world.fence()).toMatchObject({ generation: 1, parentNonce: null, asofAt: NOW });
    world.pass(MINUTE);
    expect(world.decide().automation).toBe('on');
  });

  it('F114: first records are unproven until they were up once', () => {
    const world = openWorld({ service });
    world.state.records = [];
    world.state.fenceValues = null;
    world.operate({ kind: 'apply' });
    world.pass(MINUTE);
    world.see('a', 'down');

    expect(codesOf(world.round())).toMatchObject({ a: 'unproven', b: 'healthy' });
    expect(world.weights().a).toBe(100);
  });
});

describe('retire', () => {
  it('F116: removes an orphan by name at weight 0 only', () => {
    const world = openWorld({ service });
    world.state.service = without('c');

    expect(text(world.operate({ kind: 'retire', endpoint: 'c' }))).toBe(
      'refused: app.example.com A of c still has weight 100; give it weight 0 in Route 53 first, nothing live is ever removed',
    );
    expect(text(world.operate({ kind: 'retire', endpoint: 'a' }))).toBe(
      'refused: a is in the file; take it out and deploy first, then retire what is left of it in the zone',
    );
    expect(text(world.operate({ kind: 'retire', endpoint: 'x' }))).toBe(
      'refused: x is no orphan of app; there is c',
    );
    world.edit('c', 0);
    expect(text(world.operate({ kind: 'retire', endpoint: 'c' }))).toBe(
      'planned: retired: the records of c are removed',
    );
    expect(world.weights()).toEqual({ a: 100, b: 100 });
    expect(text(world.operate({ kind: 'retire', endpoint: 'c' }))).toBe(
      'refused: c is no orphan of app; there is none',
    );
    expect(world.fence().entries).toHaveLength(2);
    expect(world.decide().automation).toBe('on');
  });

  it('of a set identifier that the file names is refused, too', () => {
    const named = sampleEndpoint('c', { setIdentifier: 'old-c' });
    const world = openWorld({ service: { ...service, endpoints: [named] } });

    expect(text(world.operate({ kind: 'retire', endpoint: 'old-c' }))).toMatch(
      /^refused: old-c is in the file; take it out and deploy first/,
    );
  });

  it('F116: leaves other orphans as they are', () => {
    const world = openWorld({ service, weights: { c: 0 } });
    world.state.service = without('b', 'c');

    world.operate({ kind: 'retire', endpoint: 'c' });

    expect(world.weights()).toEqual({ a: 100, b: 100 });
    expect(sentence(world.decide().endpoints[1]!.reason)).toBe(
      'orphan: b is in the zone and no longer in the file; left as it is; run `quorate retire app b` once its weight is 0',
    );
  });
});

describe('adopt', () => {
  it('F74: makes a fence over records that stand there, asserting every one', () => {
    const world = openWorld({ service });
    world.state.fenceValues = null;
    expect(sentence(world.decide().reasons[0]!)).toBe(
      'unmanaged: _quorate.app.example.com does not exist, so nothing is written; run `quorate adopt app`',
    );

    const operated = world.operate({ kind: 'adopt' });

    expect(text(operated)).toBe(
      'planned: adopted: a as found, weight 100; adopted: b as found, weight 100; adopted: c as found, weight 100',
    );
    expect(operated.kind === 'planned' && operated.commit.records).toHaveLength(3);
    expect(world.fence()).toMatchObject({ generation: 1, deployment: 'quorate-test', orders: [] });
    world.pass(MINUTE);
    expect(world.round().automation).toBe('on');
  });

  it('F121: takes over the fence of another deployment on demand', () => {
    const world = openWorld({ service, fence: { deployment: 'other' } });
    expect(world.decide().automation).toBe('blocked');

    expect(text(world.operate({ kind: 'adopt' }))).toMatch(
      /; replaced: _quorate.app.example.com belongs to deployment other, which can't write app/,
    );
    world.pass(MINUTE);

    expect(world.decide().automation).toBe('on');
  });

  it('F75: replaces a malformed fence, two values and all', () => {
    const world = openWorld({ service });
    world.state.fenceValues = ['"one"', '"two"'];

    expect(text(world.operate({ kind: 'adopt' }))).toMatch(/; replaced: .* can't be read/);

    expect(world.state.fenceValues).toHaveLength(1);
    world.pass(MINUTE);
    expect(world.decide().automation).toBe('on');
  });

  it('F73: takes an edited weight as the new starting point and keeps orders, asof and memory', () => {
    const order = orderOf('drain-b', { kind: 'drain', scope: onEndpoint(service, 'b') });
    const world = openWorld({
      service,
      weights: { b: 0 },
      orders: [order],
      fence: { rescuedAt: epochMs(NOW - HOUR) },
      entries: { a: { relapses: 2 }, c: { outAt: epochMs(NOW - HOUR) } },
    });
    const before = world.fence();
    const untouched = world.entry('c');
    world.edit('a', 20);

    world.operate({ kind: 'adopt' });

    expect(world.fence()).toMatchObject({
      asofAt: before.asofAt,
      orders: before.orders,
      rescuedAt: before.rescuedAt,
    });
    expect(world.entry('c')).toEqual(untouched);
    expect(world.entry('a')).toMatchObject({
      weight: 20,
      relapses: 2,
      phase: { kind: 'out' },
      changedAt: NOW,
    });
    world.pass(MINUTE);
    expect(codesOf(world.round()).a).toBe('ramp');
    expect(world.weights().a).toBe(50);
  });

  it('an adopted weight above the configured one goes down to it', () => {
    const world = openWorld({ service });
    world.edit('a', 200);
    world.operate({ kind: 'adopt' });
    world.pass(MINUTE);

    world.round();

    expect(world.weights().a).toBe(100);
  });

  it('an idle endpoint of a later tier is adopted as it is', () => {
    const tiered = sampleService({
      endpoints: [sampleEndpoint('a'), sampleEndpoint('standby', { tier: 2 })],
    });
    const world = openWorld({ service: tiered });
    world.state.fenceValues = null;
    world.operate({ kind: 'adopt' });

    expect(world.entry('standby')).toMatchObject({ weight: 0, phase: { kind: 'in' } });
    world.pass(MINUTE);
    expect(codesOf(world.decide()).standby).toBe('idle-tier');
  });

  it('leaves configured endpoints without records pending', () => {
    const world = openWorld({ service: without('c') });
    world.state.service = service;
    world.state.fenceValues = null;

    world.operate({ kind: 'adopt' });

    expect(codesOf(world.decide()).c).toBe('pending');
  });

  it('settles a drift beside an orphan, which stays one', () => {
    const world = openWorld({ service });
    world.state.service = without('c');
    world.edit('a', 60);

    world.operate({ kind: 'adopt' });

    expect(world.decide().automation).toBe('on');
    expect(codesOf(world.decide()).c).toBe('orphan');
    expect(world.weights()).toEqual({ a: 60, b: 100, c: 100 });
  });

  it('F120: is refused where a newer configuration is in force', () => {
    const world = openWorld({
      service,
      fence: { config: digest('newer'), packagedAt: epochMs(NOW) },
    });

    expect(world.operate({ kind: 'adopt' })).toEqual({
      kind: 'refused',
      why: 'a newer configuration of app is in force; deploy this region first',
    });
  });

  it.each([
    [
      'F78: simple records',
      (world: ReturnType<typeof openWorld>) => {
        world.state.records = [
          { name: 'app.example.com', type: 'A', ttlSeconds: 30, values: ['203.0.113.1'] },
        ];
      },
      'app.example.com A (203.0.113.1) is a simple record; run `quorate adopt app --convert` to put weighted records in its place in one batch',
    ],
    [
      'no record at all',
      (world: ReturnType<typeof openWorld>) => {
        world.state.records = [];
      },
      'app.example.com has no record of app; run `quorate apply app`',
    ],
    [
      'F76: a foreign record',
      (world: ReturnType<typeof openWorld>) => {
        world.state.records.push({ ...world.state.records[0]!, setIdentifier: 'stranger' });
      },
      'app.example.com A stranger is not in the file; add it or remove it first',
    ],
    [
      'weights that differ',
      (world: ReturnType<typeof openWorld>) => {
        world.state.service = { ...service, types: ['A', 'AAAA'] };
        world.state.service = {
          ...world.state.service,
          endpoints: service.endpoints.map((one, i) => ({
            ...one,
            targets: { ...one.targets, AAAA: { kind: 'value', value: `2001:db8::${i}` } },
          })),
        };
        world.state.records.push(
          ...world.state.records.map((record, i) => ({
            ...record,
            type: 'AAAA',
            weight: 50,
            values: [`2001:db8::${i}`],
          })),
        );
      },
      'the records of a differ in weight (app.example.com A 100, app.example.com AAAA 50), and an endpoint has one; make them alike in Route 53 first',
    ],
    [
      'a name without any weight',
      (world: ReturnType<typeof openWorld>) => {
        for (const id of ['a', 'b', 'c']) world.edit(id, 0);
      },
      'every weight of app.example.com A is 0; give one endpoint weight first',
    ],
  ])('refuses to adopt %s', (_, change, why) => {
    const world = openWorld({ service });
    change(world);

    expect(text(world.operate({ kind: 'adopt' }))).toBe(`refused: ${why}`);
  });
});

describe('groups of records', () => {
  it('a record without a weight counts as 0, a removed one not at all', () => {
    const record = { name: 'app.example.com', type: 'A', setIdentifier: 'a' };

    expect(emptyRecordGroup([{ before: null, after: record }])).toBe('app.example.com A');
    expect(emptyRecordGroup([{ before: record, after: null }])).toBeNull();
    expect(emptyRecordGroup([{ before: null, after: { ...record, weight: 1 } }])).toBeNull();
  });
});
