/** Drills: when one is due, what stands against it, what ends it, and what is told of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import {
  carriesOrder,
  type DrillEndpoint,
  type DrillService,
  type DrillSlot,
  isRestored,
  isTurnOf,
  mayStillBegin,
  obstacles,
  slotOf,
  stopReason,
  wasUsed,
  weightsOf,
} from '../../shared/core/drill.ts';
import {
  type DrillEvent,
  detectionOf,
  detectionText,
  drillsShown,
  drillText,
  parseDrillEvent,
  slowest,
} from '../../shared/core/drill-report.ts';
import type { FenceOrder } from '../../shared/core/fence.ts';
import { endpointId, epochMs, orderId, regionId, serviceId } from '../../shared/core/model.ts';
import { sampleService } from '../fakes/sample-service.ts';

const EU = regionId('eu-west-1');
const US = regionId('us-east-1');
/** A Tuesday. */
const TUESDAY_10 = Date.UTC(2026, 6, 7, 10);
const MINUTE = 60_000;
const WEEKLY = { region: EU, forMs: 10 * MINUTE, weekday: 2, minuteOfDay: 600 };
const slotAt = (at: number): DrillSlot => slotOf(WEEKLY, 'prod', epochMs(at), sha256);
const SLOT = slotAt(TUESDAY_10);
const ID = SLOT.id;

describe('the time of a weekly drill', () => {
  it('is the last one at or before now, in UTC', () => {
    expect(SLOT).toMatchObject({ region: EU, fromAt: TUESDAY_10, untilAt: TUESDAY_10 + 600_000 });
    expect(slotAt(TUESDAY_10 + 6 * 86_400_000)).toEqual(SLOT);
    expect(slotAt(TUESDAY_10 - 1).fromAt).toBe(TUESDAY_10 - 7 * 86_400_000);
  });

  it('has one id in every region and minute, and another for each week, region and deployment', () => {
    const ids = [
      slotAt(TUESDAY_10).id,
      slotAt(TUESDAY_10 - 1).id,
      slotOf({ ...WEEKLY, region: US }, 'prod', epochMs(TUESDAY_10), sha256).id,
      slotOf(WEEKLY, 'other', epochMs(TUESDAY_10), sha256).id,
    ];

    expect(slotAt(TUESDAY_10 + 61_000).id).toBe(ID);
    expect(new Set(ids).size).toBe(4);
    expect(ID).toMatch(/^[\w-]{8}$/);
  });

  it('falls on its weekday and minute, whenever one asks, less than a week ago', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 0, max: 1439 }),
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        (weekday, minuteOfDay, now) => {
          const drill = { ...WEEKLY, weekday, minuteOfDay };
          const { fromAt } = slotOf(drill, 'prod', epochMs(now), sha256);
          const date = new Date(fromAt);

          expect(date.getUTCDay()).toBe(weekday);
          expect(date.getUTCHours() * 60 + date.getUTCMinutes()).toBe(minuteOfDay);
          expect(fromAt).toBeLessThanOrEqual(now);
          expect(now - fromAt).toBeLessThan(7 * 86_400_000);
        },
      ),
    );
  });

  it('is missed after 5 minutes, or after half of the drill', () => {
    const late = (ms: number, forMs: number) =>
      mayStillBegin({ ...SLOT, untilAt: epochMs(SLOT.fromAt + forMs) }, epochMs(SLOT.fromAt + ms));

    expect(late(5 * MINUTE, 60 * MINUTE)).toBe(true);
    expect(late(5 * MINUTE + 1, 60 * MINUTE)).toBe(false);
    expect(late(MINUTE, 2 * MINUTE)).toBe(true);
    expect(late(MINUTE + 1, 2 * MINUTE)).toBe(false);
  });

  it('gives each region a turn, by the minute', () => {
    const turns = [0, 1, 2, 3].map((minute) =>
      ['a', 'b', 'c'].filter((region) =>
        isTurnOf(region, ['a', 'b', 'c'], epochMs(minute * MINUTE)),
      ),
    );

    expect(turns).toEqual([['a'], ['b'], ['c'], ['a']]);
  });
});

describe('a drill may begin', () => {
  it('where everything is as it should be', () => {
    expect(obstacles([service()], EU)).toEqual([]);
  });

  it.each([
    [
      'no endpoint is there',
      { endpoints: [endpoint('us', US)] },
      'no enforced service has an endpoint in eu-west-1',
    ],
    ['automation is off', { automation: 'drift' }, 'app: automation is drift'],
    [
      'the zone could not be read',
      { automation: 'unread', usable: 0 },
      'app: automation is unread',
    ],
    [
      'a vantage too many is silent',
      { usable: 3 },
      'app: 3 vantages report, a drill needs 4, one more than the quorum',
    ],
    [
      'endpoints are not healthy',
      {
        endpoints: [
          endpoint('eu', EU, { verdict: 'down' }),
          endpoint('us', US, { verdict: 'unknown' }),
        ],
      },
      'app: eu is down and us is unknown',
    ],
    [
      'an endpoint is on its way back',
      { endpoints: [endpoint('eu', EU), endpoint('us', US, { isIn: false })] },
      'app: us is still returning',
    ],
    ['a change is withheld', { withheld: ['withheld: a floor'] }, 'app: withheld: a floor'],
    [
      'an order stands',
      { orders: [order('other001')] },
      'app: order other001 (drain) stands until 10:10:00Z',
    ],
    [
      'Route 53 told no time',
      { clockOffMs: null },
      "app: Route 53 told no time, so this clock can't be trusted",
    ],
    ['the clock is wrong', { clockOffMs: 7_000 }, "app: this clock is 7000 ms off Route 53's"],
  ] as const)('but not where %s', (_, changes, obstacle) => {
    expect(obstacles([service(changes as Partial<DrillService>)], EU)).toEqual([obstacle]);
  });
});

describe('a running drill', () => {
  const running = (changes: Partial<DrillService> = {}) =>
    service({
      orders: [order(ID)],
      endpoints: [
        endpoint('eu', EU, { inDns: 0, verdict: 'unknown', changedAt: epochMs(SLOT.fromAt + 1) }),
        endpoint('us', US),
      ],
      ...changes,
    });
  const stop = (changes: Partial<DrillService>, at = SLOT.fromAt + MINUTE) =>
    stopReason([running(changes)], SLOT, epochMs(at));

  it('goes on whatever its own region’s endpoints are', () => {
    expect(stop({})).toBeNull();
  });

  it.each([
    [
      'an endpoint elsewhere fails',
      { endpoints: [endpoint('eu', EU), endpoint('us', US, { verdict: 'down' })] },
      'app: us is down',
    ],
    ['automation goes off', { automation: 'frozen' }, 'app: automation is frozen'],
    [
      'vantages fall silent',
      { usable: 3 },
      'app: 3 vantages report, a drill needs 4, one more than the quorum',
    ],
    ['something is withheld', { withheld: ['withheld: x'] }, 'app: withheld: x'],
    [
      'another order is given',
      { orders: [order(ID), order('other001')] },
      'app: order other001 (drain) was given meanwhile',
    ],
    ['its order is taken away', { orders: [] }, "app: the drill's order was taken away"],
  ] as const)('stops where %s', (_, changes, why) => {
    expect(stop(changes as Partial<DrillService>)).toBe(why);
  });

  it('misses no order that was not given yet, and none after its end', () => {
    const untouched = { orders: [], endpoints: [endpoint('eu', EU), endpoint('us', US)] };

    expect(stop(untouched)).toBeNull();
    expect(stop({ orders: [] }, SLOT.untilAt)).toBeNull();
  });

  it('is known by its order, and afterwards by when weights last changed', () => {
    expect(carriesOrder(running(), ID)).toBe(true);
    expect(carriesOrder(running({ orders: [] }), ID)).toBe(false);
    expect(wasUsed([running({ orders: [] })], SLOT)).toBe(true);
    expect(wasUsed([service()], SLOT)).toBe(false);
  });

  it('is over once every endpoint in its region has its weight of before', () => {
    const before = weightsOf([service()], EU);
    const at = (changes: Partial<DrillEndpoint>) =>
      isRestored(
        [service({ endpoints: [endpoint('eu', EU, changes), endpoint('us', US)] })],
        EU,
        before,
      );

    expect(before).toEqual(new Map([['app eu', 100]]));
    expect(at({})).toBe(true);
    expect(at({ inDns: 50 })).toBe(false);
    expect(at({ isIn: false })).toBe(false);
    expect(at({ inDns: null })).toBe(false);
    expect(isRestored([service()], EU, new Map())).toBe(true);
    expect(weightsOf([service({ endpoints: [endpoint('eu', EU, { inDns: null })] })], EU)).toEqual(
      new Map([['app eu', 0]]),
    );
    expect(
      isRestored([service({ endpoints: [endpoint('eu', EU, { inDns: null })] })], EU, new Map()),
    ).toBe(true);
  });
});

describe('the report of a drill', () => {
  const measure = {
    service: 'app',
    generation: 42,
    commitMs: 900,
    insyncMs: 20_000,
    seenMs: 31_000,
    restoredMs: null,
  };

  it('adds up what was written about it, newest drill first', () => {
    const shown = drillsShown([
      event({ step: 'begun', measures: [{ ...measure, seenMs: null }] }),
      event({
        step: 'over',
        at: epochMs(2),
        measures: [measure],
        restored: true,
        sentence: 'back',
      }),
      event({
        drill: orderId('later001'),
        fromAt: epochMs(TUESDAY_10 + 1),
        step: 'skipped',
        sentence: 'no',
      }),
      'garbage',
    ]);

    expect(shown).toMatchObject([
      {
        drill: 'later001',
        state: 'skipped',
        sentence: 'no',
        seenMs: null,
        isInGoal: null,
        restored: null,
      },
      {
        drill: 'drill001',
        state: 'over',
        sentence: 'back',
        seenMs: 31_000,
        isInGoal: true,
        restored: true,
      },
    ]);
  });

  it('of one that began says running, whoever skipped it, and stopped once it was', () => {
    const begun = event({ step: 'begun', sentence: 'drained' });
    const skipped = event({ step: 'skipped', sentence: 'no' });
    const stopped = event({ step: 'stopped', sentence: 'us is down' });
    const again = event({ step: 'stopped', sentence: 'us is down, too', at: epochMs(9) });

    expect(drillsShown([skipped, begun])).toMatchObject([
      { state: 'running', sentence: 'drained' },
    ]);
    expect(drillsShown([again, stopped, begun])).toMatchObject([
      { state: 'stopped', sentence: 'us is down' },
    ]);
  });

  it('is one line', () => {
    const line = (changes: Partial<DrillEvent>) => drillText(drillsShown([event(changes)])[0]!);

    expect(line({ step: 'over', measures: [measure], restored: true, sentence: 'back' })).toBe(
      '2026-07-07 10:00Z  eu-west-1  by drill@us-east-1  over: back; seen in DNS after 31.0 s, goal 45.0 s: met; weights are back',
    );
    expect(
      line({
        step: 'over',
        measures: [{ ...measure, seenMs: 46_000 }],
        restored: false,
        sentence: 'late',
      }),
    ).toBe(
      '2026-07-07 10:00Z  eu-west-1  by drill@us-east-1  over: late; seen in DNS after 46.0 s, goal 45.0 s: missed; weights are NOT back',
    );
    expect(line({ step: 'skipped', sentence: 'no' })).toBe(
      '2026-07-07 10:00Z  eu-west-1  by drill@us-east-1  skipped: no',
    );
  });

  it('counts as measured only what every service measured', () => {
    expect(slowest([measure, { ...measure, seenMs: 40_000 }])).toBe(40_000);
    expect(slowest([measure, { ...measure, seenMs: null }])).toBeNull();
    expect(slowest([])).toBeNull();
  });

  it('says that detection was not exercised, and what the check promises', () => {
    expect(detectionText(detectionOf(sampleService()))).toBe(
      'app: detection is not exercised by a drain; by its check (every × fall, and one timeout) a dead endpoint is voted down after 20 s to 33 s',
    );
  });

  it('is read back as it was written, and nothing else is', () => {
    const one = event({ step: 'begun', measures: [measure] });

    expect(parseDrillEvent(JSON.parse(JSON.stringify(one)))).toEqual(one);
    expect(parseDrillEvent({ ...one, step: 'dreamt' })).toBeUndefined();
  });
});

function endpoint(
  id: string,
  region: DrillEndpoint['region'],
  changes: Partial<DrillEndpoint> = {},
): DrillEndpoint {
  return {
    endpoint: endpointId(id),
    region,
    verdict: 'up',
    inDns: 100,
    isIn: true,
    changedAt: null,
    ...changes,
  };
}

function service(changes: Partial<DrillService> = {}): DrillService {
  return {
    service: serviceId('app'),
    automation: 'on',
    usable: 5,
    quorum: 3,
    endpoints: [endpoint('eu', EU), endpoint('us', US)],
    orders: [],
    withheld: [],
    clockOffMs: 0,
    ...changes,
  };
}

function order(id: string): FenceOrder {
  return {
    id: orderId(id),
    kind: 'drain',
    scope: { kind: 'service' },
    weight: null,
    fromAt: SLOT.fromAt,
    untilAt: SLOT.untilAt,
    afterwards: 'auto',
    force: [],
    started: true,
  };
}

function event(changes: Partial<DrillEvent> = {}): DrillEvent {
  return {
    format: 1,
    drill: orderId('drill001'),
    deployment: 'prod',
    region: EU,
    step: 'begun',
    fromAt: SLOT.fromAt,
    untilAt: SLOT.untilAt,
    at: epochMs(1),
    actor: 'drill@us-east-1',
    sentence: 'drained',
    services: ['app'],
    before: { 'app eu': 100 },
    goalMs: 45_000,
    restored: null,
    measures: [],
    ...changes,
  };
}
