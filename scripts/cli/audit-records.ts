/**
 * A service's records, page by page, as they are stored: through the API of any region, or from the table
 * of one. What is read goes into the chain at once, so a history of 100,000 records needs no more room than
 * its links.
 */
import * as v from 'valibot';
import { type ChainReading, chainReading } from '../../shared/core/chain.ts';
import type { Service } from '../../shared/core/model.ts';
import { type DecisionRecord, recordSortKey } from '../../shared/core/record.ts';
import { parseMark, parseRecord } from '../../shared/core/record-parse.ts';
import { readChain } from '../../shared/rounds/earlier-life.ts';
import type { Wired } from '../../shared/wire.ts';
import type { ApiClient } from '../client/api-client.ts';

export type ReadRecords = {
  readonly reading: ChainReading;
  /** Sort keys of records with a `committed` mark. */
  readonly marked: ReadonlySet<string>;
  /** Why not all could be read; null: all were. */
  readonly cut: string | null;
  /** Whose replica it was. */
  readonly region: string;
};

export type RecordSource = {
  /** `the API in eu-west-1`, `the table in eu-west-1`. */
  readonly name: string;
  readonly read: (
    service: Service,
    onRecord: (record: DecisionRecord) => void,
    onPage: (count: number) => void,
    signal: AbortSignal,
  ) => Promise<ReadRecords>;
};

/** 10 million records: a history without end is somebody's joke. */
const PAGES_MAX = 20_000;
const API_PAGE = 100;

export function recordsOfTable(wired: Wired): RecordSource {
  const region = wired.settings.vantage;
  return {
    name: `the table in ${region}`,
    read: async (service, onRecord, onPage, signal) => {
      const store = wired.store();
      const reading = chainReading(service.id, wired.aids.digestOf);
      const telling: ChainReading = {
        ...reading,
        take: (items) => {
          reading.take(items);
          tell(items, onRecord);
        },
      };
      const isAll = await readChain(
        store,
        service.id,
        telling,
        { pages: PAGES_MAX, onPage },
        signal,
      );
      const marks = await store.readMarks(service.id, signal);
      const marked = marks.flatMap((item) => {
        const mark = parseMark(item);
        return mark?.kind === 'committed' ? [recordSortKey(mark)] : [];
      });
      const cut = isAll ? null : 'a page of the table holds no record, so the rest was not reached';
      return { reading, marked: new Set(marked), cut, region };
    },
  };
}

export function recordsOfApi(api: ApiClient, wired: Wired): RecordSource {
  return {
    name: 'the API',
    read: async (service, onRecord, onPage, signal) => {
      const reading = chainReading(service.id, wired.aids.digestOf);
      const marked = new Set<string>();
      let before: string | null = null;
      let region = '';
      for (let page = 0; page < PAGES_MAX; page += 1) {
        const answer: Page = await askPage(api, service, before, signal);
        region = answer.region;
        reading.take(answer.decisions.map(({ record }) => record));
        tell(
          answer.decisions.map(({ record }) => record),
          onRecord,
        );
        for (const { record, committedAt } of answer.decisions) {
          const known = committedAt === null ? undefined : parseRecord(record);
          if (known !== undefined) marked.add(recordSortKey(known));
        }
        onPage(reading.count());
        if (answer.next === null) return { reading, marked, cut: null, region };
        if (before !== null && answer.next >= before) break;
        before = answer.next;
      }
      return { reading, marked, cut: 'the API’s pages do not end', region };
    },
  };
}

function tell(items: readonly unknown[], onRecord: (record: DecisionRecord) => void): void {
  for (const item of items) {
    const record = parseRecord(item);
    if (record !== undefined) onRecord(record);
  }
}

const rawPage = v.object({
  next: v.nullable(v.string()),
  decisions: v.array(v.object({ record: v.unknown(), committedAt: v.unknown() })),
});

type Page = {
  readonly region: string;
  readonly next: string | null;
  readonly decisions: readonly { readonly record: unknown; readonly committedAt: unknown }[];
};

/** Not through the contract's schema: a digest is over every byte that was stored, known to us or not. */
async function askPage(
  api: ApiClient,
  service: Service,
  before: string | null,
  signal: AbortSignal,
): Promise<Page> {
  const { document, region } = await api.ask(
    rawPage,
    'GET',
    `/v1/services/${encodeURIComponent(service.id)}/decisions`,
    { query: { limit: API_PAGE, ...(before === null ? {} : { before }) } },
    signal,
  );
  return { ...document, region };
}
