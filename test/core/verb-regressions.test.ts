/** Stories in which the operator's verbs once led nowhere or too far, found by review. */
import { describe, expect, it } from 'vitest';
import { digest, epochMs, type Service } from '../../shared/core/model.ts';
import { type Operated, operationText } from '../../shared/core/operated.ts';
import type { Operation } from '../../shared/core/operation.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import {
  codesOf,
  HOUR,
  MINUTE,
  openWorld,
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

    world.state.records = [a, b, c].flatMap((one) => recordsFor(named, one, 100));
    expect(say(world, 'adopt')).toMatch(/^planned: adopted: a as found/);
  });
});
