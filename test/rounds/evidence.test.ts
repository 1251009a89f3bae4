/** Stored items → evidence: what counts, what is silent, and that nothing in the table is an exception. */
import { describe, expect, it } from 'vitest';
import { manifestOf } from '../../shared/core/config.ts';
import { digest, epochMs, type VantageId } from '../../shared/core/model.ts';
import {
  type Evidence,
  readEvidence,
  reportsUnder,
  votesOf,
} from '../../shared/rounds/evidence.ts';
import { FAKE_START, fakeClock } from '../fakes/fake-clock.ts';
import { type FakeStore, fakeStore } from '../fakes/fake-store.ts';
import { MINUTE, NEVER, reportOf } from '../fakes/quorum-world.ts';
import { sampleConfig, sampleService, VANTAGES } from '../fakes/sample-service.ts';

const config = sampleConfig();
const service = config.services[0]!;
const manifest = manifestOf(config);

describe('evidence', () => {
  it('is one reading per vantage that has a report, without asking for any manifest', async () => {
    const { store, read } = reported();

    const evidence = await read();

    expect([...evidence.readings.keys()]).toEqual(VANTAGES);
    expect(evidence).toMatchObject({ trouble: null, readAt: FAKE_START });
    expect(store.callsOf('readManifests')).toEqual([]);
    expect(votesOf(evidence, service, epochMs(FAKE_START)).asofAt).toBe(FAKE_START);
  });

  it('a vantage without an item is missing, and says so', async () => {
    const { store, read } = reported();
    store.table.reports.delete('us-west-2');

    expect(whyOf(await read(), 'us-west-2')).toBe('missing');
  });

  it('a malformed report is silence, and the others count', async () => {
    const { store, read } = reported();
    store.putReport(VANTAGES[2]!, { format: 1, vantage: 'nobody' });

    const evidence = await read();

    expect(whyOf(evidence, VANTAGES[2]!)).toBe('malformed');
    expect(usable(evidence)).toBe(4);
  });

  it('F63: a report whose body names another vantage is malformed', async () => {
    const { store, read } = reported();
    store.putReport(VANTAGES[1]!, reportOf(config, manifest.digest, VANTAGES[0]!, FAKE_START));

    expect(whyOf(await read(), VANTAGES[1]!)).toBe('malformed');
  });

  it('F62: listed plus unlisted other than configured is malformed', async () => {
    const { store, read } = reported();
    const report = reportOf(config, manifest.digest, VANTAGES[1]!, FAKE_START);
    store.putReport(VANTAGES[1]!, { ...report, unlisted: 2 });

    expect(whyOf(await read(), VANTAGES[1]!)).toBe('malformed');
  });

  it('F51: a report of another configuration counts by its manifest, where the service is the same', async () => {
    const { store, read } = reported();
    underOther(store, [VANTAGES[3]!, VANTAGES[4]!]);
    await store.writeManifest({ ...manifest, digest: OTHER }, NEVER);

    const evidence = await read();

    expect(usable(evidence)).toBe(5);
    expect(store.callsOf('readManifests')).toEqual([{ method: 'readManifests', args: [[OTHER]] }]);
    const votes = votesOf(evidence, service, epochMs(FAKE_START));
    expect(reportsUnder(votes, config)).toBe(3);
  });

  it('F51: where the service differs, its vantage is silent for this service', async () => {
    const { store, read } = reported();
    underOther(store, [VANTAGES[3]!]);
    const services = { app: { digest: digest('another-digest-of-app'), endpoints: 3 } };
    await store.writeManifest({ ...manifest, digest: OTHER, services }, NEVER);

    expect(whyOf(await read(), VANTAGES[3]!)).toBe('other-config');
  });

  it('a configuration whose manifest is not found, or is another one’s, is silent', async () => {
    const { store, read } = reported();
    underOther(store, [VANTAGES[3]!]);

    expect(whyOf(await read(), VANTAGES[3]!)).toBe('unknown-config');

    store.table.manifests.set(OTHER, { ...manifest, digest: 'config-digest-stolen-01' });
    expect(whyOf(await read(), VANTAGES[3]!)).toBe('unknown-config');
  });

  it('F65: a table that can not be read silences everybody and says why', async () => {
    const { store, read } = reported();
    store.trouble('readReports', { kind: 'refused' });

    const evidence = await read();

    expect(evidence).toMatchObject({ trouble: 'the store did not answer readReports' });
    expect(usable(evidence)).toBe(0);
  });

  it('manifests that can not be read silence only those who need one', async () => {
    const { store, read } = reported();
    underOther(store, [VANTAGES[3]!, VANTAGES[4]!]);
    store.trouble('readManifests', { kind: 'refused' });

    const evidence = await read();

    expect(usable(evidence)).toBe(3);
    expect(evidence.trouble).toBe('the store did not answer readManifests');
    expect(whyOf(evidence, VANTAGES[4]!)).toBe('unknown-config');
  });

  it('F38 F39: reports from a clock 10 min ahead or behind are silent', async () => {
    const { store, read } = reported();
    store.putReport(
      VANTAGES[0]!,
      reportOf(config, manifest.digest, VANTAGES[0]!, FAKE_START + 10 * MINUTE),
    );
    store.putReport(
      VANTAGES[1]!,
      reportOf(config, manifest.digest, VANTAGES[1]!, FAKE_START - 10 * MINUTE),
    );

    const evidence = await read();

    expect([whyOf(evidence, VANTAGES[0]!), whyOf(evidence, VANTAGES[1]!)]).toEqual([
      'future',
      'stale',
    ]);
  });

  it('what the store throws beyond operating errors is a bug and is not swallowed', async () => {
    const clock = fakeClock();
    const store = {
      ...fakeStore(),
      readReports: async () => {
        throw new TypeError('no such thing');
      },
    };

    await expect(readEvidence({ clock, store }, config, manifest, NEVER)).rejects.toThrow(
      TypeError,
    );

    const later = {
      ...reported().store,
      readManifests: async () => {
        throw new TypeError('no such thing');
      },
    };
    underOther(later, [VANTAGES[0]!]);
    await expect(readEvidence({ clock, store: later }, config, manifest, NEVER)).rejects.toThrow(
      TypeError,
    );
  });

  it('an isolated vantage keeps its passes and loses its down votes', async () => {
    const { store, read } = reported();
    const sights = new Map([[`${VANTAGES[0]} app us-east-1`, { vote: 'down' as const }]]);
    const report = reportOf(config, manifest.digest, VANTAGES[0]!, FAKE_START, sights);
    store.putReport(VANTAGES[0]!, {
      ...report,
      selfCheck: { isolated: true, targets: 3, failed: 3 },
    });

    const evidence = await read();

    const view = votesOf(evidence, service, epochMs(FAKE_START)).views[0]!;
    expect(view.state).toBe('isolated');
    expect(view.state !== 'silent' && [...view.ballots.values()].map(({ vote }) => vote)).toEqual([
      'up',
      'none',
      'up',
    ]);
  });
});

const OTHER = 'config-digest-other-01';

function reported(): { readonly store: FakeStore; readonly read: () => Promise<Evidence> } {
  const clock = fakeClock();
  const store = fakeStore();
  for (const vantage of VANTAGES) {
    store.putReport(vantage, reportOf(config, manifest.digest, vantage, FAKE_START));
  }
  return { store, read: () => readEvidence({ clock, store }, config, manifest, NEVER) };
}

function underOther(store: FakeStore, vantages: readonly VantageId[]): void {
  for (const vantage of vantages) {
    store.putReport(vantage, reportOf(config, OTHER, vantage, FAKE_START));
  }
}

function whyOf(evidence: Evidence, vantage: string): string {
  const view = votesOf(evidence, sampleService(), epochMs(FAKE_START)).views.find(
    (one) => one.vantage === vantage,
  )!;
  return view.state === 'silent' ? view.why : view.state;
}

const usable = (evidence: Evidence): number =>
  votesOf(evidence, service, epochMs(FAKE_START)).views.filter(({ state }) => state !== 'silent')
    .length;
