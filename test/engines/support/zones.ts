/**
 * A hosted zone of an engine that speaks Route 53's API, for the zone contract. In: where it answers and
 * the records wanted. Out: the production adapter over it, with the real SDK. Records are made by the
 * API itself, in batches within Route 53's limits; whatever an engine cannot be made to do throws.
 */
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { type Credentials, route53Clients } from '../../../shared/adapters/route53-clients.ts';
import { toResourceRecordSet } from '../../../shared/adapters/route53-records.ts';
import { route53Zone } from '../../../shared/adapters/route53-zone.ts';
import { systemClock } from '../../../shared/adapters/system-clock.ts';
import type { ZoneRef } from '../../../shared/core/model.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import type { OpenZone } from '../../contract/zone-contract.ts';
import { APEX } from '../../contract/zone-samples.ts';

export const LOCAL_CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
const RECORDS_PER_BATCH = 250;
/** A slow engine on a busy machine: deadlines are no part of the contract. */
const CALL_TIMEOUT_MS = 30_000;

export const zoneClient = (endpoint: string): Route53Client =>
  new Route53Client({ region: 'us-east-1', endpoint, credentials: LOCAL_CREDENTIALS });

let zones = 0;

/** A new, empty zone; its id without the path in front. */
export async function createZone(client: Route53Client, name: string): Promise<string> {
  zones += 1;
  const CallerReference = `quorate-${process.pid}-${Date.now()}-${zones}`;
  const { HostedZone } = await client.send(
    new CreateHostedZoneCommand({ Name: `${name}.`, CallerReference }),
  );
  const id = HostedZone?.Id?.replace('/hostedzone/', '');
  if (id === undefined) throw new Error(`no zone was made for ${name}`);
  return id;
}

export async function createRecords(
  client: Route53Client,
  zoneId: string,
  records: readonly ZoneRecord[],
): Promise<void> {
  for (let start = 0; start < records.length; start += RECORDS_PER_BATCH) {
    const Changes = records.slice(start, start + RECORDS_PER_BATCH).map((record) => ({
      Action: 'CREATE' as const,
      ResourceRecordSet: toResourceRecordSet(record),
    }));
    await client.send(
      new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneId, ChangeBatch: { Changes } }),
    );
  }
}

export type ZoneOver = {
  readonly ref: ZoneRef;
  readonly endpoint?: string;
  readonly credentials?: Credentials;
  readonly settle: OpenZone['settle'];
};

/** The production adapter over a zone that is there; nothing can be broken on purpose. */
export function openZone({ ref, endpoint, credentials, settle }: ZoneOver): OpenZone {
  const clock = systemClock();
  const clients = route53Clients({
    region: 'us-east-1',
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentialsOf: () => credentials }),
  });
  const impossible = (): never => {
    throw new Error('this engine cannot be made to fail on purpose');
  };
  return {
    zone: route53Zone({
      ...clients,
      clock,
      readTimeoutMs: CALL_TIMEOUT_MS,
      writeTimeoutMs: CALL_TIMEOUT_MS,
    }),
    ref,
    settle,
    troubleCommit: impossible,
    troubleRead: impossible,
    heal: () => undefined,
    strandPending: impossible,
    now: clock.now,
    [Symbol.asyncDispose]: () => {
      clients.destroy();
      return Promise.resolve();
    },
  };
}

/** For engines that keep zones apart and forget them when they end: a new zone for each test. */
export async function openNewZone(
  endpoint: string,
  records: readonly ZoneRecord[],
): Promise<OpenZone> {
  const client = zoneClient(endpoint);
  try {
    const id = await createZone(client, APEX);
    await createRecords(client, id, records);
    return openZone({
      ref: { key: 'main', id },
      endpoint,
      credentials: LOCAL_CREDENTIALS,
      settle: () => Promise.resolve(),
    });
  } finally {
    client.destroy();
  }
}
