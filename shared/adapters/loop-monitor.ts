/**
 * How late the event loop runs, measured by a timer that looks at its own delay. A vantage that is short
 * of CPU sees timeouts that are its own: its probes abstain instead of voting. The timer runs only while
 * somebody watches, so a process frozen between two invocations is not taken for a starved one.
 */
export type LoopWatch = {
  /** The longest delay since this watch began, in real milliseconds. */
  readonly lateMs: () => number;
  readonly end: () => void;
};

export type LoopMonitor = {
  readonly watch: () => LoopWatch;
  /** The longest delay since the last call. */
  readonly latenessMs: () => number;
};

const TICK_MS = 50;

export function loopMonitor(now: () => number = () => performance.now()): LoopMonitor {
  const watches = new Set<{ worst: number }>();
  let worst = 0;
  let dueAt = 0;
  let timer: NodeJS.Timeout | undefined;

  const note = (): void => {
    const late = now() - dueAt;
    worst = Math.max(worst, late);
    for (const watch of watches) watch.worst = Math.max(watch.worst, late);
  };
  const arm = (): void => {
    dueAt = now() + TICK_MS;
    timer = setTimeout(() => {
      note();
      arm();
    }, TICK_MS);
    timer.unref();
  };

  return {
    watch() {
      if (watches.size === 0) arm();
      const own = { worst: 0 };
      watches.add(own);
      return {
        lateMs() {
          // After a long block the caller's timer may fire before ours: count what is overdue already.
          if (watches.has(own)) note();
          return own.worst;
        },
        end() {
          watches.delete(own);
          if (watches.size === 0) clearTimeout(timer);
        },
      };
    },
    latenessMs() {
      const reading = Math.round(worst);
      worst = 0;
      return reading;
    },
  };
}
