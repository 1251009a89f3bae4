/**
 * Decisions of some days → text. Observed regions decide each for itself, so what several of them would
 * have done at the same time is told once, with how many of them agree.
 */
import type { DecisionShown } from '../../shared/api/decisions.ts';
import { list } from '../../shared/core/reason.ts';
import { dayTime, decisionHead, decisionLines } from './decision-text.ts';
import type { HistoryDocument } from './history.ts';
import type { Paint } from './paint.ts';

export function historyText(document: HistoryDocument, paint: Paint): string {
  const { services, decisions, sinceAt, cut, malformed, observed } = document;
  const subject = services.length === 1 ? (services[0] ?? '') : `${services.length} services`;
  const since = `since ${dayTime(sinceAt)}`;
  const wide = services.length === 1 ? 0 : Math.max(0, ...services.map((id) => id.length));
  const groups = observed ? agreeing(decisions) : [];
  const moving = groups.filter(({ first }) => moves(first));
  const head = observed
    ? groups.length === 0
      ? `${subject}: nothing was observed that would have been written ${since}`
      : `${subject}: had it been enforced, weights would have moved ${times(moving.length)} ${since}`
    : `${subject}: ${changesText(decisions)} ${since}`;
  const entries = observed
    ? groups.map((group) => observedEntry(group, wide, paint))
    : withoutLate(decisions).map((one) => entry(one, wide, paint));
  return [
    paint.bold(head),
    ...entries.flatMap((lines) => ['', ...lines]),
    ...(cut.length === 0
      ? []
      : [
          '',
          paint.yellow(
            `${list(cut)} ${cut.length === 1 ? 'has' : 'have'} more: write a larger --limit, or a later --since`,
          ),
        ]),
    ...(malformed === 0
      ? []
      : [
          '',
          paint.yellow(
            `${malformed} ${malformed === 1 ? 'item' : 'items'} of the table ${malformed === 1 ? 'is no record and was' : 'are no records and were'} passed over; quorate audit verify says more`,
          ),
        ]),
  ].join('\n');
}

function changesText(decisions: readonly DecisionShown[]): string {
  const done = decisions.filter(({ outcome }) => outcome === 'committed').length;
  const open = decisions.filter(({ outcome }) => outcome === 'open').length;
  const unsure = open === 0 ? '' : `, and of ${open} more nothing is known yet`;
  return done === 0
    ? `no change was committed${unsure}`
    : `${done} ${done === 1 ? 'change was' : 'changes were'} committed${unsure}`;
}

const times = (count: number): string =>
  count === 0 ? 'never' : count === 1 ? 'once' : `${count} times`;

type Entry = { readonly decision: DecisionShown; readonly late: readonly string[] };

/** Regions that decided the same and came second are a line of the one that was first. */
function withoutLate(decisions: readonly DecisionShown[]): readonly Entry[] {
  const isLate = ({ outcome, record }: DecisionShown): boolean =>
    outcome === 'lost' && record.actor.startsWith('quorum@');
  const keyOf = ({ record }: DecisionShown): string => `${record.service} ${record.generation}`;
  const late = Map.groupBy(decisions.filter(isLate), keyOf);
  const first = new Set(decisions.filter(({ outcome }) => outcome === 'committed').map(keyOf));
  return decisions
    .filter((one) => !isLate(one) || !first.has(keyOf(one)))
    .map((decision) => {
      const own = decision.outcome === 'committed' ? late.get(keyOf(decision)) : undefined;
      return { decision, late: (own ?? []).map(({ record }) => record.region).sort() };
    });
}

function entry({ decision, late }: Entry, wide: number, paint: Paint): readonly string[] {
  const { record } = decision;
  const service = wide === 0 ? '' : `${paint.bold(record.service.padEnd(wide))}  `;
  return [
    `${dayTime(record.at)}  ${service}${decisionHead(decision, paint)}`,
    ...decisionLines(record).map((line) => `  ${line}`),
    ...(late.length === 0
      ? []
      : [paint.dim(`  ${list(late)} decided as well and came second; nothing of that is in DNS`)]),
  ];
}

type Group = {
  readonly first: DecisionShown;
  readonly regions: readonly string[];
  readonly lastAt: number;
};

/** Regions take turns, and shadows begin at different times: what comes within this is one event. */
const TOGETHER_MS = 3 * 60_000;

const gistOf = ({ record }: DecisionShown): string =>
  JSON.stringify([
    record.service,
    record.lines.map(({ endpoint, from, to, code }) => [endpoint, from, to, code]),
  ]);

const moves = ({ record }: DecisionShown): boolean =>
  record.lines.some(({ from, to }) => from !== to);

/** Newest first in, newest first out; `first` is the earliest of its group. */
function agreeing(decisions: readonly DecisionShown[]): readonly Group[] {
  const groups: Group[] = [];
  const open = new Map<string, number>();
  for (const decision of [...decisions].reverse()) {
    const { region, at } = decision.record;
    const gist = gistOf(decision);
    const place = open.get(gist);
    const known = place === undefined ? undefined : groups[place];
    if (
      place !== undefined &&
      known !== undefined &&
      at - known.first.record.at <= TOGETHER_MS &&
      !known.regions.includes(region)
    ) {
      groups[place] = { ...known, regions: [...known.regions, region], lastAt: at };
    } else {
      open.set(gist, groups.length);
      groups.push({ first: decision, regions: [region], lastAt: at });
    }
  }
  return groups.reverse();
}

const withinText = (ms: number): string =>
  ms < 1_000 ? '' : `, within ${Math.ceil(ms / 1_000)} s`;

function observedEntry(group: Group, wide: number, paint: Paint): readonly string[] {
  const { record } = group.first;
  const service = wide === 0 ? '' : `${paint.bold(record.service.padEnd(wide))}  `;
  const regions =
    group.regions.length === 1
      ? `as ${group.regions[0]} sees it`
      : `as ${list(group.regions)} see it${withinText(group.lastAt - record.at)}`;
  const verb = moves(group.first) ? 'would have moved weight' : 'would have written';
  return [
    `${dayTime(record.at)}  ${service}${verb}, ${regions}`,
    ...decisionLines(record).map((line) => `  ${line}`),
  ];
}
