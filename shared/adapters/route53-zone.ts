/**
 * Route 53 as the `Zone` port: pages of records in, exact records out; one batch in, one reply out.
 * It translates and decides nothing. What it reads and writes back unchanged equals the record in the
 * zone in every field, because DELETE compares all of them. A write is sent once: what may have
 * happened is `unknown`, and the zone as read back decides. A reply that is not whole is an error,
 * never a short list: a missing record must not look deleted.
 */
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  type Route53Client,
} from '@aws-sdk/client-route-53';
import { assert } from '../core/errors.ts';
import type { EpochMs, ZoneRef } from '../core/model.ts';
import { listingOrder, recordKey, type ZoneRecord } from '../core/zone-record.ts';
import type { Clock, Zone } from '../ports.ts';
import { replyTo, zoneError } from './route53-answers.ts';
import { failureOf } from './route53-failures.ts';
import { encodeName, normaliseName } from './route53-names.ts';
import { fromResourceRecordSet, toResourceRecordSet } from './route53-records.ts';
import { AT_THE_WIRE, replyWatch } from './route53-reply.ts';

/** AWS's own maximum. */
const RECORDS_PER_PAGE = 300;
/** 15,000 records: half as many again as a zone may hold. */
const PAGES_MAX = 50;
/** Route 53 API, ChangeBatch. */
const COMMENT_CHARACTERS_MAX = 256;

export type Route53ZoneOptions = {
  /** May retry by itself. */
  readonly reader: (zone: ZoneRef) => Route53Client;
  /** `maxAttempts` 1: asserted. */
  readonly writer: (zone: ZoneRef) => Route53Client;
  readonly clock: Clock;
  /** Of one page, or of one GetChange, with the client's own retries. */
  readonly readTimeoutMs?: number;
  readonly writeTimeoutMs?: number;
};

export function route53Zone({
  reader,
  writer,
  clock,
  readTimeoutMs = 5_000,
  writeTimeoutMs = 10_000,
}: Route53ZoneOptions): Zone {
  const readPage = async (zone: ZoneRef, start: Position, signal: AbortSignal): Promise<Answer> => {
    const command = new ListResourceRecordSetsCommand({
      HostedZoneId: zone.id,
      MaxItems: RECORDS_PER_PAGE,
      StartRecordName: start.name,
      ...(start.type === undefined ? {} : { StartRecordType: start.type }),
      ...(start.identifier === undefined ? {} : { StartRecordIdentifier: start.identifier }),
    });
    const reply = replyWatch();
    command.middlewareStack.add(reply.watch, AT_THE_WIRE);
    const output = await clock.withDeadline(readTimeoutMs, signal, (deadline) =>
      unlessAborted(deadline, reader(zone).send(command, { abortSignal: deadline })),
    );
    return { page: parsePage(output), serverAt: reply.serverAt() };
  };

  /** Whole pages, until one says that nothing up to `last` is left. */
  async function* pagesOf(
    zone: ZoneRef,
    stretch: { readonly from: string; readonly to: string },
    signal: AbortSignal,
  ): AsyncGenerator<Answer> {
    const last = listingOrder(normaliseName(stretch.to));
    const asked = new Set<string>();
    let start: Position | undefined = { name: encodeName(stretch.from) };
    while (start) {
      const cursor = JSON.stringify(start);
      if (asked.has(cursor)) throw new Malformed(`the listing does not get past ${start.name}`);
      if (asked.size >= PAGES_MAX) {
        throw new Malformed(
          `more than ${PAGES_MAX} pages between ${stretch.from} and ${stretch.to}: ` +
            'more records than Route 53 allows in a zone, or a listing that never ends',
        );
      }
      asked.add(cursor);
      const answer = await readPage(zone, start, signal);
      yield answer;
      const next: Position | undefined = answer.page.next;
      start = next && listingOrder(normaliseName(next.name)) <= last ? next : undefined;
    }
  }

  const read: Zone['read'] = async (zone, stretch, signal) => {
    const first = listingOrder(normaliseName(stretch.from));
    const last = listingOrder(normaliseName(stretch.to));
    const records = new Map<string, ZoneRecord>();
    let serverAt: EpochMs | null = null;
    try {
      for await (const answer of pagesOf(zone, stretch, signal)) {
        serverAt = answer.serverAt;
        for (const record of answer.page.records) {
          const order = listingOrder(record.name);
          if (order < first || order > last) continue;
          const key = recordKey(record);
          if (records.has(key)) throw new Malformed(`${key.trim()} is listed twice`);
          records.set(key, record);
        }
      }
    } catch (error) {
      throw zoneError(zone, failureOf(error), 'be read', error);
    }
    return { records: [...records.values()], serverAt, readAt: clock.now() };
  };

  const commit: Zone['commit'] = async (zone, changes, comment, signal) => {
    const client = writer(zone);
    assert(
      (await client.config.maxAttempts()) === 1,
      'A client that writes must not retry: a re-send after a lost reply meets its own commit.',
    );
    const command = new ChangeResourceRecordSetsCommand({
      HostedZoneId: zone.id,
      ChangeBatch: {
        Comment: comment.slice(0, COMMENT_CHARACTERS_MAX),
        Changes: changes.map(({ action, record }) => ({
          Action: action,
          ResourceRecordSet: toResourceRecordSet(record),
        })),
      },
    });
    command.middlewareStack.add(replyWatch().watch, AT_THE_WIRE);
    try {
      const output = await clock.withDeadline(writeTimeoutMs, signal, (deadline) =>
        unlessAborted(deadline, client.send(command, { abortSignal: deadline })),
      );
      const changeId = changeIdOf(output.ChangeInfo?.Id);
      if (changeId !== undefined) return { kind: 'accepted', changeId };
      return { kind: 'unknown', message: 'Route 53 answered without a change id' };
    } catch (error) {
      return replyTo(failureOf(error));
    }
  };

  const changeStatus: Zone['changeStatus'] = async (zone, changeId, signal) => {
    try {
      const command = new GetChangeCommand({ Id: changeId });
      command.middlewareStack.add(replyWatch().watch, AT_THE_WIRE);
      const output = await clock.withDeadline(readTimeoutMs, signal, (deadline) =>
        unlessAborted(deadline, reader(zone).send(command, { abortSignal: deadline })),
      );
      const status = output.ChangeInfo?.Status;
      if (status === 'PENDING') return 'pending';
      if (status === 'INSYNC') return 'insync';
      throw new Malformed('the change has no status that Route 53 documents');
    } catch (error) {
      const failure = failureOf(error);
      if (failure.kind === 'no-such-change') return 'stranded';
      throw zoneError(zone, failure, `be asked for change ${changeId.slice(0, 64)}`, error);
    }
  };

  return { read, commit, changeStatus };
}

type Position = { readonly name: string; readonly type?: RRType; readonly identifier?: string };
type RRType = NonNullable<ListResourceRecordSetsCommandOutput['NextRecordType']>;
type Page = { readonly records: readonly ZoneRecord[]; readonly next?: Position };
type Answer = { readonly page: Page; readonly serverAt: EpochMs | null };

/** A reply that is not what the API documents. */
class Malformed extends Error {}

/** The SDK takes any XML for an answer, so a proxy's page must not pass for an empty zone. */
function parsePage(output: ListResourceRecordSetsCommandOutput): Page {
  const { ResourceRecordSets: sets, IsTruncated: isTruncated } = output;
  if (!Array.isArray(sets) || typeof isTruncated !== 'boolean') {
    throw new Malformed('the answer is no list of records');
  }
  const records = sets.map((set) => {
    const { record, problem } = fromResourceRecordSet(set);
    if (problem !== undefined) throw new Malformed(problem);
    return record;
  });
  if (!isTruncated) return { records };
  if (!output.NextRecordName) throw new Malformed('a truncated page does not say where to go on');
  return {
    records,
    next: {
      name: output.NextRecordName,
      ...(output.NextRecordType ? { type: output.NextRecordType } : {}),
      ...(output.NextRecordIdentifier ? { identifier: output.NextRecordIdentifier } : {}),
    },
  };
}

function changeIdOf(id: unknown): string | undefined {
  if (typeof id !== 'string') return undefined;
  return /^(?:\/change\/)?([\w-]{1,128})$/.exec(id)?.[1];
}

/** The SDK does not listen to the signal while it waits for credentials or for its next attempt. */
function unlessAborted<T>(signal: AbortSignal, run: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void run.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
