/**
 * Route 53's control plane without a network: one request (method, URL, body) → one answer, over the
 * ledgers of its zones, with AWS's token buckets and the faults that are set at that moment. Never
 * throws for what a client sends.
 *
 *  a write meets, in this order: down · denied · throttled, request buckets · zone · body · busy ·
 *  request lost · late · change bucket · stranded · the engine · reply lost
 */
import type { ZoneRecord } from '../../shared/core/zone-record.ts';
import type { Clock } from '../../shared/ports.ts';
import { type Route53Faults, route53Faults } from './route53-faults.ts';
import {
  batchJournal,
  type JournalEntry,
  type LoggedBatch,
  noCounts,
  type Route53Counters,
} from './route53-journal.ts';
import { AWS_BUCKETS, type Buckets, requestMeter } from './route53-meter.ts';
import {
  type Reading,
  readChange,
  readRecords,
  readZone,
  readZones,
  readZonesByName,
} from './route53-reads.ts';
import {
  type ParsedBatch,
  parseBatch,
  printAccepted,
  printError,
  printRefusal,
} from './route53-xml.ts';
import { type ServedWatch, servedWatch } from './served-watch.ts';
import type { EngineChange } from './zone-engine.ts';
import { type Submission, type ZoneLedger, zoneLedger } from './zone-ledger.ts';

export type LocalZone = {
  readonly id: string;
  readonly name: string;
  /** What the API reads. */
  readonly records: () => readonly ZoneRecord[];
  /** What name servers answer from. */
  readonly served: () => readonly ZoneRecord[];
  /** A console edit: served at once unless older changes wait. Throws with the messages when refused. */
  readonly edit: (changes: readonly EngineChange[]) => void;
  /** The control plane loses what is still PENDING: the zone goes back, the change ids are unknown. */
  readonly strandPending: () => void;
  /** Called once for each batch that came to be served. */
  readonly onServed: (listener: () => void) => void;
};

/** cut: the connection ends without an answer. */
export type Answer = { readonly httpStatus: number; readonly body: string } | 'cut';

export type Route53Api = {
  readonly zones: readonly LocalZone[];
  readonly faults: Route53Faults;
  readonly counters: Route53Counters;
  /** The last batches, refused ones and console edits included, oldest first. */
  readonly batches: readonly LoggedBatch[];
  readonly onBatch: (listener: (batch: LoggedBatch) => void) => void;
  readonly answer: (method: string, url: string, body: string, requestId: string) => Answer;
  readonly error: (httpStatus: number, code: string, message: string, requestId: string) => Answer;
  readonly stop: () => void;
};

export type Route53Options = {
  readonly clock: Clock;
  readonly zones: readonly {
    readonly id: string;
    readonly name: string;
    readonly records?: readonly ZoneRecord[];
  }[];
  /** Default: 1 s. */
  readonly insyncDelayMs?: number;
  /** Default: AWS's; false: unlimited. */
  readonly buckets?: Buckets | false;
};

type Hosted = { readonly ledger: ZoneLedger; readonly watch: ServedWatch };

export function route53Api(options: Route53Options): Route53Api {
  const { clock } = options;
  const stopping = new AbortController();
  const hosted = new Map<string, Hosted>();
  const faults = route53Faults(options.insyncDelayMs ?? 1_000, () => {
    for (const { watch } of hosted.values()) watch.look();
  });
  const counters = noCounts();
  const journal = batchJournal(clock, counters);
  const meter = requestMeter(clock, options.buckets ?? AWS_BUCKETS);
  const zones: LocalZone[] = [];
  let changeCount = 0;
  let refusalCount = 0;
  let downCount = 0;

  for (const zone of options.zones) {
    const ledger = zoneLedger({
      ...zone,
      insyncDelayMs: () => faults.insyncDelayMs,
      nextChangeId: () => {
        changeCount += 1;
        return `C${changeCount.toString(36).toUpperCase().padStart(20, '0')}`;
      },
    });
    const watch = servedWatch(ledger, clock);
    hosted.set(zone.id, { ledger, watch });
    zones.push(localZone(ledger, watch, clock, faults, journal.add));
  }
  const ledgers = [...hosted.values()].map(({ ledger }) => ledger);

  const throttled = (requestId: string): Answer => {
    counters.throttled += 1;
    return error(400, 'Throttling', 'Rate exceeded', requestId);
  };
  const cut = (): Answer => {
    counters.cut += 1;
    return 'cut';
  };
  const away = (requestId: string): Answer => {
    downCount += 1;
    const isReset = faults.downAs === 'alternate' ? downCount % 2 === 0 : faults.downAs === 'reset';
    return isReset ? cut() : error(503, 'ServiceUnavailable', 'Service is unavailable', requestId);
  };

  const refusal = (
    outcome: Extract<Submission, { kind: 'refused' }>,
    requestId: string,
  ): Answer => {
    if (outcome.code === 'InvalidInput')
      return error(400, outcome.code, outcome.messages.join('; '), requestId);
    refusalCount += 1;
    const alternated = refusalCount % 2 === 1 ? 'list' : 'messages';
    const shape = faults.errorShape === 'alternate' ? alternated : faults.errorShape;
    return { httpStatus: 400, body: printRefusal(shape, outcome.messages, requestId) };
  };

  const submit = ({ ledger, watch }: Hosted, { changes, comment }: Batch): Submission => {
    const rules = {
      protectedNames: faults.protectedNames,
      // Every third refusal leaves the set identifier out, so that no reader can count on it.
      namesSetIdentifier:
        faults.namesSetIdentifier === 'alternate'
          ? refusalCount % 3 !== 2
          : faults.namesSetIdentifier,
    };
    const isStranded = faults.strandNext > 0;
    const outcome = isStranded
      ? ledger.submitAndForget(changes, rules)
      : ledger.submit(changes, clock.now(), { ...rules, comment });
    if (isStranded && outcome.kind === 'accepted') faults.strandNext -= 1;
    journal.add({ by: 'api', zone: ledger.id, comment, changes }, outcome);
    watch.look();
    return outcome;
  };

  const write = (zone: Hosted, text: string, requestId: string): Answer => {
    const batch = parseBatch(text);
    if (batch.kind === 'malformed') return error(400, batch.code, batch.message, requestId);
    if (faults.busy > 0) {
      faults.busy -= 1;
      counters.busy += 1;
      return error(400, 'PriorRequestNotComplete', PRIOR_REQUEST, requestId);
    }
    if (faults.requestLost > 0) {
      faults.requestLost -= 1;
      return cut();
    }
    if (faults.lateMs > 0) {
      clock.sleep(faults.lateMs, stopping.signal).then(
        () => void submit(zone, batch),
        () => undefined,
      );
      return cut();
    }
    if (!meter.hasChangeTokens(batch.changes)) return throttled(requestId);

    const outcome = submit(zone, batch);
    if (outcome.kind === 'refused') return refusal(outcome, requestId);
    if (faults.replyLost > 0) {
      faults.replyLost -= 1;
      return cut();
    }
    const info = { status: 'PENDING', submittedAt: clock.now(), comment: batch.comment } as const;
    return { httpStatus: 200, body: printAccepted(outcome.changeId, info) };
  };

  const read = (action: string, id: string, query: URLSearchParams): Reading => {
    const ledger = hosted.get(id)?.ledger;
    const status = faults.acceleratedRecoveryStatus;
    if (action === 'GetChange') return readChange(ledgers, id, clock.now());
    if (action === 'ListHostedZones') return readZones(ledgers, query, status);
    if (action === 'ListHostedZonesByName') return readZonesByName(ledgers, query, status);
    if (action === 'ListResourceRecordSets' && ledger) return readRecords(ledger, query);
    if (action === 'GetHostedZone' && ledger) return readZone(ledger, status);
    return action === 'Unknown'
      ? { httpStatus: 404, code: 'UnknownOperationException', message: 'No such operation' }
      : {
          httpStatus: 404,
          code: 'NoSuchHostedZone',
          message: `No hosted zone found with ID: ${id}`,
        };
  };

  const answer: Route53Api['answer'] = (method, url, body, requestId) => {
    const [path = '', query = ''] = url.split('?', 2);
    const { action, id } = actionOf(method, path);
    counters.requests[action] = (counters.requests[action] ?? 0) + 1;
    if (faults.down) return away(requestId);
    if (faults.denied) return error(403, 'AccessDenied', denial(action, id), requestId);
    if (faults.throttled || !meter.hasRequestToken()) return throttled(requestId);
    const zone = hosted.get(id);
    if (action === 'ChangeResourceRecordSets' && zone) return write(zone, body, requestId);
    const reading = read(action, id, new URLSearchParams(query));
    return typeof reading === 'string'
      ? { httpStatus: 200, body: reading }
      : error(reading.httpStatus, reading.code, reading.message, requestId);
  };

  return {
    zones,
    faults,
    counters,
    batches: journal.entries,
    onBatch: journal.on,
    answer,
    error,
    stop: () => {
      stopping.abort();
      for (const { watch } of hosted.values()) watch.stop();
    },
  };
}

const error: Route53Api['error'] = (httpStatus, code, message, requestId) => ({
  httpStatus,
  body: printError(code, message, requestId),
});

type Batch = Extract<ParsedBatch, { kind: 'batch' }>;

const PRIOR_REQUEST =
  'The request was rejected because Route 53 was still processing a prior request.';

const denial = (action: string, id: string): string =>
  `User: arn:aws:sts::123456789012:assumed-role/local is not authorized to perform: route53:${action} on resource: arn:aws:route53:::hostedzone/${id}`;

function localZone(
  ledger: ZoneLedger,
  watch: ServedWatch,
  clock: Clock,
  faults: Route53Faults,
  log: (batch: JournalEntry, outcome: Submission) => void,
): LocalZone {
  return {
    id: ledger.id,
    name: ledger.name,
    records: ledger.records,
    served: () => ledger.served(clock.now()),
    edit: (changes) => {
      const rules = { protectedNames: faults.protectedNames, delayMs: 0 };
      const outcome = ledger.submit(changes, clock.now(), rules);
      log({ by: 'console', zone: ledger.id, comment: '', changes }, outcome);
      watch.look();
      if (outcome.kind === 'refused') throw new Error(outcome.messages.join('; '));
    },
    strandPending: () => {
      ledger.strandPending(clock.now());
      watch.look();
    },
    onServed: watch.on,
  };
}

type Route = { readonly method: string; readonly path: RegExp; readonly action: string };

const ROUTES: readonly Route[] = [
  { method: 'POST', path: /^\/hostedzone\/([^/]+)\/rrset\/?$/, action: 'ChangeResourceRecordSets' },
  { method: 'GET', path: /^\/hostedzone\/([^/]+)\/rrset\/?$/, action: 'ListResourceRecordSets' },
  { method: 'GET', path: /^\/hostedzone\/([^/]+)\/?$/, action: 'GetHostedZone' },
  { method: 'GET', path: /^\/change\/([^/]+)\/?$/, action: 'GetChange' },
  { method: 'GET', path: /^\/hostedzonesbyname\/?$/, action: 'ListHostedZonesByName' },
  { method: 'GET', path: /^\/hostedzone\/?$/, action: 'ListHostedZones' },
];

function actionOf(method: string, path: string): { readonly action: string; readonly id: string } {
  const rest = path.startsWith('/2013-04-01/') ? path.slice('/2013-04-01'.length) : '';
  for (const route of ROUTES) {
    const match = route.method === method ? route.path.exec(rest) : null;
    if (match) return { action: route.action, id: match[1] ?? '' };
  }
  return { action: 'Unknown', id: '' };
}
