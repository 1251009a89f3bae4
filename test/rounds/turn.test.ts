/** Whose turn it is to commit: a courtesy that saves calls and may never cost a commit. */
import { describe, expect, it } from 'vitest';
import { manifestOf } from '../../shared/core/config.ts';
import { vantageId } from '../../shared/core/model.ts';
import { evaluate } from '../../shared/rounds/evaluate.ts';
import { readEvidence } from '../../shared/rounds/evidence.ts';
import { turnDelayMs } from '../../shared/rounds/turn.ts';
import { NEVER, type QuorumWorld, quorumWorld, SECOND } from '../fakes/quorum-world.ts';
import { sampleConfig, sampleService, VANTAGES } from '../fakes/sample-service.ts';

describe('turns', () => {
  it('begin at index + generation, 3 s apart, a failing endpoint’s own region last', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');

    // Generation 41 of five vantages: eu-west-1 is rotated by one, so us-east-1 would be first.
    expect(await delays(world)).toEqual({
      'ap-southeast-1': 0,
      'eu-central-1': 3_000,
      'us-west-2': 6_000,
      'eu-west-1': 9_000,
      'us-east-1': 12_000,
    });
  });

  it('rotate with the generation, so that a sick first region does not stay first', async () => {
    const world = quorumWorld({ fenceChanges: { generation: 44 } });
    world.sees('us-east-1', 'down');

    expect(await delays(world)).toMatchObject({ 'us-west-2': 0, 'eu-west-1': 3_000 });
  });

  it('skip regions without a fresh report; such a region itself comes last', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    world.silence('ap-southeast-1' as never, 'us-east-1' as never);

    expect(await delays(world)).toEqual({
      'us-west-2': 0,
      'eu-west-1': 3_000,
      'eu-central-1': 6_000,
      'ap-southeast-1': 9_000,
      'us-east-1': 9_000,
    });
  });

  it('do not delay an order that is due while every report is silent', async () => {
    const world = quorumWorld();
    world.silence(...VANTAGES);

    expect(new Set(Object.values(await delays(world)))).toEqual(new Set([0]));
  });

  it('are not taken by an observed service: it writes in its own region only', async () => {
    const world = quorumWorld({
      config: sampleConfig({ services: [sampleService({ mode: 'observe' })] }),
      fence: 'none',
      isProven: false,
    });
    const before = world.clock.now();

    const [first] = await world.region(4).round({ takesTurns: true });

    expect(first!.outcome.kind).toBe('observed');
    expect(world.clock.now()).toBe(before);
  });

  it('end with a fresh look at evidence and zone: what was due then may be due no more', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');
    const waiting = world.region(0).start({ takesTurns: true });
    await world.clock.advance(4 * SECOND);
    world.sees('us-east-1', 'none');

    const [result] = await world.clock.runUntil(waiting);

    expect(result!.outcome.kind).toBe('nothing-to-do');
    expect(world.zone.commits).toEqual([]);
    expect(world.clock.now() % 60_000).toBe(9_000);
  });

  it('of many vantages end with 15 s: a later turn would not fit into an invocation', async () => {
    const vantages = [
      ...VANTAGES,
      ...['eu-north-1', 'sa-east-1', 'ca-central-1', 'ap-south-1'].map(vantageId),
    ];
    const services = [sampleService({ vantages, quorum: 5 })];
    const world = quorumWorld({ config: sampleConfig({ vantages, services }) });
    world.sees('us-east-1', 'down');

    const waits = Object.values(await delays(world));

    expect(waits.toSorted((a, b) => a - b)).toEqual([
      0, 3_000, 6_000, 9_000, 12_000, 15_000, 15_000, 15_000, 15_000,
    ]);
  });

  it('cost no commit when all regions but the last are dead', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', 'down');

    const [result] = await world.region(1).round({ takesTurns: true });

    expect(result!.outcome.kind).toBe('committed');
    expect(world.clock.now() % 60_000).toBe(12_000);
  });

  it('of services not due, or of none, are no turns', async () => {
    const world = quorumWorld();
    const { deps } = world.region(0);
    const evidence = await readEvidence(deps, world.config, manifestOf(world.config), NEVER);

    expect(turnDelayMs(world.config, [], [], evidence, VANTAGES[3]!)).toBe(0);
    expect(turnDelayMs(world.config, world.config.services, [], evidence, VANTAGES[3]!)).toBe(0);
  });
});

async function delays(world: QuorumWorld): Promise<Readonly<Record<string, number>>> {
  const { deps } = world.region(0);
  world.publish();
  const evidence = await readEvidence(deps, world.config, manifestOf(world.config), NEVER);
  const services = world.config.services;
  const [result] = await glance(world);
  return Object.fromEntries(
    world.config.vantages.map((vantage) => [
      vantage,
      turnDelayMs(world.config, services, [result!], evidence, vantage),
    ]),
  );
}

async function glance(world: QuorumWorld): ReturnType<QuorumWorld['regions'][0]['round']> {
  const { deps } = world.region(0);
  const evidence = await readEvidence(deps, world.config, manifestOf(world.config), NEVER);
  return world.config.services.map((service) =>
    evaluate(
      { ...deps, config: world.config },
      service,
      evidence,
      world.snapshot(service),
      new Map(),
      {
        now: world.clock.now(),
        nonce: deps.ids.nonce,
      },
    ),
  );
}
