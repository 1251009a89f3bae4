/**
 * A look, again and again until Ctrl-C: on a terminal the screen is drawn anew every 2 s, elsewhere one
 * document (or text) is printed per change. One look that fails is told and the next one is made: whoever
 * watches an outage must not be left without a screen by it.
 */
import { troubleText } from '../../shared/core/trouble.ts';
import type { Clock } from '../../shared/ports.ts';
import type { Cli } from './cli.ts';

export const WATCH_EVERY_MS = 2_000;

/** To the top; each line is cleared to its end, then all below: nothing flickers. */
const HOME = '\u001b[H';
const CLEAR = '\u001b[2J';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export type Look<D> = {
  readonly look: (signal: AbortSignal) => Promise<D>;
  readonly text: (document: D) => string;
  /** What must differ for another document to be printed: all but ages and the time itself. */
  readonly gist: (document: D) => unknown;
};

export async function watch<D>(
  cli: Cli,
  clock: Clock,
  { look, text, gist }: Look<D>,
): Promise<void> {
  const { signal, isTty, rows } = cli.terminal;
  const isScreen = isTty && !cli.options().json;
  let last = '';
  if (isScreen) cli.terminal.out(CLEAR);
  while (!signal.aborted) {
    const shown = await attempt(cli, look, text);
    if (signal.aborted) return;
    if (isScreen) cli.terminal.out(screenOf(shown.text(), rows));
    else {
      const now = JSON.stringify('document' in shown ? gist(shown.document) : shown.text());
      if (now !== last) {
        if ('document' in shown) cli.print(shown.document, shown.text);
        else cli.terminal.err(`${shown.text()}\n`);
      }
      last = now;
    }
    try {
      await clock.sleep(WATCH_EVERY_MS, signal);
    } catch {
      return;
    }
  }
}

async function attempt<D>(
  cli: Cli,
  look: (signal: AbortSignal) => Promise<D>,
  text: (document: D) => string,
): Promise<
  { readonly document: D; readonly text: () => string } | { readonly text: () => string }
> {
  try {
    const document = await look(cli.terminal.signal);
    return { document, text: () => text(document) };
  } catch (error) {
    const sentence = troubleText(error, cli.load().config.zones);
    return { text: () => cli.paint.red(sentence) };
  }
}

/** What does not fit is cut at the bottom: what is wrong stands on top. */
function screenOf(text: string, rows: number | undefined): string {
  const lines = text.trimEnd().split('\n');
  const fitting = rows === undefined ? lines : lines.slice(0, Math.max(1, rows - 2));
  const cut = lines.length - fitting.length;
  const end = cut === 0 ? '' : `… ${cut} more lines`;
  return `${HOME}${[...fitting, `Ctrl-C ends this  ${end}`].map((line) => `${line}${CLEAR_LINE}`).join('\n')}${CLEAR_BELOW}`;
}
