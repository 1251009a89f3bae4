/**
 * `quorate history [SERVICE] [--since 7d] [--observed]`: what was decided, newest first, by whom and why, and
 * what came of it; with `--observed`, what the observed services would have done, had they been enforced.
 */
import type { DecisionShown } from '../../shared/api/decisions.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { readHistory } from '../../shared/rounds/read-decisions.ts';
import type { Register } from './cli.ts';
import { findServices } from './find.ts';
import { historyText } from './history-text.ts';
import { openSource, withDirect } from './reach.ts';
import { sinceOf } from './since.ts';

const SINCE = '7d';
const LIMIT = 200;
const LIMIT_MAX = 5_000;
/** Services are read in turn, a few at once. */
const AT_ONCE = 8;

export type HistoryDocument = {
  readonly deployment: string;
  readonly at: number;
  readonly sinceAt: number;
  readonly observed: boolean;
  /** Those that were asked for. */
  readonly services: readonly string[];
  /** Newest first, of all services. */
  readonly decisions: readonly DecisionShown[];
  /** Items of the table that are no records. */
  readonly malformed: number;
  /** Services that have more than is shown. */
  readonly cut: readonly string[];
};

type Flags = {
  readonly since: string;
  readonly limit: string;
  readonly observed?: boolean;
  readonly direct?: boolean;
};

export const registerHistory: Register = (program, cli) => {
  withDirect(program.command('history'))
    .argument('[service]', 'default: all of the file')
    .option('--since <when>', 'how far back, as 12h, 7d or 2026-11-23', SINCE)
    .option('--observed', 'what observe mode would have done')
    .option('--limit <n>', 'at most so many decisions per service', `${LIMIT}`)
    .description('what was decided, by whom and why, and what came of it')
    .addHelpText(
      'after',
      `
Example:
  quorate history app --since 24h
  quorate history --observed --since 7d
With --json: decisions[] with each record as it is stored, its digest, outcome and times.`,
    )
    .action(async (serviceId: string | undefined, flags: Flags) => {
      const loaded = cli.load();
      const { signal } = cli.terminal;
      const services = findServices(loaded.config, serviceId === undefined ? [] : [serviceId]);
      const limit = limitOf(flags.limit);
      const { source, clock } = await openSource(cli, loaded, flags);
      const now = clock.now();
      const sinceAt = sinceOf(flags.since, now);
      const observed = flags.observed === true;
      const decisions: DecisionShown[] = [];
      const cut: string[] = [];
      let malformed = 0;
      for (let at = 0; at < services.length; at += AT_ONCE) {
        const some = services.slice(at, at + AT_ONCE);
        const read = await Promise.all(
          some.map((service) =>
            readHistory((page) => source.decisions(service, page, signal), {
              sinceAt,
              observed,
              limit,
            }),
          ),
        );
        for (const [place, history] of read.entries()) {
          decisions.push(...history.decisions);
          malformed += history.malformed;
          if (history.isCut) cut.push(some[place]?.id ?? '');
        }
      }
      const document: HistoryDocument = {
        deployment: loaded.config.deployment,
        at: now,
        sinceAt,
        observed,
        services: services.map(({ id }) => id),
        decisions: decisions.sort(newestFirst),
        malformed,
        cut,
      };
      cli.print(document, () => historyText(document, cli.paint));
    });
};

const newestFirst = (a: DecisionShown, b: DecisionShown): number =>
  b.record.at - a.record.at || b.record.generation - a.record.generation;

function limitOf(text: string): number {
  const limit = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN;
  if (limit <= LIMIT_MAX) return limit;
  throw new QuorateError(
    'BAD_REQUEST',
    `--limit ${text.slice(0, 40)} is not understood; write a number from 1 to ${LIMIT_MAX}`,
  );
}
