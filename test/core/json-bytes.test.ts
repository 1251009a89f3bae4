/** Sizes as the table counts them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonBytes } from '../../shared/core/json-bytes.ts';

it('plain text takes a byte per character', () => {
  expect(jsonBytes({ a: 'b\u007f' })).toBe(10);
});

it('other text takes as many bytes as UTF-8 does', () => {
  expect(jsonBytes('ä')).toBe(4);
  expect(jsonBytes('€')).toBe(5);
  expect(jsonBytes('\u{1f600}')).toBe(6);
});

it('the size is that of the encoded text, whatever the value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(jsonBytes(value)).toBe(Buffer.byteLength(JSON.stringify(value)));
    }),
  );
});
