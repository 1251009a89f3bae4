/** Times, spans and names as the page writes them: UTC everywhere, as in the sentences. */

const two = (value: number): string => String(value).padStart(2, '0');

/** `14:05:20Z` */
export function clockTime(ms: number): string {
  const date = new Date(ms);
  return `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}Z`;
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The time of day today, with the date on any other day. */
export function moment(ms: number, now: number): string {
  const date = new Date(ms);
  const isToday = date.toISOString().slice(0, 10) === new Date(now).toISOString().slice(0, 10);
  const day = isToday ? '' : `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} `;
  return `${day}${clockTime(ms)}`;
}

/** `40 s`, `3 min`, `2 h 5 min`, `3 d`: no more exact than anybody needs. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} d`;
}

/** For measured durations: `8.1 s` where seconds count. */
export const measured = (ms: number): string =>
  ms < 100_000 ? `${(ms / 1_000).toFixed(1)} s` : span(ms);

/** `99.97 %`, `4.8 %`, `100 %`: nines are told apart, nothing else needs three digits. */
export const percent = (value: number): string =>
  `${Number(value.toFixed(value > 99 && value < 100 ? 3 : 1))} %`;

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

export const list = (words: readonly string[]): string =>
  words.length < 2
    ? (words[0] ?? '')
    : `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;

/** `ap-southeast-1` → `apse1`, as AWS's own short names go. */
export const shortName = (vantage: string): string =>
  vantage
    .split('-')
    .map((part, position) =>
      position === 0
        ? part
        : part.replaceAll(/(north|south|east|west|central)/g, (word) => word.slice(0, 1)),
    )
    .join('')
    .slice(0, 8);

/** `arn:aws:sts::1234:assumed-role/admin/alice` → `alice`: who, without where the identity lives. */
export const personOf = (actor: string): string => {
  const last = actor.split('/').at(-1);
  return actor.startsWith('arn:') && last !== undefined && last !== '' ? last : actor;
};
