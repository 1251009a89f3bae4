/**
 * S9: blind means still. Nothing automated is sent without Q usable reports that its process had read, and
 * none by a file that a newer one has replaced; a new file enters the fence only where Q reports ran it.
 * A frozen service is S11's, an unread zone S2's.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf } from './safety-book.ts';
import { knowledgeOf } from './safety-votes.ts';

export const s09Static: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  book.onSent((part) => {
    const { by, before, after, service, config, batch } = part;
    if (by === 'operator' || before === null || after === null) return;
    const what = `generation ${after.generation} of ${service.id} by ${batch.from.name}@${batch.from.region}`;
    if (before.config !== service.settings && before.packagedMs > config.packagedAt) {
      fail(
        'S9',
        `${what}: its file was packaged ${before.packagedMs - config.packagedAt} ms before the one in force`,
      );
    }
    if (before.deployment !== config.deployment || before.format !== 1) {
      fail('S9', `${what}: it replaced a fence of ${before.deployment}, format ${before.format}`);
    }
    if (by !== 'automation') return;
    const knowledge = knowledgeOf(part, book);
    const most = Math.max(0, ...knowledge.map(({ seen }) => seen.length));
    if (most < service.quorum) {
      fail(
        'S9',
        `${what}: sent on ${most} usable reports of ${service.vantages.length}, quorum is ${service.quorum}`,
      );
    }
    if (after.config === before.config) return;
    const own = Math.max(
      0,
      ...knowledge.map(({ seen }) => seen.filter(({ isOwnFile }) => isOwnFile).length),
    );
    if (own < service.quorum || after.config !== service.settings) {
      fail('S9', `${what}: a new file entered the fence on ${own} reports that ran it`);
    }
  });
  return { id: 'S9' };
};
