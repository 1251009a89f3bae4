/** Lines → what a terminal shows: state first, then what and where, then what to do under it. */
import type { Colour, Paint } from '../cli/paint.ts';
import { type Line, STATES, type State, tallyOf } from './line.ts';

const WORDS: Readonly<Record<State, string>> = {
  ok: 'ok',
  warn: 'warn',
  fail: 'FAIL',
  unknown: '?',
};
const COLOURS = {
  ok: 'green',
  warn: 'yellow',
  fail: 'red',
  unknown: 'dim',
} as const satisfies Record<State, Colour>;
const TALLY: Readonly<Record<State, string>> = {
  ok: 'ok',
  warn: 'warn',
  fail: 'fail',
  unknown: 'not checked',
};

export type TextOptions = {
  readonly paint: Paint;
  /** All of a deployment's vantages: a line that holds for each of them says so. */
  readonly vantages: readonly string[];
};

export function doctorText(lines: readonly Line[], options: TextOptions): string {
  const width = Math.max(...lines.map(({ check }) => check.length));
  const indent = ' '.repeat(6 + width + 2);
  const rows = lines.flatMap((line) => [
    `${options.paint[COLOURS[line.state]](WORDS[line.state].padEnd(6))}${line.check.padEnd(width)}  ${line.says}${place(line, options)}`,
    ...(line.remedy === undefined ? [] : [`${indent}→ ${line.remedy}`]),
  ]);
  const tally = tallyOf(lines);
  const counts = STATES.filter((state) => tally[state] > 0).map(
    (state) => `${tally[state]} ${TALLY[state]}`,
  );
  return [...rows, '', counts.join(', ')].join('\n');
}

function place({ where }: Line, { vantages }: TextOptions): string {
  const isEverywhere =
    where.length === vantages.length && vantages.every((vantage) => where.includes(vantage));
  return isEverywhere ? ` (all ${vantages.length} vantages)` : ` (${where.join(', ')})`;
}
