import { describe, expect, it } from 'vitest';
import { openObserver } from '../../scripts/local/observer.ts';
import { eventHub, type WorldEvent } from '../../scripts/local/world-events.ts';
import { epochMs, type VantageId, vantageId } from '../../shared/core/model.ts';
import { probesOf } from '../../shared/core/probe-request.ts';
import type { Report } from '../../shared/core/report.ts';
import { sampleConfig } from '../fakes/sample-service.ts';

const AT = 1_782_900_000_000;
const CONFIG = sampleConfig();
const [SERVICE] = CONFIG.services;

describe('the observer of all regions', () => {
  it('is silent about vantages it never heard of, and counts votes of those it did', () => {
    const { observer } = open();

    const before = observer.viewOf(SERVICE!);
    for (const vantage of CONFIG.vantages.slice(0, 3))
      observer.takeReport(vantage, report(vantage));
    const after = observer.viewOf(SERVICE!);

    expect(before.ballotOf('us-east-1', 'eu-west-1')).toBe('silent');
    expect(before.verdictOf('us-east-1')?.value).toBe('unknown');
    expect(after.ballotOf('us-east-1', 'eu-west-1')).toBe('up');
    expect(after.ballotOf('us-east-1', 'us-west-2')).toBe('silent');
    expect(after.verdictOf('us-east-1')).toMatchObject({ value: 'up', degraded: false });
  });

  it('tells each change of a vote and of a verdict once', () => {
    const { observer, seen } = open();
    for (const vantage of CONFIG.vantages) observer.takeReport(vantage, report(vantage));
    seen.length = 0;

    for (const vantage of CONFIG.vantages.slice(0, 3)) {
      observer.takeReport(vantage, report(vantage, 'us-east-1', 1));
      observer.takeReport(vantage, report(vantage, 'us-east-1', 1));
    }

    expect(seen.filter(({ event }) => event === 'vote')).toHaveLength(3);
    expect(seen.filter(({ event }) => event === 'verdict')).toEqual([
      expect.objectContaining({ endpoint: 'us-east-1', verdict: 'up', degraded: true }),
      expect.objectContaining({ endpoint: 'us-east-1', verdict: 'down' }),
    ]);
  });

  it('keeps the newest report, whatever order replicas show them in', () => {
    const { observer } = open();
    const [vantage] = CONFIG.vantages;

    observer.takeReport(vantage!, report(vantage!, 'us-east-1', 2));
    observer.takeReport(vantage!, report(vantage!, undefined, 1));

    expect(observer.viewOf(SERVICE!).ballotOf('us-east-1', vantage!)).toBe('down');
    expect(observer.reports().get(vantage!)).toEqual({ observedAt: AT + 2, isolated: false });
  });

  it.each([
    ['no object', 7],
    ['another vantage’s report', report(vantageId('us-west-2'))],
    ['a report that was cut short', { ...report(vantageId('eu-west-1')), unlisted: 1 }],
  ])('takes %s for silence', (_what, body) => {
    const { observer } = open();

    observer.takeReport('eu-west-1', body);

    expect(observer.viewOf(SERVICE!).ballotOf('us-east-1', 'eu-west-1')).toBe('silent');
  });

  it('turns a vantage silent by time alone', () => {
    const clock = { now: AT };
    const { observer, seen } = open(clock);
    observer.takeReport('eu-west-1', report(vantageId('eu-west-1')));
    seen.length = 0;

    clock.now += 31_000;
    observer.look();

    expect(seen.filter(({ event }) => event === 'vote')).toHaveLength(3);
    expect(observer.viewOf(SERVICE!).ballotOf('us-east-1', 'eu-west-1')).toBe('silent');
  });

  it('tells when a vantage’s answers turn, with the reason', () => {
    const { observer, seen } = open();
    const endpoint = SERVICE!.endpoints[0]!;
    const [request] = probesOf(SERVICE!, endpoint);
    const timings = { dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 1, totalMs: 1 };
    const attempt = { address: '203.0.113.1', family: 4 as const, timings };
    const page = { headers: {}, body: '', redirects: 0, certificate: null };
    const answer = (status: number): void =>
      observer.takeAnswer('us-west-2', 'app/eu-west-1', {
        key: request!.key,
        attempts: [{ ...attempt, result: { kind: 'http', status, ...page } }],
      });

    for (const status of [200, 200, 503, 503, 200]) answer(status);
    observer.takeAnswer('us-west-2', 'nobody/here', { key: 'x', attempts: [] });

    expect(seen.map((event) => 'outcome' in event && [event.outcome, event.code])).toEqual([
      ['pass', null],
      ['fail', 'status'],
      ['pass', null],
    ]);
  });
});

function open(clock = { now: AT + 10 }) {
  const seen: WorldEvent[] = [];
  const events = eventHub();
  events.on((event) => seen.push(event));
  return { seen, observer: openObserver({ config: CONFIG, now: () => clock.now, events }) };
}

function report(vantage: VantageId, down?: string, round = 0): Report {
  const entry = {
    service: SERVICE!.id,
    vote: 'down' as const,
    failures: 3,
    passes: 0,
    sinceAt: epochMs(AT),
    code: 'timeout' as const,
    skipped: null,
    detail: '',
    latencyMs: null,
    watch: [],
  };
  const entries = SERVICE!.endpoints
    .filter(({ id }) => id === down)
    .map(({ id }) => ({ ...entry, endpoint: id }));
  return {
    format: 1,
    reads: { report: [1], fence: [1] },
    release: '0.1.0',
    vantage,
    run: { startedAt: epochMs(AT), id: 'run00001' },
    config: CONFIG.digest,
    rounds: [{ everyMs: 10_000, round, observedAt: epochMs(AT + round) }],
    selfCheck: { isolated: false, targets: 3, failed: 0 },
    unlisted: SERVICE!.endpoints.length - entries.length,
    entries,
    changed: false,
    changedRoundsLeft: 0,
  };
}
