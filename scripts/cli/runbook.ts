/**
 * `quorate runbook [CODE]`: the section of docs/runbooks.md for an alarm, an alert, a state of automation or
 * a reason, at 3 a.m. and without a browser. Without a code, what there is.
 */
import { readFileSync } from 'node:fs';
import { QuorateError } from '../../shared/core/errors.ts';
import { RUNBOOKS, runbookAnchor } from '../../shared/core/runbook.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import type { Register } from './cli.ts';
import { suggestion } from './find.ts';
import type { Paint } from './paint.ts';

export type Runbook = {
  readonly code: string;
  readonly group: string;
  /** What it is the section of: `alarm, reason`. */
  readonly kinds: string;
  /** Markdown, without its heading. */
  readonly body: string;
};

const FILE = new URL(`../../${RUNBOOKS}`, import.meta.url);

export function readRunbooks(text: string = readFileSync(FILE, 'utf8')): readonly Runbook[] {
  return text
    .split(/^## /m)
    .slice(1)
    .flatMap((part) => {
      const [intro = '', ...sections] = part.split(/^### /m);
      const group = intro.split('\n')[0] ?? '';
      return sections.map((section): Runbook => {
        const [code = '', ...lines] = section.split('\n');
        const body = lines.join('\n').trim();
        return { code, group, kinds: /^\*(.+)\*$/m.exec(body)?.[1] ?? '', body };
      });
    });
}

/** Every command of a section, as it stands in its blocks. */
export const commandsIn = ({ body }: Pick<Runbook, 'body'>): readonly string[] =>
  [...body.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line !== ''),
  );

export const registerRunbook: Register = (program, cli) => {
  program
    .command('runbook')
    .argument('[code]', 'of an alarm, an alert, a state or a reason; default: lists them')
    .description('what it means, what to look at, what to do')
    .addHelpText(
      'after',
      `
Example:
  quorate runbook all-down
With --json: sections[] with code, group, kinds, commands[] and body (Markdown).`,
    )
    .action((code: string | undefined) => {
      const all = readRunbooks();
      const found = code === undefined ? all : [sectionOf(code, all)];
      const sections = found.map((one) => ({ ...one, commands: commandsIn(one) }));
      cli.print({ sections }, () =>
        code === undefined
          ? listText(all, cli.paint)
          : found.map((one) => text(one, cli.paint)).join('\n'),
      );
    });
};

function sectionOf(code: string, all: readonly Runbook[]): Runbook {
  const anchor = runbookAnchor(code.replace(/^.*#/, ''));
  const found = all.find((one) => one.code === anchor);
  if (found !== undefined) return found;
  throw new QuorateError(
    'NOT_FOUND',
    `there is no runbook ${safeText(code, 60)}; ${suggestion(
      anchor,
      all.map((one) => one.code),
    )}`,
  );
}

function listText(all: readonly Runbook[], paint: Paint): string {
  const wide = Math.max(...all.map(({ code }) => code.length));
  return [...Map.groupBy(all, ({ group }) => group)]
    .map(([group, own]) =>
      [
        paint.bold(group),
        ...own.map(({ code, kinds }) => `  ${code.padEnd(wide)}  ${paint.dim(kinds)}`),
      ].join('\n'),
    )
    .join('\n\n');
}

/** Markdown as a terminal shows it: links without their targets, commands indented. */
function text({ code, body }: Runbook, paint: Paint): string {
  let isCommand = false;
  const lines = body.split('\n').flatMap((line) => {
    if (line.startsWith('```')) {
      isCommand = !isCommand;
      return [];
    }
    if (isCommand) return [`  ${paint.green(line)}`];
    return [line.replaceAll(/\[([^\]]+)\]\([^)]+\)/g, '$1').replace(/^\*(.+)\*$/, '$1')];
  });
  return [paint.bold(code), ...lines].join('\n').replaceAll(/\n{3,}/g, '\n\n');
}
