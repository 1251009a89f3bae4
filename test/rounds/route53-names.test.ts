/** Names between Route 53's spelling and ours: one to one, or a DELETE would name another record. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeName, normaliseName } from '../../shared/adapters/route53-names.ts';

const SPELLINGS: readonly (readonly [string, string])[] = [
  ['app.example.com', 'app.example.com.'],
  ['_quorate.app.example.com', '_quorate.app.example.com.'],
  ['*.example.com', '\\052.example.com.'],
  ['a-b.1.example.com', 'a-b.1.example.com.'],
  ['a!b#c.example.com', 'a\\041b\\043c.example.com.'],
  ['a\\056b.example.com', 'a\\056b.example.com.'],
  ['a\\134b.example.com', 'a\\134b.example.com.'],
  ['a\\040b.example.com', 'a\\040b.example.com.'],
  ['\\303\\251.example.com', '\\303\\251.example.com.'],
  ['\\101.example.com', '\\101.example.com.'],
  ['\\000\\177\\377.example.com', '\\000\\177\\377.example.com.'],
  ['', '.'],
];

describe('names of Route 53', () => {
  it.each(SPELLINGS)('shows %j for what Route 53 spells %j, and back', (ours, theirs) => {
    expect(normaliseName(theirs)).toBe(ours);
    expect(encodeName(ours)).toBe(theirs);
  });

  it.each([
    ['APP.Example.COM', 'app.example.com'],
    ['app.example.com.', 'app.example.com'],
    ['\\141pp.example.com', 'app.example.com'],
    ['é.example.com', '\\303\\251.example.com'],
    ['a b.example.com', 'a\\040b.example.com'],
    ['😀.example.com', '\\360\\237\\230\\200.example.com'],
  ])('takes %j for %j, as people write it', (written, ours) => {
    expect(normaliseName(written)).toBe(ours);
    expect(normaliseName(encodeName(written))).toBe(ours);
  });

  it('leaves alone what looks like an escape and is none', () => {
    expect(normaliseName('\\9x.example.com')).toBe('\\9x.example.com');
    expect(normaliseName('\\777.example.com')).toBe('\\777.example.com');
  });

  /** Every byte but those that Route 53 does not escape. */
  const escaped = fc
    .integer({ min: 0, max: 255 })
    .filter((byte) => !/[a-zA-Z0-9_-]/.test(String.fromCharCode(byte)))
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`);
  const label = fc
    .array(fc.oneof(fc.stringMatching(/^[a-z0-9_-]$/), escaped), { minLength: 1, maxLength: 12 })
    .map((parts) => parts.join(''));
  const theirName = fc
    .array(label, { minLength: 1, maxLength: 6 })
    .map((labels) => `${labels.join('.')}.`);

  it('gives back byte for byte what Route 53 spelled', () => {
    fc.assert(
      fc.property(theirName, (name) => {
        expect(encodeName(normaliseName(name))).toBe(name);
      }),
    );
  });

  it('never makes one name of two', () => {
    fc.assert(
      fc.property(theirName, theirName, (a, b) => {
        expect(normaliseName(a) === normaliseName(b)).toBe(a === b);
      }),
    );
  });

  it('has nothing left to do on a name that it has seen', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
        const once = normaliseName(text);
        fc.pre(!once.endsWith('.'));

        expect(normaliseName(once)).toBe(once);
        expect(encodeName(encodeName(text))).toBe(encodeName(text));
      }),
    );
  });
});
