/** What became of a batch, judged by the zone as read back. */
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../shared/adapters/digest.ts';
import { digest, nonce } from '../../shared/core/model.ts';
import { judgeOutcome } from '../../shared/core/outcome.ts';
import { type Plan, planChanges, sealPlan } from '../../shared/core/plan.ts';
import { MINUTE, openWorld, type World } from '../fakes/decision-world.ts';
import { sampleEndpoint, sampleService } from '../fakes/sample-service.ts';

const service = sampleService({ endpoints: ['a', 'b', 'c'].map((id) => sampleEndpoint(id)) });
const REFUSED = { isFinal: true, why: 'it says so' };
const UNKNOWN = { isFinal: false, why: 'timeout' };

/** A plan made and not yet sent. */
function planned(): { world: World; plan: Plan } {
  const world = openWorld({ service });
  world.see('a', 'down');
  const commit = world.decide().commit!;
  const plan = sealPlan(
    planChanges(service, commit, world.snapshot(), nonce('mine0042'), world.state.now, sha256),
    digest('record-digest-00000042'),
  );
  return { world, plan };
}
/** Somebody commits: with this nonce, or as the next after it. */
const commitAs = (world: World, own: string, parent = 'nonce041'): void =>
  world.writeFence({ ...world.fence(), nonce: nonce(own), parentNonce: nonce(parent) });

describe('the outcome of a batch', () => {
  it('F70: the own nonce in the fence means committed, whatever the reply', () => {
    const { world, plan } = planned();
    commitAs(world, 'mine0042');

    expect(judgeOutcome(plan, world.snapshot(), UNKNOWN)).toEqual({ kind: 'committed' });
    expect(judgeOutcome(plan, world.snapshot(), REFUSED)).toEqual({ kind: 'committed' });
  });

  it('F98: the own nonce as the parent’s means committed too', () => {
    const { world, plan } = planned();
    commitAs(world, 'theirs43', 'mine0042');

    expect(judgeOutcome(plan, world.snapshot(), UNKNOWN)).toEqual({ kind: 'committed' });
  });

  it('F72: a fence that has left the parent means lost', () => {
    const { world, plan } = planned();
    commitAs(world, 'theirs42');

    expect(judgeOutcome(plan, world.snapshot(), REFUSED)).toEqual({ kind: 'lost' });
    expect(judgeOutcome(plan, world.snapshot(), UNKNOWN)).toEqual({ kind: 'lost' });
  });

  it('a fence that is gone, or unreadable now, means lost', () => {
    const { world, plan } = planned();
    world.state.fenceValues = null;
    expect(judgeOutcome(plan, world.snapshot(), UNKNOWN)).toEqual({ kind: 'lost' });

    world.state.fenceValues = ['"junk"'];
    expect(judgeOutcome(plan, world.snapshot(), REFUSED)).toEqual({ kind: 'lost' });
  });

  it('F71: while the parent stands, an unknown outcome stays unknown: it may still land', () => {
    const { world, plan } = planned();
    world.pass(MINUTE);

    expect(judgeOutcome(plan, world.snapshot(), UNKNOWN)).toEqual({ kind: 'unresolved' });
  });

  it('F73: refused while the parent stands and a record moved means drift, and names it', () => {
    const { world, plan } = planned();
    world.edit('b', 20);

    expect(judgeOutcome(plan, world.snapshot(), REFUSED)).toEqual({
      kind: 'drift',
      record: 'app.example.com A b',
    });
  });

  it('F77: refused while nothing moved means blocked, with what Route 53 said', () => {
    const { world, plan } = planned();

    expect(judgeOutcome(plan, world.snapshot(), REFUSED)).toEqual({
      kind: 'blocked',
      why: 'it says so',
    });
  });

  it('a first fence is judged by the absence of any', () => {
    const { world, plan } = planned();
    const first: Plan = { ...plan, fenceBefore: null, parent: null };
    expect(judgeOutcome(first, world.snapshot(), UNKNOWN)).toEqual({ kind: 'lost' });

    world.state.fenceValues = null;
    expect(judgeOutcome(first, world.snapshot(), UNKNOWN)).toEqual({ kind: 'unresolved' });
    const created: Plan = {
      ...first,
      pairs: plan.pairs.map(({ after }) => ({ before: null, after })),
    };
    expect(judgeOutcome(created, world.snapshot(), REFUSED)).toMatchObject({ kind: 'blocked' });
  });

  it('names a record without a set identifier by name and type', () => {
    const { world, plan } = planned();
    const simple = { name: 'app.example.com', type: 'A', values: ['203.0.113.9'] };

    expect(
      judgeOutcome(
        { ...plan, pairs: [{ before: simple, after: simple }] },
        world.snapshot(),
        REFUSED,
      ),
    ).toEqual({ kind: 'drift', record: 'app.example.com A' });
  });
});
