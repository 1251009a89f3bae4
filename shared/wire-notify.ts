/**
 * What only `notify` has: clients of the outside. Beside `wire.ts`, so that the other functions don't
 * carry them in their bundles.
 */
import { SNSClient } from '@aws-sdk/client-sns';
import { httpHeartbeat } from './adapters/http-heartbeat.ts';
import { snsTopic, topicRegion } from './adapters/sns-topic.ts';
import type { Heartbeat, Secrets, Topic } from './ports.ts';
import { type Env, endpointOf, type Wired, type WireOverrides, wire } from './wire.ts';
import { wireSecrets } from './wire-secrets.ts';

export type NotifyOverrides = WireOverrides & {
  readonly heartbeat?: Heartbeat;
  readonly topic?: Topic;
};

export type NotifyWired = Wired & {
  readonly secrets: () => Secrets;
  readonly heartbeat: Heartbeat;
  /** Absent without `notify.sns`. */
  readonly topic: Topic | undefined;
};

export function wireNotify(env: Env, overrides: NotifyOverrides = {}): NotifyWired {
  const wired = wire(env, 'notify', overrides);
  const { clock, config, release, settings } = wired;
  const arn = config.notify.sns;
  const topic = (): Topic | undefined => {
    if (overrides.topic !== undefined || arn === undefined) return overrides.topic;
    const endpoint = env.AWS_ENDPOINT_URL_SNS || env.AWS_ENDPOINT_URL || undefined;
    const client = wired.client(
      (common) => new SNSClient({ ...common, region: topicRegion(arn), ...endpointOf(endpoint) }),
    );
    return snsTopic(client, arn, clock);
  };
  return {
    ...wired,
    secrets: wireSecrets(wired, overrides),
    heartbeat:
      overrides.heartbeat ??
      httpHeartbeat({ clock, userAgent: `Quorate/${release} (vantage ${settings.vantage})` }),
    topic: topic(),
  };
}
