/** Incidents from the first failed probe to the last message, over several regions of the quorum world. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs, orderId, serviceId, weight } from '../../shared/core/model.ts';
import { DUE } from '../../shared/core/outbox.ts';
import { readChannelNotes, readIncidents } from '../../shared/rounds/read-incidents.ts';
import { type NotifyWorld, notifyWorld } from '../fakes/notify-world.ts';
import { HOUR, MINUTE, manyServices, NEVER, SECOND } from '../fakes/quorum-world.ts';

describe('an endpoint that falls', () => {
  it('is one thread: opened, changed, resolved with its durations, on every channel once', async () => {
    const world = notifyWorld();
    await world.minute();
    world.sees('us-east-1', 'down');

    for (let minute = 0; minute < 5; minute += 1) await world.minute();
    world.sees('us-east-1', 'up');
    for (let minute = 0; minute < 25; minute += 1) await world.minute();

    const told = [
      'opened: app: us-east-1 is down',
      'changed: app: us-east-1 is down',
      'changed: app: us-east-1 is down',
      'resolved: app: us-east-1 is down',
    ];
    for (const channel of ['sns', 'webhook', 'events'] as const) {
      expect(world.messages(channel).filter((text) => /opened|resolved/.test(text))).toEqual(
        told.filter((text) => /opened|resolved/.test(text)),
      );
      expect(world.messages(channel).length).toBeLessThanOrEqual(5);
    }
    const last = world.taken.at(-1)!.notification;
    expect(last).toMatchObject({
      event: 'resolved',
      services: ['app'],
      incident: { kind: 'endpoint', state: 'resolved', endpoints: ['us-east-1'] },
    });
    expect(last.incident!.detectMs).toBeLessThan(2 * MINUTE);
    expect(new Set(world.taken.map(({ notification }) => notification.incident!.id)).size).toBe(1);
    expect(outbox(world, DUE)).toEqual([]);
  });

  it('leaves one incident for readers, with commit, INSYNC and seen', async () => {
    const world = notifyWorld();
    await world.minute();
    world.sees('us-east-1', { vote: 'down', sinceAt: world.clock.now() - 20 * SECOND });
    await world.minute();
    const failedAt = world.clock.now() - MINUTE - 20 * SECOND;
    await world.minute();
    for (const region of [0, 1, 2, 3, 4]) await world.look(region);

    const [incident, ...others] = await incidents(world);

    expect(others).toEqual([]);
    expect(incident).toMatchObject({
      state: 'open',
      detectMs: 80 * SECOND,
      recoverBasis: 'seen',
      endpoints: ['us-east-1'],
    });
    expect(incident!.steps[0]).toMatchObject({ step: 'first-failed', at: failedAt });
    expect(incident!.steps.map(({ step }) => step)).toEqual([
      'first-failed',
      'vote',
      'verdict',
      'committed',
      'insync',
      'seen',
    ]);
  });

  it('whose removal is withheld says so, and with what arithmetic', async () => {
    const world = notifyWorld();
    await world.minute();
    for (const endpoint of ['us-east-1', 'eu-west-1', 'ap-southeast-1'])
      world.sees(endpoint, 'down');

    await world.minute();

    expect(world.messages().toSorted()).toEqual(
      ['ap-southeast-1', 'eu-west-1', 'us-east-1'].map((one) => `opened: app: ${one} is down`),
    );
    const sentences = world.taken.map(({ notification }) => notification.sentence);
    expect(sentences.every((one) => one.startsWith('withheld: '))).toBe(true);
    expect(sentences.some((one) => /all 3 endpoints look down/.test(one))).toBe(true);
  });

  it('of many services at once is one message', async () => {
    const config = manyServices(20);
    const world = notifyWorld({ config });
    await world.minute();
    for (const { id } of config.services) world.sees('us-east-1', 'down', config.vantages, id);

    await world.minute();

    expect(world.messages()).toEqual(['opened: s00: us-east-1 is down, and 19 more services']);
    expect(world.taken[0]!.notification.services).toHaveLength(20);
    await world.minute();
    expect(world.messages()).toHaveLength(1);
  });

  it('and flaps ten thousand times leaves a bounded number of messages', async () => {
    const world = notifyWorld();
    const regions = [0];
    await world.minute(regions);
    for (let flap = 0; flap < 120; flap += 1) {
      world.sees('us-east-1', flap % 2 === 0 ? 'down' : 'up');
      await world.minute(regions);
    }

    // Two hours: opened, an end, then slots of 2, 2, 2, 4, 8, 16, 32 and 60 min (10,000 flaps: one an hour).
    expect(world.messages().length).toBeLessThanOrEqual(10);
    expect(new Set(world.taken.map(({ notification }) => notification.incident!.id)).size).toBe(1);
  });
});

describe('orders and automation', () => {
  const drain = {
    id: orderId('drain001'),
    kind: 'drain' as const,
    scope: { kind: 'service' as const },
    weight: weight(0),
    afterwards: 'auto' as const,
    force: [],
    started: true,
  };

  it('tells an order from the fence, reminds at 80 % of its life, and tells its end', async () => {
    const world = notifyWorld();
    const now = world.clock.now();
    const freeze = { ...drain, kind: 'freeze' as const, weight: null };
    const given = notifyWorld({
      orders: [{ ...freeze, fromAt: epochMs(now), untilAt: epochMs(now + 20 * MINUTE) }],
    });

    for (let minute = 0; minute < 24; minute += 1) await given.minute();

    const events = given.messages().map((text) => text.split(':')[0]);
    expect(events).toEqual(['opened', 'reminder', 'resolved']);
    expect(given.taken[0]!.notification.subject).toMatch(/^opened: app: freeze of app until /);
    expect(
      given.taken.find(({ notification }) => notification.event === 'reminder')!.at - now,
    ).toBe(16 * MINUTE);
  });

  it('pages automation that is off at once, again every four hours, and its end', async () => {
    const world = notifyWorld();
    await world.minute([0]);
    world.editWeight('us-east-1', 20);

    // Its zone is read when it is this region's minute to sweep.
    for (let minute = 0; minute < 6; minute += 1) await world.minute([0]);
    expect(world.messages()).toEqual(['opened: app: automation is off (drift)']);
    expect(world.taken[0]!.notification.sentence).toMatch(/^drift: us-east-1 .* has weight 20/);
    await world.clock.advance(4 * HOUR);
    for (let minute = 0; minute < 6; minute += 1) await world.minute([0]);
    world.editWeight('us-east-1', 100);
    for (let minute = 0; minute < 6; minute += 1) await world.minute([0]);

    expect(world.messages().map((text) => text.split(':')[0])).toEqual([
      'opened',
      'reminder',
      'resolved',
    ]);
  });

  it('ends what is open of a service that left the file', async () => {
    const world = notifyWorld();
    await world.minute([0]);
    const item = [...world.table.outbox.values()].find(({ key }) => key === 'standing');
    expect(item).toBeUndefined();
    world.sees('us-east-1', 'down');
    await world.minute([0]);
    const left = [...world.table.outbox].find(([, { key }]) => key === 'standing')!;
    const body = JSON.parse(JSON.stringify(left[1].body).replaceAll('"app"', '"gone"'));
    world.table.outbox.set(left[0], { ...left[1], body });
    world.restart(0);

    const { events } = await world.notice(0);

    expect(events).toMatchObject([{ service: 'gone', step: 'resolved' }, { service: 'app' }]);
  });
});

describe('regions in turn', () => {
  it('tell once where all live, whatever the order in which they notice and tell', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), {
          minLength: 3,
          maxLength: 6,
        }),
        async (orders) => {
          const world = notifyWorld();
          await world.minute();
          world.sees('us-east-1', 'down');

          for (const order of orders) await world.minute(order);

          const opened = world.messages().filter((text) => text.startsWith('opened'));
          expect(opened).toHaveLength(1);
          for (const { notification } of world.taken) {
            expect(notification.incident!.id).toBe(world.taken[0]!.notification.incident!.id);
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  it('tell at least once, whichever of them are dead', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([0, 1, 2, 3, 4], { minLength: 1 }), async (alive) => {
        const world = notifyWorld();
        await world.minute();
        world.sees('us-east-1', 'down');

        // Pulses of the dead count for 150 s more, so their turns are waited for.
        for (let minute = 0; minute < 7; minute += 1) await world.minute(alive);

        expect(world.messages().filter((text) => text.startsWith('opened'))).toHaveLength(1);
        expect(world.messages('webhook')).toContain('opened: app: us-east-1 is down');
      }),
      { numRuns: 15 },
    );
  });

  it('take over from one that died between noticing and telling', async () => {
    const world = notifyWorld();
    await world.minute();
    world.sees('us-east-1', 'down');
    await world.notice(0);

    for (let minute = 0; minute < 6; minute += 1) {
      await world.clock.advance(MINUTE);
      for (const region of [1, 2, 3, 4]) await world.tell(region);
    }

    expect(world.messages()).toEqual(['opened: app: us-east-1 is down']);
  });

  it('of two runs of one region at once only one sends', async () => {
    const world = notifyWorld();
    await world.minute();
    world.sees('us-east-1', 'down');
    for (const region of [0, 1, 2, 3, 4]) await world.notice(region);

    await Promise.all([0, 1, 2, 3, 4, 0, 1, 2, 3, 4].map((region) => world.tell(region)));

    expect(world.messages()).toHaveLength(1);
    expect(world.messages('webhook')).toHaveLength(1);
  });

  it('send again what a run claimed and never came back from', async () => {
    const world = notifyWorld();
    await world.minute();
    world.sees('us-east-1', 'down');
    for (const region of [0, 1, 2, 3, 4]) await world.notice(region);
    for (const region of [0, 1, 2, 3, 4]) {
      // It dies with the mark's second write: sent, and nobody knows.
      world
        .region(region)
        .store.trouble('writeOutbox', { kind: 'before', run: () => undefined }, 3);
      world.region(region).store.trouble('writeOutbox', { kind: 'refused' }, 50);
      await world.tell(region);
      world.region(region).store.heal();
    }
    const before = world.taken.length;
    for (let minute = 0; minute < 3; minute += 1) await world.minute();

    expect(before).toBeGreaterThan(0);
    expect(world.taken.length).toBeGreaterThan(before);
  });

  it('say nothing where nothing happened, and read no more than the outboxes', async () => {
    const world = notifyWorld();
    for (let minute = 0; minute < 10; minute += 1) await world.minute();
    const calls = world.regions.flatMap(({ store }) => store.calls);

    expect(world.taken).toEqual([]);
    expect(calls.filter(({ method }) => /Incident|writeOutbox/.test(method))).toEqual([]);
    expect(
      calls.filter(({ method, args }) => method === 'readOutbox' && args[1] !== DUE),
    ).toHaveLength(world.regions.length);
  });
});

describe('a channel that fails', () => {
  it('stops no other, is tried again, and is told to the others', async () => {
    const world = notifyWorld();
    await world.minute();
    world.breaks('webhook');
    world.sees('us-east-1', 'down');

    for (let minute = 0; minute < 12; minute += 1) await world.minute();

    expect(world.messages('sns')[0]).toBe('opened: app: us-east-1 is down');
    expect(world.messages('events')[0]).toBe('opened: app: us-east-1 is down');
    expect(world.messages('sns').filter((text) => text.startsWith('channel-failing'))).toHaveLength(
      1,
    );
    expect(world.messages('webhook')).toEqual([]);
    expect(await notes(world)).toEqual([
      expect.stringMatching(
        /^the channel webhook takes nothing from \S+ since .*: it answered 500; run `quorate notify test`$/,
      ),
    ]);

    world.mends('webhook');
    for (let minute = 0; minute < 50; minute += 1) await world.minute();
    expect(world.messages('webhook').length).toBeGreaterThan(0);
    expect(await notes(world)).toEqual([]);
  });

  it('in the first region is taken over by the next one', async () => {
    for (const region of [0, 1, 2, 3, 4]) {
      const world = notifyWorld();
      await world.minute();
      world.breaks('sns', 'no route', region);
      world.sees('us-east-1', 'down');

      for (let minute = 0; minute < 4; minute += 1) await world.minute();

      expect(world.messages()[0]).toBe('opened: app: us-east-1 is down');
    }
  });

  it('that always fails never grows the work: at most two tries in a run', async () => {
    const config = manyServices(3);
    const world = notifyWorld({ config });
    await world.minute();
    for (const channel of ['sns', 'webhook', 'events'] as const) world.breaks(channel);
    for (const { id } of config.services) {
      world.sees('us-east-1', 'down', config.vantages, id);
    }
    for (const region of [0, 1, 2, 3, 4]) await world.notice(region);

    for (const region of [0, 1, 2, 3, 4]) {
      const { sent } = await world.tell(region);
      for (const channel of ['sns', 'webhook', 'events']) {
        expect(sent.filter((one) => one.channel === channel).length).toBeLessThanOrEqual(2);
      }
    }
    expect(world.taken).toEqual([]);
  });
});

describe('a table that is away', () => {
  it('delays what is told, and what it did not take is written later, once', async () => {
    const world = notifyWorld();
    await world.minute([0]);
    world.sees('us-east-1', 'down');
    const { store } = world.region(0);
    store.trouble('writeIncidentEvent', { kind: 'refused' }, 3);

    await world.clock.advance(MINUTE);
    const first = await world.notice(0);
    await world.clock.advance(MINUTE);
    await world.notice(0);
    await world.clock.advance(MINUTE);
    await world.notice(0);

    expect(first).toMatchObject({ events: [], isDue: false, waiting: 2 });
    expect([...world.table.incidents.keys()].map((key) => key.split(' ')[3]).toSorted()).toEqual([
      'committed',
      'verdict',
    ]);
    expect(world.weights()['us-east-1']).toBe(0);
  });

  it('that can’t be read by a new process leaves everything for later', async () => {
    const world = notifyWorld();
    world.region(0).store.trouble('readOutbox', { kind: 'refused' });
    world.sees('us-east-1', 'down');

    expect(await world.notice(0)).toMatchObject({ events: [], waiting: 0 });
    await world.clock.advance(MINUTE);
    expect((await world.notice(0)).events.length).toBeGreaterThan(0);
  });

  it('costs one channel’s turn at most, and is said', async () => {
    const world = notifyWorld();
    await world.minute();
    world.sees('us-east-1', 'down');
    for (const region of [0, 1, 2, 3, 4]) await world.notice(region);
    for (const { store } of world.regions) store.trouble('writeOutbox', { kind: 'refused' });

    const facts = await Promise.all([0, 1, 2, 3, 4].map((region) => world.tell(region)));

    const troubled = facts.filter(({ troubles }) => troubles.length > 0);
    expect(troubled.length).toBeGreaterThan(0);
    expect(world.taken.length).toBe(2);
  });

  it('a new process goes on where its region was, and tells nothing twice', async () => {
    const world = notifyWorld();
    await world.minute();
    world.sees('us-east-1', 'down');
    await world.minute();
    const before = world.table.incidents.size;
    for (const region of [0, 1, 2, 3, 4]) world.restart(region);

    await world.minute();

    expect(world.table.incidents.size - before).toBeLessThanOrEqual(4);
    expect(world.messages()).toHaveLength(1);
  });
});

describe('a change at the name servers', () => {
  const removal = async (world: NotifyWorld): Promise<void> => {
    await world.minute([0]);
    world.sees('us-east-1', 'down');
    await world.minute([0]);
    await world.minute([0]);
  };

  it('is seen once every server answers it, and that is marked', async () => {
    const world = notifyWorld();
    world.servers.set('192.0.2.2:53', 'current');
    await removal(world);

    expect(await world.look(0)).toEqual([
      { service: 'app', generation: 42, kind: 'seen', servers: 2, behind: [] },
    ]);
    expect(world.marks().filter(({ kind }) => kind === 'seen')).toMatchObject([
      { generation: 42, region: 'eu-west-1', detail: '2 name servers' },
    ]);
    expect(await world.look(0)).toEqual([]);
  });

  it('is asked for until a server that is behind follows, in bounded time', async () => {
    const world = notifyWorld();
    world.servers.set('192.0.2.2:53', 'behind').set('192.0.2.3:53', 'silent');
    await removal(world);
    const began = world.clock.now();

    expect(await world.look(0)).toMatchObject([
      { kind: 'behind', servers: 3, behind: ['192.0.2.2:53', '192.0.2.3:53'] },
    ]);
    expect(world.clock.now() - began).toBeLessThanOrEqual(20 * SECOND);
    world.servers.set('192.0.2.2:53', 'current').set('192.0.2.3:53', 'current');
    expect(await world.look(0)).toMatchObject([{ kind: 'seen' }]);
  });

  it('is looked for by the next region after a minute, which finds it known where it was', async () => {
    const world = notifyWorld();
    await removal(world);

    expect(await world.look(1)).toEqual([]);
    await world.clock.advance(MINUTE);
    expect(await world.look(1)).toMatchObject([{ kind: 'seen' }]);
    expect(await world.look(0)).toMatchObject([{ kind: 'known' }]);
    expect(await world.look(0)).toEqual([]);
  });

  it('is not found without servers, a table or its service', async () => {
    const world = notifyWorld();
    world.servers.clear();
    await removal(world);

    expect(await world.look(0)).toMatchObject([{ kind: 'no-servers' }]);
    world.region(0).store.trouble('readMarks', { kind: 'refused' });
    expect(await world.look(0)).toMatchObject([{ kind: 'trouble' }]);
    for (const [key, item] of world.table.outbox) {
      const body = { ...(item.body as object), service: 'gone' };
      if (item.key.startsWith('due#look')) world.table.outbox.set(key, { ...item, body });
    }
    expect(await world.look(0)).toEqual([]);
  });
});

const incidents = (world: NotifyWorld, service?: string) =>
  readIncidents(
    world.region(0).store,
    world.config,
    {
      ...(service === undefined ? {} : { service: serviceId(service) }),
      sinceAt: epochMs(world.clock.now() - HOUR),
      now: world.clock.now(),
    },
    NEVER,
  );

const notes = (world: NotifyWorld) =>
  readChannelNotes(world.region(0).store, world.config, world.clock.now(), NEVER);

const outbox = (world: NotifyWorld, prefix: string) =>
  [...world.table.outbox.values()].filter(
    ({ key, expiresAt }) => key.startsWith(prefix) && expiresAt > world.clock.now(),
  );
