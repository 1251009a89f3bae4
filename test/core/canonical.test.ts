/** One text for equal data: what every digest is made of. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../shared/core/canonical.ts';

describe('canonical text', () => {
  it('sorts keys by code unit, keeps lists, leaves out what has no value', () => {
    expect(
      canonicalText({ b: 1, a: [2, { d: null, c: undefined }], 10: 'x', 9: 'y', Z: true }),
    ).toBe('{"10":"x","9":"y","Z":true,"a":[2,{"d":null}],"b":1}');
    expect(canonicalText([])).toBe('[]');
    expect(canonicalText([undefined, () => 1])).toBe('[null,null]');
    expect(canonicalText(undefined)).toBe('null');
    expect(canonicalText('a "quoted" \\ line\n\u2028é')).toBe(
      '"a \\"quoted\\" \\\\ line\\n\u2028é"',
    );
  });

  it('is JSON of the same data, whatever order its keys were written in', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalText(value);

        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalText(reversed(value))).toBe(text);
      }),
    );
  });
});

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}
