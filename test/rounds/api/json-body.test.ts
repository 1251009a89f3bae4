/** Bodies: one text has one reading, or none. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, unseenIn } from '../../../functions/api/json-body.ts';

const refused = (text: string): string => {
  const parsed = parseJson(text);
  return 'refusal' in parsed ? parsed.refusal.detail : 'taken';
};

describe('parseJson', () => {
  it.each([
    ['{"a":{"b":1},"c":[{"b":1},{"b":2}]}', { a: { b: 1 }, c: [{ b: 1 }, { b: 2 }] }],
    ['{"a":"{\\"a\\":1}","b":"a"}', { a: '{"a":1}', b: 'a' }],
    ['{"a\\\\":1,"a":2}', { 'a\\': 1, a: 2 }],
    [' [ ] ', []],
    ['"👩‍👩‍👧 می‌خواهم"', '👩‍👩‍👧 می‌خواهم'],
  ])('takes %s', (text, value) => expect(parseJson(text)).toEqual({ value }));

  it.each([
    ['{"a":1,"a":1}', '"a" twice'],
    ['{"a":[{"b":1,"b":2}]}', '"b" twice'],
    ['{"a":1,"\\u0061":2}', '"a" twice'],
    ['{"valueOf":1}', '/valueOf is no field'],
    ['{"a":{"hasOwnProperty":1}}', '/a/hasOwnProperty is no field'],
    ['{"a/b~":"\\u0000"}', '/a~1b~0 holds the invisible character U+0000'],
    ['["\\u2066"]', '/0 holds the invisible character U+2066'],
    ['{"\\ufeff":1}', 'has a field whose name holds the invisible character U+FEFF'],
    ['[[[[[[[1]]]]]]]', 'nested deeper than 6'],
    ['{"a":1}}', 'no JSON'],
    ['"', 'no JSON'],
    ['', 'no JSON'],
  ])('refuses %s', (text, why) => expect(refused(text)).toContain(why));

  it('what it takes is what JSON.parse takes', () => {
    const key = fc.stringMatching(/^[a-f]{1,3}$/);
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        fc.stringMatching(/^[ -~]{0,12}$/),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(key, tie('node'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).node;
    fc.assert(
      fc.property(value, fc.constantFrom(0, 2), (one, space) => {
        const text = JSON.stringify(one, null, space);
        expect(parseJson(text)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  it('no text makes it throw', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      ':',
      ',',
      'a',
      '"a"',
      '1',
      ' ',
      '\\u0061',
      '\ud800',
    ];
    const broken = fc
      .array(fc.constantFrom(...pieces), { maxLength: 30 })
      .map((all) => all.join(''));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), broken), (text) => {
        parseJson(text);
      }),
    );
  });
});

it.each([
  '\u0000',
  '\u001b',
  '\u0085',
  '\u200b',
  '\u200e',
  '\u202e',
  '\u2028',
  '\u2069',
  '\ue000',
  '\ud800',
])('U+%j is told by its number', (text) =>
  expect(unseenIn(`a${text}b`)).toMatch(/U\+[0-9A-F]{4}$/),
);
