/**
 * An observer of all regions at once: reports in, as any replica's stream brings them; votes and
 * verdicts out, counted by the production core. It exists because no single region may know what all
 * of them know; nothing that moves weights ever asks it.
 */
import { compilePattern } from '../../shared/adapters/patterns.ts';
import { manifestOf } from '../../shared/core/config.ts';
import { CLOCK_TOLERANCE_MS } from '../../shared/core/fence.ts';
import {
  type Config,
  type Endpoint,
  epochMs,
  type Service,
  type VantageId,
  vantageId,
} from '../../shared/core/model.ts';
import { observe } from '../../shared/core/observation.ts';
import type { ProbeResponse } from '../../shared/core/probe.ts';
import { coversAll, type Report } from '../../shared/core/report.ts';
import { parseReport } from '../../shared/core/report-parse.ts';
import { judge, type Verdict } from '../../shared/core/verdict.ts';
import {
  castVotes,
  isolatedVantages,
  type ReportReading,
  type Votes,
} from '../../shared/core/vote.ts';
import { endpointKey } from './faults.ts';
import type { EventHub } from './world-events.ts';
import type { Ballot, SeenReport } from './world-state.ts';

export type ServiceView = {
  readonly ballotOf: (endpoint: string, vantage: string) => Ballot;
  readonly verdictOf: (endpoint: string) => Verdict | undefined;
};

export type Observer = {
  /** A report item's body as some replica shows it. */
  readonly takeReport: (vantage: string, body: unknown) => void;
  readonly takeAnswer: (vantage: string, endpoint: string, response: ProbeResponse) => void;
  /** Counts again, as silence comes by time alone. */
  readonly look: () => void;
  readonly reports: () => ReadonlyMap<string, SeenReport>;
  readonly viewOf: (service: Service) => ServiceView;
};

export type ObserverDeps = {
  readonly config: Config;
  readonly now: () => number;
  readonly events: EventHub;
};

export function openObserver({ config, now, events }: ObserverDeps): Observer {
  const manifest = manifestOf(config);
  const reports = new Map<VantageId, Report>();
  const readings = new Map<VantageId, ReportReading>();
  const answers = answerBook(config, now, events);
  const lastVotes = new Map<string, string>();
  const lastVerdicts = new Map<string, string>();

  const views = (): {
    service: Service;
    votes: Votes;
    verdicts: ReadonlyMap<string, Verdict>;
  }[] => {
    const at = epochMs(now());
    const isolated = isolatedVantages(config.services, readings, at);
    return config.services.map((service) => {
      const votes = castVotes(service, readings, isolated, at);
      return { service, votes, verdicts: judge(service, votes, new Map()) };
    });
  };

  const look = (): void => {
    for (const { service, votes, verdicts } of views()) {
      for (const { id } of service.endpoints) {
        for (const { vantage } of votes.views) {
          const vote = ballotIn(votes, id, vantage);
          if (changed(lastVotes, `${vantage} ${endpointKey(service.id, id)}`, vote, 'silent')) {
            events.emit({
              event: 'vote',
              at: now(),
              vantage,
              service: service.id,
              endpoint: id,
              vote,
            });
          }
        }
        const verdict = verdicts.get(id);
        const text = `${verdict?.value} ${verdict?.degraded}`;
        if (verdict && changed(lastVerdicts, endpointKey(service.id, id), text, 'unknown false')) {
          events.emit({
            event: 'verdict',
            at: now(),
            service: service.id,
            endpoint: id,
            verdict: verdict.value,
            degraded: verdict.degraded,
          });
        }
      }
    }
  };

  return {
    takeReport(vantage, body) {
      const id = vantageId(vantage);
      const parsed = parseReport(body, id);
      if ('malformed' in parsed) {
        readings.set(id, { kind: 'silent', why: 'malformed', detail: parsed.malformed });
      } else if (!coversAll(parsed, manifest)) {
        readings.set(id, { kind: 'silent', why: 'malformed', detail: 'it does not cover all' });
      } else {
        const before = reports.get(id);
        // Replicas show the same report at different times: the newest stands, unless it was written
        // under a clock that ran ahead.
        const newestAt = before ? newestRound(before) : 0;
        if (newestAt > newestRound(parsed) && newestAt <= now() + CLOCK_TOLERANCE_MS) return;
        reports.set(id, parsed);
        readings.set(id, { kind: 'read', report: parsed, manifest });
      }
      look();
    },
    takeAnswer: answers.take,
    look,
    reports: () =>
      new Map(
        [...reports].map(([vantage, report]) => [
          vantage,
          { observedAt: newestRound(report), isolated: report.selfCheck.isolated },
        ]),
      ),
    viewOf(service) {
      const found = views().find((view) => view.service.id === service.id);
      return {
        ballotOf: (endpoint, vantage) =>
          found ? ballotIn(found.votes, endpoint, vantage) : 'silent',
        verdictOf: (endpoint) => found?.verdicts.get(endpoint),
      };
    },
  };
}

const newestRound = (report: Report): number =>
  Math.max(0, ...report.rounds.map((mark) => mark.observedAt));

function ballotIn(votes: Votes, endpoint: string, vantage: string): Ballot {
  const view = votes.views.find((one) => one.vantage === vantage);
  if (!view || view.state === 'silent') return 'silent';
  for (const [id, ballot] of view.ballots) if (id === endpoint) return ballot.vote;
  return 'none';
}

/** True once per change; `first` is what everything is before anything was heard. */
function changed(last: Map<string, string>, key: string, value: string, first: string): boolean {
  if ((last.get(key) ?? first) === value) return false;
  last.set(key, value);
  return true;
}

/** Judges answers as they come, so that a timeline knows the first failed probe and not only its round. */
function answerBook(
  config: Config,
  now: () => number,
  events: EventHub,
): { readonly take: Observer['takeAnswer'] } {
  const places = new Map<string, { service: Service; endpoint: Endpoint }>(
    config.services.flatMap((service) =>
      service.endpoints.map((endpoint) => [
        endpointKey(service.id, endpoint.id),
        { service, endpoint },
      ]),
    ),
  );
  const latest = new Map<string, Map<string, ProbeResponse>>();
  const outcomes = new Map<string, string>();

  return {
    take(vantage, key, response) {
      const place = places.get(key);
      if (!place) return;
      const { service, endpoint } = place;
      const own = latest.get(`${vantage} ${key}`) ?? new Map<string, ProbeResponse>();
      latest.set(`${vantage} ${key}`, own.set(response.key, response));
      const look = { vantage: vantageId(vantage), round: 0, at: epochMs(now()) };
      const { outcome } = observe(service, endpoint, own, look, { compilePattern });
      // A round that was ended looked at nothing.
      if (outcome.kind === 'skipped' && outcome.code === 'aborted') return;
      if (!changed(outcomes, `${vantage} ${key}`, outcome.kind, '')) return;
      events.emit({
        event: 'probe',
        at: now(),
        vantage,
        service: service.id,
        endpoint: endpoint.id,
        outcome: outcome.kind,
        code: outcome.kind === 'pass' ? null : outcome.code,
      });
    },
  };
}
