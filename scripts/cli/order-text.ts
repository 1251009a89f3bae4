/**
 * What an order does, as people read it before and after they let it happen: per service the plan with
 * health beside it, then until when and for whom, what comes after, and the exact line that goes on.
 */
import type { ChangeAnswer, ChangeResult } from '../../shared/api/overrides.ts';
import type { OrderShown } from '../../shared/api/parts.ts';
import type { EndpointShown, ServiceShown } from '../../shared/api/status.ts';
import type { Config } from '../../shared/core/model.ts';
import { momentText } from '../../shared/core/phrase.ts';
import { MINUTE_MS, printDuration, SECOND_MS } from '../../shared/core/units.ts';
import type { ChangeDocument, ServiceChange } from './change.ts';
import { type Beside, changeText } from './change-text.ts';
import type { Paint } from './paint.ts';

export type OrderTextFacts = {
  readonly config: Pick<Config, 'services'>;
  /** Null: nothing is known of health now. */
  readonly seen: readonly ServiceShown[] | null;
  /** The line that goes on; it applies this very plan unless a reason is still to be given. */
  readonly applyWith: string | null;
  readonly lacksReason: boolean;
  /** Lines about the order itself, below the plans. */
  readonly about: readonly string[];
};

export function orderText(answer: ChangeAnswer, facts: OrderTextFacts, paint: Paint): string {
  const { config, seen, about } = facts;
  const document: ChangeDocument = {
    verb: '',
    // Of a plan that is another one now it is said below how to go on.
    dryRun: answer.dryRun || isOvertaken(answer),
    checksum: null,
    applyWith: null,
    actor: answer.actor,
    services: answer.results.map(changeOf),
  };
  const plans = changeText(document, paint, besideOf(config, seen));
  return [
    ...(answer.results.length === 0 ? [] : [plans]),
    ...about.map((line) => `  ${line}`),
    ...nextLines(answer, facts, paint),
  ].join('\n');
}

function nextLines(
  answer: ChangeAnswer,
  { applyWith, lacksReason }: OrderTextFacts,
  paint: Paint,
): readonly string[] {
  const { dryRun } = answer;
  const checksum = checksumNow(answer);
  const isChanged = isOvertaken(answer);
  if (checksum === null || (!dryRun && !isChanged)) return [];
  const plan = paint.bold(`plan ${checksum}`);
  if (applyWith === null) return [`${plan}   nothing was changed`];
  if (isPartlyDone(answer)) {
    return ['a part is done, and the rest was not changed; to look at it again:', `  ${applyWith}`];
  }
  if (lacksReason) {
    const why = 'say why, which is part of what is applied, to get the line that applies it';
    return [`${plan}   nothing was changed; ${why}:`, `  ${applyWith}`];
  }
  const what = isChanged ? 'to apply this one' : 'to apply exactly this';
  return [`${plan}   nothing was changed; ${what}:`, `  ${applyWith}`];
}

const isOvertaken = ({ results }: ChangeAnswer): boolean =>
  results.some(({ outcome }) => outcome === 'plan-changed');

/** Of a wide order: some services have it, and others do not. */
export const isPartlyDone = ({ results }: ChangeAnswer): boolean =>
  results.some(({ outcome }) => outcome === 'committed') &&
  results.some(({ outcome }) => outcome !== 'committed' && outcome !== 'nothing-to-do');

/** What applies the plans as shown. Where a race changed one of many, the others are done already. */
export function checksumNow({ checksum, results }: ChangeAnswer): string | null {
  const [only, ...others] = results.filter(({ outcome }) => outcome === 'plan-changed');
  return only === undefined || others.length > 0 ? checksum : (only.plan?.checksum ?? checksum);
}

function changeOf(result: ChangeResult): ServiceChange {
  const { service, outcome, sentence, sentences, plan, order, changeId, recorded, trouble } =
    result;
  const isPlan = plan !== null;
  return {
    service,
    result: outcome,
    // What is given, until when and by whom stands below, with an id only once it is given.
    sentences: isPlan
      ? sentences.filter((one) => !one.startsWith(`order ${order} is given `))
      : [sentence, ...sentences.filter((one) => one !== sentence)],
    plan,
    notYet:
      isPlan && outcome === 'planned' && !sentence.startsWith(sentences[0] ?? '') ? sentence : null,
    changeId,
    recorded,
    trouble: outcome === 'failed' ? null : trouble,
  };
}

export const healthText = ({ health, ups, downs, of, degraded }: EndpointShown): string => {
  const votes = health === 'down' ? downs : ups;
  return `health: ${health}, ${votes} of ${of}${degraded ? ', degraded' : ''}`;
};

function besideOf(config: Pick<Config, 'services'>, seen: readonly ServiceShown[] | null): Beside {
  return (serviceId, setIdentifier) => {
    const service = config.services.find(({ id }) => id === serviceId);
    const endpoint = service?.endpoints.find((one) => one.setIdentifier === setIdentifier);
    const shown = seen
      ?.find((one) => one.service === serviceId)
      ?.endpoints.find((one) => one.endpoint === endpoint?.id);
    return shown === undefined ? null : healthText(shown);
  };
}

const SOON_MS = 5 * MINUTE_MS;

/** `until 14:05:00Z (2h)` */
export const untilText = (untilAt: number, now: number): string => {
  const exactMs = untilAt - now;
  // Seconds count only towards the end; before it they are how long the answer took.
  const unitMs = exactMs > SOON_MS ? MINUTE_MS : SECOND_MS;
  const leftMs = Math.round(exactMs / unitMs) * unitMs;
  return leftMs > 0
    ? `until ${momentText(untilAt)} (${printDuration(leftMs)})`
    : `until ${momentText(untilAt)}, which is past`;
};

/** The last part of an ARN is whom people know. */
export const whoText = (actor: string): string =>
  actor.startsWith('arn:') ? (actor.split('/').at(-1) ?? actor) : actor;

/** `drain of us-east-1 of app, until 14:05:00Z (2h), by alice: bad deploy 4711` */
export function orderLine(order: OrderShown, now: number): string {
  const { service, kind, covers, weight, actor, reason, fromAt, untilAt, started, force } = order;
  const what =
    covers === 'service'
      ? service
      : `${covers ?? 'something that is not in the file'} of ${service}`;
  const to = kind === 'pin' ? ` to ${weight}` : '';
  const from = started || fromAt <= now ? '' : `from ${momentText(fromAt)} `;
  const by =
    actor === null
      ? ', by whom is not in this region’s table'
      : `, by ${whoText(actor)}${reason === null ? '' : `: ${reason}`}`;
  const passed = force.length === 0 ? '' : `, passing ${force.join(' and ')}`;
  return `${kind} of ${what}${to}, ${from}${untilText(untilAt, now)}${passed}${by}`;
}
