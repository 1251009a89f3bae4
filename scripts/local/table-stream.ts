/**
 * Changes of one region's replica → DynamoDB Streams records as Lambda gets them, in small batches and
 * in order: the next batch waits until the last one has been handled, as a shard's reader does.
 */
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import type { Clock } from '../../shared/ports.ts';
import type { Change, Image } from './replica.ts';

export type OnStream = (region: string, records: readonly DynamoDBRecord[]) => void | Promise<void>;

export type TableStream = {
  readonly add: (change: Change) => void;
  readonly isBusy: () => boolean;
  readonly close: () => Promise<void>;
};

export type TableStreamDeps = {
  readonly clock: Clock;
  readonly region: string;
  readonly arn: string;
  readonly pollMs: number;
  readonly onStream: OnStream;
  readonly onSettled: () => void;
};

/** Of an event source mapping, by default. */
const RECORDS_PER_BATCH_MAX = 100;

export function tableStream(deps: TableStreamDeps): TableStream {
  const { clock, region, arn, pollMs, onStream } = deps;
  const closing = new AbortController();
  const waiting: DynamoDBRecord[] = [];
  let reader: Promise<void> | undefined;
  let sequence = 0;

  return {
    add: (change) => {
      sequence += 1;
      waiting.push(recordOf(change, sequence));
      reader ??= read().finally(() => {
        reader = undefined;
        deps.onSettled();
      });
    },
    isBusy: () => reader !== undefined,
    close: async () => {
      closing.abort();
      await reader;
    },
  };

  async function read(): Promise<void> {
    while (waiting.length > 0) {
      await clock.sleep(pollMs, closing.signal).catch(() => undefined); // closed: seen below
      if (closing.signal.aborted) return;
      await onStream(region, waiting.splice(0, RECORDS_PER_BATCH_MAX));
    }
  }

  function recordOf({ key, before, after, writtenAt }: Change, number: number): DynamoDBRecord {
    return {
      eventID: `${region}-${String(number).padStart(16, '0')}`,
      eventName: before === null ? 'INSERT' : after === null ? 'REMOVE' : 'MODIFY',
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: region,
      dynamodb: {
        ApproximateCreationDateTime: Math.floor(writtenAt / 1000),
        Keys: attributes(key),
        ...(after === null ? {} : { NewImage: attributes(after) }),
        ...(before === null ? {} : { OldImage: attributes(before) }),
        // Real ones have 21 digits and more: too long for a number.
        SequenceNumber: `1${String(number).padStart(24, '0')}`,
        SizeBytes: JSON.stringify(after ?? key).length,
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
      eventSourceARN: arn,
    };
  }
}

/** The wire's JSON is the event's JSON. */
const attributes = (image: Image): Record<string, AttributeValue> =>
  structuredClone(image) as Record<string, AttributeValue>;
