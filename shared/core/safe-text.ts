/**
 * Text from outside (bodies, headers, certificates, errors) → text that is safe to store and to show: one
 * line, at most `lengthMax` UTF-16 units, no control, format or bidirectional characters, no lone
 * surrogates. So a probed endpoint can't forge a log line, colour a terminal or reverse a sentence.
 */
export const DETAIL_LENGTH_MAX = 120;

const SPACING = /[\s\p{Cc}\p{Zl}\p{Zp}]+/gu;
const INVISIBLE = /[\p{Cf}\p{Cs}\p{Co}]/gu;

export function safeText(text: string, lengthMax: number = DETAIL_LENGTH_MAX): string {
  // A stretch is enough: what lies behind it is cut anyway, and matching a hostile megabyte costs time.
  const clean = text
    .slice(0, lengthMax * 8)
    .replace(INVISIBLE, '')
    .replace(SPACING, ' ')
    .trim();
  return clean.length <= lengthMax ? clean : `${cut(clean, lengthMax - 1)}…`;
}

/** Never between the two halves of a character. */
function cut(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const splits = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splits ? length - 1 : length).trimEnd();
}
