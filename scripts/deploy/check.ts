/** One line of a preflight: what was looked at, where, how it stands, and what to do about it. */
import type { VantageId } from '../../shared/core/model.ts';

export const LEVELS = ['ok', 'warn', 'fail'] as const;
export type Level = (typeof LEVELS)[number];

export type Check = {
  /** Null: of the whole deployment. */
  readonly region: VantageId | null;
  readonly what: string;
  readonly level: Level;
  /** What is so, and for `warn` and `fail` also what to do. */
  readonly text: string;
};

export const ok = (region: VantageId | null, what: string, text: string): Check => ({
  region,
  what,
  level: 'ok',
  text,
});
export const warn = (region: VantageId | null, what: string, text: string): Check => ({
  region,
  what,
  level: 'warn',
  text,
});
export const fail = (region: VantageId | null, what: string, text: string): Check => ({
  region,
  what,
  level: 'fail',
  text,
});

const REGION_WIDTH = 15;
const WHAT_WIDTH = 12;

export const checkText = ({ region, what, level, text }: Check): string =>
  `${level.padEnd(5)}${(region ?? 'deployment').padEnd(REGION_WIDTH)} ${what.padEnd(WHAT_WIDTH)} ${text}`;
