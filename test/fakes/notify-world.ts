/**
 * Several regions that notice and tell: each with a `quorum`'s incident book over the quorum world, and a
 * `notify` over the same table. Every message that a channel took is kept with its region and time.
 */

import type { Config } from '../../shared/core/model.ts';
import type { Notification } from '../../shared/core/notification.ts';
import { CHANNELS, type ChannelName } from '../../shared/core/outbox.ts';
import type { Channel, Delivery, NameServers } from '../../shared/ports.ts';
import {
  type BookFacts,
  type IncidentBook,
  incidentBook,
} from '../../shared/rounds/incident-book.ts';
import { notifyRound, readDue, type TellFacts } from '../../shared/rounds/notify-round.ts';
import { type SeenFacts, seenRound } from '../../shared/rounds/seen-round.ts';
import { fakeIds } from './fake-clock.ts';
import { MINUTE, NEVER, type QuorumWorld, quorumWorld, type WorldOptions } from './quorum-world.ts';
import { sampleConfig } from './sample-service.ts';

export type TakenMessage = {
  readonly channel: ChannelName;
  readonly region: string;
  readonly at: number;
  readonly notification: Notification;
};

export const ALL_CHANNELS: Config['notify'] = {
  sns: 'arn:aws:sns:eu-west-1:123456789012:quorate',
  webhook: 'https://hooks.example.com/secret',
  events: 'arn:aws:events:eu-west-1:123456789012:event-bus/quorate',
};

export type NotifyWorld = QuorumWorld & {
  readonly taken: TakenMessage[];
  readonly messages: (channel?: ChannelName) => readonly string[];
  /** Name servers that answer what the zone holds; others are behind. */
  readonly servers: Map<string, 'current' | 'behind' | 'silent'>;
  /** A quorum round of one region, then what it writes down. */
  readonly notice: (region: number) => Promise<BookFacts>;
  readonly tell: (region: number) => Promise<TellFacts>;
  readonly look: (region: number) => Promise<readonly SeenFacts[]>;
  /** A minute of all regions that live: they notice, then they tell. */
  readonly minute: (regions?: readonly number[]) => Promise<void>;
  /** As a new process of `quorum` begins. */
  readonly restart: (region: number) => void;
  readonly breaks: (channel: ChannelName, why?: string, region?: number) => void;
  readonly mends: (channel: ChannelName) => void;
};

export function notifyWorld(options: WorldOptions = {}): NotifyWorld {
  const given = options.config ?? sampleConfig();
  const world = quorumWorld({ ...options, config: { ...given, notify: ALL_CHANNELS } });
  const { clock, config, regions } = world;
  const taken: TakenMessage[] = [];
  const broken = new Map<string, string>();
  const servers: NotifyWorld['servers'] = new Map([['192.0.2.1:53', 'current']]);
  const bookOf = (region: number): IncidentBook =>
    incidentBook(world.region(region).deps, config, world.region(region).id);
  const books = regions.map((_, region) => bookOf(region));

  const channelsOf = (region: number): readonly Channel[] =>
    CHANNELS.map((name) => ({
      name,
      send: async (notification): Promise<Delivery> => {
        await Promise.resolve();
        const why = broken.get(name) ?? broken.get(`${name} ${region}`);
        if (why !== undefined) return { kind: 'failed', why };
        taken.push({
          channel: name,
          region: world.region(region).id,
          at: clock.now(),
          notification,
        });
        return { kind: 'delivered' };
      },
    }));
  const channels = regions.map((_, region) => channelsOf(region));
  const ids = regions.map((_, region) => fakeIds(`t${region}`));

  const nameServers: NameServers = {
    serversOf: async () => [...servers.keys()],
    txt: async (server) => {
      const text = world.snapshot().fenceRecord?.values?.[0] ?? '""';
      const served = text.replaceAll(/" "|^"|"$/g, '');
      const state = servers.get(server);
      if (state === 'silent') return null;
      return [state === 'current' ? served : served.replace(/n=\S+/, 'n=behind01')];
    },
  };
  const due = (region: number) => readDue(world.region(region).deps, config.vantages, NEVER);

  const built: NotifyWorld = {
    ...world,
    taken,
    servers,
    messages: (channel = 'sns') =>
      taken
        .filter((one) => one.channel === channel)
        .map(
          ({ notification: { event, subject } }) => `${event}: ${subject.replace(/^\w+: /, '')}`,
        ),
    notice: async (region) => {
      const results = await world.region(region).round();
      return await clock.runUntil(books[region]!.keep(results, NEVER));
    },
    tell: async (region) => {
      const deps = { ...world.region(region).deps, ids: ids[region]!, channels: channels[region]! };
      const own = world.region(region).id;
      return await clock.runUntil(notifyRound(deps, config, await due(region), own, NEVER));
    },
    look: async (region) => {
      const deps = { ...world.region(region).deps, nameServers };
      const own = world.region(region).id;
      return await clock.runUntil(seenRound(deps, config, await due(region), own, NEVER));
    },
    minute: async (some = regions.map((_, region) => region)) => {
      await clock.advance(MINUTE - (clock.now() % MINUTE));
      for (const region of some) {
        const { id } = world.region(region);
        await built.notice(region);
        world.table.pulses.set(id, { region: id, at: clock.now() });
      }
      for (const region of some) await built.tell(region);
    },
    restart: (region) => {
      books[region] = bookOf(region);
    },
    breaks: (channel, why = 'it answered 500', region) => {
      broken.set(region === undefined ? channel : `${channel} ${region}`, why);
    },
    mends: (channel) => {
      broken.delete(channel);
    },
  };
  return built;
}
