/**
 * Answers in the order they came → the instants a bench is about. *Gone* is the last answer that names
 * the address between fault and healing, if none of the answers after it does; *back* the first one
 * after healing that names it; *full* the first after which no answer names anything else. The bracket
 * is the time between the two answers that enclose a change: the resolution of that one instant.
 */

/** One DNS answer, seen from one subject. */
export type Answer = {
  readonly at: number;
  /** It names the primary's address. */
  readonly names: boolean;
  /** It names that address and nothing else. */
  readonly namesOnly: boolean;
};

export type Instant = { readonly at: number; readonly bracketMs: number };

export type Instants = {
  readonly gone: Instant | null;
  readonly back: Instant | null;
  readonly full: Instant | null;
};

/** So many answers must agree before a change counts: with a share of 1 in 3, chance gives 1 in 10^7. */
export const QUIET_ANSWERS = 40;
/** And for so long. */
export const QUIET_MS = 1_000;

export function instantsOf(
  answers: readonly Answer[],
  faultAt: number,
  healedAt: number | null,
): Instants {
  const broken = between(answers, faultAt, healedAt ?? Number.POSITIVE_INFINITY);
  const gone = lastOf(broken, ({ names }) => names);
  if (healedAt === null || gone === null) return { gone, back: null, full: null };

  const healed = between(answers, healedAt, Number.POSITIVE_INFINITY);
  const first = healed.findIndex(({ names }) => names);
  const back = instant(healed[first], healed[first - 1] ?? broken.at(-1));
  const foreign = healed.findLastIndex(({ namesOnly }) => !namesOnly);
  const hasSettled = back !== null && healed.length - 1 - foreign >= QUIET_ANSWERS;
  return { gone, back, full: hasSettled ? instant(healed[foreign + 1], healed[foreign]) : null };
}

/** The newest answers agree, enough of them and for long enough. */
export function isQuiet(answers: readonly Answer[], agrees: (answer: Answer) => boolean): boolean {
  const last = answers.at(-1);
  const other = answers.findLastIndex((answer) => !agrees(answer));
  const first = answers[other + 1];
  return (
    last !== undefined &&
    first !== undefined &&
    answers.length - 1 - other >= QUIET_ANSWERS &&
    last.at - first.at >= QUIET_MS
  );
}

/** The longest time without an answer: the poller, or the whole process, had to wait for the machine. */
export function longestPauseMs(answers: readonly Answer[], from: number, to: number): number {
  const seen = between(answers, from, to);
  return Math.max(0, ...seen.slice(1).map(({ at }, index) => at - (seen[index]?.at ?? at)));
}

const between = (answers: readonly Answer[], from: number, to: number): readonly Answer[] =>
  answers.filter(({ at }) => at >= from && at < to);

/** Of the last one that holds, if enough follow it that don't. */
function lastOf(answers: readonly Answer[], holds: (answer: Answer) => boolean): Instant | null {
  const index = answers.findLastIndex(holds);
  const last = answers[index];
  const next = answers[index + 1];
  if (!last || !next || answers.length - 1 - index < QUIET_ANSWERS) return null;
  return { at: last.at, bracketMs: next.at - last.at };
}

const instant = (answer: Answer | undefined, before: Answer | undefined): Instant | null =>
  answer ? { at: answer.at, bracketMs: before ? answer.at - before.at : 0 } : null;
