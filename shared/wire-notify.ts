/**
 * What only `notify` has: clients of the outside. Beside `wire.ts`, so that the other functions don't
 * carry them in their bundles.
 */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { SNSClient } from '@aws-sdk/client-sns';
import { busRegion, eventbridgeChannel } from './adapters/eventbridge-channel.ts';
import { httpHeartbeat } from './adapters/http-heartbeat.ts';
import { nameServers } from './adapters/name-servers.ts';
import { snsChannel } from './adapters/sns-channel.ts';
import { snsTopic, topicRegion } from './adapters/sns-topic.ts';
import { webhookChannel } from './adapters/webhook-channel.ts';
import type { Channel, Heartbeat, NameServers, Secrets, Topic } from './ports.ts';
import { type Env, endpointOf, type Wired, type WireOverrides, wire } from './wire.ts';
import { wireSecrets } from './wire-secrets.ts';

export type NotifyOverrides = WireOverrides & {
  readonly heartbeat?: Heartbeat;
  readonly topic?: Topic;
  /** Instead of those that the file names. */
  readonly channels?: readonly Channel[];
  readonly nameServers?: NameServers;
  /** Of the local world: its webhook is on loopback and has no certificate. */
  readonly allowPlainWebhook?: boolean;
};

export type NotifyWired = Wired & {
  readonly secrets: () => Secrets;
  readonly heartbeat: Heartbeat;
  /** Absent without `notify.sns`. */
  readonly topic: Topic | undefined;
  readonly channels: readonly Channel[];
  readonly nameServers: NameServers;
};

export function wireNotify(env: Env, overrides: NotifyOverrides = {}): NotifyWired {
  const wired = wire(env, 'notify', overrides);
  const { clock, config, release, settings } = wired;
  const { sns, webhook, events } = config.notify;
  const userAgent = `Quorate/${release} (vantage ${settings.vantage})`;
  const secrets = wireSecrets(wired, overrides);
  const endpoint = (name: string): { endpoint?: string } =>
    endpointOf(env[name] || env.AWS_ENDPOINT_URL || undefined);

  const topicOf = (arn: string): Topic => {
    const client = wired.client(
      (common) =>
        new SNSClient({
          ...common,
          region: topicRegion(arn),
          ...endpoint('AWS_ENDPOINT_URL_SNS'),
        }),
    );
    return snsTopic(client, arn, clock);
  };
  const topic = overrides.topic ?? (sns === undefined ? undefined : topicOf(sns));

  const busOf = (arn: string): Channel => {
    const client = wired.client(
      (common) =>
        new EventBridgeClient({
          ...common,
          region: busRegion(arn),
          ...endpoint('AWS_ENDPOINT_URL_EVENTBRIDGE'),
        }),
    );
    return eventbridgeChannel(client, arn, clock);
  };
  const channels = (): readonly Channel[] => [
    ...(topic === undefined || sns === undefined ? [] : [snsChannel(topic)]),
    ...(webhook === undefined
      ? []
      : [
          webhookChannel({
            clock,
            userAgent,
            url: async (signal) =>
              typeof webhook === 'string' ? webhook : await secrets().read(webhook.ssm, signal),
            ...(overrides.allowPlainWebhook === true ? { allowPlain: true } : {}),
          }),
        ]),
    ...(events === undefined ? [] : [busOf(events)]),
  ];
  return {
    ...wired,
    secrets,
    heartbeat: overrides.heartbeat ?? httpHeartbeat({ clock, userAgent }),
    topic,
    channels: overrides.channels ?? channels(),
    nameServers: overrides.nameServers ?? nameServers(),
  };
}
