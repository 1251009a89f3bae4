/** Draft → commit → plan: an endpoint moves whole, equal changes are equal bytes, and memory is the fence's. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import { epochMs, nonce, serviceId, type Target } from '../../shared/core/model.ts';
import { planChanges } from '../../shared/core/plan.ts';
import { MINUTE, NOW, openWorld, SECOND } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const value = (text: string): Target => ({ kind: 'value', value: text });
const dualStack = sampleService({
  names: ['app.example.com', 'www.example.com'],
  types: ['A', 'AAAA'],
  endpoints: ['a', 'b', 'c'].map((id, i) =>
    sampleEndpoint(id, {
      targets: { A: value(`203.0.113.${i + 1}`), AAAA: value(`2001:db8::${i + 1}`) },
    }),
  ),
});

describe('a commit', () => {
  it('moves all names and types of an endpoint in one batch: neither family is left behind', () => {
    const world = openWorld({ service: dualStack });
    world.see('a', 'down');

    const { commit } = world.round();

    const moved = commit?.records.flatMap(({ before, after }) =>
      before?.setIdentifier === 'a'
        ? [[after?.name, after?.type, before.weight, after?.weight]]
        : [],
    );
    expect(moved).toEqual([
      ['app.example.com', 'A', 100, 0],
      ['app.example.com', 'AAAA', 100, 0],
      ['www.example.com', 'A', 100, 0],
      ['www.example.com', 'AAAA', 100, 0],
    ]);
    expect(world.weights()).toEqual({ a: 0, b: 100, c: 100 });
  });

  it('brings all names and types of an endpoint back together, at every step of the ramp', () => {
    const world = openWorld({ service: dualStack });
    world.see('a', 'down');
    world.round();
    world.see('a', 'up');
    const steps = new Set<string>();

    for (let at = 0; at < 15 * MINUTE; at += 10 * SECOND) {
      world.pass(10 * SECOND);
      world.round();
      const own = world.state.records.filter(({ setIdentifier }) => setIdentifier === 'a');
      steps.add(own.map(({ weight }) => weight).join(' '));
    }

    expect([...steps]).toEqual(['0 0 0 0', '10 10 10 10', '50 50 50 50', '100 100 100 100']);
  });

  it('leaves the start of the hold-down in the fence, where a process finds it that saw no fall', () => {
    const service = { ...dualStack, id: serviceId('seen-by-nobody') };
    const outAt = epochMs(NOW - MINUTE);
    const world = openWorld({
      service,
      weights: { a: 0 },
      entries: { a: { phase: { kind: 'out' }, outAt, changedAt: outAt } },
    });

    const [a] = world.decide().endpoints;

    expect(a).toMatchObject({
      to: 0,
      reason: { code: 'hold-down', untilAt: outAt + service.policy.holdDownMs },
    });
  });

  it('same input, same bytes: the order in which records came in says nothing', () => {
    const world = openWorld({ service: dualStack });
    world.see('a', 'down');
    const commit = world.decide().commit!;
    const plan = (records: typeof commit.records) =>
      planChanges(
        dualStack,
        { ...commit, records },
        world.snapshot(),
        nonce('nonce042'),
        NOW,
        sha256,
      );
    const expected = plan(commit.records);

    fc.assert(
      fc.property(
        fc.shuffledSubarray([...commit.records], { minLength: commit.records.length }),
        (records) => {
          const shuffled = plan(records);
          expect(shuffled.pairs).toEqual(expected.pairs);
          expect(shuffled.checksum).toBe(expected.checksum);
        },
      ),
    );
  });
});
