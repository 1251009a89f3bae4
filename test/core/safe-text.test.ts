/**
 * Text from a hostile endpoint goes in; what comes out can't forge a line, move a cursor or grow.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DETAIL_LENGTH_MAX, safeText } from '../../shared/core/safe-text.ts';

const hostile = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.constantFrom(
        '\u001b[31m',
        '\r\n',
        '\u202e',
        '\u2066',
        '\ud800',
        '\udfff',
        '😀',
        '\0',
        '  ',
      ),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

describe('safe text', () => {
  it.each([
    ['plain text is left alone', 'status 404, expected 200-399', 'status 404, expected 200-399'],
    ['lines become one line', 'one\r\ntwo\n\n three', 'one two three'],
    ['terminal escapes lose their escape', 'red \u001b[31malert\u001b[0m', 'red [31malert [0m'],
    ['bidirectional overrides are dropped', 'safe\u202eevil\u2066!', 'safeevil!'],
    ['zero-width and private characters are dropped', 'a\u200bb\ufeffc\ue000d', 'abcd'],
    ['lone halves of characters are dropped', 'a\ud800b\udc00c', 'abc'],
    ['line and paragraph separators become spaces', 'a\u2028b\u2029c', 'a b c'],
    ['edges are trimmed', ' \t a \u0000', 'a'],
  ])('%s', (_, text, expected) => {
    expect(safeText(text)).toBe(expected);
  });

  it('cuts to 120 characters and shows that it did', () => {
    const cut = safeText('x'.repeat(121));

    expect(cut).toBe(`${'x'.repeat(119)}…`);
    expect(safeText('x'.repeat(120))).toBe('x'.repeat(120));
  });

  it('never cuts a character in half', () => {
    expect(safeText('ab😀cd', 5)).toBe('ab😀…');
    expect(safeText('abc😀de', 5)).toBe('abc…');
  });

  it('looks at a bounded stretch of a text of a megabyte', () => {
    expect(safeText(`${'\n'.repeat(1_000_000)}late`)).toBe('');
  });

  it('any text becomes at most 120 safe characters', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const safe = safeText(text);

        expect(safe.length).toBeLessThanOrEqual(DETAIL_LENGTH_MAX);
        expect(safe).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
        expect(safe.isWellFormed()).toBe(true);
      }),
    );
  });

  it('making safe text safe again changes nothing', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(safeText(safeText(text))).toBe(safeText(text));
      }),
    );
  });
});
