/**
 * Replayed decisions → text: what the answer rests on, then a timeline in which each moment says what was
 * decided, what the deployed file decides, and what the other one would have decided; then the sums.
 */
import type { EpochMs } from '../../shared/core/model.ts';
import { list } from '../../shared/core/reason.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import { REPLAY_STEP_MS, type ReplayStep } from '../../shared/rounds/replay.ts';
import { dayTime } from './decision-text.ts';
import type { Paint } from './paint.ts';

type Move = {
  readonly endpoint: string;
  readonly from: number;
  readonly to: number;
  readonly code: string;
  readonly sentence: string;
};
export type DecidedMove = {
  readonly at: EpochMs;
  readonly actor: string;
  readonly moves: readonly Move[];
};
export type Side = {
  /** Weights taken to 0. */
  readonly removals: number;
  /** Weights that began to come back from 0. */
  readonly returns: number;
  readonly withheld: number;
  readonly isCut: boolean;
  readonly steps: readonly ReplayStep[];
};
export type ReplayedService = {
  readonly service: string;
  readonly mode: string;
  /** Why the other file can't be judged on these reports. */
  readonly cannot: readonly string[];
  /** Reports that were made under another configuration of this service. */
  readonly otherReports: number;
  readonly recorded: readonly DecidedMove[];
  readonly deployed: Side;
  readonly other: Side | null;
};
export type ReplayDocument = {
  readonly deployment: string;
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly with: string | null;
  readonly reports: number;
  readonly vantages: readonly string[];
  readonly unchanged: readonly string[];
  readonly unknown: readonly string[];
  readonly unreadable: number;
  readonly services: readonly ReplayedService[];
};

/** Two files that decide the same this close together decided the same. */
const SAME_MS = 2 * REPLAY_STEP_MS;

export function tallyOf(
  steps: readonly ReplayStep[],
): Pick<Side, 'removals' | 'returns' | 'withheld'> {
  const moves = steps.flatMap((step) => step.moves);
  return {
    removals: moves.filter(({ to }) => to === 0).length,
    returns: moves.filter(({ from, to }) => from === 0 && to > 0).length,
    withheld: steps.reduce((sum, { withheld }) => sum + withheld.length, 0),
  };
}

export function replayText(document: ReplayDocument, paint: Paint): string {
  return [
    paint.bold(
      `${document.deployment}: ${count(document.reports, 'recorded report')} of ${count(document.vantages.length, 'vantage')}, ${dayTime(document.from)} to ${dayTime(document.to)}`,
    ),
    ...assumptions(document).map((line) => paint.dim(line)),
    ...document.services.flatMap((one) => ['', ...serviceText(one, document, paint)]),
  ].join('\n');
}

/** Exactly what the answer rests on. */
function assumptions({ unchanged, unknown, unreadable }: ReplayDocument): readonly string[] {
  return [
    'A report is recorded only when a vote of it changed. In between each vantage is taken to have gone on seeing',
    'the same, and to be fresh: one that fell silent, or could not write, is not noticed.',
    'Begins 24 h before --from with every endpoint proven and at its configured weight; orders of operators, edits by',
    `hand and lost races are left out; what time brings (hold-down, ramp, window) is met within ${REPLAY_STEP_MS / 1_000} s.`,
    ...(unchanged.length === 0
      ? []
      : [
          `${list(unchanged)}: no vote changed in 40 days, so what it reports now held all the time.`,
        ]),
    ...(unknown.length === 0 ? [] : [`${list(unknown)}: nothing is known, so it casts no vote.`]),
    ...(unreadable === 0
      ? []
      : [
          `${count(unreadable, 'item')} of the table can't be read, or not its configuration, and tells nothing.`,
        ]),
  ];
}

type Row = { readonly at: number; readonly who: string; readonly lines: readonly string[] };

function serviceText(
  one: ReplayedService,
  document: ReplayDocument,
  paint: Paint,
): readonly string[] {
  const { service, recorded, deployed, other, cannot, otherReports } = one;
  const rows: readonly Row[] = [
    ...recorded.map(({ at, actor, moves }) => ({
      at,
      who: 'recorded',
      lines: [...moves.map(moveText), `by ${safeText(actor, 160)}`],
    })),
    ...rowsOf('deployed', deployed),
    ...(other === null ? [] : rowsOf('other', other)),
  ].sort((a, b) => a.at - b.at);
  return [
    paint.bold(`${service}   mode ${one.mode}`),
    ...(otherReports === 0
      ? []
      : [
          paint.yellow(
            `  ${count(otherReports, 'report')} made under another configuration of ${service}: nothing is known of those times`,
          ),
        ]),
    ...cannot.map((why) => paint.yellow(`  ${document.with} is not judged: ${safeText(why, 300)}`)),
    ...(rows.length === 0 ? ['  nothing was decided, and nothing would have been'] : []),
    ...rows.flatMap(({ at, who, lines }) =>
      lines.map((line, place) =>
        place === 0
          ? `  ${dayTime(at)}  ${who.padEnd(8)}  ${line}`
          : `  ${' '.repeat(dayTime(at).length)}  ${' '.repeat(8)}  ${line}`,
      ),
    ),
    '',
    ...sums(one),
  ];
}

const rowsOf = (who: string, { steps }: Side): readonly Row[] =>
  steps.map(({ at, moves, withheld }) => ({
    at,
    who,
    lines: [...moves.map(moveText), ...withheld.map(({ sentence }) => safeText(sentence, 400))],
  }));

const moveText = ({ endpoint, from, to, sentence }: Move): string =>
  `${endpoint} ${from} → ${to}   ${safeText(sentence, 400)}`;

function sums({ recorded, deployed, other }: ReplayedService): readonly string[] {
  const moved = recorded.flatMap(({ moves }) => moves);
  const done = {
    removals: moved.filter(({ to }) => to === 0).length,
    returns: moved.filter(({ from, to }) => from === 0 && to > 0).length,
  };
  return [
    `  recorded  ${count(done.removals, 'removal')}, ${count(done.returns, 'return')}`,
    `  deployed  ${sideText(deployed)}`,
    ...(other === null ? [] : [`  other     ${sideText(other)}`, ...differences(deployed, other)]),
  ];
}

const sideText = ({ removals, returns, withheld, isCut }: Side): string =>
  `${count(removals, 'removal')}, ${count(returns, 'return')}, ${withheld} withheld${isCut ? '; never came to rest, and was cut short' : ''}`;

type Step = { readonly at: number; readonly move: Move };

function differences(deployed: Side, other: Side): readonly string[] {
  const ours = stepsOf(deployed);
  const theirs = stepsOf(other);
  const only = (some: readonly Step[], others: readonly Step[]): readonly Step[] =>
    some.filter((one) => !others.some((two) => isSame(one, two)));
  const lost = only(ours, theirs);
  const more = only(theirs, ours);
  return lost.length + more.length === 0
    ? [`  both files move the same weights, at the same times (within ${SAME_MS / 1_000} s)`]
    : [
        `  ${count(lost.length, 'move')} only of the deployed file, ${more.length} only of the other`,
      ];
}

const stepsOf = ({ steps }: Side): readonly Step[] =>
  steps.flatMap(({ at, moves }) => moves.map((move) => ({ at, move })));

const isSame = (a: Step, b: Step): boolean =>
  Math.abs(a.at - b.at) <= SAME_MS &&
  a.move.endpoint === b.move.endpoint &&
  a.move.from === b.move.from &&
  a.move.to === b.move.to;

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;
