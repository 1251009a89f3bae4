/**
 * One batch to both engines, and the judgement. In: the zone both hold and a batch. Out: agreement with
 * the rules at which MiniStack is known to differ, or what is wrong.
 *
 *   what the local Route 53 must answer  =  MiniStack's exactness  +  the rules that it does not know
 *
 * After a taken batch both list what the batch says; after a refusal nothing has changed. Where only
 * MiniStack took it, its zone is put back, so that the next batch starts from the same zone again.
 */

import type { Batch } from './batches.ts';
import { type DiffChange, keyOf, moved, type RecordSet, textOf, textsOf } from './record-set.ts';
import { brokenRules, isOutside, MALFORMED, malformedRules, type Rule } from './rules.ts';
import type { Verdict, ZoneUnderTest } from './zone-under-test.ts';

export type Pair = { readonly local: ZoneUnderTest; readonly ministack: ZoneUnderTest };

export type Judgement = {
  /** What is wrong, each as a sentence; none: the engines agree, or differ as declared. */
  readonly wrong: readonly string[];
  /** The rules by which AWS and the local engine refuse what MiniStack takes. */
  readonly differs: readonly Rule[];
  readonly taken: boolean;
  readonly after: readonly RecordSet[];
};

export async function judge(
  { local, ministack }: Pair,
  before: readonly RecordSet[],
  { changes, spellings }: Batch,
): Promise<Judgement> {
  const asSpelled = changes.map(({ action, record }, position) => ({
    action,
    record: { ...record, Name: spellings.get(position) ?? record.Name },
  }));
  // MiniStack takes each spelling for another name, so it is sent the one that Route 53 lists.
  const [here, there] = await Promise.all([local.send(asSpelled), ministack.send(changes)]);
  const [listedHere, listedThere] = await Promise.all([local.list(), ministack.list()]);

  const rules = there.kind === 'taken' ? brokenRules(before, changes) : new Set<Rule>();
  const expected = expectedVerdict(there, rules, changes);
  const after = expected.kind === 'taken' ? moved(before, changes) : before;
  const wrong: string[] = [];
  if (here.kind !== expected.kind || codeOf(here) !== codeOf(expected))
    wrong.push(
      `the local Route 53 says ${shown(here)}; it must say ${shown(expected)}` +
        ` (MiniStack says ${shown(there)}; broken rules: ${[...rules].join(', ') || 'none'})`,
    );
  if (textsOf(listedHere).join('\n') !== textsOf(after).join('\n'))
    wrong.push(`the local Route 53 then lists other records: ${difference(listedHere, after)}`);
  // What it makes of a malformed record (an empty set identifier, say) is nobody's business.
  const isMalformed = [...rules].some((rule) => MALFORMED.has(rule));
  const afterThere = there.kind === 'taken' ? moved(before, changes) : before;
  if (!isMalformed && textsOf(listedThere).join('\n') !== textsOf(afterThere).join('\n'))
    wrong.push(`MiniStack then lists other records: ${difference(listedThere, afterThere)}`);
  wrong.push(...reasonProblems(here, there, changes));

  if (there.kind === 'taken' && expected.kind === 'refused')
    await turn(ministack, listedThere, before);
  return { wrong, differs: [...rules], taken: expected.kind === 'taken', after };
}

const codeOf = (verdict: Verdict): string => (verdict.kind === 'taken' ? '' : verdict.code);
const shown = (verdict: Verdict): string =>
  verdict.kind === 'taken' ? 'taken' : `${verdict.code}: ${verdict.text.slice(0, 400)}`;

function expectedVerdict(
  there: Verdict,
  rules: ReadonlySet<Rule>,
  changes: readonly DiffChange[],
): Verdict {
  if (malformedRules(changes).length > 0)
    return { kind: 'refused', code: 'InvalidInput', text: 'the request is malformed' };
  if (there.kind === 'refused') return there;
  if (rules.size > 0)
    return { kind: 'refused', code: 'InvalidChangeBatch', text: [...rules].join(', ') };
  return there;
}

const REASONS = [/was not found/, /do not match the current values/, /already exists/];

const JUDGED_FIRST: ReadonlySet<Rule> = new Set<Rule>(['repeated', 'elements', 'characters']);

/** MiniStack stops at its first reason; ours names every one, unless it never looked at the zone. */
function reasonProblems(here: Verdict, there: Verdict, changes: readonly DiffChange[]): string[] {
  if (here.kind === 'taken' || there.kind === 'taken' || here.code !== 'InvalidChangeBatch')
    return [];
  const reason = REASONS.find((pattern) => pattern.test(there.text));
  if (reason === undefined || reason.test(here.text)) return [];
  // Sizes, repeated changes and names are judged before the records are looked at.
  if ([...brokenRules([], changes)].some((rule) => JUDGED_FIRST.has(rule))) return [];
  if (changes.some(({ record }) => isOutside(record.Name))) return [];
  return [`both refuse, for different reasons: ${shown(here)} / MiniStack: ${shown(there)}`];
}

function difference(listed: readonly RecordSet[], wanted: readonly RecordSet[]): string {
  const [has, wants] = [new Set(textsOf(listed)), new Set(textsOf(wanted))];
  return [
    ...[...has].filter((text) => !wants.has(text)).map((text) => `+ ${text}`),
    ...[...wants].filter((text) => !has.has(text)).map((text) => `- ${text}`),
  ]
    .join(' ')
    .slice(0, 1_000);
}

/** Makes a zone hold `wanted`, in one batch. */
export async function turn(
  zone: ZoneUnderTest,
  listed: readonly RecordSet[],
  wanted: readonly RecordSet[],
): Promise<void> {
  const [has, wants] = [
    new Map(listed.map((r) => [keyOf(r), r])),
    new Map(wanted.map((r) => [keyOf(r), r])),
  ];
  const changes: readonly DiffChange[] = [
    ...listed
      .filter((r) => textOf(wants.get(keyOf(r)) ?? NOTHING) !== textOf(r))
      .map((record) => ({ action: 'DELETE' as const, record })),
    ...wanted
      .filter((r) => textOf(has.get(keyOf(r)) ?? NOTHING) !== textOf(r))
      .map((record) => ({ action: 'CREATE' as const, record })),
  ];
  if (changes.length === 0) return;
  const verdict = await zone.send(changes);
  if (verdict.kind === 'refused')
    throw new Error(`the zone could not be put back: ${verdict.text}`);
}
const NOTHING: RecordSet = { Name: '', Type: 'A' };
