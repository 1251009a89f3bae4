/**
 * File and zone → the commit that makes the zone follow the file, or why it may not yet. What nobody has
 * seen to be up gets no traffic, and nothing that answers is cleaned up.
 *
 *     in the file               in the zone                   then
 *     endpoint                  not listed, or all gone       comes in at weight 0 and ramps
 *     other target              weight 0                      changed: nobody is sent there yet
 *     other target              weight, and up by quorum      changed at its present weight
 *     other target              weight, and not up            as it is: target-waits
 *     another name or type      nothing stands there          all of its records, or none: group-waits
 *     TTL, health check, flag   another                       as the file says
 *     no health check           one                           kept: it is never dropped
 *     nothing                   stands there                  refused: nothing live is ever cleaned up
 *
 * A record of weight 0 needs no votes: its weight comes back only once the endpoint is up under the new
 * target. Configured weights need no apply at all: automation moves them.
 */
import { type RecordPair, sortedEntries } from './commit.ts';
import type { Line } from './draft.ts';
import { checkMark } from './endpoint-mark.ts';
import { type Fence, type FenceEntry, newEntry } from './fence.ts';
import { linesOf } from './first-draft.ts';
import { contentOf, firstRecords } from './membership.ts';
import type { Endpoint, EndpointId, Target, Weight } from './model.ts';
import { nothing, type Operated, type OperationInput, planned, refused } from './operated.ts';
import { list, type Reason, sentence } from './reason.ts';
import {
  answers,
  isAt,
  type Orphan,
  type Problem,
  servedText,
  slotsOf,
  surveyRecords,
  targetText,
  type WeightedRecord,
} from './snapshot.ts';
import { SILENT_WHYS, type Votes } from './vote.ts';
import type { ZoneRecord } from './zone-record.ts';

/** No fence yet: the first records of an empty name. */
export function applyFirst(input: OperationInput): Operated {
  const elsewhere = undeployedText(input);
  return elsewhere === null ? firstRecords(input) : refused(elsewhere);
}

export function apply(fence: Fence, input: OperationInput): Operated {
  const { service, snapshot, aids } = input;
  const elsewhere = undeployedText(input);
  if (elsewhere !== null) return refused(elsewhere);
  const { holdings, orphans, problems } = surveyRecords(service, snapshot, fence, aids);
  const inTheWay = problems.filter(({ kind }) => kind !== 'missing' && kind !== 'gone');
  if (inTheWay.length > 0) return refused(inTheWay.map(problemText).join('; '));
  if (snapshot.records.length === 0) return refused(nothingLeftText(service.id));
  const lines = linesOf(input, holdings);
  const places = lines.flatMap((line) => placesOf(line, input));
  const waits = waitsOf(lines, places, orphans, input);
  const after = lines.map((line) => followed(line, places, waits, input));
  const pairs = [
    ...after.flatMap((one) => one.pairs),
    ...orphans.flatMap((orphan) =>
      orphan.records.map((before) => ({ before, after: withTtl(before, service.ttlSeconds) })),
    ),
  ];
  const changes = [...after.flatMap((one) => one.reasons), ...ttlReasons(pairs)];
  const notes = after.flatMap((one) => one.notes);
  if (changes.length === 0) {
    // `adopt` forgets what is gone, and refuses while something is missing: that is made here first.
    const gone = problems.filter(({ kind }) => kind === 'gone');
    const waiting = [...gone.map(problemText), ...waits.reasons.map(sentence)];
    return waiting.length > 0
      ? refused(waiting.join('; '))
      : nothing([followsText(service.id), ...notes.map(sentence)].join('; '));
  }
  const entries = [
    ...after.flatMap(({ entry }) => (entry === null ? [] : [entry])),
    ...fence.entries.filter(({ mark }) => !lines.some(({ holding }) => holding.mark === mark)),
  ];
  return planned(
    {
      by: 'operator',
      order: null,
      records: pairs,
      fence: {
        deployment: fence.deployment,
        asofAt: fence.asofAt,
        config: fence.config,
        packagedAt: fence.packagedAt,
        rescuedAt: fence.rescuedAt,
        entries: sortedEntries(entries),
        orders: fence.orders,
      },
      isRescue: false,
    },
    lines,
    [...changes, ...waits.reasons, ...notes],
  );
}

const problemText = ({ text, remedy }: Problem): string => `${text}: ${remedy}`;

/** A name that is empty again is begun as at first: weights of 0 would answer with all alike. */
const nothingLeftText = (service: string): string =>
  `no record of ${service} is left in the zone; run \`quorate release ${service}\`, then \`quorate apply ${service}\`: the first records come in at their configured weight`;

const followsText = (service: string): string =>
  `every endpoint of ${service} is in the zone as the file says; weights follow by themselves, by health and ramp`;

/**
 * Votes under another file say nothing about this one, and its fence would stop those that vote. A file
 * that differs in names, tiers or weights only has usable votes, and nobody there who would steer by it.
 */
export function undeployedText({
  service,
  votes,
}: Pick<OperationInput, 'service' | 'votes'>): string | null {
  const others = votes.views.filter((view) =>
    view.state === 'silent'
      ? view.why === 'other-config' || view.why === 'unknown-config'
      : view.settings !== null && view.settings !== service.settings,
  ).length;
  return others < service.quorum
    ? null
    : `${others} of ${votes.views.length} vantages run another configuration of ${service.id}; deploy this file first`;
}

/** One record that the file wants, with what stands there. */
type Place = {
  readonly line: Line;
  readonly slot: ReturnType<typeof slotsOf>[number];
  readonly group: string;
  readonly record: WeightedRecord | null;
  /** What it has, or will have. */
  readonly weight: number;
  /** Its endpoint has not answered this at any of its records of this type. */
  readonly isNewAnswer: boolean;
};

const groupOf = ({ name, type }: Pick<ZoneRecord, 'name' | 'type'>): string => `${name} ${type}`;

function placesOf(line: Line, { service, aids }: OperationInput): readonly Place[] {
  const { endpoint, records } = line.holding;
  return slotsOf(service, endpoint).map((slot) => {
    const record = records.find((one) => isAt(one, slot)) ?? null;
    const alike = record === null ? records.filter(({ type }) => type === slot.type) : [record];
    return {
      line,
      slot,
      group: groupOf(slot),
      record,
      weight: record?.weight ?? weightOf(line),
      isNewAnswer: !alike.some((one) => answers(one, slot.target, aids)),
    };
  });
}

/** As its records have it where they agree, hand-edited or not; else as the last commit left it. */
function weightOf({ holding: { records, entry } }: Line): number {
  const [first] = records;
  if (first === undefined || entry === null) return 0;
  return records.every((record) => record.weight === first.weight) ? first.weight : entry.weight;
}

type Waits = {
  /** Keep their answers, or stay out. */
  readonly endpoints: ReadonlySet<EndpointId>;
  /** Names and types at which nothing begins. */
  readonly groups: ReadonlySet<string>;
  readonly reasons: readonly Reason[];
};

function waitsOf(
  lines: readonly Line[],
  places: readonly Place[],
  orphans: readonly Orphan[],
  input: OperationInput,
): Waits {
  const { service, snapshot } = input;
  const reasons: Reason[] = [];
  const endpoints = new Set<EndpointId>();
  const groups = new Set<string>();
  for (const line of lines) {
    const { id } = line.holding.endpoint;
    const unseen = places.find(
      (place) =>
        place.line === line && place.isNewAnswer && place.weight > 0 && line.verdict.value !== 'up',
    );
    if (unseen !== undefined) {
      endpoints.add(id);
      reasons.push(waitReason(unseen, input));
    }
    const twin = isNewcomer(line) ? twinOf(line, orphans, input) : null;
    if (twin !== null) {
      endpoints.add(id);
      reasons.push({ endpoint: id, code: 'renamed', service: service.id, orphan: twin });
    }
  }
  const standing = new Set(snapshot.records.map(groupOf));
  for (const group of new Set(places.map((place) => place.group))) {
    if (standing.has(group)) continue;
    const own = places.filter((place) => place.group === group);
    const late = own.map(({ line }) => line.holding.endpoint.id).filter((id) => endpoints.has(id));
    if (late.length > 0) reasons.push({ code: 'group-waits', record: group, endpoints: late });
    else if (own.every(({ weight }) => weight === 0)) {
      reasons.push({ code: 'group-empty', record: group });
    } else continue;
    groups.add(group);
  }
  // Brought in by halves it would hold the service.
  for (const { line, group } of places) {
    if (isNewcomer(line) && groups.has(group)) endpoints.add(line.holding.endpoint.id);
  }
  return { endpoints, groups, reasons };
}

/** Not in the zone: pending, or listed and every record of it gone. */
const isNewcomer = ({ holding }: Line): boolean => holding.records.length === 0;

function waitReason({ line, slot, weight }: Place, { service, votes }: OperationInput): Reason {
  const { ups, of, failure } = line.verdict;
  return {
    endpoint: line.holding.endpoint.id,
    code: 'target-waits',
    record: groupOf(slot),
    configured: targetText(slot.target),
    weight,
    ups: ups.length,
    of,
    quorum: service.quorum,
    why: failure === '' ? silenceOf(votes) : failure,
  };
}

function silenceOf({ views }: Votes): string {
  return list(
    views.flatMap((view) =>
      view.state === 'silent' ? [`${view.vantage}: ${SILENT_WHYS[view.why]}`] : [],
    ),
  );
}

/** An orphan with weight that answers what a newcomer would: most likely one that was renamed. */
function twinOf(
  { holding: { endpoint } }: Line,
  orphans: readonly Orphan[],
  { service, aids }: OperationInput,
): string | null {
  const slots = slotsOf(service, endpoint);
  const twin = orphans.find(
    ({ records }) =>
      records.some(({ weight }) => weight > 0) &&
      records.every((record) =>
        slots.some((slot) => isAt(record, slot) && answers(record, slot.target, aids)),
      ),
  );
  return twin?.name ?? null;
}

type Followed = {
  readonly pairs: readonly RecordPair[];
  readonly entry: FenceEntry | null;
  /** What changes, but for TTLs, which are the group's. */
  readonly reasons: readonly Reason[];
  readonly notes: readonly Reason[];
};

function followed(
  line: Line,
  places: readonly Place[],
  waits: Waits,
  input: OperationInput,
): Followed {
  const { holding, verdict } = line;
  const { endpoint, entry, mark } = holding;
  const isWaiting = waits.endpoints.has(endpoint.id);
  if (isNewcomer(line) && isWaiting) return { pairs: [], entry, reasons: [], notes: [] };
  const own = places.filter((place) => place.line === line);
  const made = own.flatMap((place) => pairOf(place, isWaiting, waits, input));
  const pairs = made.map(({ pair }) => pair);
  const kept = endpoint.healthCheckId === undefined ? keptHealthCheck(holding.records) : null;
  const notes: readonly Reason[] =
    kept === null
      ? []
      : [{ endpoint: endpoint.id, code: 'health-check-kept', healthCheckId: kept }];
  if (isNewcomer(line)) {
    const known = entry ?? newEntry(mark, 0 as Weight, { kind: 'out' });
    const changedAt = entry === null ? null : input.now;
    return {
      pairs,
      entry: { ...known, weight: 0 as Weight, phase: { kind: 'out' }, changedAt, approved: false },
      reasons: [{ endpoint: endpoint.id, code: 'brought-in', weight: 0 }],
      notes,
    };
  }
  const hasNewAnswer = made.some(({ isChanged }) => isChanged) && verdict.value === 'up';
  return {
    pairs,
    entry:
      entry !== null && hasNewAnswer
        ? { ...entry, provenAs: checkMark(endpoint, input.aids.digestOf) }
        : entry,
    reasons: made.flatMap((one) => one.reasons),
    notes,
  };
}

const keptHealthCheck = (records: readonly ZoneRecord[]): string | null =>
  records.find(({ healthCheckId }) => healthCheckId !== undefined)?.healthCheckId ?? null;

type Made = {
  readonly pair: RecordPair;
  readonly isChanged: boolean;
  readonly reasons: readonly Reason[];
};

function pairOf(
  { slot, record, weight, group, line, isNewAnswer }: Place,
  isWaiting: boolean,
  waits: Waits,
  { service: { ttlSeconds } }: OperationInput,
): readonly Made[] {
  const { endpoint } = line.holding;
  const about = { endpoint: endpoint.id, record: group };
  if (record === null) {
    if (isWaiting || waits.groups.has(group)) return [];
    const after: ZoneRecord = {
      name: slot.name,
      type: slot.type,
      setIdentifier: endpoint.setIdentifier,
      weight,
      ...contentOf(slot.target, ttlSeconds),
      ...healthCheckOf(endpoint),
    };
    const answersWith = targetText(slot.target);
    return [
      {
        pair: { before: null, after },
        isChanged: isNewAnswer,
        reasons: [{ ...about, code: 'record-added', answers: answersWith, weight }],
      },
    ];
  }
  if (isWaiting) {
    const after = withTtl(record, ttlSeconds);
    return [{ pair: { before: record, after }, isChanged: false, reasons: [] }];
  }
  const answering = isNewAnswer
    ? withTarget(record, slot.target, ttlSeconds)
    : withFlag(withTtl(record, ttlSeconds), slot.target);
  const after = { ...answering, ...healthCheckOf(endpoint) };
  const reasons: Reason[] = [];
  if (isNewAnswer) {
    const [from, to] = [servedText(record), targetText(slot.target)];
    reasons.push({ ...about, code: 'target-changed', from, to, weight });
  } else if (after.alias?.evaluateTargetHealth !== record.alias?.evaluateTargetHealth) {
    reasons.push({ ...about, code: 'flag-set', to: record.alias?.evaluateTargetHealth !== true });
  }
  if (after.healthCheckId !== undefined && after.healthCheckId !== record.healthCheckId) {
    const [from, to] = [record.healthCheckId ?? null, after.healthCheckId];
    reasons.push({ ...about, code: 'health-check-set', from, to });
  }
  return [{ pair: { before: record, after }, isChanged: isNewAnswer, reasons }];
}

const healthCheckOf = ({ healthCheckId }: Endpoint): Pick<ZoneRecord, 'healthCheckId'> =>
  healthCheckId === undefined ? {} : { healthCheckId };

/** Another answer; what Quorate does not own stays on the record. */
function withTarget(record: ZoneRecord, target: Target, ttlSeconds: number): ZoneRecord {
  const { ttlSeconds: _ttl, values: _values, alias: _alias, ...rest } = record;
  return { ...rest, ...contentOf(target, ttlSeconds) };
}

/** An alias has no TTL of its own. */
const withTtl = <R extends ZoneRecord>(record: R, ttlSeconds: number): R =>
  record.ttlSeconds === undefined ? record : { ...record, ttlSeconds };

const withFlag = (record: ZoneRecord, target: Target): ZoneRecord =>
  record.alias === undefined || target.kind !== 'alias'
    ? record
    : {
        ...record,
        alias: { ...record.alias, evaluateTargetHealth: target.evaluateTargetHealth },
      };

/** One weighted group has one TTL [hashicorp/terraform#5312], so it is told once. */
function ttlReasons(pairs: readonly RecordPair[]): readonly Reason[] {
  const told = new Map<string, Reason>();
  for (const { before, after } of pairs) {
    if (before?.ttlSeconds === undefined || after?.ttlSeconds === undefined) continue;
    if (before.ttlSeconds === after.ttlSeconds) continue;
    const record = groupOf(after);
    told.set(record, { code: 'ttl-set', record, from: before.ttlSeconds, to: after.ttlSeconds });
  }
  return [...told.values()];
}
