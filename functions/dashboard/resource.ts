/**
 * Documents that keep themselves fresh: a path and how often in, the newest answer out. One request at a
 * time; failures back off up to half a minute and keep the last good answer on the screen; a hidden page
 * asks nothing. Whoever changed something calls `refresh` and sees it at once.
 */
import { useEffect, useState } from 'preact/hooks';
import { ask, type Failure } from './api.ts';

export type Seen<T> = {
  readonly data: T | null;
  /** By this browser's monotonic clock. */
  readonly receivedAt: number | null;
  readonly failure: Failure | null;
  readonly passedOver: string | null;
};

const NOTHING: Seen<never> = { data: null, receivedAt: null, failure: null, passedOver: null };
const BACKOFF_MS_MAX = 30_000;

type Resource = {
  seen: Seen<unknown>;
  failures: number;
  timer: ReturnType<typeof setTimeout> | undefined;
  isAsking: boolean;
  /** Asked for while a request was on its way: what that one brings may be older than the wish. */
  isWanted: boolean;
  readonly everyMs: number;
  readonly path: string;
  readonly listeners: Set<() => void>;
};

const resources = new Map<string, Resource>();

async function poll(resource: Resource): Promise<void> {
  clearTimeout(resource.timer);
  if (resource.isAsking) {
    resource.isWanted = true;
    return;
  }
  if (document.hidden || resource.listeners.size === 0) return;
  resource.isAsking = true;
  resource.isWanted = false;
  const answer = await ask<unknown>(resource.path);
  resource.isAsking = false;
  if (answer.ok) {
    resource.failures = 0;
    resource.seen = {
      data: answer.body,
      receivedAt: performance.now(),
      failure: null,
      passedOver: answer.passedOver,
    };
  } else {
    resource.failures += 1;
    const { status, problem } = answer;
    resource.seen = { ...resource.seen, failure: { status, problem } };
  }
  for (const listener of resource.listeners) listener();
  const waitMs = resource.isWanted
    ? 0
    : Math.min(
        Math.max(BACKOFF_MS_MAX, resource.everyMs),
        resource.everyMs * 2 ** resource.failures,
      );
  schedule(resource, waitMs);
}

function schedule(resource: Resource, waitMs: number): void {
  clearTimeout(resource.timer);
  if (resource.listeners.size === 0) return;
  resource.timer = setTimeout(() => void poll(resource), waitMs);
}

/** Everything that is on the screen is asked for again now. */
export function refresh(): void {
  for (const resource of resources.values()) void poll(resource);
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh();
});
window.addEventListener('online', refresh);

export function useResource<T>(path: string | null, everyMs: number): Seen<T> {
  const [, draw] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const known = resources.get(path);
    const resource: Resource = known ?? {
      seen: NOTHING,
      failures: 0,
      timer: undefined,
      isAsking: false,
      isWanted: false,
      everyMs,
      path,
      listeners: new Set(),
    };
    resources.set(path, resource);
    const listener = (): void => draw((count) => count + 1);
    resource.listeners.add(listener);
    listener();
    if (resource.listeners.size === 1) void poll(resource);
    return () => {
      resource.listeners.delete(listener);
      if (resource.listeners.size === 0) clearTimeout(resource.timer);
    };
  }, [path, everyMs]);
  const resource = path === null ? undefined : resources.get(path);
  return (resource?.seen ?? NOTHING) as Seen<T>;
}

/** Draws again now and then, for texts that tell how long ago something was. */
export function useTick(everyMs: number): void {
  const [, draw] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) draw((count) => count + 1);
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
}
