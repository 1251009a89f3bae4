/**
 * L5: of evaluators that race for one generation of a fence one wins, and the others waste no more than a
 * call each. A batch is told apart by the fence that it deletes.
 */
import type { MakeChecker } from '../scenario.ts';
import { isFenceRecord } from './fence-text.ts';
import { factsOf, SETTLES_MS } from './liveness-facts.ts';

/** Of a refused batch of several services each is tried once more, alone. */
const TRIES_MAX = 2;
const PARENTS_MAX = 200;

export const l05Contention: MakeChecker = (world, scenario, fail) => {
  const facts = factsOf(world, scenario);
  type Race = { readonly beganMs: number; lost: number; readonly by: Set<string> };
  const races = new Map<string, Race>();
  const latencyMs: number[] = [];

  world.on((event) => {
    if (event.kind === 'batch-answered' && event.reply === 'accepted') {
      if (facts.lastFlawMs() < event.atMs - SETTLES_MS) {
        latencyMs.push(event.atMs - event.batch.sentAtMs);
      }
      return;
    }
    if (event.kind !== 'batch-arrived' || event.answer !== 'refused') return;
    if (event.batch.from.name !== 'quorum') return;
    for (const { action, record } of event.batch.changes) {
      if (action !== 'DELETE' || !isFenceRecord(record)) continue;
      const key = `${event.batch.zone} ${record.name} ${record.values?.[0]}`;
      const race = races.get(key) ?? { beganMs: event.atMs, lost: 0, by: new Set<string>() };
      race.lost += 1;
      race.by.add(`${event.batch.from.region}`);
      races.set(key, race);
      const isMoved = event.before.get(`${record.name} TXT `)?.values?.[0] !== record.values?.[0];
      // Who stands before a record that was edited, or protected, tries again by other rules.
      if (!isMoved || facts.lastFlawMs() > race.beganMs - SETTLES_MS) continue;
      const most = TRIES_MAX * race.by.size;
      if (race.lost <= most) continue;
      fail(
        'L5',
        `${race.lost} batches of ${[...race.by].join(', ')} were sent in vain against one generation of ${record.name}, ${most} at most are`,
      );
    }
    while (races.size > PARENTS_MAX) races.delete([...races.keys()][0] as string);
  });
  return { id: 'L5', timings: () => ({ 'batch judged by Route 53, once sent': latencyMs }) };
};
