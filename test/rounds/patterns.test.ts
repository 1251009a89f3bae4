import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../shared/adapters/patterns.ts';
import { holds } from '../fixtures/holds.ts';

const matches = (pattern: string, text: string): boolean | string => {
  const compiled = compilePattern(pattern);
  return 'problem' in compiled ? compiled.problem : compiled.matches(text);
};

describe('patterns', () => {
  it('match anywhere in the text', () => {
    expect(matches('"status":\\s*"ok"', '{"a":1,"status": "ok"}')).toBe(true);
    expect(matches('^ok$', 'not ok')).toBe(false);
    expect(matches('(?i)OK', 'ok')).toBe(true);
  });

  it('say why they are none', () => {
    expect(matches('(ok', '')).toContain('missing closing )');
    expect(matches('(?=ok)', '')).toContain('invalid or unsupported');
    expect(matches('(a)\\1', '')).toContain('invalid escape');
  });

  it('take time by the length of the text only', () => {
    const compiled = compilePattern('^(a+)+$');
    const started = performance.now();

    expect('matches' in compiled && compiled.matches(`${'a'.repeat(10_000)}!`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('never throw when they are compiled', () => {
    holds(
      fc.property(fc.string(), (pattern) => {
        const compiled = compilePattern(pattern);

        expect('problem' in compiled ? compiled.problem : compiled.matches('x')).toBeDefined();
      }),
    );
  });
});
