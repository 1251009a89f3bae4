/** The counted run itself: production handlers on virtual time, and the clock that drives them. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { billOf } from '../../../scripts/cost/bill.ts';
import { count } from '../../../scripts/cost/count.ts';
import type { Printing } from '../../../scripts/cost/counted-run.ts';
import type { Counts } from '../../../scripts/cost/counts.ts';
import { functionLedger } from '../../../scripts/cost/function-ledger.ts';
import { virtualClock } from '../../../scripts/cost/virtual-clock.ts';
import { type Config, serviceId } from '../../../shared/core/model.ts';
import {
  sampleConfig,
  sampleEndpoint,
  sampleService,
  VANTAGES,
} from '../../fakes/sample-service.ts';
import { shell } from '../cli/shell.ts';

const NEVER = new AbortController().signal;

describe('a counted run', () => {
  it('counts the same twice, and grows with vantages, not with endpoints', async () => {
    const [printed, again, big] = await Promise.all([
      shell(['cost', '--minutes', '2', '--json'], { overrides: { config: small(3, 3) } }),
      count(small(3, 3), 2, NEVER),
      count(small(4, 12), 2, NEVER),
    ]);
    const document = JSON.parse(printed.out);
    const once: Counts = document.counts;

    expect([printed.code, printed.err]).toEqual([0, '']);
    expect(document).toMatchObject({
      format: 1,
      deployment: 'quorate-test',
      healthChecks: { checks: 3, usd: 14.25 },
    });
    expect(document.bill).toEqual(JSON.parse(JSON.stringify(billOf(again, document.shape))));
    expect(once.troubles).toEqual([]);
    expect(again).toEqual(once);
    // A round every 10 s in each vantage: one report each, whatever the number of endpoints.
    expect([once.items.report?.writes, big.items.report?.writes]).toEqual([3 * 12, 4 * 12]);
    expect(big.items.report?.writeUnits).toBe(4 * 12);
    expect(big.metrics / 4).toBe(once.metrics / 3);
    expect(once.functions.probe.invocations).toBe(3 * 2);
    expect(big.functions.probe.invocations).toBe(4 * 2);
    const running = (counts: Counts): number =>
      counts.functions.probe.runningMs / counts.vantages / counts.minutes;
    expect(running(big) / running(once)).toBeCloseTo(1, 1);
    // The vantage probes control targets besides.
    expect(big.probes / 4).toBeGreaterThan(2 * (once.probes / 3));
    // What is written anew each minute never expires.
    expect(once.items.pulse).toMatchObject({ writes: 3 * 2, expiringUnits: 0 });
    // A sweep a minute by one region, however many there are.
    for (const { route53 } of [once, big]) expect(route53).toEqual({ ListResourceRecordSets: 2 });
  }, 120_000);

  it('stops when it is told to', async () => {
    const stop = new AbortController();
    const counting = count(small(3, 3), 60, stop.signal);
    stop.abort(new Error('stopped'));

    await expect(counting).rejects.toThrow();
  });
});

describe('quorate cost', () => {
  it.each(['0', '1.5', 'x', '721'])('takes no %s minutes', async (minutes) => {
    const { code, out, err } = await shell(['cost', '--minutes', minutes], {
      overrides: { config: small(3, 3) },
    });

    expect([code, out]).toEqual([2, '']);
    expect(err).toBe(`--minutes ${minutes} is no whole number from 1 to 720\n`);
  });
});

describe('the ledger', () => {
  const emf = (names: readonly string[], vantage: string): string =>
    JSON.stringify({
      _aws: {
        CloudWatchMetrics: [
          {
            Namespace: 'Quorate',
            Dimensions: [['vantage']],
            Metrics: names.map((Name) => ({ Name })),
          },
        ],
      },
      vantage,
    });

  it('counts a metric once per name, dimensions and region, and every byte', async () => {
    const printing: Printing = new AsyncLocalStorage();
    const clock = virtualClock(0);
    const ledger = functionLedger(clock, printing);
    const lines = [
      emf(['A', 'B'], 'x'),
      emf(['A'], 'x'),
      emf(['A'], 'y'),
      '{"message":"no metric"}',
    ];
    for (const region of ['one', 'two']) {
      ledger.run({ region, id: 'probe' }, async () => ledger.takeText(`${lines.join('\n')}\n`));
    }
    ledger.takeText('nobody’s\n');
    await clock.runUntil(1);

    expect(ledger.metrics()).toBe(6);
    expect(ledger.of('probe')).toMatchObject({
      invocations: 2,
      logLines: 8,
      logBytes: 2 * lines.join('').length,
    });
  });

  it('keeps what failed, thrown or answered, and clips running time to the window', async () => {
    const clock = virtualClock(0);
    const ledger = functionLedger(clock, new AsyncLocalStorage());
    ledger.run({ region: 'one', id: 'quorum' }, async () => ({ error: 'ZONE_THROTTLED' }));
    ledger.run({ region: 'two', id: 'quorum' }, async () => {
      throw new Error('broken');
    });
    await clock.runUntil(10);
    expect(ledger.failures()).toEqual([
      'quorum in one: {"error":"ZONE_THROTTLED"}',
      'quorum in two: broken',
    ]);

    ledger.run({ region: 'one', id: 'probe' }, () => clock.sleep(100, NEVER));
    await clock.runUntil(60);
    ledger.reset();
    await clock.runUntil(80);

    expect(ledger.failures()).toEqual([]);
    expect(ledger.of('probe')).toMatchObject({ invocations: 0, runningMs: 20 });
    await clock.runUntil(200);
    expect(ledger.of('probe')).toMatchObject({ runningMs: 50 });
  });
});

describe('virtual time', () => {
  it('fires in order of time, then of arrival', async () => {
    const clock = virtualClock(1_000);
    const seen: string[] = [];
    for (const [name, ms] of [
      ['c', 30],
      ['a', 10],
      ['d', 30],
      ['b', 20],
      ['e', 90],
    ] as const) {
      void clock.sleep(ms, NEVER).then(() => seen.push(`${name}${clock.now()}`));
    }

    await clock.runUntil(1_050);

    expect(seen).toEqual(['a1010', 'b1020', 'c1030', 'd1030']);
    expect(clock.now()).toBe(1_050);
  });

  it('waits for work that is out, however many turns of the event loop it takes', async () => {
    const clock = virtualClock(0);
    const work = async (): Promise<number> => {
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      return clock.now();
    };
    const found = clock.sleep(5, NEVER).then(() => clock.busy(work()));
    void clock.sleep(6, NEVER);

    await clock.runUntil(10);

    expect(await found).toBe(5);
  });

  it('an aborted sleep rejects with the reason and fires nothing', async () => {
    const clock = virtualClock(0);
    const stop = new AbortController();
    const sleeping = clock.sleep(5, stop.signal);
    stop.abort(new Error('enough'));

    await expect(sleeping).rejects.toThrow('enough');
    await expect(clock.sleep(5, stop.signal)).rejects.toThrow('enough');
    await clock.runUntil(10);
  });

  it('a deadline aborts what runs, or with its parent, and is gone afterwards', async () => {
    const clock = virtualClock(0);
    const parent = new AbortController();
    const hang = (signal: AbortSignal): Promise<never> =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    const late = clock.withDeadline(5, NEVER, hang);
    const stopped = clock.withDeadline(50, parent.signal, hang);
    const caught = Promise.allSettled([late, stopped]);
    await clock.runUntil(10);
    parent.abort(new Error('parent'));

    expect(await caught).toMatchObject([
      { reason: new Error('no answer within 5 ms') },
      { reason: new Error('parent') },
    ]);
    expect(await clock.withDeadline(5, NEVER, async () => 'in time')).toBe('in time');
    await clock.runUntil(100);
  });
});

function small(vantages: number, endpoints: number): Config {
  const ids = Array.from({ length: endpoints }, (_, index) => `e${index}`);
  return sampleConfig({
    vantages: VANTAGES.slice(0, vantages),
    services: [
      sampleService({
        id: serviceId('app'),
        vantages: VANTAGES.slice(0, vantages),
        quorum: 2,
        endpoints: ids.map((id, index) =>
          sampleEndpoint(id, {
            targets: { A: { kind: 'value', value: `203.0.113.${index}` } },
            probeTargets: [`203.0.113.${index}`],
          }),
        ),
      }),
    ],
  });
}
