/**
 * The `Channel` port on EventBridge: one event per message, whose detail is the notification itself
 * (`docs/events.schema.json`). The bus may be in another region than the caller: its ARN says where. A bus
 * that refuses an entry says so in a reply that is otherwise a success.
 */
import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { detailTypeOf, EVENT_SOURCE } from '../core/notification.ts';
import { safeText } from '../core/safe-text.ts';
import type { Channel, Clock } from '../ports.ts';

const PUT_TIMEOUT_MS = 5_000;

export const busRegion = (arn: string): string => arn.split(':')[3] ?? '';

export const eventbridgeChannel = (
  client: Pick<EventBridgeClient, 'send'>,
  arn: string,
  clock: Pick<Clock, 'withDeadline'>,
): Channel => ({
  name: 'events',
  send: async (notification, signal) => {
    const failed = (why: string) => ({
      kind: 'failed' as const,
      why: `EventBridge did not take an event for ${arn}: ${safeText(why)}`,
    });
    try {
      const reply = await clock.withDeadline(PUT_TIMEOUT_MS, signal, (abortSignal) =>
        client.send(
          new PutEventsCommand({
            Entries: [
              {
                EventBusName: arn,
                Source: EVENT_SOURCE,
                DetailType: detailTypeOf(notification),
                Time: new Date(notification.at),
                Detail: JSON.stringify(notification),
              },
            ],
          }),
          { abortSignal },
        ),
      );
      const refused = reply.Entries?.find(({ ErrorCode }) => ErrorCode !== undefined);
      if (refused === undefined && (reply.FailedEntryCount ?? 0) === 0)
        return { kind: 'delivered' };
      return failed(`${refused?.ErrorCode ?? 'refused'}: ${refused?.ErrorMessage ?? ''}`);
    } catch (error) {
      return failed(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    }
  },
});
