/**
 * Names between Route 53's spelling and ours. Route 53 answers in lower case, with a final dot and with
 * everything but a-z, 0-9, hyphen and underscore as octal escapes (`\052` for `*`). Ours has no final
 * dot and shows printable characters as they are. The two stay one to one: an escaped dot, backslash,
 * capital or unprintable byte keeps its escape, or two names of the zone would become one.
 */
const ESCAPE = /\\([0-3][0-7]{2})/g;
/** Printable ASCII that means itself wherever it stands: no space, dot, backslash or capital. */
const PLAIN = /^[!-\-/-@[\]-~]$/;
/** What Route 53 itself leaves unescaped; the dot separates labels. */
const NEEDS_ESCAPE = /[^a-z0-9_.-]/gu;

/** Any spelling in, ours out: lower case, no final dot, octal escapes of printable characters undone. */
export function normaliseName(name: string): string {
  const lower = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const shown = lower
    .replace(ESCAPE, (escaped, digits: string) => {
      const character = String.fromCharCode(Number.parseInt(digits, 8));
      return PLAIN.test(character) ? character : escaped;
    })
    .replace(/[^!-~]/gu, octal);
  return shown.endsWith('.') ? shown.slice(0, -1) : shown;
}

/** Our spelling in, Route 53's out. Names that it gave come back byte for byte. */
export function encodeName(name: string): string {
  const kept = normaliseName(name);
  const parts = kept.split(/(\\[0-3][0-7]{2})/);
  // Odd places hold the escapes that `normaliseName` kept.
  const spelled = parts.map((part, place) =>
    place % 2 === 1 ? part : part.replace(NEEDS_ESCAPE, octal),
  );
  return `${spelled.join('')}.`;
}

function octal(character: string): string {
  const bytes = [...Buffer.from(character, 'utf8')];
  return bytes.map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
