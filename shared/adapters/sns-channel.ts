/**
 * The `Channel` port on SNS: subject and text for people, message attributes for subscriptions that filter.
 * The topic may be in another region than the caller: its ARN says where.
 */
import type { Notification } from '../core/notification.ts';
import { textOf } from '../core/notification.ts';
import type { Channel, Topic } from '../ports.ts';

export const snsChannel = (topic: Topic): Channel => ({
  name: 'sns',
  send: (notification, signal) =>
    topic.publish(
      {
        subject: notification.subject,
        text: textOf(notification),
        attributes: attributesOf(notification),
      },
      signal,
    ),
});

/** What a filter policy matches; SNS takes no empty value. */
const attributesOf = ({
  event,
  deployment,
  services,
  incident,
}: Notification): Readonly<Record<string, string | readonly string[]>> => ({
  event,
  deployment,
  ...(services.length === 0 ? {} : { services }),
  ...(incident === null
    ? {}
    : { incident: incident.id, kind: incident.kind, state: incident.state }),
});
