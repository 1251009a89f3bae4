/**
 * A CloudWatch alarm as it calls a function → what people read. The event is foreign: everything in it
 * may be missing or hostile, and is bounded. What is no such event is `undefined`.
 */
import { safeText } from './safe-text.ts';

export type Notice = {
  readonly subject: string;
  readonly text: string;
  /** What subscriptions filter by. */
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
};

/** SNS takes ASCII of at most 100 characters there. */
const SUBJECT_LENGTH_MAX = 100;
const NOT_ASCII = /[^\x20-\x7e]/g;
const TEXT_LENGTH_MAX = 1_000;

export function alarmNotice(event: unknown): Notice | undefined {
  const { source, alarmData, region, time } = fields(event);
  if (source !== 'aws.cloudwatch' || alarmData === undefined) return undefined;
  const { alarmName, configuration, state } = fields(alarmData);
  const { value, reason } = fields(state);
  const { description } = fields(configuration);
  const subject = `${text(value, 'changed')}: ${text(alarmName, 'an alarm')} in ${text(region, 'an unknown region')}`;
  const lines = [description, reason, time]
    .map((one) => text(one, ''))
    .filter((line) => line !== '');
  return {
    subject: safeText(subject.replace(NOT_ASCII, '?'), SUBJECT_LENGTH_MAX).replace('…', '.'),
    text: [subject, ...lines].join('\n'),
  };
}

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const text = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && value !== '' ? safeText(value, TEXT_LENGTH_MAX) : otherwise;
