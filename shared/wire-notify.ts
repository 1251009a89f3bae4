/**
 * What only `notify` has: clients of the outside. Beside `wire.ts`, so that the other functions don't
 * carry them in their bundles.
 */
import { SNSClient } from '@aws-sdk/client-sns';
import { httpHeartbeat } from './adapters/http-heartbeat.ts';
import { snsTopic, topicRegion } from './adapters/sns-topic.ts';
import type { Heartbeat, Topic } from './ports.ts';
import { type Env, type Wired, type WireOverrides, wire } from './wire.ts';

export type NotifyOverrides = WireOverrides & {
  readonly heartbeat?: Heartbeat;
  readonly topic?: Topic;
};

export type NotifyWired = Wired & {
  readonly heartbeat: Heartbeat;
  /** Absent without `notify.sns`. */
  readonly topic: Topic | undefined;
};

const ATTEMPTS = 2;

export function wireNotify(env: Env, overrides: NotifyOverrides = {}): NotifyWired {
  const wired = wire(env, 'notify', overrides);
  const { clock, config, release, settings } = wired;
  const { credentials } = overrides;
  const endpoint = env.AWS_ENDPOINT_URL_SNS || env.AWS_ENDPOINT_URL;
  const arn = config.notify.sns;
  const client =
    arn === undefined || overrides.topic !== undefined
      ? undefined
      : new SNSClient({
          region: topicRegion(arn),
          maxAttempts: ATTEMPTS,
          ...(endpoint ? { endpoint } : {}),
          ...(credentials === undefined ? {} : { credentials }),
        });
  const topic =
    client === undefined || arn === undefined ? undefined : snsTopic(client, arn, clock);
  return {
    ...wired,
    heartbeat:
      overrides.heartbeat ??
      httpHeartbeat({ clock, userAgent: `Quorate/${release} (vantage ${settings.vantage})` }),
    topic: overrides.topic ?? topic,
    destroy: () => {
      client?.destroy();
      wired.destroy();
    },
  };
}
