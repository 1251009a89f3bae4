/** Codes and names → their place in the runbooks. */
import { describe, expect, it } from 'vitest';
import { isWithheld, type Reason } from '../../shared/core/reason.ts';
import { HELD_CODES, runbookAnchor, runbookLink } from '../../shared/core/runbook.ts';

describe('the runbook of a code', () => {
  it('is found by the code itself, by an alarm’s name and by an alert’s', () => {
    expect(runbookLink('floor')).toBe('docs/runbooks.md#floor');
    expect(runbookAnchor('vantages-silent')).toBe('vantages-silent');
    expect(runbookAnchor('QuorateBudgetBurnsFast')).toBe('budget-burns-fast');
    expect(runbookAnchor('quorate-prod')).toBe('quorate-prod');
  });

  it('is there for everything that is withheld, and for what waits or holds a service', () => {
    for (const code of [
      'floor',
      'all-down',
      'velocity',
      'never-all-zero',
      'last-healthy',
      'rescue-held',
      'rescue-again',
      'order-withheld',
    ] as const) {
      expect(isWithheld({ code } as Reason)).toBe(true);
      expect(HELD_CODES).toContain(code);
    }
    expect(HELD_CODES).toContain('hold-down');
    expect(HELD_CODES).toContain('malformed-fence');
    expect(HELD_CODES).not.toContain('healthy');
    expect(HELD_CODES.filter((code) => isWithheld({ code } as Reason)).length).toBe(8);
  });
});
