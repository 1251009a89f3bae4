/** Rules 0 and 1: is it what is served, was it ever proven, and what weight follows from the votes alone. */
import { describe, expect, it } from 'vitest';
import { checkMark } from '../../shared/core/endpoint-mark.ts';
import type { Endpoint } from '../../shared/core/model.ts';
import { sentence } from '../../shared/core/reason.ts';
import { AIDS, codesOf, openWorld } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const US = 'us-east-1';
const EU = 'eu-west-1';
const ASIA = 'ap-southeast-1';

describe('rule 1: verdicts to wanted weights', () => {
  it('leaves healthy endpoints at their configured weight and commits nothing', () => {
    const world = openWorld();

    const decision = world.decide();

    expect(codesOf(decision)).toEqual({ [EU]: 'healthy', [US]: 'healthy', [ASIA]: 'healthy' });
    expect(decision.endpoints.map(({ from, to }) => [from, to])).toEqual([
      [100, 100],
      [100, 100],
      [100, 100],
    ]);
    expect(decision.automation).toBe('on');
    expect(decision.commit).toBeNull();
  });

  it('removes the weight of an endpoint that a quorum sees down: quorum-down', () => {
    const world = openWorld();
    world.see(US, 'down', { by: [EU, ASIA, 'eu-central-1'] });

    const decision = world.round();

    expect(world.weights()).toEqual({ [EU]: 100, [US]: 0, [ASIA]: 100 });
    expect(decision.endpoints[1]).toMatchObject({
      from: 100,
      to: 0,
      reason: { code: 'quorum-down', failure: 'timeout', quorum: 3, of: 5 },
    });
    expect(sentence(decision.endpoints[1]!.reason)).toBe(
      'down: eu-west-1, ap-southeast-1 and eu-central-1 see us-east-1 fail (timeout) since 12:00:00Z, quorum is 3 of 5',
    );
  });

  it('F5: two of five vantages cut from one endpoint leave it up and degraded', () => {
    const world = openWorld();
    world.see(US, 'down', { by: [EU, ASIA] });

    const decision = world.decide();

    expect(decision.endpoints[1]).toMatchObject({
      to: 100,
      verdict: { value: 'up', degraded: true },
      reason: { code: 'healthy', ups: 3, of: 5 },
    });
    expect(decision.commit).toBeNull();
  });

  it('leaves an endpoint without a quorum either way as it is: no-quorum', () => {
    const world = openWorld();
    world.see(US, 'down', { by: [EU, ASIA] });
    world.see(US, 'none', { by: ['eu-central-1'] });

    const decision = world.decide();

    expect(decision.endpoints[1]).toMatchObject({
      to: 100,
      verdict: { value: 'unknown', degraded: false },
      reason: { code: 'no-quorum', ups: 2, downs: 2, quorum: 3, of: 5 },
    });
    expect(decision.commit).toBeNull();
  });

  it('keeps weight 0 of an unknown endpoint too, so that unknown moves nothing in either direction', () => {
    const world = openWorld({
      weights: { [US]: 0 },
      entries: { [US]: { phase: { kind: 'out' } } },
    });
    world.see(US, 'none');

    expect(world.decide().endpoints[1]).toMatchObject({ from: 0, to: 0 });
    expect(world.decide().commit).toBeNull();
  });

  it('asks for nothing when an endpoint at weight 0 is down', () => {
    const world = openWorld({
      weights: { [US]: 0 },
      entries: { [US]: { phase: { kind: 'out' } } },
    });
    world.see(US, 'down');

    const decision = world.decide();

    expect(codesOf(decision)[US]).toBe('quorum-down');
    expect(decision.commit).toBeNull();
  });

  it('removes all records of an endpoint in one batch, IPv6 and IPv4, under every name', () => {
    const names = ['app.example.com', 'www.example.com'];
    const endpoints = [EU, US].map((id, i) =>
      sampleEndpoint(id, {
        targets: {
          A: { kind: 'value', value: `203.0.113.${i + 1}` },
          AAAA: { kind: 'value', value: `2001:db8::${i + 1}` },
        },
      }),
    );
    const world = openWorld({ service: sampleService({ names, types: ['A', 'AAAA'], endpoints }) });
    world.see(US, 'down');

    const { commit } = world.round();

    expect(
      commit?.records.map(({ before, after }) => [
        after?.name,
        after?.type,
        after?.setIdentifier,
        before?.weight,
        after?.weight,
      ]),
    ).toEqual([
      ['app.example.com', 'A', EU, 100, 100],
      ['app.example.com', 'AAAA', EU, 100, 100],
      ['www.example.com', 'A', EU, 100, 100],
      ['www.example.com', 'AAAA', EU, 100, 100],
      ['app.example.com', 'A', US, 100, 0],
      ['app.example.com', 'AAAA', US, 100, 0],
      ['www.example.com', 'A', US, 100, 0],
      ['www.example.com', 'AAAA', US, 100, 0],
    ]);
  });

  it('carries over a TTL, a health check and unknown fields as read when a weight moves', () => {
    const world = openWorld();
    world.state.records = world.state.records.map((record) => ({
      ...record,
      ttlSeconds: 7,
      healthCheckId: 'edited-by-hand',
      other: { CidrRoutingConfig: { CollectionId: 'c', LocationName: 'l' } },
    }));
    world.see(US, 'down');

    world.round();

    expect(world.state.records.find((one) => one.setIdentifier === US)).toMatchObject({
      weight: 0,
      ttlSeconds: 7,
      healthCheckId: 'edited-by-hand',
      other: { CidrRoutingConfig: { CollectionId: 'c', LocationName: 'l' } },
    });
  });
});

describe('rule 1: unproven', () => {
  const withPath = (path: string): Partial<Endpoint> => {
    const plain = sampleEndpoint(US);
    const node = plain.check.node;
    if (node.kind !== 'http') throw new Error('the sample is probed by HTTP');
    return { check: { ...plain.check, node: { ...node, url: `https://{target}${path}` } } };
  };

  it('F114: a typo in a health path after a deploy is unproven and drains nothing', () => {
    const world = openWorld();
    world.state.service = sampleService({
      endpoints: sampleService().endpoints.map((one) => ({ ...one, ...withPath('/helth') })),
    });
    world.see(US, 'down', { code: 'status' });

    const decision = world.decide();

    expect(codesOf(decision)[US]).toBe('unproven');
    expect(decision.endpoints[1]).toMatchObject({ to: 100, verdict: { value: 'down' } });
    expect(sentence(decision.endpoints[1]!.reason)).toBe(
      'unproven: us-east-1 fails in 5 of 5 vantages (status), but its check has never passed as configured now; DNS unchanged, check the path and what the firewall lets through',
    );
    expect(world.round().endpoints[1]?.to).toBe(100);
  });

  it('F122: a firewall that answers 403 to every vantage from the first day is unproven everywhere', () => {
    const none = { provenAs: null };
    const world = openWorld({ entries: { [US]: none, [EU]: none, [ASIA]: none } });
    for (const id of [US, EU, ASIA]) world.see(id, 'down', { code: 'status' });

    const decision = world.round();

    expect(Object.values(codesOf(decision))).toEqual(['unproven', 'unproven', 'unproven']);
    expect(world.weights()).toEqual({ [EU]: 100, [US]: 100, [ASIA]: 100 });
  });

  it('proves an endpoint with the first up by quorum, and the next down may act', () => {
    const world = openWorld({ entries: { [US]: { provenAs: null } } });

    expect(world.round().commit?.by).toBe('automation');
    expect(world.entry(US).provenAs).toBe(checkMark(sampleEndpoint(US), AIDS.digestOf));
    expect(world.decide().commit).toBeNull();
    world.pass(60_000);
    world.see(US, 'down');
    world.round();

    expect(world.weights()[US]).toBe(0);
  });

  it('needs a new proof for another target, and none for another watch condition', () => {
    const proven = sampleEndpoint(US);
    const watched = {
      ...proven,
      check: {
        ...proven.check,
        watch: [{ kind: 'latency' as const, name: 'slow', latencyMsMax: 800 }],
      },
    };
    const moved = { ...proven, targets: { A: { kind: 'value' as const, value: '203.0.113.77' } } };

    expect(checkMark(watched, AIDS.digestOf)).toBe(checkMark(proven, AIDS.digestOf));
    expect(checkMark(moved, AIDS.digestOf)).not.toBe(checkMark(proven, AIDS.digestOf));
  });
});

describe('rule 0: is it what is served?', () => {
  it('F115: does not use the votes of an endpoint whose record answers something else', () => {
    const world = openWorld();
    world.state.records = world.state.records.map((record) =>
      record.setIdentifier === US ? { ...record, values: ['198.51.100.99'] } : record,
    );
    world.see(US, 'down');

    const decision = world.round();

    expect(codesOf(decision)[US]).toBe('not-what-is-served');
    expect(sentence(decision.endpoints[1]!.reason)).toBe(
      'not what is served: app.example.com A of us-east-1 answers 198.51.100.99, the file says 203.0.113.180; its votes are not used; run `quorate apply app`',
    );
    expect(world.weights()[US]).toBe(100);
  });

  it('F115: goes on protecting the other endpoints', () => {
    const world = openWorld();
    world.state.records = world.state.records.map((record) =>
      record.setIdentifier === US ? { ...record, values: ['198.51.100.99'] } : record,
    );
    world.see(EU, 'down');

    world.round();

    expect(world.weights()).toEqual({ [EU]: 0, [US]: 100, [ASIA]: 100 });
  });

  it('does not prove or return an endpoint whose record answers something else', () => {
    const world = openWorld({
      weights: { [US]: 0 },
      entries: { [US]: { phase: { kind: 'out' }, provenAs: null } },
    });
    world.state.records = world.state.records.map((record) =>
      record.setIdentifier === US ? { ...record, values: ['198.51.100.99'] } : record,
    );

    expect(world.round().commit).toBeNull();
    expect(world.weights()[US]).toBe(0);
  });

  it('names an alias by its target, and knows one target with and without dualstack and dot', () => {
    const alias = { kind: 'alias' as const, zone: 'Z32O12XQLNTSW2', evaluateTargetHealth: true };
    const endpoints = [
      sampleEndpoint(EU, { targets: { A: { ...alias, name: 'eu.elb.amazonaws.com' } } }),
      sampleEndpoint(US, { targets: { A: { ...alias, name: 'us.elb.amazonaws.com' } } }),
    ];
    const world = openWorld({ service: sampleService({ endpoints }) });
    const serve = (id: string, name: string, zone = alias.zone): void => {
      world.state.records = world.state.records.map((record) =>
        record.setIdentifier === id
          ? { ...record, alias: { name, zone, evaluateTargetHealth: false } }
          : record,
      );
    };

    serve(EU, 'dualstack.EU.elb.amazonaws.com.');
    expect(codesOf(world.decide())[EU]).toBe('healthy');
    serve(EU, 'other.elb.amazonaws.com');
    expect(world.decide().endpoints[0]?.reason).toMatchObject({
      code: 'not-what-is-served',
      served: 'other.elb.amazonaws.com',
      configured: 'eu.elb.amazonaws.com',
    });
    serve(EU, 'eu.elb.amazonaws.com', 'ZOTHER');
    expect(codesOf(world.decide())[EU]).toBe('not-what-is-served');
    world.state.records = world.state.records.map(({ alias: _, ...record }) => ({
      ...record,
      values: ['203.0.113.1'],
    }));
    expect(codesOf(world.decide())[EU]).toBe('not-what-is-served');
  });

  it('says nothing is served where a record answers nothing', () => {
    const world = openWorld();
    world.state.records = world.state.records.map(({ values: _, ...record }) => record);

    expect(world.decide().endpoints[0]?.reason).toMatchObject({
      code: 'not-what-is-served',
      served: '',
    });
  });

  it('compares IPv6 addresses by what they mean, not by how they are written', () => {
    const endpoints = [EU, US].map((id, i) =>
      sampleEndpoint(id, { targets: { AAAA: { kind: 'value', value: `2001:db8::${i + 1}` } } }),
    );
    const world = openWorld({ service: sampleService({ types: ['AAAA'], endpoints }) });
    const serve = (...values: string[]): void => {
      world.state.records = world.state.records.map((record) =>
        record.setIdentifier === EU ? { ...record, values } : record,
      );
    };

    serve('2001:0db8:0:0:0:0:0:0001');
    expect(codesOf(world.decide())[EU]).toBe('healthy');
    serve('2001:db8::1', '2001:db8::9');
    expect(world.decide().endpoints[0]?.reason).toMatchObject({
      served: '2001:db8::1, 2001:db8::9',
    });
  });
});

describe('what a person edited', () => {
  it('F73: a weight edited by hand is drift, carried over as read, and others are still removed', () => {
    const world = openWorld();
    world.edit(EU, 60);
    world.see(US, 'down');

    const decision = world.round();

    expect(decision.automation).toBe('drift');
    expect(sentence(decision.endpoints[0]!.reason)).toBe(
      'drift: eu-west-1 app.example.com A has weight 60, the last commit left 100; kept as it is, other endpoints are still protected; run `quorate adopt app` to keep it or `quorate reassert app` to undo it',
    );
    expect(world.weights()).toEqual({ [EU]: 60, [US]: 0, [ASIA]: 100 });
    expect(world.entry(EU).weight).toBe(100);
  });

  it('F117: an edited record stays as read even if its endpoint dies', () => {
    const world = openWorld();
    world.edit(EU, 20);
    world.see(EU, 'down');

    const decision = world.round();

    expect(decision.endpoints[0]).toMatchObject({
      from: 20,
      to: 20,
      verdict: { value: 'down' },
      reason: { code: 'drift' },
    });
    expect(world.weights()[EU]).toBe(20);
  });

  it('F73: keeps every record of a half-edited endpoint as it is', () => {
    const endpoints = [EU, US].map((id, i) =>
      sampleEndpoint(id, {
        targets: {
          A: { kind: 'value', value: `203.0.113.${i + 1}` },
          AAAA: { kind: 'value', value: `2001:db8::${i + 1}` },
        },
      }),
    );
    const service = sampleService({ types: ['A', 'AAAA'], endpoints });
    const world = openWorld({ service });
    world.edit(EU, 20, 'AAAA');
    world.see(US, 'down');

    world.round();

    expect(
      world.state.records
        .filter((one) => one.setIdentifier === EU)
        .map((record) => [record.type, record.weight]),
    ).toEqual([
      ['A', 100],
      ['AAAA', 20],
    ]);
  });

  it('F73: a TTL, a health check or a flag edited by hand stops nothing', () => {
    const world = openWorld();
    world.state.records = world.state.records.map((record) => ({ ...record, ttlSeconds: 5 }));

    expect(world.decide().automation).toBe('on');
    expect(codesOf(world.decide())[EU]).toBe('healthy');
  });

  it('shows a drifting record that answers something else as drift, and uses no vote of it', () => {
    const world = openWorld();
    world.edit(US, 20);
    world.state.records = world.state.records.map((record) =>
      record.setIdentifier === US ? { ...record, values: ['198.51.100.99'] } : record,
    );
    world.see(US, 'down');
    world.see(EU, 'down');
    world.see(ASIA, 'down');

    expect(codesOf(world.decide())[US]).toBe('drift');
    expect(world.decide().endpoints[0]?.withheld).toHaveLength(1);
  });

  it('F116: an endpoint of the file that the fence does not list is pending and takes no part', () => {
    const world = openWorld();
    world.state.service = sampleService({
      endpoints: [...sampleService().endpoints, sampleEndpoint('on-prem')],
    });

    const decision = world.decide();

    expect(decision.endpoints[3]).toMatchObject({
      endpoint: 'on-prem',
      from: null,
      to: null,
      reason: { code: 'pending' },
    });
    expect(decision.commit).toBeNull();
  });

  it('F116: an endpoint that left the file is an orphan, asserted as it is in every batch', () => {
    const world = openWorld();
    world.state.service = sampleService({ endpoints: sampleService().endpoints.slice(0, 2) });
    world.see(US, 'down');

    const decision = world.round();

    expect(decision.endpoints[2]).toMatchObject({
      endpoint: ASIA,
      from: 100,
      to: 100,
      reason: { code: 'orphan' },
    });
    expect(world.weights()).toEqual({ [EU]: 100, [US]: 0, [ASIA]: 100 });
    expect(world.fence().entries).toHaveLength(3);
  });

  it('looks from every configured vantage', () => {
    expect(openWorld().decide().endpoints[0]?.verdict.ups).toEqual(VANTAGES);
  });
});
