/** The `Topic` port on SNS. The topic may be in another region than the caller: its ARN says where. */
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Notice } from '../core/alarm-notice.ts';
import { safeText } from '../core/safe-text.ts';
import type { Clock, Topic } from '../ports.ts';

const PUBLISH_TIMEOUT_MS = 5_000;

export const topicRegion = (arn: string): string => arn.split(':')[3] ?? '';

const messageAttributes = (attributes: NonNullable<Notice['attributes']>) =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'string'
        ? { DataType: 'String', StringValue: value }
        : { DataType: 'String.Array', StringValue: JSON.stringify(value) },
    ]),
  );

export const snsTopic = (client: Pick<SNSClient, 'send'>, arn: string, clock: Clock): Topic => ({
  publish: async ({ subject, text, attributes = {} }, signal) => {
    try {
      await clock.withDeadline(PUBLISH_TIMEOUT_MS, signal, (abortSignal) =>
        client.send(
          new PublishCommand({
            TopicArn: arn,
            Subject: subject,
            Message: text,
            ...(Object.keys(attributes).length === 0
              ? {}
              : { MessageAttributes: messageAttributes(attributes) }),
          }),
          { abortSignal },
        ),
      );
      return { kind: 'delivered' };
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return { kind: 'failed', why: `SNS did not take a notice for ${arn}: ${safeText(why)}` };
    }
  },
});
