/** A vantage whose reports say something else than it saw. What they say is stored in the place of the report. */
import type { Report, ReportEntry } from '../../../shared/core/report.ts';
import type { Random } from '../kernel/random.ts';
import type { PlaceConditions } from './conditions.ts';
import type { Process } from './process.ts';

export function distorted(report: Report, { place, name }: Process, random: Random): unknown {
  switch (place.lies) {
    case null:
      return place.release === null ? report : ofRelease(report, place.release);
    case 'up':
      return { ...report, entries: [], unlisted: total(report), changed: report.changed };
    case 'down':
      return allDown(report, name.config.services);
    case 'alternating':
      return random.chance(0.5)
        ? allDown(report, name.config.services)
        : { ...report, entries: [], unlisted: total(report), changed: true };
    // What each reader sees is told apart when it reads.
    case 'per-reader':
      return report;
    case 'names-another':
      return {
        ...allDown(report, name.config.services),
        vantage: name.config.vantages.find((one) => one !== report.vantage) ?? 'nowhere-1',
      };
    case 'cut-short':
      return { ...report, entries: report.entries.slice(0, 1), unlisted: report.unlisted - 1 };
    case 'old-times':
      return observedLater(report, -3_600_000);
    case 'future-times':
      return observedLater(report, 60_000);
    case 'malformed':
      return random.pick([
        { ...report, unlisted: -1 },
        { ...report, entries: 'none' },
        { format: 99 },
        null,
        {
          ...report,
          rounds: [{ everyMs: Number.NaN, round: Number.POSITIVE_INFINITY, observedAt: '0' }],
        },
        JSON.parse('{"__proto__":{"polluted":true}}'),
      ]);
  }
}

const observedLater = (report: Report, ms: number): Report => ({
  ...report,
  rounds: report.rounds.map((mark) => ({
    ...mark,
    observedAt: (mark.observedAt + ms) as typeof mark.observedAt,
  })),
});

/** Half of the readers see everything down. */
export function distortedFor(
  reader: string,
  item: unknown,
  liar: PlaceConditions | undefined,
  services: Process['name']['config']['services'],
): unknown {
  if (liar?.lies !== 'per-reader' || item === null || typeof item !== 'object') return item;
  return reader.length % 2 === 0 ? allDown(item as Report, services) : item;
}

const total = (report: Report): number => report.entries.length + report.unlisted;

const ofRelease = (report: Report, release: string): Report => ({
  ...report,
  release,
  reads: {
    report: [...report.reads.report, 2],
    fence: [...report.reads.fence, 2],
  },
});

function allDown(report: Report, services: Process['name']['config']['services']): Report {
  const entries: ReportEntry[] = services.flatMap((service) =>
    service.endpoints.map((endpoint) => ({
      service: service.id,
      endpoint: endpoint.id,
      vote: 'down' as const,
      failures: 99,
      passes: 0,
      sinceAt: report.rounds[0]?.observedAt ?? report.run.startedAt,
      code: 'timeout' as const,
      skipped: null,
      detail: 'a lie',
      latencyMs: null,
      watch: [],
    })),
  );
  return { ...report, entries, unlisted: 0, changed: true };
}
