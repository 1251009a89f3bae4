/** What commands share that serve on 127.0.0.1 until Ctrl-C: the port as typed, a taken port, the wait. */
import { InvalidArgumentError } from 'commander';
import { QuorateError } from '../../shared/core/errors.ts';

export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a whole number from 0 to 65535.');
}

/** A taken port is the user's to mend: usage, not a failure of ours. */
export async function opened<T>(opening: Promise<T>): Promise<T> {
  try {
    return await opening;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
      throw new QuorateError('BAD_REQUEST', error.message, { cause: error });
    }
    throw error;
  }
}

export const ended = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
