/** The `notify` handler over fakes: who pings when, what arrives, and alarms on their way to a topic. */
import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import {
  handler as deployed,
  type NotifyHandler,
  type NotifySummary,
  notifyHandler,
} from '../../functions/notify.ts';
import type { Notice } from '../../shared/core/alarm-notice.ts';
import type { IncidentEvent } from '../../shared/core/incident.ts';
import { type Config, nonce, serviceId } from '../../shared/core/model.ts';
import type { Notification } from '../../shared/core/notification.ts';
import { dueItem, lookItem } from '../../shared/core/outbox.ts';
import type { LogEntry, MetricEntry } from '../../shared/middleware.ts';
import type { Delivery } from '../../shared/ports.ts';
import { wireNotify } from '../../shared/wire-notify.ts';
import { fakeClock } from '../fakes/fake-clock.ts';
import { fakeStore, fakeTable } from '../fakes/fake-store.ts';
import { aNotification, anEvent } from '../fakes/sample-incident.ts';
import { sampleConfig, VANTAGES } from '../fakes/sample-service.ts';

const URL = 'https://hc.example.com/ping/secret';
const MINUTE = 60_000;

describe('the heartbeat', () => {
  it('is sent once in each minute, by one region after the other, while a majority decides', async () => {
    const world = notifyWorld();
    world.decide(...VANTAGES);

    const pinged: string[] = [];
    for (let minute = 0; minute < VANTAGES.length; minute += 1) {
      for (const region of VANTAGES) {
        if ((await world.invoke(region)).did === 'delivered') pinged.push(region);
      }
      await world.clock.advance(MINUTE);
      world.decide(...VANTAGES);
    }

    expect(pinged.toSorted()).toEqual([...VANTAGES].toSorted());
    expect(world.pings).toEqual(VANTAGES.map(() => URL));
    expect(world.metric('DeliveryFailures')).toEqual(VANTAGES.map(() => 0));
  });

  it('is taken over by those who decide when a region does not', async () => {
    const world = notifyWorld();
    world.decide(...VANTAGES.slice(0, 3));

    const ends = await Promise.all(VANTAGES.map((region) => world.invoke(region)));

    expect(ends.filter(({ did }) => did === 'delivered').length).toBe(1);
    expect(ends.slice(3).map(({ did }) => did)).toEqual(['not-our-turn', 'not-our-turn']);
  });

  it('stops below a majority, and the log says how many decide', async () => {
    const world = notifyWorld();
    world.decide(...VANTAGES.slice(0, 2));

    for (const region of VANTAGES) {
      expect(await world.invoke(region)).toEqual({ did: 'below-majority' });
    }

    expect(world.pings).toEqual([]);
    expect(world.logs[0]).toMatchObject({
      level: 'warn',
      message: 'no heartbeat: 2 of 5 regions decide, as seen from here',
    });
  });

  it('stops when pulses go stale', async () => {
    const world = notifyWorld();
    world.decide(...VANTAGES);
    await world.clock.advance(151_000);

    expect(await world.invoke(VANTAGES[0]!)).toEqual({ did: 'below-majority' });
  });

  it('that does not arrive is counted and told, and nothing is thrown', async () => {
    const world = notifyWorld();
    world.decide(...VANTAGES);
    world.replies({ kind: 'failed', why: 'the heartbeat did not arrive: ECONNREFUSED' });

    const ends = await Promise.all(VANTAGES.map((region) => world.invoke(region)));

    expect(ends.filter(({ did }) => did === 'failed').length).toBe(1);
    expect(world.metric('DeliveryFailures')).toEqual([1]);
    expect(world.logs).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: 'the heartbeat did not arrive: ECONNREFUSED',
      }),
    );
  });

  it('has its URL from a parameter, which no log repeats', async () => {
    const world = notifyWorld({ notify: { heartbeat: { ssm: '/quorate/heartbeat' } } });
    world.decide(...VANTAGES);

    for (const region of VANTAGES) await world.invoke(region);

    expect(world.pings).toEqual([`${URL}?of=/quorate/heartbeat`]);
    expect(JSON.stringify(world.logs)).not.toContain('hc.example.com');
  });

  it('whose parameter can’t be read is a failure of the region whose turn it is', async () => {
    const world = notifyWorld({ notify: { heartbeat: { ssm: '/quorate/heartbeat' } } });
    world.decide(...VANTAGES);
    world.hideSecrets();

    const ends = await Promise.all(VANTAGES.map((region) => world.invoke(region)));

    expect(ends.filter(({ did }) => did === 'failed').length).toBe(1);
    expect(world.logs.find(({ level }) => level === 'warn')?.message).toMatch(
      /^the parameter of notify.heartbeat can't be read in \S+; it has to be there in every vantage$/,
    );
  });

  it('that nobody asked for costs no read but that of the outboxes', async () => {
    const world = notifyWorld({ notify: {} });

    expect(await world.invoke(VANTAGES[0]!)).toEqual({ did: 'nothing-to-do' });
    expect(world.store.calls).toMatchObject([{ method: 'readOutbox', args: [VANTAGES, 'due#'] }]);
  });

  it('waits for a table that is away: retryable, counted by the stack', async () => {
    const world = notifyWorld();
    world.store.trouble('readPulses', { kind: 'refused' });

    expect(await world.invoke(VANTAGES[0]!)).toMatchObject({ error: 'STORE_UNAVAILABLE' });
    expect(world.metric('OperatingErrors')).toEqual([1]);
  });
});

describe('an alarm of this region', () => {
  const ALARM = {
    source: 'aws.cloudwatch',
    region: 'us-east-1',
    alarmData: { alarmName: 'quorate-test-drift', state: { value: 'ALARM', reason: 'why' } },
  };

  it('is passed on to the topic', async () => {
    const world = notifyWorld();

    expect(await world.invoke(VANTAGES[1]!, ALARM)).toEqual({ did: 'delivered' });
    expect(world.notices).toEqual([
      {
        subject: 'ALARM: quorate-test-drift in us-east-1',
        text: 'ALARM: quorate-test-drift in us-east-1\nwhy',
      },
    ]);
    expect(world.pings).toEqual([]);
  });

  it('that the topic does not take is counted and told', async () => {
    const world = notifyWorld();
    world.replies({ kind: 'failed', why: 'SNS did not take a notice' });

    expect(await world.invoke(VANTAGES[1]!, ALARM)).toEqual({ did: 'failed' });
    expect(world.metric('DeliveryFailures')).toEqual([1]);
  });

  it('without a topic is nobody’s business', async () => {
    const handler = notifyHandler(ENV('us-east-1'), {
      config: sampleConfig(),
      log: () => undefined,
    });

    expect(await handler(ALARM, CONTEXT)).toEqual({ did: 'nothing-to-do' });
  });
});

describe('what is due', () => {
  it('is told by a wake at once, without a heartbeat, and by the minute’s sweep', async () => {
    for (const event of [{ kind: 'wake' }, {}]) {
      const world = notifyWorld();
      world.decide(...VANTAGES);
      world.happens(anEvent({ at: world.clock.now() }));

      const ends = await Promise.all(VANTAGES.map((region) => world.invoke(region, event)));

      expect(ends.filter(({ told }) => told !== undefined)).toMatchObject([
        { told: { delivered: 1, failed: 0 } },
      ]);
      expect(world.sent.map(({ subject }) => subject)).toEqual(['opened: app: us-east-1 is down']);
      expect(world.pings).toHaveLength('kind' in event ? 0 : 1);
      expect(world.logs).toContainEqual(
        expect.objectContaining({
          message: 'told the outside',
          channel: 'webhook',
          incidents: ['incident0001'],
        }),
      );
    }
  });

  it('and is not taken is counted and told, and nothing is thrown', async () => {
    const world = notifyWorld();
    world.decide(...VANTAGES);
    world.happens(anEvent({ at: world.clock.now() }));
    world.replies({ kind: 'failed', why: 'the webhook took nothing: it answered 500' });

    const ends = await Promise.all(
      VANTAGES.map((region) => world.invoke(region, { kind: 'wake' })),
    );

    expect(ends.flatMap(({ told }) => told ?? [])).toEqual([{ delivered: 0, failed: 1 }]);
    expect(world.metric('DeliveryFailures')).toEqual([1]);
  });

  it('waits for a table that is away, and the heartbeat does not', async () => {
    const world = notifyWorld();
    world.decide(...VANTAGES);
    world.store.trouble('readOutbox', { kind: 'refused' }, VANTAGES.length);

    const ends = await Promise.all(VANTAGES.map((region) => world.invoke(region)));

    expect(ends.filter(({ did }) => did === 'delivered')).toHaveLength(1);
    expect(world.logs.some(({ message }) => message.includes('readOutbox'))).toBe(true);
  });

  it('at the name servers is asked for, and what they say is logged', async () => {
    const world = notifyWorld();
    const look = { service: serviceId('app'), generation: 42, nonce: nonce('abcdefgh') };
    const item = lookItem({ ...look, at: world.clock.now() }, VANTAGES[0]!);
    await world.store.writeOutbox(item, 'any', new AbortController().signal);

    expect(await world.invoke(VANTAGES[0]!, { kind: 'wake' })).toMatchObject({ seen: 0 });
    expect(world.logs).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        message: "the name servers of app can't be found from here",
      }),
    );
  });
});

describe('a test', () => {
  it('goes to every channel, and says of each what came of it', async () => {
    const world = notifyWorld();

    expect(await world.invoke(VANTAGES[0]!, { kind: 'test' })).toEqual({
      did: 'nothing-to-do',
      channels: [{ channel: 'webhook', delivered: true, why: null }],
    });
    expect(world.sent).toMatchObject([{ event: 'test', region: VANTAGES[0] }]);
    world.replies({ kind: 'failed', why: 'no' });
    expect(await world.invoke(VANTAGES[0]!, { kind: 'test' })).toMatchObject({
      channels: [{ channel: 'webhook', delivered: false, why: 'no' }],
    });
  });

  it('makes the channels that the file names', async () => {
    const secrets = { read: async () => 'http://127.0.0.1:9/x' };
    const notify = {
      sns: 'arn:aws:sns:eu-west-1:123456789012:q',
      webhook: { ssm: '/quorate/hook' },
      events: 'arn:aws:events:eu-west-1:123456789012:event-bus/q',
    };
    const topic = { publish: async () => ({ kind: 'delivered' as const }) };
    const wired = wireNotify(ENV('us-east-1'), {
      config: sampleConfig({ notify }),
      topic,
      secrets,
    });
    const plain = wireNotify(ENV('us-east-1'), { config: sampleConfig({ notify: {} }), secrets });

    expect(wired.channels.map(({ name }) => name)).toEqual(['sns', 'webhook', 'events']);
    expect(await wired.channels[1]!.send(aNotification(), AbortSignal.abort())).toEqual({
      kind: 'failed',
      why: 'the webhook took nothing: its URL is not https',
    });
    expect(plain.channels).toEqual([]);
    for (const one of [wired, plain]) one.destroy();
  });
});

it('without its environment says what is missing', async () => {
  await expect(deployed({}, CONTEXT)).rejects.toThrow('QUORATE_TABLE is not set');
});

const CONTEXT = { getRemainingTimeInMillis: () => 30_000 } as Context;
const ENV = (region: string) => ({
  QUORATE_VANTAGE: region,
  QUORATE_TABLE: 'quorate-test',
  AWS_REGION: region,
});

function notifyWorld(changes: Partial<Config> = {}) {
  const clock = fakeClock();
  const store = fakeStore(fakeTable(), clock);
  const sent: Notification[] = [];
  const logs: LogEntry[] = [];
  const metrics: MetricEntry[] = [];
  const pings: string[] = [];
  const notices: Notice[] = [];
  let reply: Delivery = { kind: 'delivered' };
  let isHidden = false;
  const config = sampleConfig({ notify: { heartbeat: URL }, ...changes });
  const handlers = new Map<string, NotifyHandler>(
    VANTAGES.map((region) => [
      region,
      notifyHandler(ENV(region), {
        config,
        clock,
        store,
        secrets: { read: async (name) => (isHidden ? undefined : `${URL}?of=${name}`) },
        heartbeat: {
          ping: async (url) => {
            pings.push(url);
            return reply;
          },
        },
        topic: {
          publish: async (notice) => {
            notices.push(notice);
            return reply;
          },
        },
        channels: [
          {
            name: 'webhook',
            send: async (notification) => {
              if (reply.kind === 'delivered') sent.push(notification);
              return reply;
            },
          },
        ],
        nameServers: { serversOf: async () => [], txt: async () => null },
        log: (entry) => logs.push(entry),
        metric: (entry) => metrics.push(entry),
      }),
    ]),
  );
  return {
    clock,
    store,
    logs,
    pings,
    notices,
    sent,
    happens: (event: IncidentEvent) => {
      const item = dueItem(event, VANTAGES[0]!);
      store.table.incidents.set(`${event.service} ${event.at}`, event);
      store.table.outbox.set(`${item.region} ${item.key}`, item);
    },
    metric: (name: string) => metrics.filter((one) => one.name === name).map(({ value }) => value),
    decide: (...regions: readonly string[]) => {
      for (const region of regions) {
        store.table.pulses.set(region, { region, at: clock.now() });
      }
    },
    replies: (next: Delivery) => {
      reply = next;
    },
    hideSecrets: () => {
      isHidden = true;
    },
    invoke: async (region: string, event: unknown = {}) => {
      const end = await clock.runUntil(handlers.get(region)!(event, CONTEXT));
      return end as NotifySummary;
    },
  };
}
