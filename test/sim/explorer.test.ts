/** The explorer at its smallest: what it finds is known to the last state. `npm run explore` is the rest. */
import { expect, it } from 'vitest';
import { explore } from '../explorer/explore.ts';
import { INVARIANTS } from '../explorer/invariants.ts';

it('every interleaving of two writers with one fault is explored, all holds, and the number of states is known', async () => {
  const size = {
    writers: 2,
    endpoints: 2,
    decisions: 2,
    rounds: 1,
    faults: 1,
    restores: false,
  };

  const { failure, isComplete, states, healedStates, rests, judged, reached, faults } =
    await explore(size, { states: 100_000, ms: 60_000, now: () => 0 });

  expect(failure).toBeNull();
  expect(isComplete).toBe(true);
  expect({ states, healedStates, rests }).toEqual({
    states: 2_034,
    healedStates: 2_140,
    rests: 152,
  });
  for (const invariant of Object.keys(INVARIANTS)) {
    expect(judged[invariant as keyof typeof judged], invariant).toBeGreaterThan(0);
  }
  expect(reached['a batch landed after its writer had died']).toBeGreaterThan(0);
  expect(reached['a hand edit zeroed a record that the batch left unchanged']).toBeGreaterThan(0);
  expect(reached['what became of it was hidden behind a successor, and found']).toBeGreaterThan(0);
  for (const [fault, count] of Object.entries(faults)) {
    if (fault !== 'restore') expect(count, fault).toBeGreaterThan(0);
  }
});
