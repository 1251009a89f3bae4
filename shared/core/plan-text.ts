/** Plan → what people read before it is made, as text and as JSON: every record, changed or asserted. */
import type { RecordPair } from './commit.ts';
import type { UnsealedPlan } from './plan.ts';
import { servedText } from './snapshot.ts';
import type { ZoneRecord } from './zone-record.ts';

export type PlanLine = {
  readonly name: string;
  readonly type: string;
  readonly endpoint: string;
  readonly change: 'create' | 'delete' | 'weight' | 'change' | 'assert';
  readonly from: number | null;
  readonly to: number | null;
  readonly answers: string;
  /** What else changes, in words: TTL, health check, flag. */
  readonly settings: readonly string[];
};

export type PlanJson = {
  readonly service: string;
  /** `to` is null where the fence goes. */
  readonly generation: { readonly from: number | null; readonly to: number | null };
  readonly checksum: string;
  readonly records: readonly PlanLine[];
};

export const planJson = (plan: UnsealedPlan): PlanJson => ({
  service: plan.service,
  generation: {
    from: plan.parent?.generation ?? null,
    to: plan.commit.isRelease === true ? null : plan.generation,
  },
  checksum: plan.checksum,
  records: plan.pairs.map(lineOf),
});

/**
 *     app   generation 41 → 42
 *       app.example.com A us-east-1   100 → 0    198.51.100.20
 *       app.example.com A eu-west-1   100        asserted
 *       app.example.com A on-prem     50         TTL 30 → 60 s
 *     plan 9c1f4e20
 */
export function planText(plan: UnsealedPlan): string {
  const json = planJson(plan);
  const lines = planLinesText(json).map((line) => `  ${line}`);
  return [planTitle(json), ...lines, `plan ${plan.checksum}`].join('\n');
}

export function planTitle({ service, generation: { from, to } }: PlanJson): string {
  if (from === null) return `${service}   first generation`;
  return `${service}   generation ${from} → ${to ?? 'none: the _quorate record goes'}`;
}

export function planLinesText({ records }: Pick<PlanJson, 'records'>): readonly string[] {
  const subject = (line: PlanLine): string => `${line.name} ${line.type} ${line.endpoint}`;
  const width = Math.max(0, ...records.map((line) => subject(line).length));
  return records.map(
    (line) => `${subject(line).padEnd(width)}   ${weightText(line)}   ${noteOf(line)}`,
  );
}

const weightText = (line: PlanLine): string => {
  const from = String(line.from ?? '-');
  const to = String(line.to ?? '-');
  return (from === to ? from : `${from} → ${to}`).padEnd(9);
};

function noteOf(line: PlanLine): string {
  const answered = answerNote(line);
  if (line.settings.length === 0) return answered;
  const own = line.settings.join(', ');
  return line.change === 'assert' ? own : `${answered}, ${own}`;
}

function answerNote(line: PlanLine): string {
  switch (line.change) {
    case 'assert':
      return 'asserted';
    case 'create':
      return `new, answers ${line.answers}`;
    case 'delete':
      return `removed, answered ${line.answers}`;
    case 'weight':
      return line.answers;
    case 'change':
      return `now answers ${line.answers}`;
  }
}

function lineOf({ before, after }: RecordPair): PlanLine {
  const record = after ?? before;
  const from = before?.weight ?? null;
  const to = after?.weight ?? null;
  const answers = record === null ? '' : servedText(record);
  return {
    name: record?.name ?? '',
    type: record?.type ?? '',
    endpoint: record?.setIdentifier ?? '',
    change: changeOf({ before, after }, from === to),
    from,
    to,
    answers,
    settings: before === null || after === null ? [] : settingsOf(before, after),
  };
}

function settingsOf(before: ZoneRecord, after: ZoneRecord): readonly string[] {
  const changes: string[] = [];
  const note = (what: string, from: string | undefined, to: string | undefined): void => {
    if (from !== to) changes.push(`${what} ${from ?? 'none'} → ${to ?? 'none'}`);
  };
  const seconds = ({ ttlSeconds }: ZoneRecord): string | undefined =>
    ttlSeconds === undefined ? undefined : `${ttlSeconds} s`;
  note('TTL', seconds(before), seconds(after));
  note('health check', before.healthCheckId, after.healthCheckId);
  note('target health', flagOf(before), flagOf(after));
  return changes;
}

const flagOf = ({ alias }: ZoneRecord): string | undefined =>
  alias === undefined ? undefined : alias.evaluateTargetHealth ? 'evaluated' : 'ignored';

function changeOf({ before, after }: RecordPair, isSameWeight: boolean): PlanLine['change'] {
  if (before === null) return 'create';
  if (after === null) return 'delete';
  if (servedText(before) !== servedText(after)) return 'change';
  if (before.alias?.zone !== after.alias?.zone) return 'change';
  return isSameWeight ? 'assert' : 'weight';
}
