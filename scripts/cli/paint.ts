/**
 * Colour as a hint, never as the only sign: functions that colour a text, or give it back as it is where
 * stdout is no terminal or NO_COLOR is set (no-color.org: present and not empty).
 */
import type { Env } from '../../shared/wire.ts';

const CODES = { bold: '1', dim: '2', red: '31', green: '32', yellow: '33' } as const;
export type Colour = keyof typeof CODES;
export type Paint = Readonly<Record<Colour, (text: string) => string>>;

const colouring =
  (code: string) =>
  (text: string): string =>
    text === '' ? '' : `\u001b[${code}m${text}\u001b[0m`;
const asIs = (text: string): string => text;

export const PLAIN: Paint = { bold: asIs, dim: asIs, red: asIs, green: asIs, yellow: asIs };
const COLOURED: Paint = {
  bold: colouring(CODES.bold),
  dim: colouring(CODES.dim),
  red: colouring(CODES.red),
  green: colouring(CODES.green),
  yellow: colouring(CODES.yellow),
};

export const paintFor = (terminal: { readonly isTty: boolean; readonly env: Env }): Paint =>
  terminal.isTty && !terminal.env.NO_COLOR ? COLOURED : PLAIN;
