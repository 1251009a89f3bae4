/**
 * Questions to whoever sits at the terminal: one reader for all of them, so that pasted lines wait for their
 * question. The end of input (Ctrl-D) and a stop (Ctrl-C) end the command instead of leaving it waiting.
 */
import { createInterface, type Interface } from 'node:readline';
import { QuorateError } from '../../shared/core/errors.ts';

export type Asker = {
  readonly ask: (question: string) => Promise<string>;
  /** Lets the process end. */
  readonly close: () => void;
};

export function askerOn(
  input: NodeJS.ReadableStream,
  write: (text: string) => void,
  signal: AbortSignal,
): Asker {
  let lines: Interface | undefined;
  let next: AsyncIterator<string> | undefined;
  const stopped = Promise.withResolvers<IteratorResult<string>>();
  signal.addEventListener('abort', () => stopped.resolve({ done: true, value: undefined }), {
    once: true,
  });

  return {
    async ask(question) {
      // The terminal itself edits the line: Ctrl-C stays a signal to the process.
      lines ??= createInterface({ input, terminal: false });
      next ??= lines[Symbol.asyncIterator]();
      write(question);
      const line = await Promise.race([next.next(), stopped.promise]);
      if (line.done !== true) return line.value;
      throw new QuorateError('REFUSED', 'stopped before the last answer; nothing was written');
    },
    close: () => lines?.close(),
  };
}
