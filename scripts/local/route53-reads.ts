/**
 * What Route 53's reading calls answer, from ledgers and a query: records page by page, zones, one
 * change. A query that AWS would refuse gives an `InvalidInput`; nothing here changes anything.
 */
import {
  printChange,
  printRecords,
  printZone,
  printZones,
  printZonesByName,
  type ZoneFacts,
} from './route53-xml.ts';
import { ITEMS_PER_PAGE_MAX, listPage } from './zone-engine.ts';
import type { ZoneLedger } from './zone-ledger.ts';
import { compareNames, normalName } from './zone-name.ts';

export type Problem = {
  readonly httpStatus: number;
  readonly code: string;
  readonly message: string;
};
export type Reading = string | Problem;

const ZONES_PER_PAGE_MAX = 100;

const invalid = (message: string): Problem => ({ httpStatus: 400, code: 'InvalidInput', message });

export function readRecords(ledger: ZoneLedger, query: URLSearchParams): Reading {
  const [name, type, identifier] = ['name', 'type', 'identifier'].map((key) => query.get(key));
  const itemsMax = itemsIn(query, ITEMS_PER_PAGE_MAX);
  if (itemsMax === undefined) return invalid('MaxItems must be a whole number above 0');
  if (!name && (type || identifier))
    return invalid('The name is required where a type or an identifier is given');
  if (identifier && !type) return invalid('The type is required where an identifier is given');
  const from = name
    ? { name, ...(type ? { type } : {}), ...(identifier ? { setIdentifier: identifier } : {}) }
    : undefined;
  return printRecords(listPage(ledger.current(), from, itemsMax), itemsMax);
}

export function readZone(ledger: ZoneLedger, acceleratedRecoveryStatus: string): Reading {
  return printZone(factsOf(ledger, acceleratedRecoveryStatus));
}

export function readZones(
  ledgers: readonly ZoneLedger[],
  query: URLSearchParams,
  acceleratedRecoveryStatus: string,
): Reading {
  const itemsMax = itemsIn(query, ZONES_PER_PAGE_MAX);
  const marker = query.get('marker');
  const start = marker === null ? 0 : ledgers.findIndex(({ id }) => id === marker);
  if (itemsMax === undefined) return invalid('MaxItems must be a whole number above 0');
  if (start < 0) return invalid(`No hosted zone found with the marker ${marker}`);
  const page = ledgers.slice(start, start + itemsMax);
  const next = ledgers[start + itemsMax];
  return printZones(
    page.map((ledger) => factsOf(ledger, acceleratedRecoveryStatus)),
    {
      itemsMax,
      ...(marker === null ? {} : { marker }),
      ...(next ? { next: next.id } : {}),
    },
  );
}

export function readZonesByName(
  ledgers: readonly ZoneLedger[],
  query: URLSearchParams,
  acceleratedRecoveryStatus: string,
): Reading {
  const itemsMax = itemsIn(query, ZONES_PER_PAGE_MAX);
  if (itemsMax === undefined) return invalid('MaxItems must be a whole number above 0');
  const dnsName = query.get('dnsname');
  const rest = [...ledgers]
    .sort((a, b) => compareNames(a.name, b.name))
    .filter(({ name }) => dnsName === null || compareNames(name, normalName(dnsName)) >= 0)
    .map((ledger) => factsOf(ledger, acceleratedRecoveryStatus));
  const next = rest[itemsMax];
  return printZonesByName(rest.slice(0, itemsMax), {
    itemsMax,
    ...(dnsName === null ? {} : { dnsName }),
    ...(next ? { next } : {}),
  });
}

export function readChange(ledgers: readonly ZoneLedger[], changeId: string, now: number): Reading {
  for (const ledger of ledgers) {
    const info = ledger.change(changeId, now);
    if (info !== undefined) return printChange(changeId, info);
  }
  const message = `Could not find resource with ID: ${changeId}`;
  return { httpStatus: 404, code: 'NoSuchChange', message };
}

function factsOf(ledger: ZoneLedger, acceleratedRecoveryStatus: string): ZoneFacts {
  const records = ledger.records();
  const servers = records.find(({ name, type }) => name === ledger.name && type === 'NS');
  return {
    id: ledger.id,
    name: ledger.name,
    recordCount: records.length,
    nameServers: (servers?.values ?? []).map((value) => normalName(value)),
    acceleratedRecoveryStatus,
  };
}

/** undefined: not a number above 0. More than a page holds is a full page. */
function itemsIn(query: URLSearchParams, max: number): number | undefined {
  const text = query.get('maxitems');
  if (text === null || text === '') return max;
  return /^\d{1,9}$/.test(text) && Number(text) > 0 ? Math.min(max, Number(text)) : undefined;
}
