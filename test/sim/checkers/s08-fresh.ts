/**
 * S8: evidence is at most max(3 × every, 20 s) old when it is decided on, by true time: a report's age is
 * taken from when its round truly began, corrected by how wrong the two clocks were, nothing else. And a
 * report never says that its round began later than its first probe.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf } from './safety-book.ts';
import { freshMs, knowledgeOf, slackMsOf } from './safety-votes.ts';

/** Starts are told in whole milliseconds by skewed clocks. */
const ROUNDING_MS = 1_000;

export const s08Fresh: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  book.onSent((part) => {
    const { by, batch, service, config, decidedLocalMs, localMs } = part;
    if (by !== 'automation') return;
    // A clock that was moved since the decision tells nothing about its time.
    const readerAheadMs = localMs - batch.sentAtMs;
    const decidedMs = decidedLocalMs - readerAheadMs;
    const limitMs = freshMs(service.everyMs);
    const problems = knowledgeOf(part, book).map(({ seen }) => {
      const ages = seen
        .flatMap(({ report, observedMs }) => {
          const truth = book.truthOf(report);
          if (truth === undefined || !truth.isSteady) return [];
          const beganMs = Math.min(observedMs - truth.aheadMs, truth.beganMs ?? Infinity);
          const allowanceMs = Math.max(0, truth.aheadMs - readerAheadMs);
          return [{ age: decidedMs - beganMs, allowed: limitMs + allowanceMs }];
        })
        .sort((a, b) => a.age - a.allowed - (b.age - b.allowed));
      const known = seen.filter(({ report }) => book.truthOf(report)?.isSteady === true).length;
      if (known < seen.length) return null;
      const qth = ages[service.quorum - 1];
      if (qth === undefined) return null;
      const most = qth.allowed + slackMsOf(config) + ROUNDING_MS;
      return qth.age <= most
        ? null
        : `the ${service.quorum}-th newest evidence is ${Math.round(qth.age)} ms old, ${Math.round(most)} ms may be`;
    });
    const [first] = problems;
    if (typeof first === 'string' && problems.every((problem) => problem !== null)) {
      fail('S8', `${service.id} by quorum@${batch.from.region}: ${first}`);
    }
  });
  world.on((event) => {
    if (event.kind !== 'report-written' || event.observedAtMs === null) return;
    const truth = book.truthOf(event.report);
    if (truth === undefined || !truth.isSteady || !Array.isArray(event.report.rounds)) return;
    // With several intervals it is not told which of them the first probe belonged to.
    const [round, another] = event.report.rounds;
    if (round === undefined || another !== undefined) return;
    const lateMs = round.observedAt - truth.aheadMs - event.observedAtMs;
    if (lateMs > ROUNDING_MS) {
      fail(
        'S8',
        `the report of ${event.by.region} says that its round began ${Math.round(lateMs)} ms after its first probe`,
      );
    }
  });
  return { id: 'S8' };
};
