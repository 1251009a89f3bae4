/** Incidents for whoever was woken: what is open first, how long it took, and what to type. */
import { describe, expect, it } from 'vitest';
import { incidentsText } from '../../../scripts/cli/incidents-text.ts';
import { PLAIN } from '../../../scripts/cli/paint.ts';
import type { IncidentShown, IncidentsDocument } from '../../../shared/api/incidents.ts';
import { FAKE_START } from '../../fakes/fake-clock.ts';
import { HOUR, MINUTE, quorumWorld, SECOND } from '../../fakes/quorum-world.ts';
import { inWorld, shell } from './shell.ts';

const started = FAKE_START - 12 * MINUTE;

const OPEN: IncidentShown = {
  id: 'abcdefghijkl',
  service: 'app',
  kind: 'endpoint',
  state: 'open',
  title: 'us-east-1 of app is down (timeout)',
  endpoints: ['us-east-1'],
  openedAt: started,
  resolvedAt: null,
  detectMs: 28_000,
  recoverMs: 64_000,
  recoverBasis: 'seen',
  steps: [
    { step: 'first-failed', at: started, sentence: 'first failed probe 23:48:00Z' },
    {
      step: 'verdict',
      at: started + 28_000,
      sentence: 'down: 4 of 5 vantages see us-east-1 fail (timeout)',
    },
    { step: 'committed', at: started + 31_000, sentence: 'us-east-1 goes from weight 100 to 0' },
    {
      step: 'seen',
      at: started + 64_000,
      sentence: 'every name server of the zone answers generation 42',
    },
  ],
};
const OVER: IncidentShown = {
  ...OPEN,
  id: 'mnopqrstuvwx',
  service: 'pay',
  state: 'resolved',
  title: 'automation of pay was not-quorate',
  kind: 'automation',
  endpoints: [],
  openedAt: FAKE_START - 30 * HOUR,
  resolvedAt: FAKE_START - 29 * HOUR,
  detectMs: 90 * SECOND,
  recoverMs: null,
  recoverBasis: null,
};

describe('quorate incidents', () => {
  it('begins with what is open, every step of it, and ends with what to type', async () => {
    await expect(`${text(document([OPEN, OVER]))}\n`).toMatchFileSnapshot(
      '../../golden/cli-incidents.txt',
    );
  });

  it('says that none is open, and what was', () => {
    const told = text(document([OVER]));

    expect(told.split('\n')[0]).toBe('no incident is open; 1 is over since 2026-06-01 00:00:00Z');
    expect(told).not.toContain('first-failed');
    expect(told).not.toContain('type next');
    expect(told).toContain(
      'median time to detect 90 s (of 1), until traffic is away not known: both from the first failed probe',
    );
    expect(text(document([OVER]), true)).toContain('first-failed');
  });

  it('counts several, and names the first', () => {
    const other = { ...OPEN, id: 'x', title: 'web is frozen by order o1', service: 'web' };

    expect(text(document([OPEN, other])).split('\n')[0]).toBe(
      '2 incidents are open: us-east-1 of app is down (timeout) and 1 more; none is over since 2026-06-01 00:00:00Z',
    );
  });

  it('shows what came from outside as one plain line', () => {
    const hostile = { ...OPEN, title: 'a\u001b[31m\nb\u202e' };

    expect(text(document([hostile]))).toContain('a [31m b');
    expect(text(document([hostile]))).not.toMatch(/[\u001b\u202e]/);
  });

  it('reads them from the table of one region, and needs no zone', async () => {
    const world = quorumWorld();
    world.zone.failNextRead('throttled');

    const { code, out } = await shell(['incidents', 'app', '--since', '1h'], inWorld(world));
    const { out: json } = await shell(['incidents', '--json'], inWorld(world));

    expect({ code, out }).toEqual({
      code: 0,
      out: 'no incident of app is open; none is over since 2026-06-30 23:00:00Z\nquorate-test, read through eu-west-1 at 00:00:00Z\n',
    });
    expect(JSON.parse(json)).toEqual({
      format: 1,
      deployment: 'quorate-test',
      region: 'eu-west-1',
      at: FAKE_START,
      sinceAt: FAKE_START - 720 * HOUR,
      incidents: [],
    });
  });

  it('says what there is for a service that there is not', async () => {
    const { code, err } = await shell(['incidents', 'ap'], inWorld(quorumWorld()));

    expect({ code, err }).toEqual({
      code: 2,
      err: 'there is no service ap in the file; did you mean app?\n',
    });
  });
});

const document = (incidents: readonly IncidentShown[]): IncidentsDocument => ({
  format: 1,
  deployment: 'quorate-test',
  region: 'eu-west-1',
  at: FAKE_START,
  sinceAt: FAKE_START - 720 * HOUR,
  incidents,
});

const text = (shown: IncidentsDocument, steps = false): string =>
  incidentsText(shown, { paint: PLAIN, service: null, steps });
