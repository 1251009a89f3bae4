/** Zone read → snapshot: which records are the service's, in which order, and what the fence is. */
import { describe, expect, it } from 'vitest';
import { type Snapshot, snapshotOf } from '../../shared/core/snapshot.ts';
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import { codesOf, DEPLOYMENT, NOW, openWorld } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const service = sampleService({
  names: ['app.example.com', 'www.example.com'],
  types: ['A', 'AAAA'],
});
const read = (records: readonly ZoneRecord[]): Snapshot =>
  snapshotOf(service, { records, serverAt: null, readAt: NOW }, DEPLOYMENT, NOW);

describe('a snapshot', () => {
  it('takes the records at the names of the service, sorted by name, type and set identifier', () => {
    const at = (name: string, type: string, setIdentifier?: string): ZoneRecord => ({
      name,
      type,
      ...(setIdentifier === undefined ? {} : { setIdentifier }),
    });
    const { records } = read([
      at('www.example.com', 'A', 'a'),
      at('app.example.com', 'MX'),
      at('app.example.com', 'A', 'b'),
      at('app.example.com', 'TXT'),
      at('mail.example.com', 'A', 'a'),
      at('app.example.com', 'AAAA', 'a'),
      at('app.example.com', 'A', 'a'),
      at('app.example.com', 'CNAME'),
    ]);

    expect(
      records.map(({ name, type, setIdentifier }) => `${name} ${type} ${setIdentifier}`),
    ).toEqual([
      'app.example.com A a',
      'app.example.com A b',
      'app.example.com AAAA a',
      'app.example.com CNAME undefined',
      'www.example.com A a',
    ]);
  });

  it('finds the fence at _quorate. and the first name, as TXT only', () => {
    expect(read([]).fence).toEqual({ kind: 'unmanaged' });
    expect(read([{ name: '_quorate.www.example.com', type: 'TXT' }]).fence.kind).toBe('unmanaged');
    expect(read([{ name: '_quorate.app.example.com', type: 'A' }]).fence.kind).toBe('unmanaged');
    expect(
      read([{ name: '_quorate.app.example.com', type: 'TXT', values: ['"x"'] }]).fence.kind,
    ).toBe('malformed');
  });

  it('F75: a fence that is an alias has no value', () => {
    const alias = { name: 'other', zone: 'Z', evaluateTargetHealth: false };

    expect(read([{ name: '_quorate.app.example.com', type: 'TXT', alias }]).fence).toEqual({
      kind: 'malformed',
      problem: 'it has 0 values instead of one',
    });
  });

  it('compares CNAME targets without regard to case and final dot', () => {
    const cname = (value: string) =>
      sampleService({
        types: ['CNAME'],
        endpoints: [sampleEndpoint('a', { targets: { CNAME: { kind: 'value', value } } })],
      });
    const world = openWorld({ service: cname('A.cdn.example.net') });

    world.state.service = cname('a.CDN.example.net.');
    expect(codesOf(world.decide()).a).not.toBe('not-what-is-served');
    world.state.service = cname('b.cdn.example.net');
    expect(codesOf(world.decide()).a).toBe('not-what-is-served');
  });
});
