/**
 * Changes of each region → the other regions, by one link per ordered pair. A link keeps the order of
 * writes and delivers each one `lag` after it was written, so a report that arrives is as old as the lag
 * says. What falls due together is merged: of one item only the newest version travels, as DynamoDB may
 * do. Blocked links (partition, region down) keep what they have and deliver it late, never twice.
 */
import type { Clock } from '../../shared/ports.ts';
import type { Change } from './replica.ts';

/** Which pairs a rule is about; a region left out means any. The last rule that fits decides. */
export type LagRule = { readonly from?: string; readonly to?: string; readonly lagMs: number };

export type Replicator = {
  readonly send: (from: string, change: Change) => void;
  readonly setLag: (rule: LagRule) => () => void;
  /** No link from or to the region delivers until the returned function is called. */
  readonly block: (region: string) => () => void;
  /** True while something is under way or waits for its lag; what is blocked doesn't count. */
  readonly isBusy: () => boolean;
  readonly close: () => Promise<void>;
};

export type ReplicatorDeps = {
  readonly clock: Clock;
  readonly regions: readonly string[];
  readonly lagMs: number;
  /** False: the target had a newer version. */
  readonly apply: (to: string, change: Change) => Promise<boolean>;
  readonly onSettled: () => void;
  readonly counters: { replicated: number; merged: number; outdated: number };
};

type Link = {
  readonly from: string;
  readonly to: string;
  waiting: Change[];
  pump: Promise<void> | undefined;
  /** Ends the present sleep: the lag or a blockade changed. */
  wake: AbortController;
};

export function replicator(deps: ReplicatorDeps): Replicator {
  const { clock, regions, counters } = deps;
  const rules: LagRule[] = [];
  const blocked = new Map<object, string>();
  let isClosed = false;
  const links = regions.flatMap((from) =>
    regions
      .filter((to) => to !== from)
      .map((to): Link => ({ from, to, waiting: [], pump: undefined, wake: new AbortController() })),
  );

  return {
    send: (from, change) => {
      for (const link of links) {
        if (link.from !== from) continue;
        if (isBlocked(link)) mergeInto(link, change);
        else link.waiting.push(change);
        start(link);
      }
    },
    setLag: (rule) => {
      const own = { ...rule };
      rules.push(own);
      wakeAll();
      return () => {
        if (rules.includes(own)) rules.splice(rules.indexOf(own), 1);
        wakeAll();
      };
    },
    block: (region) => {
      const token = {};
      blocked.set(token, region);
      wakeAll();
      return () => {
        blocked.delete(token);
        wakeAll();
      };
    },
    isBusy: () =>
      links.some(
        (link) => link.pump !== undefined || (link.waiting.length > 0 && !isBlocked(link)),
      ),
    close: async () => {
      isClosed = true;
      wakeAll();
      await Promise.all(links.map((link) => link.pump));
    },
  };

  function isBlocked({ from, to }: Link): boolean {
    return [...blocked.values()].some((region) => region === from || region === to);
  }

  function lagOf({ from, to }: Link): number {
    const rule = rules.findLast((one) => (one.from ?? from) === from && (one.to ?? to) === to);
    return rule?.lagMs ?? deps.lagMs;
  }

  /** A link that is cut for hours holds each item once. */
  function mergeInto(link: Link, change: Change): void {
    const others = link.waiting.filter((waiting) => waiting.id !== change.id);
    counters.merged += link.waiting.length - others.length;
    link.waiting = [...others, change];
  }

  function wakeAll(): void {
    for (const link of links) {
      link.wake.abort();
      link.wake = new AbortController();
      start(link);
    }
    deps.onSettled();
  }

  function start(link: Link): void {
    if (link.pump !== undefined || isClosed || link.waiting.length === 0 || isBlocked(link)) return;
    link.pump = pump(link).finally(() => {
      link.pump = undefined;
      // A change or a healing that came while the pump was ending starts the next one.
      start(link);
      deps.onSettled();
    });
  }

  async function pump(link: Link): Promise<void> {
    while (link.waiting.length > 0 && !isBlocked(link) && !isClosed) {
      const [first] = link.waiting;
      const dueInMs = (first?.writtenAt ?? 0) + lagOf(link) - clock.now();
      if (dueInMs > 0) {
        await clock.sleep(dueInMs, link.wake.signal).catch(() => undefined); // woken: look again
        continue;
      }
      for (const change of takeDue(link)) {
        if (isClosed) return;
        const isNew = await deps.apply(link.to, change);
        counters[isNew ? 'replicated' : 'outdated'] += 1;
      }
    }
  }

  function takeDue(link: Link): readonly Change[] {
    const until = clock.now() - lagOf(link);
    const due = link.waiting.filter((change) => change.writtenAt <= until);
    link.waiting = link.waiting.filter((change) => change.writtenAt > until);
    const newest = new Map(due.map((change) => [change.id, change]));
    counters.merged += due.length - newest.size;
    return [...newest.values()];
  }
}
