/**
 * `notify`: a schedule, a wake or an alarm in, what had to be told to the outside, out. Each minute it pings
 * the heartbeat while a majority of the regions decides, tells what lies in the outboxes, and asks name
 * servers about changes; whoever committed wakes it for the last two; an alarm of this region is passed on
 * to the topic of another. Nothing here decides about DNS, and what does not arrive is counted, never thrown.
 */
import type { Context } from 'aws-lambda';
import { alarmNotice } from '../shared/core/alarm-notice.ts';
import { QuorateError } from '../shared/core/errors.ts';
import { testNotification } from '../shared/core/notification.ts';
import { type LambdaHandler, lambdaStack } from '../shared/middleware.ts';
import type { ChannelTold, Delivery } from '../shared/ports.ts';
import { heartbeatRound } from '../shared/rounds/heartbeat-round.ts';
import { notifyRound, readDue } from '../shared/rounds/notify-round.ts';
import { type SeenFacts, seenRound } from '../shared/rounds/seen-round.ts';
import type { Env } from '../shared/wire.ts';
import { type NotifyOverrides, wireNotify } from '../shared/wire-notify.ts';

export type NotifySummary = {
  /** Of the heartbeat, or of an alarm. `nothing-to-do`: none is configured, or it was not asked for. */
  readonly did: Delivery['kind'] | 'below-majority' | 'not-our-turn' | 'nothing-to-do';
  /** Messages that arrived, and those that did not; absent where none was due. */
  readonly told?: { readonly delivered: number; readonly failed: number };
  /** Changes that every name server answers, where any was looked for. */
  readonly seen?: number;
  /** Of a test: every channel that is configured. */
  readonly channels?: readonly ChannelTold[];
};

export type NotifyHandler = LambdaHandler<unknown, NotifySummary>;

/** One handler per region: local worlds make several in one process. */
export function notifyHandler(env: Env, overrides: NotifyOverrides = {}): NotifyHandler {
  const wired = wireNotify(env, overrides);
  const { config, settings, telemetry, clock, heartbeat, topic, channels, ids } = wired;
  const region = settings.vantage;
  const dimensions = { vantage: region };
  const store = wired.store();
  const ports = { clock, store, secrets: wired.secrets(), heartbeat };

  const arrived = (fields: Readonly<Record<string, unknown>>, delivery: Delivery): void => {
    const isFailed = delivery.kind === 'failed';
    const name = 'DeliveryFailures';
    telemetry.metric({ name, unit: 'count', value: isFailed ? 1 : 0, dimensions });
    telemetry.log({
      level: isFailed ? 'warn' : 'info',
      message: isFailed ? delivery.why : 'told the outside',
      ...dimensions,
      ...fields,
    });
  };

  const ping = async (signal: AbortSignal): Promise<NotifySummary['did']> => {
    const target = config.notify.heartbeat;
    if (target === undefined) return 'nothing-to-do';
    const facts = await heartbeatRound(ports, config, target, region, signal);
    const { deciding, of } = facts;
    if (facts.kind === 'delivered' || facts.kind === 'failed') arrived({ deciding, of }, facts);
    else {
      telemetry.log({
        level: facts.kind === 'below-majority' ? 'warn' : 'debug',
        message:
          facts.kind === 'below-majority'
            ? `no heartbeat: ${deciding.length} of ${of} regions decide, as seen from here`
            : 'another region tells the outside in this minute',
        ...dimensions,
        deciding,
        of,
      });
    }
    return facts.kind;
  };

  /** The outboxes of all regions: those of the dead are taken over. Without a channel, its own looks. */
  const sweep = async (signal: AbortSignal): Promise<Omit<NotifySummary, 'did'>> => {
    const regions = channels.length === 0 ? [region] : config.vantages;
    const due = await readDue(ports, regions, signal);
    const [told, seen] = await Promise.all([
      notifyRound({ clock, ids, store, channels }, config, due, region, signal),
      seenRound({ clock, store, nameServers: wired.nameServers }, config, due, region, signal),
    ]);
    for (const { outcome, ...sent } of told.sent) arrived(sent, outcome);
    for (const message of told.troubles) telemetry.log({ level: 'warn', message, ...dimensions });
    for (const fact of seen) tellSeen(fact);
    const delivered = told.sent.filter(({ outcome }) => outcome.kind === 'delivered').length;
    const failed = told.sent.length - delivered;
    return {
      ...(told.sent.length === 0 ? {} : { told: { delivered, failed } }),
      ...(seen.length === 0 ? {} : { seen: seen.filter(({ kind }) => kind === 'seen').length }),
    };
  };

  const tellSeen = ({ service, generation, kind, servers, behind }: SeenFacts): void =>
    telemetry.log({
      level: kind === 'behind' || kind === 'no-servers' ? 'warn' : 'info',
      message: {
        seen: `every one of ${servers} name servers answers generation ${generation} of ${service}`,
        known: `generation ${generation} of ${service} was seen before`,
        behind: `${behind.length} of ${servers} name servers don't answer generation ${generation} of ${service} yet`,
        'no-servers': `the name servers of ${service} can't be found from here`,
        trouble: `the table is away: generation ${generation} of ${service} is looked for later`,
      }[kind],
      ...dimensions,
      service,
      generation,
      behind,
    });

  const test = async (signal: AbortSignal): Promise<readonly ChannelTold[]> => {
    const told = { deployment: config.deployment, region, at: clock.now(), notes: [] };
    const notification = testNotification(told);
    return await Promise.all(
      channels.map(async (channel): Promise<ChannelTold> => {
        const delivery = await channel.send(notification, signal);
        arrived({ channel: channel.name, event: 'test' }, delivery);
        const isDelivered = delivery.kind === 'delivered';
        const why = isDelivered ? null : delivery.why;
        return { channel: channel.name, delivered: isDelivered, why };
      }),
    );
  };

  return lambdaStack({ telemetry, clock }, dimensions, async (event, { signal }) => {
    const notice = alarmNotice(event);
    if (notice !== undefined) {
      if (topic === undefined) return { did: 'nothing-to-do' };
      const delivery = await topic.publish(notice, signal);
      arrived({ subject: notice.subject }, delivery);
      return { did: delivery.kind };
    }
    const kind = kindOf(event);
    if (kind === 'test') return { did: 'nothing-to-do', channels: await test(signal) };
    if (kind === 'wake') return { did: 'nothing-to-do', ...(await sweep(signal)) };
    // A heartbeat that waits for the table keeps no message back, and the other way round.
    const [did, swept] = await Promise.allSettled([ping(signal), sweep(signal)]);
    if (did.status === 'rejected') throw did.reason;
    if (swept.status === 'rejected') {
      if (!(swept.reason instanceof QuorateError)) throw swept.reason;
      telemetry.log({ level: 'warn', message: swept.reason.message, ...dimensions });
      return { did: did.value };
    }
    return { did: did.value, ...swept.value };
  });
}

const kindOf = (event: unknown): unknown =>
  typeof event === 'object' && event !== null && 'kind' in event ? event.kind : undefined;

let made: NotifyHandler | undefined;
const own = (): NotifyHandler => {
  made ??= notifyHandler(process.env);
  return made;
};

/** In Lambda everything is made during INIT; elsewhere importing this file makes nothing. */
if (process.env.AWS_LAMBDA_FUNCTION_NAME) own();

export const handler = async (event: unknown, context: Context): ReturnType<NotifyHandler> =>
  await own()(event, context);
