/**
 * Data → one text, whatever order its keys were written in: digests and probe keys must be the same
 * bytes on every machine. Lists keep their order; keys without a value are left out. An audit does this
 * for 100,000 records, so it builds one string and no lists on the way.
 */

/** What JSON prints as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

export function canonicalText(value: unknown): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
  // A number prints as JSON prints it; what is not finite has no JSON and goes the general way.
  if (typeof value === 'number' && Number.isFinite(value)) return `${value}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let text = '';
  if (Array.isArray(value)) {
    for (const member of value) text += `${text === '' ? '' : ','}${canonicalText(member)}`;
    return `[${text}]`;
  }
  for (const key of inOrder(Object.keys(value))) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${canonicalText(key)}:${canonicalText(member)}`;
  }
  return `{${text}}`;
}

/** By code unit, on every machine alike; keys that stand in order, as most texts read back do, stay. */
function inOrder(keys: string[]): string[] {
  for (let at = 1; at < keys.length; at += 1) {
    // Without a comparator the sort is by code unit, as this comparison is.
    if ((keys[at - 1] as string) > (keys[at] as string)) return keys.sort();
  }
  return keys;
}
