/**
 * What happened, in order: every event goes into one hash, so that two runs of a seed can be compared
 * as a whole; what a person would want to read are lines in fixed columns, kept only where asked for.
 */
import { createHash } from 'node:crypto';

export type Line = {
  readonly atMs: number;
  /** Where it happened: a vantage, `zone`, `person`; '' where it has no place. */
  readonly place: string;
  /** fault, probe, report, verdict, decision, commit, order, edit … */
  readonly stage: string;
  /** A service, an endpoint, a vantage. */
  readonly subject: string;
  readonly what: string;
  readonly why: string;
};

export type Trace = {
  /** Cheap: for every event. */
  readonly event: (atMs: number, kind: string, owner: number) => void;
  readonly line: (line: Line) => void;
  /** Those so far, where they are kept. */
  readonly lines: () => readonly Line[];
  /** SHA-256 over all so far, as hexadecimal. */
  readonly hash: () => string;
};

const NUMBERS_PER_UPDATE = 3 * 1_024;

export function newTrace(keepsLines = false): Trace {
  const sha = createHash('sha256');
  const kinds = new Map<string, number>();
  const numbers = new Float64Array(NUMBERS_PER_UPDATE);
  const kept: Line[] = [];
  let used = 0;

  const flush = (): void => {
    sha.update(new Uint8Array(numbers.buffer, 0, used * 8));
    used = 0;
  };
  const kindNumber = (kind: string): number => {
    const known = kinds.get(kind);
    if (known !== undefined) return known;
    kinds.set(kind, kinds.size + 1);
    sha.update(kind);
    return kinds.size;
  };
  return {
    event: (atMs, kind, owner) => {
      if (used === NUMBERS_PER_UPDATE) flush();
      const number = kindNumber(kind);
      numbers[used] = atMs;
      numbers[used + 1] = number;
      numbers[used + 2] = owner;
      used += 3;
    },
    line: (line) => {
      flush();
      sha.update(
        `${line.atMs} ${line.place} ${line.stage} ${line.subject} ${line.what} ${line.why}\n`,
      );
      if (keepsLines) kept.push(line);
    },
    lines: () => kept,
    hash: () => {
      flush();
      return sha.copy().digest('hex');
    },
  };
}
