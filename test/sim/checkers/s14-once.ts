/**
 * S14: at most once. A batch whose fate is unknown is never sent again, one that was applied never twice;
 * and what a process says became of its batch, to a mark, a result or an operator, is what became of it.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf, type Part } from './safety-book.ts';

type Fate = {
  readonly service: string;
  readonly key: string;
  readonly generation: number;
  sent: number;
  /** Of its last send; null while it is under way. */
  reply: string | null;
  accepted: number;
  /** Who said that it came to nothing. */
  lostSaidBy: string | null;
};
const FATES_MAX = 2_000;
/** After these nothing happened, so the very same batch may be sent again. */
const NO_EFFECT = new Set(['throttled', 'busy', 'refused', 'denied']);

export const s14Once: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  const fates = new Map<string, Fate>();
  const moved = new Map<string, number>();

  const idOf = (service: string, nonce: string): string => `${service} ${nonce}`;
  const fateOf = (part: Part): Fate | null => {
    if (part.after === null) return null;
    const id = idOf(part.service.id, part.after.nonce);
    let fate = fates.get(id);
    if (fate === undefined) {
      fate = {
        service: part.service.id,
        key: part.key,
        generation: part.after.generation,
        sent: 0,
        reply: null,
        accepted: 0,
        lostSaidBy: null,
      };
      fates.set(id, fate);
      if (fates.size > FATES_MAX)
        for (const first of fates.keys()) {
          fates.delete(first);
          break;
        }
    }
    return fate;
  };
  const believed = (
    service: string,
    nonce: string,
    generation: number,
    kind: 'committed' | 'lost',
    who: string,
  ): void => {
    const fate = fates.get(idOf(service, nonce));
    const what = `${who} says that generation ${generation} ${nonce} of ${service} is ${kind}`;
    if (kind === 'committed') {
      if (fate !== undefined && fate.accepted === 0)
        fail('S14', `${what}, and it was never applied`);
      return;
    }
    if (fate === undefined) return;
    // What Route 53 forgot, or a person took back, is gone indeed.
    if (fate.accepted > 0 && !moved.has(fate.key)) fail('S14', `${what}, and it was applied`);
    fate.lostSaidBy = who;
  };

  book.onSent((part) => {
    const fate = fateOf(part);
    if (fate === null) return;
    fate.sent += 1;
    if (fate.sent === 1) return;
    const { service, batch } = part;
    if (fate.reply === null || !NO_EFFECT.has(fate.reply)) {
      fail(
        'S14',
        `${batch.from.name}@${batch.from.region} sent generation ${fate.generation} of ${service.id} again after ${fate.reply ?? 'no answer'}`,
      );
    }
    fate.reply = null;
  });
  book.onCommit(({ part }) => {
    const fate = fateOf(part);
    if (fate === null) return;
    fate.accepted += 1;
    if (fate.accepted > 1) {
      fail(
        'S14',
        `generation ${fate.generation} of ${fate.service} was applied ${fate.accepted} times`,
      );
    }
    if (fate.lostSaidBy !== null && !moved.has(fate.key)) {
      fail(
        'S14',
        `generation ${fate.generation} of ${fate.service} was applied after ${fate.lostSaidBy} had called it lost`,
      );
    }
  });
  book.onFenceMoved(({ key, atMs }) => void moved.set(key, atMs));
  world.on((event) => {
    switch (event.kind) {
      case 'batch-answered':
        for (const part of book.partsOf(event.batch)) {
          const fate = fateOf(part);
          if (fate === null) continue;
          fate.reply = event.reply;
          if (event.reply === 'accepted' && fate.accepted === 0) {
            fail('S14', `${part.service.id}: an accepted batch had no effect`);
          }
        }
        return;
      case 'mark-written': {
        const { service, nonce, generation, kind, region, detail } = event.mark;
        if (kind !== 'committed' && kind !== 'lost') return;
        believed(service, nonce, generation, kind, `a mark of ${region} (${detail})`);
        return;
      }
      case 'decided':
        for (const { plan, outcome, service } of event.results) {
          if (plan === null) continue;
          const who = `quorum@${event.by.region}`;
          if (outcome.kind === 'committed' || outcome.kind === 'lost') {
            believed(service, plan.nonce, plan.generation, outcome.kind, who);
          }
        }
        return;
      case 'order-answered': {
        const { answer, service } = event.answer;
        if (answer.kind !== 'committed') return;
        const who = `the answer to ${event.actor}`;
        believed(service.id, answer.plan.nonce, answer.generation, 'committed', who);
        return;
      }
      default:
        return;
    }
  });
  return { id: 'S14' };
};
