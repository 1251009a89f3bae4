/**
 * Data → one text, whatever order its keys were written in: digests and probe keys must be the same
 * bytes on every machine. Lists keep their order; keys without a value are left out. An audit does this
 * for 100,000 records, so it builds one string and no lists on the way.
 */

/** What JSON prints as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

export function canonicalText(value: unknown): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let text = '';
  if (Array.isArray(value)) {
    for (const member of value) text += `${text === '' ? '' : ','}${canonicalText(member)}`;
    return `[${text}]`;
  }
  // Without a comparator keys are sorted by code unit, on every machine alike.
  for (const key of Object.keys(value).sort()) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${canonicalText(key)}:${canonicalText(member)}`;
  }
  return `{${text}}`;
}
