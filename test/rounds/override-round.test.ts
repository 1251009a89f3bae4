/** Orders for many services at once: one read, few batches, each judged by itself, nothing unseen. */

import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { changeAnswer } from '../../shared/api/change-answer.ts';
import { changeAnswerSchema } from '../../shared/api/overrides.ts';
import { manifestOf } from '../../shared/core/config.ts';
import { epochMs, regionId, type Service, serviceId } from '../../shared/core/model.ts';
import {
  type Change,
  changesEverywhere,
  changesOf,
  extensionOf,
  type OrderAsked,
} from '../../shared/core/override.ts';
import {
  type Match,
  type OverrideAnswer,
  type OverrideRequest,
  overrideRound,
} from '../../shared/rounds/override-round.ts';
import { AIDS, HOUR, MINUTE, NEVER, type QuorumWorld, quorumWorld } from '../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../fakes/sample-service.ts';

describe('an order for a region', () => {
  it('drains every service of it in one read and shared batches, in one go', async () => {
    const world = worldOf(12);

    const answer = await give(world, { scope: { region: 'us-east-1' } });

    expect(kinds(answer)).toEqual(Array.from({ length: 12 }, () => 'committed'));
    for (const service of world.config.services) {
      expect(world.weights(service)['us-east-1']).toBe(0);
      expect(world.fence(service).orders).toMatchObject([{ kind: 'drain', started: true }]);
    }
    expect(world.zone.commits.length).toBeLessThan(12);
    expect(new Set(ordersOf(world)).size).toBe(1);
  });

  it('is judged service by service: what one may not do the others do', async () => {
    const [alone, app] = [serviceNamed('alone', ['us-east-1']), serviceNamed('app')];
    const world = quorumWorld({ config: sampleConfig({ services: [alone, app] }) });

    const answer = await give(world, { scope: { region: 'us-east-1' } });

    expect(kinds(answer)).toEqual(['refused', 'committed']);
    expect(answer.results[0]!.answer).toMatchObject({
      sentence: expect.stringContaining('every weight of'),
    });
    expect(world.weights(alone)).toEqual({ 'us-east-1': 100 });
  });

  it('passes over what is only observed', async () => {
    const observed = { ...serviceNamed('seen'), mode: 'observe' as const };
    const world = quorumWorld({
      config: sampleConfig({ services: [observed, serviceNamed('app')] }),
    });

    const answer = await give(world, { scope: { region: 'us-east-1' } });

    expect(kinds(answer)).toEqual(['nothing-to-do', 'committed']);
    expect(answer.results[0]!.answer).toMatchObject({
      sentence: 'seen is observed, not enforced: passed over',
    });
  });

  it('whose zone can’t be read does nothing there and says so', async () => {
    const world = worldOf(1);
    world.zone.failNextRead('unavailable');

    const answer = await give(world, {});

    expect(kinds(answer)).toEqual(['unread']);
    expect(shown(answer).results[0]).toMatchObject({
      outcome: 'failed',
      sentence: expect.stringMatching(/^nothing was done: /),
    });
    expect(world.zone.commits).toEqual([]);
  });
});

describe('what was reviewed', () => {
  it('is carried out a minute later under the checksum of its dry run', async () => {
    const world = worldOf(3);
    const asked = { scope: { all: true }, kind: 'freeze' } as const;
    const reviewed = await dryRun(world, asked);
    await world.clock.advance(MINUTE);

    const answer = await give(world, { ...asked, key: 'another' }, checksum(reviewed));

    expect(kinds(reviewed)).toEqual(['planned', 'planned', 'planned']);
    expect(kinds(answer)).toEqual(['committed', 'committed', 'committed']);
    expect(answer.checksum).toBe(reviewed.checksum);
  });

  it.each<[string, Partial<OrderAsked>]>([
    ['another end', { timesAsked: 'for 3h', untilAt: epochMs(0) }],
    ['another reason', { reason: 'something else' }],
    ['another scope', { scope: { service: 's0', endpoint: 'eu-west-1' } }],
  ])('is another plan with %s', async (_, change) => {
    const world = worldOf(1);
    const first = await dryRun(world, { scope: { service: 's0', endpoint: 'us-east-1' } });

    const other = await dryRun(world, {
      scope: { service: 's0', endpoint: 'us-east-1' },
      ...change,
      ...('untilAt' in change ? { untilAt: epochMs(world.clock.now() + 3 * HOUR) } : {}),
    });

    expect(other.checksum).not.toBe(first.checksum);
  });

  it('two operators at once: the second is told, sees the new plan, and nothing of his is done', async () => {
    const world = worldOf(1);
    const mine = await dryRun(world, { actor: 'alice' });
    const theirs = await dryRun(world, { actor: 'bob', scope: eu });

    const first = await give(world, { actor: 'alice' }, checksum(mine));
    const second = await give(
      world,
      { actor: 'bob', scope: eu, force: ['floor'] },
      checksum(theirs),
    );

    expect(kinds(first)).toEqual(['committed']);
    expect(kinds(second)).toEqual(['plan-changed']);
    expect(world.weights(world.config.services[0]!)).toMatchObject({ 'eu-west-1': 100 });
    expect(second.checksum).not.toBe(theirs.checksum);
  });

  it('is bound to a generation of one service', async () => {
    const world = worldOf(1);
    const { generation } = world.fence(world.config.services[0]!);

    const stale = await give(world, {}, { kind: 'generation', generation: generation - 1 });
    const fresh = await give(world, {}, { kind: 'generation', generation });

    expect(kinds(stale)).toEqual(['plan-changed']);
    expect(kinds(fresh)).toEqual(['committed']);
    expect(world.zone.commits.length).toBe(1);
  });

  it('of two services is never matched by one generation', async () => {
    const world = worldOf(2);
    const { generation } = world.fence(world.config.services[0]!);

    const answer = await give(
      world,
      { scope: { region: 'us-east-1' } },
      { kind: 'generation', generation },
    );

    expect(kinds(answer)).toEqual(['plan-changed', 'plan-changed']);
    expect(world.zone.commits).toEqual([]);
  });

  it('F109: that loses its race is not done, since nobody has seen the new plan', async () => {
    const world = worldOf(1);
    const reviewed = await dryRun(world, {});
    world.zone.beforeNextCommit(async () => {
      await give(world, { kind: 'freeze', scope: { service: 's0' }, actor: 'bob' });
    });

    const answer = await give(world, {}, checksum(reviewed));

    expect(kinds(answer)).toEqual(['plan-changed']);
    expect(answer.results[0]!.answer).toMatchObject({ plan: { checksum: answer.checksum } });
    expect(answer.checksum).not.toBe(reviewed.checksum);
    expect(world.weights(world.config.services[0]!)['us-east-1']).toBe(100);
  });

  it('without anything reviewed reads again and is judged again', async () => {
    const world = worldOf(1);
    world.zone.beforeNextCommit(async () => {
      await give(world, { kind: 'freeze', scope: { service: 's0' }, actor: 'bob' });
    });

    expect(kinds(await give(world, {}))).toEqual(['committed']);
    expect(world.fence(world.config.services[0]!).orders).toHaveLength(2);
  });
});

describe('F93: a request that comes again', () => {
  it('is the same order: nothing is left to do, whatever was reviewed', async () => {
    const world = worldOf(2);
    const asked = { scope: { region: 'us-east-1' } };
    const reviewed = await dryRun(world, asked);
    await give(world, asked, checksum(reviewed));
    const before = world.zone.commits.length;

    const again = await give(world, asked, checksum(reviewed));

    expect(kinds(again)).toEqual(['nothing-to-do', 'nothing-to-do']);
    expect(world.zone.commits.length).toBe(before);
  });

  it('after it was cancelled has no second effect: it is not what was reviewed any more', async () => {
    const world = worldOf(1);
    const reviewed = await dryRun(world, {});
    await give(world, {}, checksum(reviewed));
    const [order] = world.fence(world.config.services[0]!).orders;
    await run(world, changesEverywhere(world.config, { kind: 'cancel', order: order!.id }));

    const again = await give(world, {}, checksum(reviewed));

    expect(kinds(again)).toEqual(['plan-changed']);
    expect(world.fence(world.config.services[0]!).orders).toEqual([]);
  });
});

describe('an order that is there', () => {
  it('is extended and cancelled wherever it is, by its id alone', async () => {
    const world = worldOf(3);
    await give(world, { scope: { service: 's1', region: 'us-east-1' } });
    const [order] = world.fence(world.config.services[1]!).orders;
    const untilAt = epochMs(world.clock.now() + 5 * HOUR);

    const extended = await run(
      world,
      changesEverywhere(world.config, extensionOf(order!.id, untilAt, 'for 5h')),
    );
    const orders = world.fence(world.config.services[1]!).orders;
    const ended = await run(
      world,
      changesEverywhere(world.config, { kind: 'cancel', order: order!.id }),
    );

    expect(kinds(extended)).toEqual(['nothing-to-do', 'committed', 'nothing-to-do']);
    expect(shown(extended).results.map(({ service }) => service)).toEqual(['s1']);
    expect(orders).toMatchObject([{ id: order!.id, untilAt }]);
    expect(kinds(ended)).toEqual(['nothing-to-do', 'committed', 'nothing-to-do']);
    expect(world.fence(world.config.services[1]!).orders).toEqual([]);
  });

  it('stands in the record with who, from where, why, until when and what it was told to pass', async () => {
    const world = worldOf(1);

    await run(world, changes(world, { force: ['floor'] }), {
      actor: 'arn:aws:iam::111122223333:user/alice',
      via: 'api@eu-west-1 203.0.113.9',
    });

    expect(world.records(world.config.services[0]!).at(-1)).toMatchObject({
      actor: 'arn:aws:iam::111122223333:user/alice',
      via: 'api@eu-west-1 203.0.113.9',
      order: { kind: 'drain', weight: 0, afterwards: 'auto', force: ['floor'] },
    });
  });

  it('answers in the API’s words', async () => {
    const world = worldOf(2);
    const planned = shown(await dryRun(world, { scope: { region: 'us-east-1' } }));
    const done = shown(await give(world, { scope: { region: 'us-east-1' } }));

    for (const answer of [planned, done]) {
      expect(v.safeParse(changeAnswerSchema, answer).success).toBe(true);
    }
    expect(planned.results[0]).toMatchObject({ outcome: 'planned', order: expect.any(String) });
    expect(done.results[0]).toMatchObject({
      outcome: 'committed',
      order: expect.any(String),
      recorded: true,
    });
  });
});

const eu = { service: 's0', endpoint: 'eu-west-1' };

function serviceNamed(id: string, endpoints?: readonly string[]): Service {
  const base = sampleService({ id: serviceId(id), names: [`${id}.example.com`] });
  return endpoints === undefined
    ? base
    : { ...base, endpoints: base.endpoints.filter((one) => endpoints.includes(one.id)) };
}

const worldOf = (count: number): QuorumWorld =>
  quorumWorld({
    config: sampleConfig({
      services: Array.from({ length: count }, (_, i) => serviceNamed(`s${i}`)),
    }),
  });

const changes = (world: QuorumWorld, asked: Partial<OrderAsked>): readonly Change[] =>
  changesOf(
    world.config,
    {
      kind: 'drain',
      scope: { service: 's0', region: regionId('us-east-1') },
      weight: null,
      fromAt: world.clock.now(),
      untilAt: epochMs(world.clock.now() + HOUR),
      afterwards: 'auto',
      force: [],
      actor: 'alice',
      reason: 'bad deploy 4711',
      key: 'k1',
      timesAsked: 'for 1h',
      ...asked,
    },
    AIDS.digestOf,
  );

function run(
  world: QuorumWorld,
  all: readonly Change[],
  request: Partial<OverrideRequest> = {},
): Promise<OverrideAnswer> {
  const { clock, config, zonePort } = world;
  const { id, deps, store } = world.region(0);
  return overrideRound(
    { clock, ids: deps.ids, store, zone: zonePort, aids: AIDS },
    config,
    { region: id, manifest: manifestOf(config) },
    all,
    {
      actor: 'alice',
      via: null,
      reason: 'bad deploy 4711',
      isDryRun: false,
      match: null,
      ...request,
    },
    NEVER,
  );
}

const give = (
  world: QuorumWorld,
  asked: Partial<OrderAsked>,
  match: Match | null = null,
): Promise<OverrideAnswer> => run(world, changes(world, asked), { match });
const dryRun = (world: QuorumWorld, asked: Partial<OrderAsked>): Promise<OverrideAnswer> =>
  run(world, changes(world, asked), { isDryRun: true });

const checksum = (answer: OverrideAnswer): Match => ({
  kind: 'checksum',
  checksum: answer.checksum ?? 'none',
});
const kinds = (answer: OverrideAnswer): readonly string[] =>
  answer.results.map(({ answer: one }) => one.kind);
const ordersOf = (world: QuorumWorld): readonly string[] =>
  world.config.services.flatMap((service) => world.fence(service).orders.map(({ id }) => id));
const shown = (answer: OverrideAnswer) =>
  changeAnswer(answer, {
    region: 'eu-west-1' as never,
    at: epochMs(1),
    actor: 'alice',
    isDryRun: false,
    untilAt: null,
  });
