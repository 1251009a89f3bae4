/**
 * `quorate tail [SERVICE]`: decisions, incidents and changes of state as they happen, a line each, until
 * Ctrl-C. It asks the API of any region and goes on when one is lost: that, too, is a line.
 */
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { decisionsSchema } from '../../shared/api/decisions.ts';
import { incidentsSchema } from '../../shared/api/incidents.ts';
import { type StatusDocument, statusSchema } from '../../shared/api/status.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { MINUTE_MS, SECOND_MS } from '../../shared/core/units.ts';
import type { OpenApi } from './api.ts';
import type { Cli, Register } from './cli.ts';
import { findServices } from './find.ts';
import {
  type DecisionsSeen,
  decisionEvents,
  incidentEvents,
  isUnfinished,
  seenOf,
  statusEvents,
  type TailEvent,
  tailLine,
} from './tail-events.ts';

const POLL_MS = 5 * SECOND_MS;
const PAGE = 10;
/** So long a committed change is watched on its way to the name servers. */
const WATCHED_MS = 10 * MINUTE_MS;

type Follower = {
  readonly api: OpenApi;
  readonly services: ReadonlySet<string>;
  readonly sinceAt: number;
  status: StatusDocument | null;
  readonly decisions: Map<string, DecisionsSeen>;
  incidents: ReadonlySet<string> | null;
  /** Why the API did not answer last time. */
  trouble: string | null;
};

export const registerTail: Register = (program, cli) => {
  program
    .command('tail')
    .argument('[service]', 'default: all')
    .description('decisions, incidents and changes of state as they happen')
    .addHelpText(
      'after',
      `
Example:
  quorate tail app
With --json: one object a line: at, kind, service, sentence. Ctrl-C ends it.`,
    )
    .action(async (service: string | undefined) => {
      const loaded = cli.load();
      const found = findServices(loaded.config, service === undefined ? [] : [service]);
      const clock = cli.terminal.overrides?.clock ?? systemClock();
      const api = await cli.api(loaded);
      const width = Math.max(...found.map(({ id }) => id.length));
      const follower: Follower = {
        api,
        services: new Set(found.map(({ id }) => id)),
        sinceAt: clock.now(),
        status: null,
        decisions: new Map(),
        incidents: null,
        trouble: null,
      };
      const { signal } = cli.terminal;
      cli.say(
        `following ${service ?? loaded.config.deployment}, asking every ${POLL_MS / SECOND_MS} s; Ctrl-C ends it`,
      );
      try {
        for (;;) {
          for (const one of await look(follower, clock.now(), signal)) tell(cli, one, width);
          await clock.sleep(POLL_MS, signal);
        }
      } catch (error) {
        // Ctrl-C is how it ends.
        if (!signal.aborted) throw error;
      }
    });
};

const tell = (cli: Cli, one: TailEvent, width: number): void =>
  cli.terminal.out(
    cli.options().json
      ? `${JSON.stringify(one)}\n`
      : `${coloured(cli, one, tailLine(one, width))}\n`,
  );

function coloured({ paint }: Cli, { kind, sentence }: TailEvent, line: string): string {
  if (/→ down|not-quorate|blocked|drift|unread/.test(sentence)) return paint.red(line);
  return kind === 'order' || kind === 'api' ? paint.yellow(line) : line;
}

/** One look at everything. No API is a line at its first time, and one when it is back. */
async function look(
  follower: Follower,
  now: number,
  signal: AbortSignal,
): Promise<readonly TailEvent[]> {
  try {
    const events = await lookOnce(follower, now, signal);
    if (follower.trouble === null) return events;
    follower.trouble = null;
    return [about(now, 'the API answers again'), ...events];
  } catch (error) {
    if (signal.aborted || !(error instanceof QuorateError) || !error.retryable) throw error;
    const isNew = follower.trouble === null;
    follower.trouble = error.message;
    return isNew ? [about(now, error.message)] : [];
  }
}

const about = (at: number, sentence: string): TailEvent => ({
  format: 1,
  at,
  kind: 'api',
  service: null,
  sentence,
});

async function lookOnce(
  follower: Follower,
  now: number,
  signal: AbortSignal,
): Promise<readonly TailEvent[]> {
  const { api, services } = follower;
  const { document } = await api.ask(statusSchema, 'GET', '/v1/status', {}, signal);
  const status = {
    ...document,
    services: document.services.filter(({ service }) => services.has(service)),
  };
  const before = follower.status;
  follower.status = status;
  const events: TailEvent[] = before === null ? [] : [...statusEvents(before, status)];
  for (const { service, generation } of status.services) {
    const known = follower.decisions.get(service) ?? new Map();
    const was = before?.services.find((one) => one.service === service)?.generation ?? null;
    const isMoved = was !== generation || isUnfinished(known, now, WATCHED_MS);
    if (isMoved) events.push(...(await lookAtDecisions(follower, service, known, signal)));
  }
  events.push(...(await lookAtIncidents(follower, signal)));
  return events.sort((a, b) => a.at - b.at);
}

async function lookAtDecisions(
  { api, decisions, sinceAt }: Follower,
  service: string,
  known: DecisionsSeen,
  signal: AbortSignal,
): Promise<readonly TailEvent[]> {
  const path = `/v1/services/${encodeURIComponent(service)}/decisions`;
  const { document } = await api.ask(
    decisionsSchema,
    'GET',
    path,
    { query: { limit: PAGE } },
    signal,
  );
  decisions.set(service, seenOf(document.decisions));
  return decisionEvents(service, known, document.decisions, sinceAt);
}

async function lookAtIncidents(
  follower: Follower,
  signal: AbortSignal,
): Promise<readonly TailEvent[]> {
  const { api, services, sinceAt } = follower;
  const query = { since: new Date(sinceAt).toISOString() };
  const { document } = await api.ask(incidentsSchema, 'GET', '/v1/incidents', { query }, signal);
  const own = document.incidents.filter(({ service }) => services.has(service));
  const isFirst = follower.incidents === null;
  const { events, known } = incidentEvents(follower.incidents ?? new Set(), own);
  follower.incidents = known;
  // At the first look only what goes on: how it came to this is what `incidents` shows.
  return isFirst ? events.filter(({ at }) => at >= sinceAt) : events;
}
