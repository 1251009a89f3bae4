/** Times, spans and lists as sentences say them: in UTC, in whole units, with an `and`. */

/** `03:12:40Z`: the day is in the line's own time. */
export const clockTime = (at: number): string => `${new Date(at).toISOString().slice(11, 19)}Z`;

/** `2026-11-24 03:30Z`: what may be days away names its day. */
export const momentText = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')}Z`;

/** `10 min`, `90 s`, `1 h`. */
export function span(ms: number): string {
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`;
}

export function list(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
