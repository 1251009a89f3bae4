import { describe, expect, it } from 'vitest';
import type { Change } from '../../shared/core/zone-record.ts';
import {
  type EntryText,
  type FenceText,
  markOf,
  printed,
  provenMarkOf,
} from './checkers/fence-text.ts';
import { LIVENESS_CHECKERS, timingsOf } from './checkers/liveness.ts';
import type { Checker, PlannedFault, Scenario } from './scenario.ts';
import { goodEndpoint, goodPlace, goodRoute53, goodTable } from './world/conditions.ts';
import type { Listener, ProcessName, WorldEvent, ZoneState } from './world/events.ts';
import { configOf, STANDARD_FILE } from './world/sim-config.ts';
import type { SimWorld } from './world/world.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const CONFIG = configOf(STANDARD_FILE, 1);
const [APP] = CONFIG.services;
if (APP === undefined) throw new Error('the standard file has a service');

describe('L1, removal', () => {
  it('waits for the bound, then fails', () => {
    const world = handMade();

    world.at(20 * MINUTE).fails('us-east-1');
    world.passes(20 * MINUTE, 22 * MINUTE);
    expect(world.failed()).toEqual([]);
    world.passes(22 * MINUTE, 24 * MINUTE);

    expect(world.failed()).toEqual(['L1']);
    expect(world.whys()[0]).toContain('app/us-east-1 is down for all since');
  });

  it('keeps the time of a removal', () => {
    const world = handMade();

    world.at(20 * MINUTE).fails('us-east-1');
    world.at(20 * MINUTE + 31 * SECOND).commits({ 'us-east-1': { weight: 0, phase: 'out' } });
    world.passes(21 * MINUTE, 40 * MINUTE);

    expect(world.failed()).toEqual([]);
    expect(timingsOf(world.checkers)['removed, checked every 10 s or more often']).toEqual([
      31 * SECOND,
    ]);
  });

  it.each<readonly [string, (world: Hand) => void]>([
    ['another endpoint is down', (world) => world.fails('eu-west-1')],
    ['a freeze stands', (world) => world.stands({}, { orders: [FREEZE] })],
    ['the fence is another deployment’s', (world) => world.stands({}, { deployment: 'other' })],
    ['the fence has another format', (world) => world.stands({}, { format: 9 })],
    ['the fence is from the future', (world) => world.stands({}, { asofMs: 31 * MINUTE })],
    ['it was never proven', (world) => world.stands({ 'us-east-1': { proven: null } })],
    [
      'a region was removed a moment ago',
      (world) => world.stands({ 'eu-west-1': { countedMs: 20 * MINUTE } }),
    ],
    ['the control plane is down', (world) => (world.conditions.route53.isDown = true)],
    ['a link of the table is cut', (world) => world.conditions.table.cut.add('a>b')],
    ['processes are frozen', (world) => world.begins('frozen 1')],
  ])('asks nothing while %s', (_, happens) => {
    const world = handMade([fault('frozen', 20 * MINUTE, 60 * MINUTE)]);

    world.at(20 * MINUTE);
    happens(world);
    world.fails('us-east-1');
    world.passes(20 * MINUTE, 30 * MINUTE);

    expect(world.failed()).toEqual([]);
  });

  it('holds with a minority of regions dead, as L3', () => {
    const world = handMade();

    world.at(20 * MINUTE).dies('us-east-1');
    world.fails('us-east-1');
    world.passes(20 * MINUTE, 26 * MINUTE);

    expect(world.failed()).toEqual(['L3']);
  });

  it('begins anew when the control plane is back, as L7', () => {
    const world = handMade([fault('control-plane-down', 15 * MINUTE, 40 * MINUTE)]);

    world.at(15 * MINUTE).begins('control-plane-down 1');
    world.conditions.route53.isDown = true;
    world.at(20 * MINUTE).fails('us-east-1');
    world.passes(20 * MINUTE, 40 * MINUTE);
    expect(world.failed()).toEqual([]);
    world.at(40 * MINUTE);
    world.conditions.route53.isDown = false;
    world.ends('control-plane-down 1');
    world.passes(40 * MINUTE, 50 * MINUTE);

    expect(world.failed()).toEqual(['L7']);
  });
});

describe('L4, quiescence', () => {
  it('fails on a write after everybody found nothing to do', () => {
    const world = handMade();

    world.at(20 * MINUTE).phase('quiet');
    world.passes(20 * MINUTE, 30 * MINUTE);
    world.at(31 * MINUTE).sends('eu-west-1');

    expect(world.failed()).toEqual(['L4']);
  });

  it('lets an endpoint return first, and a person write', () => {
    const world = handMade();
    world.at(19 * MINUTE).stands({ 'us-east-1': { weight: 10, phase: 'ramp', step: 0 } });

    world.at(20 * MINUTE).phase('quiet');
    world.passes(20 * MINUTE, 22 * MINUTE);
    world.at(22 * MINUTE).sends('eu-west-1');
    world.stands({});
    world.passes(22 * MINUTE, 30 * MINUTE);
    world.at(30 * MINUTE).sends('eu-west-1', 'operator');

    expect(world.failed()).toEqual([]);
  });
});

describe('L5, contention', () => {
  it('counts the calls that were sent in vain against one generation', () => {
    const world = handMade();
    world.at(20 * MINUTE);
    const before = world.fenceRecord();
    world.stands({}, { generation: 8 });

    for (const region of ['eu-west-1', 'us-east-1']) {
      for (let i = 0; i < 2; i += 1) world.loses(region, before);
    }
    expect(world.failed()).toEqual([]);
    world.loses('eu-west-1', before);

    expect(world.failed()).toEqual(['L5']);
  });
});

describe('L6, orders', () => {
  it('fails on automation that passes a freeze it compared', () => {
    const world = handMade();

    world.at(20 * MINUTE).stands({}, { orders: [FREEZE] });
    world.commits({ 'us-east-1': { weight: 0, phase: 'out' } }, { orders: [FREEZE] });

    expect(world.failed()).toContain('L6');
  });

  it('fails on an order that took too long, and keeps the time of others', () => {
    const world = handMade();

    world.at(20 * MINUTE).ordered(2 * SECOND);
    expect(timingsOf(world.checkers)['order committed']).toEqual([2 * SECOND]);
    world.at(21 * MINUTE).ordered(45 * SECOND);

    expect(world.failed()).toEqual(['L6']);
  });
});

describe('L8, drift', () => {
  it('must be seen within 90 s, and a while', () => {
    const world = handMade();

    world.at(20 * MINUTE).edits('us-east-1', 20);
    world.passes(20 * MINUTE, 20 * MINUTE + 110 * SECOND);
    expect(world.failed()).toEqual([]);
    world.passes(22 * MINUTE, 23 * MINUTE);

    expect(world.failed()).toEqual(['L8']);
  });

  it('is seen by a decision that says so', () => {
    const world = handMade();

    world.passes(19 * MINUTE, 20 * MINUTE);
    world.at(20 * MINUTE).edits('us-east-1', 20);
    world.at(20 * MINUTE + 40 * SECOND).decides('eu-west-1', 'drift');
    world.passes(21 * MINUTE, 25 * MINUTE);

    expect(world.failed()).toEqual([]);
    expect(timingsOf(world.checkers)['drift seen']).toEqual([40 * SECOND]);
  });

  it('is never written over by automation', () => {
    const world = handMade();

    world.at(20 * MINUTE).edits('us-east-1', 20);
    world.at(20 * MINUTE + 5 * SECOND).commits({});

    expect(world.failed()).toEqual(['L8']);
  });
});

describe('L9, return', () => {
  it('is due when the hold-down is over and the endpoint healthy', () => {
    const world = handMade();
    const out = { weight: 0, phase: 'out' as const, outMs: 20 * MINUTE, relapses: 1 };

    world.at(20 * MINUTE).stands({ 'us-east-1': out });
    world.passes(20 * MINUTE, 32 * MINUTE);
    expect(world.failed()).toEqual([]);
    world.passes(32 * MINUTE, 34 * MINUTE);

    expect(world.failed()).toEqual(['L9']);
    expect(world.whys()[0]).toContain('its return was due');
  });

  it('goes on step by step', () => {
    const world = handMade();
    const ramp = { weight: 10, phase: 'ramp' as const, step: 0, changedMs: 20 * MINUTE };

    world.at(20 * MINUTE).stands({ 'us-east-1': ramp });
    world.passes(20 * MINUTE, 26 * MINUTE);

    expect(world.failed()).toEqual(['L9']);
    expect(world.whys()[0]).toContain("ramp's step 0");
  });
});

describe('L10, the heartbeat', () => {
  it('goes on while nothing is wrong', () => {
    const world = handMade({ beats: false });

    world.passes(10 * MINUTE, 15 * MINUTE);

    expect(world.failed()).toEqual(['L10']);
  });

  it('stops when a majority of the regions is dead', () => {
    const world = handMade();
    world.at(20 * MINUTE);
    for (const region of ['eu-west-1', 'us-east-1', 'eu-central-1']) world.dies(region);

    world.passes(20 * MINUTE, 24 * MINUTE);
    expect(world.failed()).toEqual([]);
    world.passes(24 * MINUTE, 26 * MINUTE);

    expect(world.failed()).toEqual(['L10']);
  });
});

describe('L11, false removals', () => {
  it('fails on the removal of what was up for everybody while one vantage has trouble', () => {
    const world = handMade();

    world.at(20 * MINUTE);
    Object.assign(world.conditions.places.get('us-west-2') ?? {}, { lies: 'down' });
    world.commits({ 'us-east-1': { weight: 0, phase: 'out', countedMs: 20 * MINUTE } });

    expect(world.failed()).toEqual(['L11']);
  });

  it('only counts it under more noise than that', () => {
    const world = handMade();

    world.at(20 * MINUTE);
    for (const region of ['us-west-2', 'eu-central-1']) {
      Object.assign(world.conditions.places.get(region) ?? {}, { probeLoss: 0.3 });
    }
    world.commits({ 'us-east-1': { weight: 0, phase: 'out', countedMs: 20 * MINUTE } });

    expect(world.failed()).toEqual([]);
    expect(timingsOf(world.checkers)['removed though up']).toHaveLength(1);
  });
});

const FREEZE = {
  id: 'order001',
  kind: 'freeze' as const,
  scope: '*',
  weight: null,
  fromMs: 10 * MINUTE,
  untilMs: 60 * MINUTE,
  started: true,
  waits: false,
  forces: '',
  text: '',
};

type Entries = Readonly<Record<string, Partial<EntryText>>>;
type Hand = ReturnType<typeof handMade>;

function fault(kind: string, fromMs: number, untilMs: number): PlannedFault {
  return { kind, fromMs, untilMs, params: {} };
}

/** As much of a world as liveness looks at, moved by hand. All is well in it, and regions decide. */
function handMade(given: readonly PlannedFault[] | { readonly beats: boolean } = []) {
  const [faults, beats] = 'beats' in given ? [[], given.beats] : [given, true];
  const service = APP as NonNullable<typeof APP>;
  const listeners: Listener[] = [];
  const fails: { readonly invariant: string; readonly why: string }[] = [];
  const places = new Map<string, ReturnType<typeof goodPlace>>(
    CONFIG.vantages.map((vantage) => [vantage, goodPlace()]),
  );
  const endpoints = new Map<string, ReturnType<typeof goodEndpoint>>(
    service.endpoints.map(({ id }) => [`app/${id}`, goodEndpoint()]),
  );
  const conditions = { places, endpoints, table: goodTable(), route53: goodRoute53() };
  let nowMs = 0;
  let state: ZoneState = new Map();
  const tell = (event: WorldEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const by = (region: string, name: ProcessName['name'] = 'quorum'): ProcessName =>
    ({ number: 1, region, name, config: CONFIG }) as ProcessName;
  const zoneWith = (entries: Entries, more: Partial<FenceText>): ZoneState => {
    const all = service.endpoints.map((endpoint) => ({
      endpoint,
      entry: {
        mark: markOf(endpoint.setIdentifier),
        weight: endpoint.weight as number,
        proven: provenMarkOf(endpoint),
        phase: 'in' as const,
        step: null,
        changedMs: null,
        outMs: null,
        countedMs: null,
        relapses: 0,
        fullMs: null,
        waits: false,
        approved: false,
        text: '',
        ...entries[endpoint.id],
      },
    }));
    const text = printed({
      format: 1,
      deployment: 'sim',
      generation: 7,
      nonce: 'nonce000',
      parentNonce: null,
      asofMs: 1,
      config: service.settings,
      packagedMs: 1,
      record: 'r'.repeat(22),
      rescuedMs: null,
      entries: new Map(all.map(({ entry }) => [entry.mark, entry])),
      orders: [],
      ...more,
    });
    const values = [(text.match(/.{1,255}/g) ?? []).map((part) => `"${part}"`).join(' ')];
    const name = 'app.example.com';
    return new Map<string, Change['record']>([
      [`_quorate.${name} TXT `, { name: `_quorate.${name}`, type: 'TXT', values }],
      ...all.map(({ endpoint, entry }) => {
        const { setIdentifier, targets } = endpoint;
        const value = targets.A?.kind === 'value' ? targets.A.value : '';
        const record = { name, type: 'A', setIdentifier, weight: entry.weight, values: [value] };
        return [`${name} A ${setIdentifier}`, record] as const;
      }),
    ]);
  };
  const set = (endpoint: string, how: 'answers' | 'fails'): void => {
    Object.assign(endpoints.get(`app/${endpoint}`) ?? {}, { how });
    const isUp = how === 'answers';
    tell({ kind: 'endpoint-changed', atMs: nowMs, service: 'app', endpoint, isUp, serves: isUp });
  };
  const batch = (region: string, name: ProcessName['name'], changes: readonly Change[]) => ({
    number: 1,
    zone: service.zone.id,
    from: by(region, name),
    changes,
    comment: 'app 8',
    sentAtMs: nowMs,
  });
  const hand = {
    conditions,
    checkers: [] as Checker[],
    failed: () => [...new Set(fails.map(({ invariant }) => invariant))],
    whys: () => fails.map(({ why }) => why),
    at: (ms: number) => {
      nowMs = ms;
      return hand;
    },
    fails: (endpoint: string) => set(endpoint, 'fails'),
    dies: (region: string) => void Object.assign(places.get(region) ?? {}, { isDead: true }),
    begins: (id: string) => tell({ kind: 'fault-began', atMs: nowMs, id, what: '' }),
    ends: (id: string) => tell({ kind: 'fault-ended', atMs: nowMs, id, what: '' }),
    phase: (phase: 'quiet') => tell({ kind: 'phase', atMs: nowMs, phase }),
    stands: (entries: Entries, more: Partial<FenceText> = {}) => {
      state = zoneWith(entries, more);
    },
    fenceRecord: () => state.get('_quorate.app.example.com TXT ') as Change['record'],
    decides: (region: string, automation = 'on') =>
      tell({
        kind: 'decided',
        atMs: nowMs,
        by: by(region),
        results: [
          {
            service: 'app',
            decision: { automation, endpoints: [] },
            outcome: { kind: 'nothing-to-do' },
          },
        ],
      } as unknown as WorldEvent),
    /** Every region decides every ten seconds, and one beats. */
    passes: (fromMs: number, toMs: number) => {
      for (nowMs = fromMs; nowMs <= toMs; nowMs += 10 * SECOND) {
        if (beats) tell({ kind: 'heartbeat', atMs: nowMs, by: by('eu-west-1', 'notify') });
        for (const region of CONFIG.vantages) hand.decides(region);
      }
    },
    sends: (region: string, name: ProcessName['name'] = 'quorum') =>
      tell({ kind: 'batch-sent', atMs: nowMs, batch: batch(region, name, []) }),
    loses: (region: string, fence: Change['record']) =>
      tell({
        kind: 'batch-arrived',
        atMs: nowMs,
        batch: batch(region, 'quorum', [{ action: 'DELETE', record: fence }]),
        answer: 'refused',
        before: state,
        after: state,
        changeId: null,
      }),
    commits: (entries: Entries, more: Partial<FenceText> = {}) => {
      const before = state;
      state = zoneWith(entries, { generation: 8, ...more });
      tell({
        kind: 'batch-arrived',
        atMs: nowMs,
        batch: batch('eu-west-1', 'quorum', []),
        answer: 'accepted',
        before,
        after: state,
        changeId: 'C1',
      });
    },
    edits: (endpoint: string, weight: number) => {
      const before = state;
      const key = `app.example.com A ${endpoint}`;
      const record = before.get(key) as Change['record'];
      state = new Map([...before, [key, { ...record, weight }]]);
      const zone = service.zone.id;
      tell({ kind: 'zone-edited', atMs: nowMs, zone, what: 'a weight', before, after: state });
    },
    ordered: (ms: number) =>
      tell({
        kind: 'order-answered',
        atMs: nowMs,
        askedAtMs: nowMs - ms,
        by: by('eu-west-1', 'operator'),
        answer: { answer: { kind: 'committed' } },
        actor: 'alice',
      } as unknown as WorldEvent),
  };
  state = zoneWith({}, {});
  const world = {
    startMs: 0,
    config: () => CONFIG,
    sim: { nowMs: () => nowMs },
    conditions,
    route53: { zones: new Map([[service.zone.id, { state: () => state }]]) },
    on: (listener: Listener) => void listeners.push(listener),
  } as unknown as SimWorld;
  const scenario: Scenario = {
    name: 'hand-made',
    seed: '1',
    file: STANDARD_FILE,
    faults,
    healAtMs: 60 * MINUTE,
    endAtMs: 120 * MINUTE,
  };
  for (const make of LIVENESS_CHECKERS) {
    hand.checkers.push(make(world, scenario, (invariant, why) => fails.push({ invariant, why })));
  }
  return hand;
}
