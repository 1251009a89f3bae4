/**
 * How many bytes a value takes as JSON in UTF-8: what items of the table are bounded by, and paid for. Asked
 * for every report and rollup, most of which are plain ASCII: those take a byte per character.
 */
const ASCII = /^[\u0000-\u007f]*$/;

export function jsonBytes(value: unknown): number {
  const text = JSON.stringify(value);
  return ASCII.test(text) ? text.length : new TextEncoder().encode(text).length;
}
