/**
 * Records that stand in a zone → services that would steer them as they are, and for whatever can't be
 * steered, why. Pure. Names with the same endpoints, weights and TTL become one service; everything that
 * is guessed (regions) or can't be known (what to ask) is left to the reader of the file.
 */
import { routingOf } from '../../shared/api/zone-versus-file.ts';
import { nameTrouble } from '../../shared/core/config-target.ts';
import { byText, type RecordType } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { isWeighted, type WeightedRecord } from '../../shared/core/snapshot.ts';
import { isManagedType, type ZoneRecord } from '../../shared/core/zone-record.ts';
import { regionIn } from './aws-region.ts';

export type ImportedTarget =
  | { readonly kind: 'value'; readonly value: string }
  | {
      readonly kind: 'alias';
      readonly name: string;
      readonly zone: string;
      readonly evaluateTargetHealth: boolean;
    };

export type ImportedEndpoint = {
  readonly id: string;
  readonly setIdentifier: string;
  /** Null: itself, or not known. */
  readonly region: string | null;
  readonly weight: number;
  readonly targets: Readonly<Partial<Record<RecordType, ImportedTarget>>>;
  readonly healthCheckId: string | null;
  /** Its records have different health checks, which stay on them as they are. */
  readonly mixedHealthChecks: boolean;
};

export type ImportedService = {
  readonly id: string;
  readonly zoneId: string;
  readonly names: readonly string[];
  readonly types: readonly RecordType[];
  /** Null: aliases only, which have none of their own. */
  readonly ttlSeconds: number | null;
  readonly endpoints: readonly ImportedEndpoint[];
};

export type NotImported = { readonly name: string; readonly why: string };

export type ZoneNames = {
  readonly zoneId: string;
  readonly name: string;
  readonly records: readonly ZoneRecord[];
};

export function importNames(found: readonly ZoneNames[]): {
  readonly services: readonly ImportedService[];
  readonly refused: readonly NotImported[];
} {
  const services = new Map<string, ImportedService>();
  const refused: NotImported[] = [];
  const ids = new Set<string>();
  for (const { zoneId, name, records } of found) {
    const read = readName(name, records);
    if ('why' in read) {
      refused.push({ name, why: read.why });
      continue;
    }
    const same = JSON.stringify([zoneId, read]);
    const known = services.get(same);
    if (known !== undefined) {
      services.set(same, { ...known, names: [...known.names, name] });
      continue;
    }
    const id = uniqueId(serviceWord(name), ids);
    services.set(same, { id, zoneId, names: [name], ...read });
  }
  return { services: [...services.values()], refused };
}

type ReadName = Pick<ImportedService, 'types' | 'ttlSeconds' | 'endpoints'>;

function readName(name: string, all: readonly ZoneRecord[]): ReadName | { readonly why: string } {
  const trouble = nameTrouble(name);
  if (trouble !== undefined) return { why: trouble };
  const records = all.filter((record) => record.name === name && isManagedType(record.type));
  if (records.length === 0) {
    const others = [...new Set(all.filter((one) => one.name === name).map(({ type }) => type))];
    return {
      why:
        others.length === 0
          ? 'has no records in the zone; write the service by hand (`quorate new`) and bring it in with `quorate apply`'
          : `has ${others.join(', ')} records only; A, AAAA and CNAME are steered`,
    };
  }
  const odd = records.find((record) => !isWeighted(record) || record.other !== undefined);
  if (odd !== undefined) return { why: notWeighted(odd) };
  const weighted = records.filter(isWeighted);
  const several = weighted.find(({ values = [] }) => values.length > 1);
  if (several !== undefined) {
    return {
      why: `${textOf(several)} has ${several.values?.length} values; one record answers one`,
    };
  }
  const ttls = [...new Set(weighted.flatMap(({ ttlSeconds }) => ttlSeconds ?? []))];
  if (ttls.length > 1) {
    return {
      why: `has records with TTLs of ${ttls.sort((a, b) => a - b).join(' and ')} s; a service has one: give them the same TTL first`,
    };
  }
  return endpointsOf(weighted, ttls[0] ?? null);
}

function endpointsOf(
  records: readonly WeightedRecord[],
  ttlSeconds: number | null,
): ReadName | { readonly why: string } {
  const types = [...new Set(records.map(({ type }) => type))].filter(isManagedType).sort(byText);
  const ids = new Set<string>();
  const endpoints: ImportedEndpoint[] = [];
  for (const [setIdentifier, own] of Map.groupBy(records, (record) => record.setIdentifier)) {
    const [first] = own;
    if (first === undefined) continue;
    const other = own.find(({ weight }) => weight !== first.weight);
    if (other !== undefined) {
      return {
        why: `${setIdentifier} has weight ${first.weight} as ${first.type} and ${other.weight} as ${other.type}; an endpoint has one: make them equal first`,
      };
    }
    const lone = oneSidedAlias(own, types);
    if (lone !== undefined) {
      return {
        why: `${textOf(lone)} is an alias, and ${setIdentifier} has no such alias as ${types.filter((type) => type !== lone.type).join(', ')}; an alias answers for every type of its service: add it, or steer one type with a file written by hand`,
      };
    }
    const checks = new Set(own.map(({ healthCheckId }) => healthCheckId ?? null));
    endpoints.push({
      id: uniqueId(endpointWord(setIdentifier), ids),
      setIdentifier,
      region: regionIn(setIdentifier) ?? regionOfTargets(own),
      weight: first.weight,
      targets: Object.fromEntries(own.map((record) => [record.type, targetOf(record)])),
      healthCheckId: checks.size === 1 ? (first.healthCheckId ?? null) : null,
      mixedHealthChecks: checks.size > 1,
    });
  }
  return { types, ttlSeconds, endpoints };
}

/** In the file an alias stands once and answers for all types. */
function oneSidedAlias(
  own: readonly WeightedRecord[],
  types: readonly string[],
): WeightedRecord | undefined {
  const [first] = own.filter(({ alias }) => alias !== undefined);
  if (first === undefined) return undefined;
  const isWhole =
    own.length === types.length &&
    own.every((record) => JSON.stringify(record.alias) === JSON.stringify(first.alias));
  return isWhole ? undefined : first;
}

const targetOf = ({ alias, values }: WeightedRecord): ImportedTarget =>
  alias === undefined ? { kind: 'value', value: values?.[0] ?? '' } : { kind: 'alias', ...alias };

const regionOfTargets = (records: readonly WeightedRecord[]): string | null =>
  records
    .map(({ alias, values }) => regionIn(alias?.name ?? values?.[0] ?? ''))
    .find((region) => region !== null) ?? null;

function notWeighted(record: ZoneRecord): string {
  const routing = routingOf(record);
  const next =
    routing === 'simple'
      ? `make it weighted first: \`quorate adopt\` prints how, and \`--convert\` does it`
      : 'Quorate steers weighted records only: `quorate adopt` prints the recipe for a name below it';
  return `${textOf(record)} has ${routing} routing; ${next}`;
}

const textOf = ({ name, type, setIdentifier }: ZoneRecord): string =>
  safeText(`${name} ${type}${setIdentifier === undefined ? '' : ` ${setIdentifier}`}`);

/** `app` of `app.example.com`, as a service may be called. */
function serviceWord(name: string): string {
  const [label = ''] = name.split('.');
  const word = label.replace(/[^a-z0-9-]/g, '-').replace(/^[^a-z]+/, '');
  return word === '' ? 'service' : word.slice(0, 60);
}

/** A set identifier is any ASCII; an endpoint's id is a word. */
function endpointWord(setIdentifier: string): string {
  const word = setIdentifier.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return word === '' ? 'endpoint' : word.slice(0, 60);
}

function uniqueId(word: string, taken: Set<string>): string {
  let id = word;
  for (let count = 2; taken.has(id); count += 1) id = `${word}-${count}`;
  taken.add(id);
  return id;
}
