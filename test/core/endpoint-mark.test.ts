import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../shared/core/canonical.ts';
import { checkMark, endpointMark, MARK_LENGTH } from '../../shared/core/endpoint-mark.ts';
import { type Endpoint, endpointId } from '../../shared/core/model.ts';
import { type Plants, parsed, planted, testAids } from '../fixtures/config-base.ts';

const { digestOf } = testAids;

const endpointOf = (plants: Plants = {}): Endpoint => {
  const result = parsed(planted(plants));
  if ('config' in result) return result.config.services[0]!.endpoints[0]!;
  throw new Error(JSON.stringify(result.problems));
};

describe('marks', () => {
  it('are six characters that fit into a public TXT record', () => {
    const marks = [endpointMark(endpointId('us'), digestOf), checkMark(endpointOf(), digestOf)];

    for (const mark of marks) expect(mark).toMatch(/^[\w-]{6}$/);
    expect(MARK_LENGTH).toBe(6);
  });

  it('are made once per endpoint and digest', () => {
    const endpoint = endpointOf();
    const asked: string[] = [];
    const counting = (text: string) => {
      asked.push(text);
      return digestOf(text);
    };

    const marks = [checkMark(endpoint, counting), checkMark(endpoint, counting)];

    expect(asked).toHaveLength(1);
    expect(new Set(marks)).toEqual(new Set([checkMark(endpoint, digestOf)]));
    expect(checkMark(endpoint, () => digestOf('another'))).not.toBe(marks[0]);
  });

  it('of endpoints differ by id', () => {
    expect(endpointMark(endpointId('us'), digestOf)).not.toBe(
      endpointMark(endpointId('eu'), digestOf),
    );
  });

  it.each<Plants>([
    { 'services.app.check.url': 'https://{target}/helth' },
    { 'services.app.check.expect': { status: 204 } },
    { 'services.app.check.timeout': '1s' },
    { 'services.app.endpoints.eu-west-1.address': '192.0.2.7' },
    { 'services.app.endpoints.eu-west-1.probe': '192.0.2.7' },
  ])('make an endpoint unproven with another check or target: %j', (plants) => {
    expect(checkMark(endpointOf(plants), digestOf)).not.toBe(checkMark(endpointOf(), digestOf));
  });

  it.each<Plants>([
    { 'services.app.check.watch': [{ name: 'slow', latency: '1s' }] },
    { 'services.app.check.fall': 7 },
    { 'services.app.check.rise': 7 },
    { 'services.app.check.every': '15s' },
    { 'services.app.endpoints.eu-west-1.weight': 7 },
    { 'services.app.mode': 'observe' },
  ])('keep an endpoint proven where only this changes: %j', (plants) => {
    expect(checkMark(endpointOf(plants), digestOf)).toBe(checkMark(endpointOf(), digestOf));
  });
});

describe('canonical text', () => {
  it('has keys in one order, lists in theirs, and nothing that is not there', () => {
    const text = canonicalText({ b: [2, 1, { d: null, c: undefined }], a: { z: 'x', y: true } });

    expect(text).toBe('{"a":{"y":true,"z":"x"},"b":[2,1,{"d":null}]}');
    expect(canonicalText(undefined)).toBe('null');
  });
});
