/**
 * `notify`: a schedule or an alarm in, what had to be told to the outside, out. A schedule pings the
 * heartbeat while a majority of the regions decides; an alarm of this region is passed on to the topic of
 * another. Nothing here decides about DNS, and what does not arrive is counted, never thrown.
 */
import type { Context } from 'aws-lambda';
import { alarmNotice } from '../shared/core/alarm-notice.ts';
import { type LambdaHandler, lambdaStack } from '../shared/middleware.ts';
import type { Delivery } from '../shared/ports.ts';
import { heartbeatRound } from '../shared/rounds/heartbeat-round.ts';
import type { Env } from '../shared/wire.ts';
import { type NotifyOverrides, wireNotify } from '../shared/wire-notify.ts';

export type NotifySummary = {
  /** `nothing-to-do`: no heartbeat, or no topic, is configured. */
  readonly did: Delivery['kind'] | 'below-majority' | 'not-our-turn' | 'nothing-to-do';
};

export type NotifyHandler = LambdaHandler<unknown, NotifySummary>;

/** One handler per region: local worlds make several in one process. */
export function notifyHandler(env: Env, overrides: NotifyOverrides = {}): NotifyHandler {
  const wired = wireNotify(env, overrides);
  const { config, settings, telemetry, clock, heartbeat, topic } = wired;
  const dimensions = { vantage: settings.vantage };
  const ports = { clock, store: wired.store(), secrets: wired.secrets(), heartbeat };

  const told = (fields: Readonly<Record<string, unknown>>, delivery: Delivery): NotifySummary => {
    const isFailed = delivery.kind === 'failed';
    const name = 'DeliveryFailures';
    telemetry.metric({ name, unit: 'count', value: isFailed ? 1 : 0, dimensions });
    telemetry.log({
      level: isFailed ? 'warn' : 'info',
      message: isFailed ? delivery.why : 'told the outside',
      ...dimensions,
      ...fields,
    });
    return { did: delivery.kind };
  };

  return lambdaStack({ telemetry, clock }, dimensions, async (event, { signal }) => {
    const notice = alarmNotice(event);
    if (notice !== undefined) {
      if (topic === undefined) return { did: 'nothing-to-do' };
      return told({ subject: notice.subject }, await topic.publish(notice, signal));
    }
    const target = config.notify.heartbeat;
    if (target === undefined) return { did: 'nothing-to-do' };
    const facts = await heartbeatRound(ports, config, target, settings.vantage, signal);
    const { deciding, of } = facts;
    if (facts.kind === 'delivered' || facts.kind === 'failed') return told({ deciding, of }, facts);
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
    return { did: facts.kind };
  });
}

let made: NotifyHandler | undefined;
const own = (): NotifyHandler => {
  made ??= notifyHandler(process.env);
  return made;
};

/** In Lambda everything is made during INIT; elsewhere importing this file makes nothing. */
if (process.env.AWS_LAMBDA_FUNCTION_NAME) own();

export const handler = async (event: unknown, context: Context): ReturnType<NotifyHandler> =>
  await own()(event, context);
