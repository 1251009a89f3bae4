/** A vantage whose reports say something else than it saw. What they say is stored in the place of the report. */
import type { Report, ReportEntry } from '../../../shared/core/report.ts';
import type { Random } from '../kernel/random.ts';
import type { Process } from './process.ts';

export function distorted(report: Report, { place, name }: Process, random: Random): unknown {
  switch (place.lies) {
    case null:
      return report;
    case 'up':
      return { ...report, entries: [], unlisted: total(report), changed: report.changed };
    case 'down':
      return allDown(report, name.config.services);
    case 'alternating':
      return random.chance(0.5)
        ? allDown(report, name.config.services)
        : { ...report, entries: [], unlisted: total(report), changed: true };
    case 'per-reader':
      return allDown(report, name.config.services);
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

const total = (report: Report): number => report.entries.length + report.unlisted;

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
