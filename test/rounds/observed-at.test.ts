/** A report's time is when its round began: a slow look or a slow table makes no evidence younger. */
import { expect, it } from 'vitest';
import type { Report } from '../../shared/core/report.ts';
import { reportDesk } from '../../shared/rounds/report-desk.ts';
import { FAKE_START, fakeClock } from '../fakes/fake-clock.ts';
import { fakeStore, fakeTable } from '../fakes/fake-store.ts';
import { sampleObservation } from '../fakes/sample-report.ts';
import { sampleConfig, VANTAGES } from '../fakes/sample-service.ts';

it('a report tells when its round began, however long looking and writing took', async () => {
  const clock = fakeClock();
  const table = fakeTable();
  const store = fakeStore(table, clock);
  const { digest, services } = sampleConfig();
  const vantage = VANTAGES[0]!;
  const desk = reportDesk(
    { clock, store },
    {
      vantage,
      run: { startedAt: FAKE_START, id: 'n0000001' },
      release: '0.1.0',
      reads: { report: [1], fence: [1] },
      config: digest,
      services,
    },
  );
  const { signal } = new AbortController();
  const mark = { everyMs: 10_000, round: FAKE_START / 10_000, observedAt: FAKE_START };
  const result = {
    mark,
    observations: services[0]!.endpoints.map(({ id }) => sampleObservation(id, 'fail')),
    selfCheck: { isolated: false, targets: 3, failed: 0 },
    requests: 3,
    loopLatenessMs: 0,
  };

  await clock.advance(4_000);
  const filing = await clock.runUntil(desk.file(result, signal));

  expect(filing.kind).toBe('written');
  const stored = (await store.readReports([vantage], signal)).get(vantage) as Report;
  expect(stored.rounds).toEqual([mark]);
});
