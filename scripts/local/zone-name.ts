/**
 * DNS names as Route 53 treats them: text in any spelling → one normal form (lower case, no final
 * dot, `*` rather than `\052`), and back to what its API answers (final dot, octal escapes). Also the
 * order of its listings, which is made from the normal form. Written apart from shared/core on
 * purpose: what checks Quorate shares no code with it.
 */

/** Printable, and neither the dot that parts labels nor the backslash that starts an escape. */
const isPlain = (code: number): boolean => code > 32 && code < 127 && code !== 46 && code !== 92;

const octal = (code: number): string => `\\${code.toString(8).padStart(3, '0')}`;

/** Equal names have equal normal forms; a dot inside a label stays `\056`. */
export function normalName(text: string): string {
  const plain = text
    .replace(/[^\x21-\x7e]/gu, (char) => [...Buffer.from(char)].map(octal).join(''))
    .replace(/\\([0-7]{3})/g, (escaped, digits: string) => {
      const code = Number.parseInt(digits, 8);
      return isPlain(code) ? String.fromCharCode(code) : escaped;
    })
    .toLowerCase();
  return plain.endsWith('.') ? plain.slice(0, -1) : plain;
}

/** As the API answers it: only a–z, 0–9, `-` and `_` stand for themselves. */
export const wireName = (name: string): string =>
  `${name.replace(/\\[0-7]{3}|[^a-z0-9._-]/g, (part) => (part.length === 4 ? part : octal(part.charCodeAt(0))))}.`;

/** `www.example.com` → `com.example.www.`: the final dot makes `a-b.x` come before `y.a.x`. */
const reversed = (name: string): string => `${name.split('.').reverse().join('.')}.`;

export function compareNames(a: string, b: string): number {
  const [x, y] = [reversed(a), reversed(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

export const isInZone = (name: string, zone: string): boolean =>
  name === zone || name.endsWith(`.${zone}`);

/** What is wrong with a normal name, in Route 53's words; undefined where nothing is. */
export function nameProblem(name: string): string | undefined {
  const labels = name.replace(/\\[0-7]{3}/g, '?').split('.');
  if (labels.some((label) => label === ''))
    return `FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with '${name}'`;
  if (labels.some((label) => label.length > 63))
    return `FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '${name}'`;
  // 255 on the wire: one length byte before each label, and the empty label at the end.
  if (labels.join('.').length + 2 > 255)
    return `FATAL problem: DomainNameTooLong (Domain name is too long) encountered with '${name}'`;
  return undefined;
}
