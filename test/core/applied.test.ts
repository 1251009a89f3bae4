/** The zone follows the file: what changes at once, what waits for a quorum, what is never touched. */
import { describe, expect, it } from 'vitest';
import {
  digest,
  type Endpoint,
  endpointId,
  epochMs,
  type Service,
  type Target,
  type Weight,
} from '../../shared/core/model.ts';
import { type Operated, operationText } from '../../shared/core/operated.ts';
import {
  codesOf,
  HOUR,
  MINUTE,
  NOW,
  onEndpoint,
  openWorld,
  orderOf,
  type World,
} from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) });
const NEW = '198.51.100.7';
const FOLLOWS =
  'every endpoint of app is in the zone as the file says; weights follow by themselves, by health and ramp';

/** The file with one endpoint changed. */
const withEndpoint = (id: string, changes: Partial<Endpoint>, base = service): Service => ({
  ...base,
  endpoints: base.endpoints.map((one) => (one.id === id ? { ...one, ...changes } : one)),
});
const value = (text: string): Target => ({ kind: 'value', value: text });
const alias = (name: string, evaluateTargetHealth = false): Target => ({
  kind: 'alias',
  name,
  zone: 'ZELB',
  evaluateTargetHealth,
});
const moved = withEndpoint('a', { targets: { A: value(NEW) }, probeTargets: [NEW] });
/** All of them dual-stack from now on. */
const dual: Service = {
  ...service,
  types: ['A', 'AAAA'],
  endpoints: service.endpoints.map((one, i) => ({
    ...one,
    targets: { ...one.targets, AAAA: value(`2001:db8::${i + 1}`) },
  })),
};
const text = (operated: Operated): string => `${operated.kind}: ${operationText(operated)}`;
const apply = (world: World): string => text(world.operate({ kind: 'apply' }));
const recordOf = (world: World, id: string, type = 'A', name = 'app.example.com') =>
  world.state.records.find(
    (one) => one.setIdentifier === id && one.type === type && one.name === name,
  );
const silence = (world: World): void => {
  for (const vantage of VANTAGES) world.state.reports.set(vantage, null);
};

describe('a changed target', () => {
  it('F115: is changed at its present weight once a quorum finds the new one up: target-changed', () => {
    const world = openWorld({ service });
    world.state.service = moved;
    expect(codesOf(world.decide()).a).toBe('not-what-is-served');

    expect(apply(world)).toBe(
      'planned: changed: app.example.com A of a answers 198.51.100.7 instead of 203.0.113.104, at its present weight 100',
    );
    expect(recordOf(world, 'a')).toMatchObject({ weight: 100, values: [NEW], ttlSeconds: 30 });
    expect(apply(world)).toBe(`nothing-to-do: ${FOLLOWS}`);
    expect(codesOf(world.decide()).a).toBe('healthy');
  });

  it('that was seen up is proven by that: it is removed when it dies', () => {
    const world = openWorld({ service });
    world.state.service = moved;
    apply(world);
    world.pass(MINUTE);
    world.see('a', 'down');

    world.round();

    expect(world.weights()).toEqual({ a: 0, b: 100, c: 100 });
  });

  it.each([
    [
      'down',
      (world: World) => world.see('a', 'down', { code: 'refused' }),
      '198.51.100.7 is up in 0 of 5 vantages (refused)',
    ],
    [
      'seen up by too few',
      (world: World) => world.see('a', 'none', { by: VANTAGES.slice(0, 3) }),
      '198.51.100.7 is up in 2 of 5 vantages, quorum is 3',
    ],
    [
      'unseen, for the table is empty',
      silence,
      'up in 0 of 5 vantages (eu-west-1: no report, us-east-1: no report, ap-southeast-1: no report, eu-central-1: no report and us-west-2: no report)',
    ],
  ])('that is %s waits, with the tally: target-waits', (_, change, tally) => {
    const world = openWorld({ service });
    world.state.service = moved;
    change(world);

    const answer = apply(world);

    expect(answer).toContain('refused: withheld: app.example.com A of a has weight 100, and ');
    expect(answer).toContain(tally);
    expect(recordOf(world, 'a')).toMatchObject({ values: ['203.0.113.104'] });
  });

  it('waits without holding up what else the file changes, and its TTL is the group’s', () => {
    const world = openWorld({ service });
    world.state.service = { ...moved, ttlSeconds: 60 };
    world.see('a', 'down');

    expect(apply(world)).toMatch(
      /^planned: changed: TTL of app.example.com A is 60 s instead of 30 s; withheld: app.example.com A of a/,
    );
    expect(recordOf(world, 'a')).toMatchObject({ values: ['203.0.113.104'], ttlSeconds: 60 });
  });

  it('at weight 0 needs no votes: nobody is sent there until it is up', () => {
    const world = openWorld({
      service,
      weights: { a: 0 },
      entries: { a: { phase: { kind: 'out' } } },
    });
    world.state.service = moved;
    world.see('a', 'down');
    const { provenAs } = world.entry('a');

    expect(apply(world)).toMatch(/^planned: changed: .* at its present weight 0$/);
    expect(world.entry('a').provenAs).toBe(provenAs);
    world.pass(MINUTE);
    world.round();
    expect(world.weights().a).toBe(0);
    world.see('a', 'up');
    world.pass(MINUTE);
    world.round();
    expect(world.weights().a).toBe(10);
  });

  it('takes the place of an alias and the other way round, and keeps what Quorate does not own', () => {
    const base = withEndpoint('a', { targets: { A: alias('a.elb.amazonaws.com', true) } });
    const world = openWorld({ service: base });
    world.state.records = world.state.records.map((record) =>
      record.setIdentifier === 'a'
        ? { ...record, healthCheckId: 'check-1', other: { Unheard: 'of' } }
        : record,
    );
    world.state.service = withEndpoint('a', { targets: { A: value(NEW) } });
    apply(world);
    expect(recordOf(world, 'a')).toEqual({
      name: 'app.example.com',
      type: 'A',
      setIdentifier: 'a',
      weight: 100,
      ttlSeconds: 30,
      values: [NEW],
      healthCheckId: 'check-1',
      other: { Unheard: 'of' },
    });

    world.state.service = base;
    apply(world);

    const after = recordOf(world, 'a');
    expect(after).toMatchObject({ alias: { name: 'a.elb.amazonaws.com', zone: 'ZELB' } });
    expect(after).not.toHaveProperty('ttlSeconds');
    expect(after).not.toHaveProperty('values');
  });

  it('under a drain is changed at 0, and the drain stays', () => {
    const drained = orderOf('drain-a', { kind: 'drain', scope: onEndpoint(service, 'a') });
    const world = openWorld({ service, weights: { a: 0 }, orders: [drained] });
    world.state.service = moved;
    silence(world);

    expect(apply(world)).toMatch(/^planned: /);
    expect(world.fence().orders).toEqual([drained]);
  });
});

describe('TTL, health checks and flags', () => {
  it('one TTL for a whole group, orphans included, and none for an alias: ttl-set', () => {
    const mixed = withEndpoint('b', { targets: { A: alias('b.elb.amazonaws.com') } });
    const world = openWorld({ service: mixed });
    world.state.service = {
      ...mixed,
      ttlSeconds: 60,
      endpoints: mixed.endpoints.filter(({ id }) => id !== 'c'),
    };

    expect(apply(world)).toBe('planned: changed: TTL of app.example.com A is 60 s instead of 30 s');
    expect(['a', 'b', 'c'].map((id) => recordOf(world, id)?.ttlSeconds)).toEqual([
      60,
      undefined,
      60,
    ]);
  });

  it('a health check is put on and replaced as the file says: health-check-set', () => {
    const world = openWorld({ service });
    world.state.service = withEndpoint('a', { healthCheckId: 'check-1' });
    expect(apply(world)).toBe(
      'planned: changed: app.example.com A of a carries health check check-1 instead of none',
    );
    world.state.service = withEndpoint('a', { healthCheckId: 'check-2' });
    expect(apply(world)).toMatch(/carries health check check-2 instead of check-1$/);

    expect(recordOf(world, 'a')).toMatchObject({ healthCheckId: 'check-2' });
    expect(recordOf(world, 'b')).not.toHaveProperty('healthCheckId');
  });

  it('a health check that the file does not name is kept, and said: health-check-kept', () => {
    const world = openWorld({ service: withEndpoint('a', { healthCheckId: 'check-1' }) });
    world.state.service = { ...service, ttlSeconds: 60 };

    expect(apply(world)).toMatch(
      /; kept: a carries health check check-1, which the file does not name/,
    );
    expect(recordOf(world, 'a')).toMatchObject({ healthCheckId: 'check-1', ttlSeconds: 60 });
    expect(apply(world)).toMatch(/^nothing-to-do: every endpoint .*; kept: a carries/);
  });

  it('the flag of an alias follows the file without votes: flag-set', () => {
    const before = withEndpoint('a', { targets: { A: alias('a.elb.amazonaws.com', true) } });
    const world = openWorld({ service: before });
    silence(world);
    world.state.service = withEndpoint('a', {
      targets: { A: alias('a.elb.amazonaws.com', false) },
    });
    expect(apply(world)).toBe(
      'planned: changed: app.example.com A of a does not evaluate the health of its target',
    );
    world.state.service = before;
    expect(apply(world)).toBe(
      'planned: changed: app.example.com A of a evaluates the health of its target',
    );
  });
});

describe('another name or type', () => {
  it('comes in at the weights of its endpoints, all of them up: record-added', () => {
    const world = openWorld({ service, weights: { b: 0 } });
    world.state.service = dual;
    expect(world.decide().automation).toBe('drift');

    expect(apply(world)).toBe(
      [
        'planned: added: app.example.com AAAA of a answers 2001:db8::1, weight 100',
        'added: app.example.com AAAA of b answers 2001:db8::2, weight 0',
        'added: app.example.com AAAA of c answers 2001:db8::3, weight 100',
      ].join('; '),
    );
    expect(['a', 'b', 'c'].map((id) => recordOf(world, id, 'AAAA')?.weight)).toEqual([100, 0, 100]);
    expect(world.decide().automation).toBe('on');
  });

  it('waits as a whole for an endpoint whose new target is not up: group-waits', () => {
    const world = openWorld({ service });
    world.state.service = dual;
    world.see('b', 'down');

    expect(apply(world)).toBe(
      'refused: withheld: app.example.com AAAA of b has weight 100, and 2001:db8::2 is up in 0 of 5 vantages (timeout), quorum is 3; it stays as it is until a quorum finds that up; withheld: app.example.com AAAA does not begin until b can be in it: else the others would have all of its traffic',
    );
    expect(world.state.records).toHaveLength(3);
  });

  it('a name with targets that answer elsewhere already needs no votes', () => {
    const world = openWorld({ service });
    silence(world);
    world.state.service = { ...service, names: ['app.example.com', 'www.example.com'] };

    expect(apply(world)).toMatch(/^planned: added: www.example.com A of a answers/);
    expect(world.weights()).toEqual({ a: 100, b: 100, c: 100 });
  });

  it('with nothing but weight 0 does not begin, nor does a new endpoint come in by halves: group-empty', () => {
    const newcomer = sampleEndpoint('d', {
      targets: { A: value('198.51.100.4'), AAAA: value('2001:db8::4') },
    });
    const world = openWorld({ service });
    world.state.service = {
      ...service,
      types: ['A', 'AAAA'],
      endpoints: [...service.endpoints, newcomer],
    };

    expect(apply(world)).toMatch(
      /^refused: withheld: every weight of app.example.com AAAA would be 0/,
    );
    expect(codesOf(world.decide()).d).toBe('pending');
  });

  it('F76: a record that was deleted by hand comes back beside the others at the weight of its endpoint', () => {
    const world = openWorld({ service: dual });
    const at = world.state.records.findIndex(
      ({ type, setIdentifier }) => type === 'AAAA' && setIdentifier === 'a',
    );
    world.state.records.splice(at, 1);
    world.see('a', 'down');
    expect(apply(world)).toMatch(/^refused: withheld: app.example.com AAAA of a has weight 100/);

    world.see('a', 'up');

    expect(apply(world)).toBe(
      'planned: added: app.example.com AAAA of a answers 2001:db8::1, weight 100',
    );
    expect(world.decide().automation).toBe('on');
  });

  it('F76: an endpoint whose every record was deleted comes in again at 0 and ramps', () => {
    const world = openWorld({
      service,
      entries: { a: { relapses: 2, outAt: epochMs(NOW - HOUR) } },
    });
    world.state.records.shift();

    expect(apply(world)).toBe('planned: brought in: a with weight 0');
    expect(world.entry('a')).toMatchObject({
      weight: 0,
      phase: { kind: 'out' },
      relapses: 2,
      changedAt: NOW,
    });
    world.pass(MINUTE);
    world.round();
    expect(world.weights().a).toBe(10);
  });

  it('F73: comes in at the weight that was edited by hand, so that it can be adopted or reasserted', () => {
    const world = openWorld({ service });
    world.edit('a', 20);
    world.state.service = dual;

    apply(world);

    expect(recordOf(world, 'a', 'AAAA')?.weight).toBe(20);
    expect(text(world.operate({ kind: 'reassert' }))).toMatch(/^planned: reasserted: a/);
    expect(recordOf(world, 'a', 'AAAA')?.weight).toBe(100);
  });

  it('F73: comes in at the weight of the last commit where edited records disagree', () => {
    const named = { ...service, names: ['app.example.com', 'www.example.com'] };
    const world = openWorld({ service: named });
    world.state.records = world.state.records.map((record) =>
      record.name === 'www.example.com' && record.setIdentifier === 'a'
        ? { ...record, weight: 20 }
        : record,
    );
    world.state.service = { ...dual, names: named.names };

    apply(world);

    expect(recordOf(world, 'a', 'AAAA')?.weight).toBe(100);
  });

  it('that the file no longer names is left as it is, and says what to do', () => {
    const world = openWorld({ service: dual });
    world.state.service = service;

    expect(apply(world)).toBe(
      [
        'refused: app.example.com AAAA of a is not in the file: put it back into the file, or delete its record in Route 53',
        'app.example.com AAAA of b is not in the file: put it back into the file, or delete its record in Route 53',
        'app.example.com AAAA of c is not in the file: put it back into the file, or delete its record in Route 53',
      ].join('; '),
    );
    expect(world.state.records).toHaveLength(6);
    world.state.records = world.state.records.filter(({ type }) => type === 'A');
    expect(world.decide().automation).toBe('on');
  });
});

describe('an endpoint', () => {
  it('that was renamed keeps its record by its set identifier, and is not brought in beside itself: renamed', () => {
    const world = openWorld({ service });
    const { endpoints } = service;
    const renamed = { ...endpoints[0]!, id: endpointId('z'), setIdentifier: 'z' };
    world.state.service = { ...service, endpoints: [renamed, ...endpoints.slice(1)] };

    expect(apply(world)).toBe(
      'refused: withheld: z answers what a answers, which the file no longer names; write set-identifier: a under z to go on with its record, or give a weight 0 and run `quorate retire app a` first',
    );

    world.state.service = {
      ...service,
      endpoints: [{ ...renamed, setIdentifier: 'a' }, ...endpoints.slice(1)],
    };
    expect(apply(world)).toBe(`nothing-to-do: ${FOLLOWS}`);
    expect(codesOf(world.decide()).z).toBe('healthy');
  });

  it('that has to wait stays out while the others follow the file', () => {
    const world = openWorld({ service });
    const renamed = { ...service.endpoints[0]!, id: endpointId('z'), setIdentifier: 'z' };
    world.state.service = {
      ...service,
      ttlSeconds: 60,
      endpoints: [renamed, ...service.endpoints.slice(1)],
    };

    expect(apply(world)).toMatch(
      /^planned: changed: TTL of .* instead of 30 s; withheld: z answers/,
    );
    expect(world.weights()).toEqual({ a: 100, b: 100, c: 100 });
    expect(codesOf(world.decide())).toMatchObject({ z: 'pending', a: 'orphan' });
  });

  it('with another id and another set identifier comes in once the old one has weight 0', () => {
    const world = openWorld({ service, weights: { a: 0 } });
    const renamed = { ...service.endpoints[0]!, id: endpointId('z'), setIdentifier: 'z' };
    world.state.service = { ...service, endpoints: [renamed, ...service.endpoints.slice(1)] };

    expect(apply(world)).toBe('planned: brought in: z with weight 0');
  });

  it('needs no apply for another configured weight: automation moves it', () => {
    const world = openWorld({ service });
    world.state.service = withEndpoint('a', { weight: 50 as Weight });

    expect(apply(world)).toBe(`nothing-to-do: ${FOLLOWS}`);
    world.round();
    expect(world.weights().a).toBe(50);
  });

  it('is brought in while another one’s weight is edited by hand, which stays as it is', () => {
    const world = openWorld({ service });
    world.edit('b', 20);
    world.state.service = { ...service, endpoints: [...service.endpoints, sampleEndpoint('d')] };

    expect(apply(world)).toBe('planned: brought in: d with weight 0');
    expect(world.weights()).toEqual({ a: 100, b: 20, c: 100, d: 0 });
  });
});

describe('apply is refused', () => {
  it('under a file that differs in names only, before it is deployed: nobody would steer the new one', () => {
    const world = openWorld({ service });
    world.state.deployedSettings = service.settings;
    world.state.service = {
      ...service,
      names: [...service.names, 'www.example.com'],
      settings: digest('settings-with-www-00001'),
    };

    expect(apply(world)).toBe(
      'refused: 5 of 5 vantages run another configuration of app; deploy this file first',
    );

    world.state.deployedSettings = world.state.service.settings;

    expect(apply(world)).toMatch(/^planned/);
  });

  it('under a file that most vantages do not run: votes say nothing about it', () => {
    const world = openWorld({ service });
    world.state.service = { ...service, ttlSeconds: 60 };
    for (const vantage of VANTAGES.slice(0, 3)) {
      world.state.reports.set(vantage, { config: 'another-configuration-1' });
    }

    expect(apply(world)).toBe(
      'refused: 3 of 5 vantages run another configuration of app; deploy this file first',
    );
    world.state.records = [];
    world.state.fenceValues = null;
    expect(apply(world)).toMatch(/^refused: 3 of 5 vantages run another/);
    world.state.reports.delete(VANTAGES[0]!);
    expect(apply(world)).toMatch(/^planned: brought in/);
  });

  it('F76 F78: where something else stands, all of it named at once', () => {
    const world = openWorld({ service });
    world.state.records.push(
      { ...world.state.records[0]!, setIdentifier: 'stranger' },
      { name: 'app.example.com', type: 'AAAA', ttlSeconds: 30, values: ['2001:db8::1'] },
    );

    expect(apply(world)).toBe(
      'refused: app.example.com AAAA is not a weighted record (simple): run `quorate adopt app`, which says how to replace it; app.example.com A stranger was not made by Quorate: add it to the file and run `quorate adopt app`, or delete it in Route 53',
    );
  });

  it('S4: in a zone that a person left all zero', () => {
    const world = openWorld({ service });
    for (const id of ['a', 'b', 'c']) world.edit(id, 0);
    world.state.service = { ...service, ttlSeconds: 60 };

    expect(apply(world)).toBe(
      'refused: every weight of app.example.com A would be 0; pin an endpoint first, or give one of its records weight in Route 53',
    );
  });

  it('without a fence and without records, other commands point to it', () => {
    const world = openWorld({ service });
    world.state.records = [];
    world.state.fenceValues = null;

    expect(text(world.operate({ kind: 'reassert' }))).toBe(
      'refused: _quorate.app.example.com is unmanaged; run `quorate apply app` first',
    );
  });
});
