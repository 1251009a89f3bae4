/** Plans and what came of them, as people read them before and after they let them happen. */
import { type PlanJson, planLinesText, planTitle } from '../../shared/core/plan-text.ts';
import type { ChangeDocument, ServiceChange } from './change.ts';
import type { Paint } from './paint.ts';

/**
 *     app   generation 41 → 42   dry run
 *       app.example.com A d   - → 0       new, answers 203.0.113.4
 *       brought in: d with weight 0
 *     plan 9c1f4e20   nothing was changed; to apply exactly this:
 *       quorate apply app --apply 9c1f4e20 --reason "…"
 */
export function changeText(
  document: ChangeDocument,
  paint: Paint,
  beside: Beside = () => null,
): string {
  const end = endText(document, paint);
  return [
    ...document.services.map((one) => serviceText(one, document.dryRun, paint, beside)),
    ...(end === null ? [] : [end]),
  ].join('\n');
}

/** What stands behind a record's line: `health: up, 5 of 5`. By service and set identifier. */
export type Beside = (service: string, setIdentifier: string) => string | null;

function serviceText(
  change: ServiceChange,
  isDryRun: boolean,
  paint: Paint,
  beside: Beside,
): string {
  const { plan, trouble } = change;
  const title = plan === null ? change.service : planTitle(plan);
  const head = `${paint.bold(title)}   ${resultText(change, isDryRun, paint)}`;
  return [
    head,
    ...(plan === null ? [] : recordLines(plan, beside).map((line) => `  ${line}`)),
    ...change.sentences.map((sentence) => `  ${tinted(sentence, change, paint)}`),
    ...(trouble === null ? [] : [`  ${paint.yellow(troubleNote(change, trouble))}`]),
    ...(change.notYet === null ? [] : [`  ${paint.yellow(`not yet: ${change.notYet}`)}`]),
    ...(isDryRun || change.result !== 'plan-changed' ? [] : [`  ${overtakenText(change)}`]),
    ...(change.recorded === false ? [`  ${paint.yellow(NOT_RECORDED)}`] : []),
  ].join('\n');
}

function recordLines(plan: PlanJson, beside: Beside): readonly string[] {
  const lines = planLinesText(plan);
  const notes = plan.records.map(({ endpoint }) => beside(plan.service, endpoint));
  if (notes.every((note) => note === null)) return lines;
  const width = Math.max(0, ...lines.map((line) => line.length));
  return lines.map((line, i) => {
    const note = notes[i] ?? null;
    return note === null ? line : `${line.padEnd(width)}   (${note})`;
  });
}

const NOT_RECORDED =
  'the record could not be written: the zone has the change, the table does not say by whom and why';

/** Another change came between the look and the send: this one was not made. */
const overtakenText = ({ service, plan }: ServiceChange): string =>
  `nothing was changed: another change came first; to apply this plan, repeat for ${service} alone with --apply ${plan?.checksum}`;

const troubleNote = ({ result }: ServiceChange, trouble: string): string =>
  result === 'failed' ? trouble : `no vote is known, since the table could not be read: ${trouble}`;

const tinted = (sentence: string, { result }: ServiceChange, paint: Paint): string =>
  result === 'refused' || result === 'failed' || sentence.startsWith('withheld: ')
    ? paint.yellow(sentence)
    : sentence;

function resultText({ result, changeId }: ServiceChange, isDryRun: boolean, paint: Paint): string {
  switch (result) {
    case 'planned':
      return isDryRun ? 'dry run' : 'planned';
    case 'committed':
      return paint.green(changeId === null ? 'committed' : `committed   change ${changeId}`);
    case 'nothing-to-do':
      return 'nothing to do';
    case 'refused':
      return paint.red('refused');
    case 'plan-changed':
      return paint.red('the plan is another one now');
    case 'failed':
      return paint.red('failed');
  }
}

function endText(
  {
    checksum,
    applyWith,
    services,
    dryRun,
  }: Pick<ChangeDocument, 'checksum' | 'applyWith' | 'services' | 'dryRun'>,
  paint: Paint,
): string | null {
  if (!dryRun) return null;
  if (checksum === null) return null;
  const plan = paint.bold(`plan ${checksum}`);
  if (applyWith === null) return `${plan}   nothing was changed`;
  const isOther = services.some(({ result }) => result === 'plan-changed');
  const what = isOther
    ? 'nothing was changed; to apply this one'
    : 'nothing was changed; to apply exactly this';
  return `${plan}   ${what}:\n  ${applyWith}`;
}
