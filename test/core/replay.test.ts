import { describe, expect, it } from 'vitest';
import { weight } from '../../shared/core/model.ts';
import { whyNotJudged } from '../../shared/core/replay.ts';
import { sampleEndpoint, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const DEPLOYED = sampleService();

describe('whyNotJudged', () => {
  it('weights, tiers, quorum and policy only say how votes are used', () => {
    const endpoints = DEPLOYED.endpoints.map((one) => ({ ...one, weight: weight(7), tier: 2 }));
    const policy = { ...DEPLOYED.policy, holdDownMs: 1, failback: 'manual' as const };

    expect(whyNotJudged(DEPLOYED, { ...DEPLOYED, endpoints, policy, quorum: 5 })).toEqual([]);
  });

  it('vantages and endpoints can be left out', () => {
    const fewer = { vantages: VANTAGES.slice(0, 3), endpoints: DEPLOYED.endpoints.slice(1) };

    expect(whyNotJudged(DEPLOYED, { ...DEPLOYED, ...fewer })).toEqual([]);
  });

  it('names everything that nobody voted under, all at once', () => {
    const [first] = DEPLOYED.endpoints;
    const changed = { ...first!, check: { ...first!.check, fall: 2 } };
    const other = sampleService({
      everyMs: 20_000,
      vantages: [...VANTAGES, 'eu-north-1' as (typeof VANTAGES)[number]],
      endpoints: [changed, sampleEndpoint('new')],
    });

    expect(whyNotJudged(DEPLOYED, other)).toEqual([
      'votes were cast every 10 s, and the other file looks every 20 s',
      'eu-north-1 did not look at app; vantages can only be left out',
      'votes on eu-west-1 were cast under another check (address, conditions, timeout, fall or rise)',
      'nobody looked at new, which only the other file has',
    ]);
  });

  it('another address that is probed is another check', () => {
    const [first, ...rest] = DEPLOYED.endpoints;
    const moved = { ...first!, probeTargets: ['192.0.2.99'] };

    expect(whyNotJudged(DEPLOYED, { ...DEPLOYED, endpoints: [moved, ...rest] })).toHaveLength(1);
  });
});
