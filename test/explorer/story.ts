/**
 * A way through the states as text: one line per step in fixed columns, with a legend, from the beginning
 * to the violation. Only the states on the way are kept while exploring; each step is found again by
 * looking at what can follow.
 */
import { type Company, type Doing, IDLE, READ, READING, RECORDING, SENT } from './company.ts';
import { weightsText } from './invariants.ts';
import type { Stage } from './stage.ts';
import type { StateTable } from './state-table.ts';
import { epochOf, LATE, type Layout, type StepKind, type Steps } from './steps.ts';
import type { Zones } from './zones.ts';

export type Story = readonly StoryLine[];
export type StoryLine = {
  readonly step: number;
  readonly epoch: number;
  readonly who: string;
  readonly what: string;
  readonly generation: number | null;
  readonly nonce: string;
  readonly weights: string;
  readonly writers: string;
  readonly onTheWay: string;
};

export type Told = {
  readonly stage: Stage;
  readonly layout: Layout;
  readonly zones: Zones;
  readonly company: Company;
  readonly steps: Steps;
  readonly table: StateTable;
  /** States after faults have stopped: their way begins in `table`. */
  readonly calm: StateTable;
};

export function storyOf(
  told: Told,
  failure: { readonly parent: number; readonly row: Int32Array; readonly isCalm: boolean },
): Story {
  const { layout, table, calm } = told;
  const rows: { readonly row: Int32Array; readonly isCalm: boolean }[] = [
    { row: failure.row, isCalm: failure.isCalm },
  ];
  let { parent: id, isCalm } = failure;
  for (;;) {
    const row = new Int32Array(layout.width);
    (isCalm ? calm : table).load(id, row);
    rows.unshift({ row, isCalm });
    const from = (isCalm ? calm : table).from(id);
    if (isCalm && from < 0) {
      isCalm = false;
      id = -1 - from;
    } else if (from < 0) {
      break;
    } else {
      id = from;
    }
  }
  const lines: StoryLine[] = [];
  for (const [step, { row, isCalm: after }] of rows.entries()) {
    const before = rows[step - 1];
    const label =
      before === undefined
        ? { who: '-', what: 'as it begins' }
        : after && !before.isCalm
          ? { who: '-', what: 'faults stop, minutes pass, all is well' }
          : labelOf(told, before.row, row, after);
    lines.push(lineOf(told, step, row, label));
  }
  return lines;
}

type Label = { readonly who: string; readonly what: string };

const nameOf = (writer: number): string => (writer < 0 ? '-' : ('ABCD'[writer] ?? '?'));

function labelOf(told: Told, before: Int32Array, after: Int32Array, isCalm: boolean): Label {
  let label: Label | null = null;
  const visit = (next: Int32Array, kind: StepKind, writer: number, about: number): void => {
    if (label !== null || !next.every((word, at) => word === after[at])) return;
    label = { who: nameOf(writer), what: textOf(told, kind, about) };
  };
  if (isCalm) told.steps.finish(before, visit);
  else told.steps.each(before, visit);
  if (label !== null) return label;
  const writer = before
    .subarray(told.layout.local, told.layout.flights)
    .findIndex((local, at) => local !== after[told.layout.local + at]);
  return { who: nameOf(writer), what: isCalm ? 'a whole round' : 'nothing more' };
}

function textOf({ stage, zones }: Told, kind: StepKind, about: number): string {
  switch (kind) {
    case 'time':
      return `a minute passes: evidence ${about} is there`;
    case 'start':
      return `a round: sees evidence ${about}, reads, decides`;
    case 'halt before deciding':
      return `a round: sees evidence ${about}, reads, is halted`;
    case 'halt before sending':
      return `a round: sees evidence ${about}, decides, is halted`;
    case 'answer read':
      return 'goes on: decides on what it had read';
    case 'record':
      return 'goes on: its decision is recorded';
    case 'arrive':
      return `batch ${zones.batch((about >>> 3) - 1).nonce} reaches the zone${(about & 7) >= LATE ? ', late' : ''}`;
    case 'answer':
      return 'gets its answer';
    case 'lose request':
      return 'FAULT its batch is lost on the way';
    case 'give up':
      return 'FAULT no answer in time; its batch is still on its way';
    case 'repeat request':
      return 'FAULT its batch is on its way twice';
    case 'lose answer':
      return 'FAULT the answer is lost';
    case 'fail read':
      return about < 0
        ? 'FAULT it gets no clear answer, and its read back fails'
        : 'FAULT a round: its read fails';
    case 'restart':
      return 'FAULT it is restarted, and remembers nothing';
    case 'edit':
      return `FAULT a person sets ${stage.service.endpoints[about]?.id} to 0`;
    case 'restore':
      return 'FAULT the zone is put back as it was at first';
  }
}

const SIGNS: Readonly<Record<Doing, string>> = {
  [IDLE]: '.',
  [READING]: 'r',
  [READ]: 'r',
  [RECORDING]: 'd',
  [SENT]: 's',
};

function lineOf(told: Told, step: number, row: Int32Array, label: Label): StoryLine {
  const { layout, zones, company } = told;
  const content = zones.contentOf(row[0] as number);
  const writers = [...row.subarray(layout.local, layout.flights)].map((local) =>
    company.doing(local) === IDLE && company.isOpen(local) ? 'o' : SIGNS[company.doing(local)],
  );
  const flights = [...row.subarray(layout.flights)].flatMap((flight) =>
    flight === 0
      ? []
      : [`${zones.batch((flight >>> 3) - 1).nonce}${['→', '✓', '✗', '…', '…'][flight & 7]}`],
  );
  return {
    step,
    epoch: epochOf(row),
    ...label,
    generation: content.fence?.generation ?? null,
    nonce: content.fence?.nonce ?? 'none',
    weights: weightsText(content),
    writers: writers.join(''),
    onTheWay: flights.join(' '),
  };
}

export const LEGEND = `step  evidence  who  what                                                      fence          weights        writers  on the way
      evidence  the minute that has come; in the last one an order is due
      fence     generation and nonce that stand in the zone
      writers   one sign each: . idle  o idle, a batch of its fate open  r halted after its read
                d halted after its decision  s has sent
      on the way  a batch by its nonce: → under way  ✓ ✗ accepted or refused, the answer is under way  … late, nobody waits`;

export const storyText = (story: Story): string =>
  [
    LEGEND,
    '',
    ...story.map(({ step, epoch, who, what, generation, nonce, weights, writers, onTheWay }) =>
      [
        String(step).padStart(4),
        String(epoch).padStart(8),
        ` ${who}`,
        ` ${what.padEnd(56)}`,
        `${generation ?? '-'} ${nonce}`.padEnd(13),
        weights.padEnd(13),
        writers.padEnd(7),
        onTheWay,
      ]
        .join('  ')
        .trimEnd(),
    ),
  ].join('\n');
