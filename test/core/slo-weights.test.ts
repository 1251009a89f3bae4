/** What DNS served when: committed decisions only, and the file where none is on record. */
import { describe, expect, it } from 'vitest';
import { weight } from '../../shared/core/model.ts';
import { servedBy } from '../../shared/core/slo-weights.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';
import { committed, MINUTE, START } from '../fakes/slo-world.ts';

const BOTH = { eu: 100, us: 100 };
const service = sampleService({ endpoints: [sampleEndpoint('us'), sampleEndpoint('eu')] });
const out = committed(2, 10, BOTH, { eu: 100, us: 0 });
const back = committed(3, 20, { eu: 100, us: 0 }, BOTH);
const at = (minutes: number): number => START + minutes * MINUTE;
const shares = (served: ReturnType<typeof servedBy>, minutes: number) =>
  Object.fromEntries(served.at(at(minutes)));

describe('what DNS served', () => {
  it('follows the committed decisions, in whatever order they are read', () => {
    const served = servedBy(service, [back.record, out.record], [out.mark, back.mark]);

    expect(served.source).toBe('decisions');
    expect(shares(served, 5)).toEqual({ eu: 0.5, us: 0.5 });
    expect(shares(served, 10)).toEqual({ eu: 1, us: 0 });
    expect(shares(served, 20)).toEqual({ eu: 0.5, us: 0.5 });
  });

  it('knows when it changed', () => {
    const served = servedBy(service, [out.record], [out.mark]);

    expect(served.changesWithin(at(0), at(60))).toBe(true);
    expect(served.changesWithin(at(10), at(60))).toBe(false);
    expect(served.changesWithin(at(0), at(10))).toBe(false);
  });

  it('a decision that lost its race, or that nothing is known of, moved nothing', () => {
    const lost = { ...out.mark, kind: 'lost' as const };

    expect(servedBy(service, [out.record], [lost]).source).toBe('configured');
    expect(servedBy(service, [out.record], []).source).toBe('configured');
  });

  it('a mark of a later stage stands for one that was not written, at the time of the decision', () => {
    const insync = { ...out.mark, kind: 'insync' as const, at: back.mark.at };

    expect(shares(servedBy(service, [out.record], [insync]), 10)).toEqual({ eu: 1, us: 0 });
  });

  it('the mark of the commit tells when, whatever marks stand beside it', () => {
    const late = { ...out.mark, at: back.mark.at };
    const insync = { ...out.mark, kind: 'insync' as const };
    const served = servedBy(service, [out.record], [late, insync]);

    expect(shares(served, 15)).toEqual({ eu: 0.5, us: 0.5 });
    expect(shares(served, 20)).toEqual({ eu: 1, us: 0 });
  });

  it('a record that names no weight says nothing of what is served', () => {
    const found = { ...back.record, lines: [] };

    expect(shares(servedBy(service, [out.record, found], [out.mark, back.mark]), 30)).toEqual({
      eu: 1,
      us: 0,
    });
  });

  it('before the first records there is the file', () => {
    const first = committed(1, 10, { eu: 0, us: 0 }, { eu: 100, us: 300 });
    const served = servedBy(service, [first.record], [first.mark]);

    expect(shares(served, 5)).toEqual({ eu: 0.5, us: 0.5 });
    expect(shares(served, 10)).toEqual({ eu: 0.25, us: 0.75 });
  });

  it('without any decision the first tier of the file serves', () => {
    const tiers = sampleService({
      endpoints: [
        sampleEndpoint('idle', { tier: 1, weight: weight(0) }),
        sampleEndpoint('main', { tier: 2, weight: weight(50) }),
        sampleEndpoint('spare', { tier: 3 }),
      ],
    });
    const served = servedBy(tiers, [], []);

    expect(served.source).toBe('configured');
    expect(shares(served, 0)).toEqual({ idle: 0, main: 1, spare: 0 });
    expect(served.changesWithin(at(0), at(60))).toBe(false);
  });

  it('a service without any weight serves nothing', () => {
    const none = sampleService({ endpoints: [sampleEndpoint('a', { weight: weight(0) })] });

    expect(shares(servedBy(none, [], []), 0)).toEqual({});
  });
});
