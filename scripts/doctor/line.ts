/**
 * What a check answers: one line per finding, ok, warn, fail or unknown, with what to do. Unknown is
 * "not checked", with the reason: it is never counted as well. Equal findings of several regions become
 * one line, so that a deployment of five vantages does not repeat itself five times.
 */

export const STATES = ['ok', 'warn', 'fail', 'unknown'] as const;
export type State = (typeof STATES)[number];

export type Finding = {
  readonly state: State;
  readonly says: string;
  /** The next step, a command where there is one. */
  readonly remedy?: string;
};

export type Line = Finding & {
  readonly check: string;
  /** Regions, services, zones or endpoints. */
  readonly where: readonly string[];
};

/** What was asked: the answer, or why there is none. */
export type Known<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly why: string };

export const ok = (says: string): Finding => ({ state: 'ok', says });
export const warn = (says: string, remedy: string): Finding => ({ state: 'warn', says, remedy });
export const fail = (says: string, remedy: string): Finding => ({ state: 'fail', says, remedy });
export const unknown = (why: string): Finding => ({
  state: 'unknown',
  says: `not checked: ${why}`,
});

export const lineOf = (check: string, where: readonly string[], finding: Finding): Line => ({
  check,
  where,
  ...finding,
});

/** Judges what is known; what is not is unknown, with its reason. */
export const judge = <T>(known: Known<T>, finding: (value: T) => Finding): Finding =>
  known.known ? finding(known.value) : unknown(known.why);

/**
 * One line for all places that have the same finding, in the order of the places. A remedy for one place
 * may say so with `{place}`; for several it is given as it is for the first.
 */
export function across<Place extends string>(
  check: string,
  places: readonly Place[],
  findingAt: (place: Place) => Finding,
): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const place of places) {
    const finding = findingAt(place);
    const key = JSON.stringify([finding.state, finding.says, finding.remedy]);
    const known = lines.get(key);
    lines.set(key, lineOf(check, [...(known?.where ?? []), place], finding));
  }
  return [...lines.values()].map((line) => withPlace(line));
}

const PLACE = '{place}';

function withPlace(line: Line): Line {
  const { remedy, where } = line;
  const [first, ...others] = where;
  if (remedy === undefined || first === undefined || !remedy.includes(PLACE)) return line;
  const alike = others.length === 0 ? '' : `, and so for ${others.join(', ')}`;
  return { ...line, remedy: `${remedy.replaceAll(PLACE, first)}${alike}` };
}

export type Tally = Readonly<Record<State, number>>;

export const tallyOf = (lines: readonly Line[]): Tally => {
  const count = (state: State): number => lines.filter((line) => line.state === state).length;
  return { ok: count('ok'), warn: count('warn'), fail: count('fail'), unknown: count('unknown') };
};
