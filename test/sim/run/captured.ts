/**
 * While a scenario runs, nothing may reach the console and no promise may be rejected unheard: both are
 * told to the caller, and go nowhere else. Ends with the scope that holds it.
 */
const METHODS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

export function captured(onBug: (what: string) => void): Disposable {
  const target = globalThis.console as unknown as Record<string, (...words: unknown[]) => void>;
  const before = METHODS.map((method) => [method, target[method]] as const);
  for (const method of METHODS) {
    target[method] = (...words) => onBug(`console.${method}: ${words.map(String).join(' ')}`);
  }
  const onRejection = (reason: unknown): void =>
    onBug(`a rejection that nobody handles: ${textOf(reason)}`);
  const onException = (error: unknown): void => onBug(`an exception: ${textOf(error)}`);
  // Vitest and others listen, too: what is ours is not theirs while a scenario runs.
  const rejections = process.listeners('unhandledRejection');
  const exceptions = process.listeners('uncaughtException');
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', onRejection);
  process.removeAllListeners('uncaughtException').on('uncaughtException', onException);
  return {
    [Symbol.dispose]: () => {
      for (const [method, own] of before) if (own !== undefined) target[method] = own;
      process.off('unhandledRejection', onRejection);
      process.off('uncaughtException', onException);
      for (const listener of rejections) process.on('unhandledRejection', listener);
      for (const listener of exceptions) process.on('uncaughtException', listener);
    },
  };
}

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : String(error);
