/** Stories in which the operator's verbs once led nowhere or too far, found by review. */
import { describe, expect, it } from 'vitest';
import { digest, epochMs, type Service } from '../../shared/core/model.ts';
import { type Operated, operationText } from '../../shared/core/operated.ts';
import type { Operation } from '../../shared/core/operation.ts';
import { sentence } from '../../shared/core/reason.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import {
  codesOf,
  HOUR,
  MINUTE,
  onEndpoint,
  openWorld,
  orderOf,
  PACKAGED_AT,
  recordsFor,
  type World,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const service = sampleService({
  endpoints: ['a', 'b', 'c'].map((id, i) =>
    sampleEndpoint(id, { targets: { A: { kind: 'value', value: `203.0.113.${i + 1}` } } }),
  ),
});
const [a, b, c] = service.endpoints as [
  Service['endpoints'][number],
  Service['endpoints'][number],
  Service['endpoints'][number],
];
const named: Service = { ...service, names: ['app.example.com', 'www.example.com'] };
const text = (operated: Operated): string => `${operated.kind}: ${operationText(operated)}`;
const say = (world: World, kind: 'adopt' | 'apply' | 'convert'): string =>
  text(world.operate({ kind }));
const simple = (name: string): ZoneRecord => ({
  name,
  type: 'A',
  ttlSeconds: 30,
  values: ['203.0.113.1'],
});

describe('the floor', () => {
  it('takes a probe that was skipped for no sign of failure, whatever the one before it was', () => {
    const two = sampleService({ endpoints: [a, b] });
    const world = openWorld({ service: two });
    world.see('a', 'down');
    world.see('b', 'up', { isFailing: true, skipped: 'header-unreadable' });

    expect(codesOf(world.round())).toMatchObject({ a: 'quorum-down' });

    expect(world.weights().a).toBe(0);
  });
});

describe('a file that is not deployed yet', () => {
  /** Votes are cast under the same digest; only weights, tiers or names differ. */
  const undeployed: Service = { ...service, settings: digest('settings-undeployed-00') };
  const begin: readonly (readonly [Operation['kind'], (world: World) => void])[] = [
    ['adopt', () => undefined],
    [
      'convert',
      (world) => {
        world.state.records = [simple('app.example.com')];
      },
    ],
    [
      'apply',
      (world) => {
        world.state.records = [];
      },
    ],
  ];

  it.each(begin)('does not stop those that decide under the deployed one: %s', (kind, prepare) => {
    const world = openWorld({ service });
    world.state.fenceValues = null;
    prepare(world);
    world.state.service = undeployed;
    world.state.config = { ...world.state.config, packagedAt: epochMs(PACKAGED_AT + HOUR) };
    expect(world.operate({ kind } as Operation).kind).toBe('planned');

    world.state.service = service;
    world.state.config = { ...world.state.config, packagedAt: PACKAGED_AT };
    world.pass(MINUTE);
    const decision = world.round();

    expect(decision.reasons).toEqual([]);
    expect(decision.automation).toBe('on');
    expect(world.fence()).toMatchObject({ config: service.settings, packagedAt: PACKAGED_AT });
  });
});

describe('what a person left all zero', () => {
  const both = (id: string, i: number) =>
    sampleEndpoint(id, {
      targets: {
        A: { kind: 'value', value: `203.0.113.${i}` },
        AAAA: { kind: 'value', value: `2001:db8::${i}` },
      },
    });
  const dual = (endpoints: Service['endpoints']): Service => ({
    ...service,
    types: ['A', 'AAAA'],
    endpoints,
  });

  it('S4, L1: is said where it is all that an orphan has: else it would hold the removals of others unseen', () => {
    const world = openWorld({ service: dual([a, b, both('z', 9)]) });
    world.state.service = dual([a, b]);
    // As `retire` asks for, before it takes the records away.
    world.edit('z', 0);
    world.see('a', 'down');
    const held = world.round();
    expect(held.commit).toBeNull();

    expect(held.automation).toBe('drift');
    expect(held.reasons.map(sentence)).toEqual([
      'drift: every weight of app.example.com AAAA is 0, and Route 53 answers all of them alike; app is held; run `quorate retire app z`, or give one of them weight in Route 53',
    ]);
    expect(world.operate({ kind: 'retire', endpoint: 'z' }).kind).toBe('planned');
    expect(world.round().automation).toBe('on');
    expect(world.weights()).toEqual({ a: 0, b: 100 });
  });

  it('is said of endpoints of the file as well', () => {
    const world = openWorld({ service });
    for (const id of ['a', 'b', 'c']) world.edit(id, 0);

    expect(world.decide().reasons.map(sentence)).toEqual([
      'drift: every weight of app.example.com A is 0, and Route 53 answers all of them alike; app is held; give one of them weight in Route 53',
    ]);
  });
});

describe('a drain', () => {
  it('works while a new type waits for the very endpoint that has to leave', () => {
    const world = openWorld({ service });
    const dual: Service = {
      ...service,
      types: ['A', 'AAAA'],
      endpoints: service.endpoints.map((one, i) => ({
        ...one,
        targets: { ...one.targets, AAAA: { kind: 'value', value: `2001:db8::${i + 1}` } },
      })),
    };
    world.state.service = dual;
    world.see('b', 'down');
    expect(world.decide().automation).toBe('drift');
    expect(say(world, 'apply')).toMatch(/AAAA does not begin until b can be in it/);
    const order = orderOf('drain', { kind: 'drain', scope: onEndpoint(dual, 'b') });

    expect(text(world.operate({ kind: 'order', order }))).toMatch(/^planned: order/);

    expect(world.weights()).toEqual({ a: 100, b: 0, c: 100 });
    expect(say(world, 'apply')).toMatch(/^planned: added: app.example.com AAAA of a/);
    expect(world.operate({ kind: 'cancel', order: order.id }).kind).toBe('planned');
    expect(world.decide().automation).toBe('on');
    expect(world.weights()).toEqual({ a: 100, b: 0, c: 100 });
  });

  it('is refused while something else is in the way', () => {
    const world = openWorld({ service });
    world.state.records = [...world.state.records, simple('www.example.com')];
    world.state.service = named;
    const order = orderOf('drain', { kind: 'drain', scope: onEndpoint(named, 'b') });

    expect(text(world.operate({ kind: 'order', order }))).toMatch(
      /^refused: www.example.com A is not a weighted record/,
    );
  });
});

describe('converting', () => {
  it('gives a type that nothing answered yet no traffic before a quorum has seen it up', () => {
    const dual = sampleEndpoint('a', {
      targets: {
        A: { kind: 'value', value: '203.0.113.1' },
        AAAA: { kind: 'value', value: '2001:db8::1' },
      },
    });
    const world = openWorld({
      service: { ...service, types: ['A', 'AAAA'], endpoints: [dual, b] },
    });
    world.state.fenceValues = null;
    world.state.records = [simple('app.example.com')];
    world.see('a', 'none');
    world.see('b', 'none');

    expect(say(world, 'convert')).toBe(
      'refused: no AAAA record stands there yet, and no quorum finds a up; leave AAAA out of the file, convert, then add it and run `quorate apply app`',
    );

    world.see('a', 'up');
    expect(say(world, 'convert')).toMatch(/^planned: converted: a has a weighted record/);
  });
});

describe('apply and adopt', () => {
  it('do not send an operator to each other while an orphan is gone and a record is missing', () => {
    const world = openWorld({ service });
    world.state.records = world.state.records.filter(({ setIdentifier }) => setIdentifier !== 'c');
    world.state.service = { ...named, endpoints: [a, b] };
    expect(say(world, 'adopt')).toMatch(/^refused: .* is missing; run `quorate apply app` first$/);

    expect(say(world, 'apply')).toMatch(/^planned: added: www.example.com A of a/);

    expect(world.fence().entries).toHaveLength(3);
    expect(say(world, 'apply')).toMatch(/are gone: run `quorate adopt app` to forget it$/);
    expect(say(world, 'adopt')).toMatch(/^planned: adopted: a as found/);
    expect(world.decide().automation).toBe('on');
  });

  it('name the way back where every record of a service was deleted', () => {
    const world = openWorld({ service });
    world.state.records = [];
    expect(say(world, 'adopt')).toMatch(/run `quorate apply app`$/);

    expect(say(world, 'apply')).toBe(
      'refused: no record of app is left in the zone; run `quorate release app`, then `quorate apply app`: the first records come in at their configured weight',
    );

    expect(world.operate({ kind: 'release', restores: false }).kind).toBe('planned');
    expect(say(world, 'apply')).toMatch(/^planned: brought in: a with weight 100/);
  });

  it('do not advise to convert a simple record that stands beside weighted ones', () => {
    const world = openWorld({ service });
    world.state.records = [...world.state.records, simple('www.example.com')];
    world.state.service = named;
    expect(say(world, 'apply')).toMatch(/run `quorate adopt app`, which says how to replace it$/);

    expect(say(world, 'adopt')).toBe(
      'refused: www.example.com A (203.0.113.1) is a simple record beside weighted ones of app; put weighted records in its place yourself, in one change batch, with the set identifiers and weights of the others, and adopt those',
    );
    expect(say(world, 'convert')).toBe(
      'refused: weighted records of app stand there already; run `quorate adopt app`, which says what it takes',
    );

    world.state.service = { ...named, names: [...named.names, 'x.example.com'] };
    world.state.records = [...world.state.records, simple('x.example.com')];
    expect(say(world, 'adopt')).toMatch(
      /x.example.com A \(203.0.113.1\) are simple records beside weighted ones of app; put weighted records in their place/,
    );

    world.state.service = named;
    world.state.records = [a, b, c].flatMap((one) => recordsFor(named, one, 100));
    expect(say(world, 'adopt')).toMatch(/^planned: adopted: a as found/);
  });
});
