/** What would let a change happen that is held back: a sentence for every reason that holds, none for others. */
import { describe, expect, it } from 'vitest';
import { endpointId, epochMs, orderId, serviceId } from '../../shared/core/model.ts';
import { isWithheld, type Reason, sentence } from '../../shared/core/reason.ts';
import { whatWouldChange, wouldChange } from '../../shared/core/what-would-change.ts';
import { WOULD_CHANGE_EXAMPLES } from '../fixtures/would-change.ts';

const app = serviceId('app');
const healthy = (id: string): Reason => ({
  code: 'healthy',
  endpoint: endpointId(id),
  ups: 5,
  of: 5,
});

describe('what would change it', () => {
  it.each(WOULD_CHANGE_EXAMPLES)('of %s is told', (_, reason, text) => {
    expect(wouldChange(reason, app)).toBe(text);
  });

  it('is told of whatever is withheld or waits', () => {
    const holding = WOULD_CHANGE_EXAMPLES.filter(
      ([, reason]) => isWithheld(reason) || /^(withheld|waiting)/.test(sentence(reason)),
    );

    expect(holding.length).toBeGreaterThan(10);
    expect(holding.filter(([, , text]) => text === null)).toEqual([]);
  });

  it('of a decision is told once each: the service first, and what is withheld instead of its verdict', () => {
    const down: Reason = {
      code: 'quorum-down',
      endpoint: endpointId('us-east-1'),
      vantages: [],
      failure: 'timeout',
      sinceAt: epochMs(0),
      quorum: 3,
      of: 5,
    };
    const frozen = { order: orderId('order001'), untilAt: epochMs(0) };
    const last: Reason = { code: 'last-healthy', endpoint: endpointId('us-east-1') };

    const told = whatWouldChange({
      service: app,
      reasons: [{ code: 'service-frozen', service: app, ...frozen }],
      endpoints: [
        { reason: healthy('eu-west-1'), withheld: [] },
        { reason: down, withheld: [last] },
        { reason: { code: 'frozen', endpoint: endpointId('ap'), ...frozen }, withheld: [] },
      ],
    });

    expect(told).toEqual([
      'order order001 ends by itself at 1970-01-01 00:00Z; sooner: `quorate unfreeze order001`',
      'us-east-1 loses its weight by itself once another endpoint is up by quorum',
    ]);
  });

  it('of a service that is not quorate is told once, not per endpoint', () => {
    const unknown = (id: string): Reason => ({
      code: 'no-quorum',
      endpoint: endpointId(id),
      ups: 1,
      downs: 0,
      quorum: 3,
      of: 5,
    });
    const endpoints = ['eu-west-1', 'us-east-1'].map((id) => ({
      reason: unknown(id),
      withheld: [],
    }));
    const blind: Reason = {
      code: 'not-quorate',
      service: app,
      usable: 1,
      quorum: 3,
      of: 5,
      silent: [],
    };

    expect(whatWouldChange({ service: app, reasons: [blind], endpoints })).toHaveLength(1);
    expect(whatWouldChange({ service: app, reasons: [], endpoints })).toHaveLength(2);
  });

  it('of a calm service is nothing', () => {
    const endpoints = [{ reason: healthy('eu-west-1'), withheld: [] }];

    expect(whatWouldChange({ service: app, reasons: [], endpoints })).toEqual([]);
  });
});
