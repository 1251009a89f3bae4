/**
 * Mistakes and warnings of a configuration: where (file, line, path), what stands there, what is wrong
 * with it, and what to write instead. They are collected, never thrown, so that an operator sees all of
 * them at once; the same mistake reached twice (a default merged into ten services) is told once.
 */
import { byText } from './model.ts';

export type Path = readonly (string | number)[];

/** One place in the file. Without `value` the sentence is about the key itself. */
export type Place = { readonly path: Path; readonly value?: unknown };

export type LineOf = (path: Path) => { readonly file: string; readonly line: number } | undefined;

export type ConfigProblem = {
  readonly file: string;
  readonly line: number;
  readonly path: string;
  /** As it stands in the file, cut to 60 characters; empty where something is missing. */
  readonly value: string;
  readonly message: string;
  readonly remedy: string;
};

/** `text` is `what is wrong; what to write instead`. */
export type Findings = {
  readonly mistake: (place: Place, text: string) => void;
  readonly warn: (place: Place, text: string) => void;
  /** A key that was probably meant by a mistyped one: that it is missing is no second mistake. */
  readonly suspect: (path: Path) => void;
  readonly isSuspected: (path: Path) => boolean;
  readonly mistakes: () => readonly ConfigProblem[];
  readonly warnings: () => readonly ConfigProblem[];
};

const VALUE_LENGTH_MAX = 60;
/** More than anybody reads; a file of rubbish must not cost gigabytes. */
export const PROBLEMS_MAX = 1_000;

export function findings(lineOf: LineOf): Findings {
  const mistakes = new Map<string, ConfigProblem>();
  const warnings = new Map<string, ConfigProblem>();
  const suspected = new Set<string>();
  const note = (into: Map<string, ConfigProblem>, place: Place, text: string): void => {
    if (into.size >= PROBLEMS_MAX) return;
    const problem = problemAt(lineOf, place, text);
    into.set(`${problem.path} ${text}`, problem);
  };
  return {
    mistake: (place, text) => note(mistakes, place, text),
    warn: (place, text) => note(warnings, place, text),
    suspect: (path) => suspected.add(pathText(path)),
    isSuspected: (path) => suspected.has(pathText(path)),
    mistakes: () => inFileOrder(mistakes),
    warnings: () => inFileOrder(warnings),
  };
}

/** `quorate.yml:23 services.app.endpoints.us.weight: 256 is not a Route 53 weight; write an integer from 0 to 255` */
export function problemText(problem: ConfigProblem): string {
  const where = `${problem.file}:${problem.line}${problem.path === '' ? '' : ` ${problem.path}`}`;
  const what = problem.value === '' ? problem.message : `${problem.value} ${problem.message}`;
  return `${where}: ${what}; ${problem.remedy}`;
}

export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const key = plain(part);
    return text === '' ? key : `${text}.${key}`;
  }, '');
}

/** The value in the operator's own words: never more than a line, never a control character. */
export function showValue(value: unknown): string {
  if (value === undefined) return '';
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' || typeof value === 'function') return 'a map';
  return typeof value === 'string' ? `"${plain(value)}"` : plain(String(value));
}

/** The known word that is at most two edits away, and less than half of it. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const cut = word.slice(0, VALUE_LENGTH_MAX).toLowerCase();
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(cut, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => distance <= 2 && distance * 2 < candidate.length)
    .sort((a, b) => a.distance - b.distance || byText(a.candidate, b.candidate));
  return ranked[0]?.candidate;
}

/** `a, b or c` */
export function orList(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.slice(-1).join('')}`;
}

function problemAt(lineOf: LineOf, place: Place, text: string): ConfigProblem {
  const split = text.indexOf('; ');
  return {
    ...nearestLine(lineOf, place.path),
    path: pathText(place.path),
    value: showValue(place.value),
    message: text.slice(0, split),
    remedy: text.slice(split + 2),
  };
}

/** A key that is missing has no line of its own: its parent's is the place to write it. */
function nearestLine(lineOf: LineOf, path: Path): { file: string; line: number } {
  for (let length = path.length; length >= 0; length--) {
    const found = lineOf(path.slice(0, length));
    if (found !== undefined) return { file: found.file, line: found.line };
  }
  return { file: 'quorate.yml', line: 1 };
}

const inFileOrder = (problems: ReadonlyMap<string, ConfigProblem>): readonly ConfigProblem[] =>
  [...problems.values()].sort((a, b) => byText(a.file, b.file) || a.line - b.line);

function plain(text: string): string {
  const clean = text.slice(0, VALUE_LENGTH_MAX).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
  return text.length > VALUE_LENGTH_MAX ? `${clean}…` : clean;
}

/** Letters in another order are one slip, whatever their number of edits. */
function editDistance(a: string, b: string): number {
  if (a !== b && [...a].sort().join('') === [...b].sort().join('')) return 1;
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...b].entries()) {
      const substituted = at(previous, column) + (letter === other ? 0 : 1);
      current.push(Math.min(at(previous, column + 1) + 1, at(current, column) + 1, substituted));
    }
    previous = current;
  }
  return at(previous, -1);
}

const at = (row: readonly number[], column: number): number => Number(row.at(column));
