/** What an observed service would serve: the zone as read, and what its commits would have left of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import { checkMark } from '../../shared/core/endpoint-mark.ts';
import { type Fence, fenceValue, newEntry } from '../../shared/core/fence.ts';
import { recordsOf } from '../../shared/core/membership.ts';
import { digest, epochMs, nonce, type Service, weight } from '../../shared/core/model.ts';
import { shadowSnapshot } from '../../shared/core/shadow.ts';
import { markOf, matchRecords, type Snapshot, snapshotOf } from '../../shared/core/snapshot.ts';
import { sampleConfig, sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const NOW = epochMs(1_782_864_000_000);
const service = sampleService({ mode: 'observe' });
const config = sampleConfig({ services: [service] });

describe('a shadow', () => {
  it('that does not exist yet is the zone as if it had just been adopted, unproven', () => {
    const shadow = shadowed(zoneOf(service, { 'us-east-1': 30 }), undefined);

    expect(shadow.records).toEqual(zoneOf(service, { 'us-east-1': 30 }).records);
    expect(fenceIn(shadow)).toEqual({
      deployment: 'quorate-test',
      generation: 1,
      nonce: 'observed',
      parentNonce: null,
      asofAt: 0,
      config: service.digest,
      packagedAt: config.packagedAt,
      record: 'observed',
      rescuedAt: null,
      entries: [
        newEntry(mark('eu-west-1'), weight(100), { kind: 'in' }),
        newEntry(mark('us-east-1'), weight(30), { kind: 'in' }),
        newEntry(mark('ap-southeast-1'), weight(100), { kind: 'in' }),
      ],
      orders: [],
    });
  });

  it('needs no fence in the zone, and hides one that stands there', () => {
    const snapshot: Snapshot = {
      ...zoneOf(service),
      fence: { kind: 'foreign', deployment: 'other' },
    };

    expect(shadowed(snapshot, undefined).fence.kind).toBe('managed');
  });

  it('has the weights and the fence that its commits would have left', () => {
    const fence = keptFence({ 'us-east-1': 0 });
    const stored = { weights: { 'us-east-1': 0, 'eu-west-1': 100 }, fence: fenceValue(fence) };

    const shadow = shadowed(zoneOf(service), stored);

    expect(weightsIn(shadow)).toEqual({ 'ap-southeast-1': 100, 'eu-west-1': 100, 'us-east-1': 0 });
    expect(fenceIn(shadow)).toEqual(fence);
  });

  it('an endpoint whose records came into the zone since is taken over as it stands', () => {
    const grown = sampleService({
      ...service,
      endpoints: [...service.endpoints, sampleEndpoint('us-west-2')],
    });
    const stored = {
      weights: { 'us-east-1': 0 },
      fence: fenceValue(keptFence({ 'us-east-1': 0 })),
    };

    const shadow = shadowSnapshot(
      grown,
      zoneOf(grown, { 'us-west-2': 7 }),
      stored,
      config,
      NOW,
      sha256,
    );

    expect(fenceIn(shadow).entries).toContainEqual(
      newEntry(mark('us-west-2'), weight(7), { kind: 'in' }),
    );
    expect(weightsIn(shadow)).toMatchObject({ 'us-east-1': 0, 'us-west-2': 7 });
    expect(matched(grown, shadow)).toBe('matched');
  });

  it('a weight kept for an endpoint that its fence does not list counts for nothing', () => {
    const fence = keptFence({});
    const others = { ...fence, entries: fence.entries.slice(1) };
    const stored = { weights: { 'eu-west-1': 3 }, fence: fenceValue(others) };

    const shadow = shadowed(zoneOf(service), stored);

    expect(weightsIn(shadow)['eu-west-1']).toBe(100);
    expect(fenceIn(shadow).entries).toContainEqual(
      newEntry(mark('eu-west-1'), weight(100), { kind: 'in' }),
    );
  });

  it('an endpoint of the file without records in the zone stays pending', () => {
    const grown = sampleService({
      ...service,
      endpoints: [...service.endpoints, sampleEndpoint('us-west-2')],
    });

    const shadow = shadowSnapshot(grown, zoneOf(service), undefined, config, NOW, sha256);

    expect(fenceIn(shadow).entries.length).toBe(3);
    expect(matched(grown, shadow)).toBe('matched');
  });

  it('an endpoint whose records left the zone is forgotten', () => {
    const stored = {
      weights: { 'us-east-1': 0 },
      fence: fenceValue(keptFence({ 'us-east-1': 0 })),
    };
    const zone = zoneOf(service);
    const shrunk = {
      ...zone,
      records: zone.records.filter((one) => one.setIdentifier !== 'us-east-1'),
    };

    const shadow = shadowed(shrunk, stored);

    expect(fenceIn(shadow).entries.map((entry) => entry.mark)).not.toContain(mark('us-east-1'));
    expect(matched(service, shadow)).toBe('matched');
  });

  it('an endpoint that left the file while its records stand stays listed: an orphan', () => {
    const stored = { weights: {}, fence: fenceValue(keptFence({})) };
    const smaller = sampleService({ ...service, endpoints: service.endpoints.slice(0, 2) });

    const shadow = shadowSnapshot(smaller, zoneOf(service), stored, config, NOW, sha256);

    expect(fenceIn(shadow).entries.length).toBe(3);
    expect(matched(smaller, shadow)).toBe('matched');
  });

  it.each([
    ['null', null],
    ['text', 'shadow'],
    ['a weight of 256', { weights: { a: 256 }, fence: fenceValue(keptFence({})) }],
    ['a weight of NaN', { weights: { a: Number.NaN }, fence: fenceValue(keptFence({})) }],
    ['a negative weight', { weights: { a: -1 }, fence: fenceValue(keptFence({})) }],
    ['no fence', { weights: {} }],
    ['a fence that is none', { weights: {}, fence: '"hello"' }],
    [
      'a fence of another deployment',
      { weights: {}, fence: fenceValue({ ...keptFence({}), deployment: 'other' }) },
    ],
    [
      'a fence from the future',
      { weights: {}, fence: fenceValue({ ...keptFence({}), asofAt: epochMs(NOW + 60_000) }) },
    ],
    ['__proto__', JSON.parse('{"__proto__":{"weights":{},"fence":""}}')],
  ])('that is %s counts as none', (_, stored) => {
    expect(shadowed(zoneOf(service), stored)).toEqual(shadowed(zoneOf(service), undefined));
  });

  it('whatever is stored, the answer is a managed snapshot of the same records', () => {
    fc.assert(
      fc.property(fc.anything(), (stored) => {
        const shadow = shadowed(zoneOf(service), stored);

        expect(shadow.fence.kind).toBe('managed');
        expect(shadow.records.map(({ setIdentifier }) => setIdentifier)).toEqual(
          zoneOf(service).records.map(({ setIdentifier }) => setIdentifier),
        );
      }),
    );
  });

  it('a record without set identifier or weight keeps what it has', () => {
    const zone = zoneOf(service);
    const simple = { name: 'app.example.com', type: 'A', ttlSeconds: 60, values: ['203.0.113.1'] };
    const stored = { weights: { '': 3 }, fence: fenceValue(keptFence({})) };

    const shadow = shadowed({ ...zone, records: [simple] }, stored);

    expect(shadow.records).toEqual([simple]);
    const { weight: _, ...latency } = zone.records[0]!;
    expect(fenceIn(shadowed({ ...zone, records: [latency] }, undefined)).entries[0]).toMatchObject({
      weight: 0,
    });
  });
});

const mark = (id: string): string => markOf({ setIdentifier: id }, sha256);

function zoneOf(of: Service, weights: Readonly<Record<string, number>> = {}): Snapshot {
  const records = of.endpoints.flatMap((endpoint) =>
    recordsOf(of, endpoint, weights[endpoint.id] ?? endpoint.weight, 30),
  );
  return snapshotOf(of, { records, serverAt: NOW, readAt: NOW }, 'quorate-test', NOW);
}

function keptFence(weights: Readonly<Record<string, number>>): Fence {
  return {
    deployment: 'quorate-test',
    generation: 9,
    nonce: nonce('aaaaaaaa'),
    parentNonce: nonce('bbbbbbbb'),
    asofAt: NOW,
    config: service.digest,
    packagedAt: config.packagedAt,
    record: digest('record-of-generation-09'),
    rescuedAt: null,
    entries: service.endpoints.map((endpoint) => ({
      ...newEntry(mark(endpoint.id), weight(weights[endpoint.id] ?? 100), { kind: 'in' }),
      provenAs: checkMark(endpoint, sha256),
    })),
    orders: [],
  };
}

const shadowed = (snapshot: Snapshot, stored: unknown): Snapshot =>
  shadowSnapshot(service, snapshot, stored, config, NOW, sha256);

function fenceIn(snapshot: Snapshot): Fence {
  if (snapshot.fence.kind !== 'managed') throw new Error(snapshot.fence.kind);
  return snapshot.fence.fence;
}

const matched = (of: Service, snapshot: Snapshot): string =>
  matchRecords(of, snapshot, fenceIn(snapshot), {
    digestOf: sha256,
    classifyAddress: () => undefined,
  }).kind;

const weightsIn = (snapshot: Snapshot): Readonly<Record<string, number | undefined>> =>
  Object.fromEntries(snapshot.records.map((one) => [one.setIdentifier, one.weight]));
