/**
 * One hosted zone behind the real SDK: batches in, what was answered and what is listed out, in the
 * words of the differential test (`OWN` for the zone's own id). Nothing is retried or interpreted.
 */
import {
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { type DiffChange, OWN_ZONE, type RecordSet, ZONE_NAME } from './record-set.ts';

export type Verdict =
  | { readonly kind: 'taken' }
  | { readonly kind: 'refused'; readonly code: string; readonly text: string };

export type ZoneUnderTest = {
  readonly send: (changes: readonly DiffChange[]) => Promise<Verdict>;
  /** Without the SOA and NS of its own. */
  readonly list: () => Promise<readonly RecordSet[]>;
};

export const clientOf = (endpoint: string): Route53Client =>
  new Route53Client({
    region: 'us-east-1',
    endpoint,
    maxAttempts: 1,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
  });

export function zoneUnderTest(client: Route53Client, id: string): ZoneUnderTest {
  return {
    send: async (changes) => {
      try {
        await client.send(
          new ChangeResourceRecordSetsCommand({
            HostedZoneId: id,
            ChangeBatch: {
              Changes: changes.map(({ action, record }) => ({
                Action: action,
                ResourceRecordSet: withZone(record, OWN_ZONE, id) as ResourceRecordSet,
              })),
            },
          }),
        );
        return { kind: 'taken' };
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        const { messages = [] } = error as { messages?: readonly string[] };
        return { kind: 'refused', code: error.name, text: [error.message, ...messages].join('; ') };
      }
    },
    list: async () => {
      const records: RecordSet[] = [];
      let from: Partial<ListResourceRecordSetsCommandOutput> = {};
      do {
        const page: ListResourceRecordSetsCommandOutput = await client.send(
          new ListResourceRecordSetsCommand({
            HostedZoneId: id,
            StartRecordName: from.NextRecordName,
            StartRecordType: from.NextRecordType,
            StartRecordIdentifier: from.NextRecordIdentifier,
          }),
        );
        records.push(...((page.ResourceRecordSets ?? []) as RecordSet[]));
        from = page;
      } while (from.IsTruncated === true);
      return records
        .filter(({ Name, Type }) => !(Name === ZONE_NAME && (Type === 'SOA' || Type === 'NS')))
        .map((record) => withZone(record, id, OWN_ZONE));
    },
  };
}

function withZone(record: RecordSet, from: string, to: string): RecordSet {
  const { AliasTarget: target } = record;
  if (target?.HostedZoneId !== from) return record;
  return { ...record, AliasTarget: { ...target, HostedZoneId: to } };
}
