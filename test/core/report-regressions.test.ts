/** What readers would make of a report, at its writer and at its readers. */
import { describe, expect, it } from 'vitest';
import { type EndpointId, epochMs } from '../../shared/core/model.ts';
import type { ReportEntry } from '../../shared/core/report.ts';
import { nextReport } from '../../shared/core/report-next.ts';
import { castVotes } from '../../shared/core/vote.ts';
import { manifestOf, NOW, rawReport, readingOf, SECOND } from '../fakes/decision-world.ts';
import { sampleObservation, sampleReport } from '../fakes/sample-report.ts';
import { sampleConfig, sampleService, VANTAGES } from '../fakes/sample-service.ts';

describe('the announcement of a change', () => {
  const afterMs = (ms: number) => {
    const previous = sampleReport({
      rounds: [{ everyMs: 10_000, round: 1, observedAt: epochMs(NOW) }],
      changed: false,
      changedRoundsLeft: 0,
    });
    const now = epochMs(NOW + ms);
    return nextReport({
      reporter: {
        vantage: previous.vantage,
        run: previous.run,
        release: previous.release,
        reads: previous.reads,
        config: previous.config,
        services: sampleConfig().services,
      },
      previous,
      previousManifest: undefined,
      rounds: [{ everyMs: 10_000, round: 2, observedAt: now }],
      observations: sampleService().endpoints.map(({ id }) =>
        sampleObservation(id, id === 'us-east-1' ? 'fail' : 'pass'),
      ),
      selfCheck: previous.selfCheck,
      now,
    });
  };

  it('is made when a vantage speaks again after readers took it for silent: the same votes count anew', () => {
    expect(afterMs(40 * SECOND)).toMatchObject({ changed: true, changedRoundsLeft: 3 });
  });

  it('is not made while readers still heard it', () => {
    expect(afterMs(30 * SECOND).changed).toBe(false);
  });
});

describe('a report that lists an endpoint which this service does not have', () => {
  it('F62: is malformed: the sum is right, but one that was not listed would pass for up', () => {
    const service = sampleService();
    const [vantage] = VANTAGES;
    const raw = rawReport(
      service,
      vantage!,
      NOW,
      new Map([[service.endpoints[0]!.id, { vote: 'down' as const }]]),
    ) as { entries: ReportEntry[] };
    raw.entries[0] = { ...raw.entries[0]!, endpoint: 'unheard-of' as EndpointId };
    const manifest = manifestOf([service]);
    const reading = readingOf(raw, vantage!, new Map([[manifest.digest, manifest]]));

    const { views } = castVotes(service, new Map([[vantage!, reading]]), new Set(), NOW);

    expect(views[0]).toMatchObject({
      state: 'silent',
      why: 'malformed',
      detail: 'it lists unheard-of, which is no endpoint of app',
    });
  });
});
