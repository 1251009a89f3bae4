/**
 * One decision → the lines that people read of it: when, by whom, what came of it, which weights moved and
 * why. Sentences are those of the record: what was known then, not what is known now.
 */
import type { DecisionShown } from '../../shared/api/decisions.ts';
import { clockTime } from '../../shared/core/reason.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import type { Paint } from './paint.ts';
import { age } from './status-text.ts';

type Record = DecisionShown['record'];

const SENTENCES_MAX = 6;
const ACTOR_LENGTH_MAX = 160;

/** `2026-11-23 03:12:58Z` */
export const dayTime = (at: number): string =>
  `${new Date(at).toISOString().slice(0, 10)} ${clockTime(at)}`;

/** `generation 42 by quorum@eu-west-1: committed, INSYNC after 31 s, seen after 35 s` */
export function decisionHead(
  { record, outcome, committedAt, insyncAt, seenAt }: DecisionShown,
  paint: Paint,
): string {
  const from = committedAt ?? record.at;
  const steps = [
    outcomeText(outcome),
    ...(insyncAt === null ? [] : [`INSYNC after ${age(insyncAt - from)}`]),
    ...(seenAt === null ? [] : [`seen at every name server after ${age(seenAt - from)}`]),
  ].join(', ');
  const colour = outcome === 'lost' || outcome === 'open' ? paint.yellow : paint.green;
  return `generation ${record.generation} by ${actorText(record)}: ${colour(steps)}`;
}

function outcomeText(outcome: DecisionShown['outcome']): string {
  switch (outcome) {
    case 'committed':
      return 'committed';
    case 'lost':
      return 'lost, another was first or it was refused; nothing of it is in DNS';
    case 'observed':
      return 'observed, never sent';
    case 'open':
      return 'not known yet';
  }
}

/** `ann (drain order001: bad deploy 4711), through api@us-east-1` */
function actorText({ actor, order, via }: Record): string {
  const what =
    order === undefined ? '' : ` (${order.kind} ${order.id}: ${safeText(order.reason, 400)})`;
  return `${safeText(actor, ACTOR_LENGTH_MAX)}${what}${via === undefined ? '' : `, through ${safeText(via)}`}`;
}

/** Weights that moved with the sentence of each; then what else it said, without what is calm. */
export function decisionLines({ lines, sentences, order }: Record): readonly string[] {
  const moved = lines.filter(({ from, to }) => from !== to);
  const wide = Math.max(0, ...moved.map(({ endpoint }) => endpoint.length));
  const told = new Set(moved.map(({ sentence }) => sentence));
  const others = sentences.filter(
    (sentence) => sentence !== '' && sentence !== order?.reason && !told.has(sentence),
  );
  const more = others.length - SENTENCES_MAX;
  return [
    ...moved.map(
      ({ endpoint, from, to, sentence }) =>
        `${endpoint.padEnd(wide)}  ${`${from} → ${to}`.padEnd(10)}  ${safeText(sentence, 400)}`,
    ),
    ...others.slice(0, SENTENCES_MAX).map((sentence) => safeText(sentence, 400)),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...(moved.length + others.length === 0 ? ['no weight moved'] : []),
  ];
}
