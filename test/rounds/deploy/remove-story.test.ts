/** `npm run remove` over a fake cloud and a fake zone: what stays, what is asked, what a repeated run finds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Terminal } from '../../../scripts/cli/cli.ts';
import { heldServices } from '../../../scripts/deploy/records.ts';
import { removeCommand } from '../../../scripts/deploy/remove-command.ts';
import { manifestOf } from '../../../shared/core/config.ts';
import { orderRound } from '../../../shared/rounds/order-round.ts';
import { type DeployWorld, deployWorld, file } from '../../fakes/deploy-world.ts';
import { fakeIds } from '../../fakes/fake-clock.ts';
import { fakeStore } from '../../fakes/fake-store.ts';
import { type FakeZone, fakeZone } from '../../fakes/fake-zone.ts';
import { testAids } from '../../fixtures/config-base.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'quorate-remove-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));
const HOUR_MS = 3_600_000;
const FILE = file();

describe('a removal', () => {
  it('shows what stands in DNS and changes nothing without --yes', async () => {
    const world = await managed();

    const { code, out } = await world.remove();

    expect(code).toBe(0);
    expect(out).toContain(
      'app                  app.example.com A eu-west-1                  now 100  configured 100',
    );
    expect(out).toContain('release   _quorate.app.example.com goes, its records stay');
    expect(out).toContain('remove    us-east-1       stack quorate-test (UPDATE_COMPLETE)');
    expect(out).toContain('keep      table quorate-test in eu-central-1, eu-west-1, us-east-1');
    expect(out).toContain('nothing was changed; to do this: npm run remove -- --yes\n');
    expect(world.changes()).toEqual([]);
    expect(world.zone.records()).toHaveLength(3);
  });

  it('lets go of DNS first, then removes every stack, and keeps the table and the records', async () => {
    const world = await managed();

    const { code, out } = await world.remove('--yes');

    expect(code).toBe(0);
    expect(world.changes()).toEqual([
      'deleteStack eu-central-1 quorate-test',
      'deleteStack eu-west-1 quorate-test',
      'deleteStack us-east-1 quorate-test',
    ]);
    expect(weights(world.zone)).toEqual({ 'eu-west-1': 100, 'us-east-1': 100 });
    expect(world.zone.records().some(({ type }) => type === 'TXT')).toBe(false);
    expect(out).toContain('table quorate-test is kept with its history');
  });

  it('asks which weights stay where one differs, with both lines, and changes nothing', async () => {
    const world = await managed();
    reweigh(world.zone, 'us-east-1', 0);

    const { code, err } = await world.remove('--yes', '--table');

    expect(code).toBe(3);
    expect(err).toMatch(/^1 record has another weight now than configured/);
    expect(err).toContain('app.example.com A us-east-1: now 0, configured 100');
    expect(err).toContain('npm run remove -- --yes --leave-weights --table');
    expect(err).toContain('npm run remove -- --yes --restore-weights --table');
    expect(world.changes()).toEqual([]);
    expect(world.zone.commits).toHaveLength(1);
  });

  it('leaves the weights with --leave-weights', async () => {
    const world = await managed();
    reweigh(world.zone, 'us-east-1', 0);

    expect((await world.remove('--yes', '--leave-weights')).code).toBe(0);

    expect(weights(world.zone)).toEqual({ 'eu-west-1': 100, 'us-east-1': 0 });
  });

  it('restores them with --restore-weights, in the batch that takes the _quorate record away', async () => {
    const world = await managed();
    reweigh(world.zone, 'us-east-1', 0);

    expect((await world.remove('--yes', '--restore-weights')).code).toBe(0);

    expect(weights(world.zone)).toEqual({ 'eu-west-1': 100, 'us-east-1': 100 });
    expect(world.zone.commits).toHaveLength(2);
  });

  it('refuses both at once', async () => {
    const world = await managed();

    const { code, err } = await world.remove('--leave-weights', '--restore-weights');

    expect([code, err]).toEqual([2, expect.stringContaining('exclude each other')]);
  });

  it('removes no stack when a service can not be released', async () => {
    const world = await managed();
    world.zone.failNext('access-denied');

    const { code, err } = await world.remove('--yes');

    expect(code).toBe(1);
    expect(err).toContain('no stack was removed');
    expect(world.changes()).toEqual([]);
  });

  it('leaves a _quorate record of another deployment where it is', async () => {
    const world = await managed();
    const fence = world.zone.records().find(({ type }) => type === 'TXT')!;
    const foreign = {
      ...fence,
      values: fence.values!.map((one) => one.replace('d=quorate-test', 'd=other')),
    };
    world.zone.edit([
      { action: 'DELETE', record: fence },
      { action: 'CREATE', record: foreign },
    ]);

    const { code, out } = await world.remove('--yes');

    expect(code).toBe(0);
    expect(out).toContain('belongs to deployment other');
    expect(world.zone.records()).toContainEqual(foreign);
  });

  it('refuses to leave every weight at 0, and removes no stack', async () => {
    const world = await managed();
    reweigh(world.zone, 'us-east-1', 0);
    reweigh(world.zone, 'eu-west-1', 0);

    const { code, err } = await world.remove('--yes', '--leave-weights');

    expect(code).toBe(3);
    expect(err).toMatch(/^app can't be released: .*; no stack was removed/);
    expect(world.changes()).toEqual([]);
  });

  it('changes nothing when a service of its own can not be released', async () => {
    const fence = async () => 'managed' as const;
    const release = async () => ({ kind: 'refused', sentence: 'not now' }) as const;

    await expect(heldServices(FILE.config, { fence, release })).rejects.toMatchObject({
      code: 'REFUSED',
      message: "app can't be released: not now. Nothing was changed",
    });
  });

  it('goes on where the hosted zone is gone', async () => {
    const world = await managed({ id: 'Z9999999999GONE' });

    const { code, out } = await world.remove('--yes');

    expect(code).toBe(0);
    expect(out).toContain('zone main (Z0123456789ABCDEFGHIJ) does not exist any more');
    expect(world.changes()).toHaveLength(3);
  });

  it('refuses while a deployment is at work', async () => {
    const world = await managed();
    world.cloud.putStack('us-east-1', 'quorate-test', 'UPDATE_IN_PROGRESS');

    const { code, err } = await world.remove('--yes');

    expect(code).toBe(3);
    expect(err).toContain('us-east-1 is UPDATE_IN_PROGRESS: a deployment is at work');
    expect(world.changes()).toEqual([]);
  });

  it('takes away what a half-done deployment left', async () => {
    const world = await managed();
    world.cloud.putStack('us-east-1', 'quorate-test', 'ROLLBACK_COMPLETE');

    expect((await world.remove('--yes')).code).toBe(0);

    expect(world.cloud.region('us-east-1').stacks.size).toBe(0);
  });

  it('goes on with other regions when one stack stays, and is repeated without harm', async () => {
    const world = await managed();
    world.cloud.failures.set('delete us-east-1 quorate-test', 'bucket not empty');

    const first = await world.remove('--yes');
    world.cloud.failures.clear();
    const second = await world.remove('--yes');
    const third = await world.remove('--yes');

    expect(first.code).toBe(1);
    expect(first.err).toContain(
      'did not delete stack quorate-test (DELETE_FAILED): bucket not empty',
    );
    expect(second.out).toContain('_quorate.app.example.com does not exist');
    expect(second.code).toBe(0);
    expect(third.out).toContain('nothing is left to remove; table quorate-test is kept');
    expect([third.code, third.err]).toEqual([0, '']);
  });
});

describe('a removal with --table', () => {
  it('ends protection, replicas, table and stack once AWS allows it', async () => {
    const world = await managed();
    await world.clock.advance(25 * HOUR_MS);

    const { code, out } = await world.remove('--yes', '--table');

    expect(code).toBe(0);
    expect(world.changes().slice(3)).toEqual([
      ...Array.from({ length: 5 }, () => 'updateStack eu-west-1 quorate-test-table'),
      'deleteTable eu-west-1',
      'deleteStack eu-west-1 quorate-test-table',
    ]);
    expect(out).toMatch(/removed; every record but _quorate stays in DNS$/m);
  });

  it('says within 24 h of a replica when AWS will allow it, and leaves the table whole', async () => {
    const world = await managed();

    const dry = await world.remove('--table');
    const { code, err } = await world.remove('--yes', '--table');

    expect(dry.out).toMatch(
      /remove {4}table quorate-test in .*, which AWS allows from 2026-07-02T00:0\dZ/,
    );
    expect(code).toBe(3);
    expect(err).toMatch(
      /everything else is removed; table quorate-test stays: .*From 2026-07-02T00:0\dZ on: npm run remove -- --yes --table/,
    );
    expect(world.cloud.region('us-east-1').tables.get('quorate-test')?.isProtected).toBe(true);
  });

  it('that lost its stack goes by the calls of DynamoDB', async () => {
    const world = await managed();
    await world.clock.advance(25 * HOUR_MS);
    world.cloud.region('eu-west-1').stacks.delete('quorate-test-table');

    expect((await world.remove('--yes', '--table')).code).toBe(0);

    expect(world.changes().slice(3)).toEqual([
      'unprotectTable eu-central-1',
      'unprotectTable eu-west-1',
      'unprotectTable us-east-1',
      'removeReplica eu-central-1',
      'removeReplica us-east-1',
      'deleteTable eu-west-1',
    ]);
  });

  it('does not wait where an engine has no such rule', async () => {
    const world = await managed();
    world.cloud.set.isAws = false;

    expect((await world.remove('--yes', '--table')).code).toBe(0);

    expect(world.cloud.region('eu-west-1').tables.size).toBe(0);
    expect(world.cloud.region('eu-west-1').stacks.size).toBe(0);
  });
});

describe('deploy, remove, deploy again', () => {
  it('goes on with the table that was kept', async () => {
    const world = await managed();
    await world.remove('--yes');
    const before = world.cloud.changes.length;

    await world.deploy(FILE);

    expect(world.cloud.changes.slice(before)).toEqual([]);
    expect(world.deployed).toHaveLength(3);
  });

  it('within a day after --table was refused, too', async () => {
    const world = await managed();
    await world.remove('--yes', '--table');

    await world.deploy(FILE);

    expect(world.deployed).toHaveLength(3);
  });

  it('after everything was removed, makes everything anew', async () => {
    const world = await managed();
    await world.clock.advance(25 * HOUR_MS);
    await world.remove('--yes', '--table');
    const before = world.cloud.changes.length;

    await world.deploy(FILE);

    expect(world.cloud.changes[before]).toBe('createStack eu-west-1 quorate-test-table');
    expect(world.deployed).toHaveLength(3);
  });
});

it('with --json tells one object a line', async () => {
  const world = await managed();

  const { out } = await world.remove('--json');

  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.map(({ format, event }) => `${format} ${event}`)).toEqual(['1 plan', '1 end']);
});

type Managed = DeployWorld & {
  readonly zone: FakeZone;
  readonly changes: () => readonly string[];
  readonly remove: (
    ...args: readonly string[]
  ) => Promise<{ code: number; out: string; err: string }>;
};

/** Deployed, and its service applied to an empty name. */
async function managed(found: { readonly id?: string } = {}): Promise<Managed> {
  const world = deployWorld();
  const { clock, cloud } = world;
  await world.deploy(FILE);
  const deployedBy = cloud.changes.length;
  const zone = fakeZone({ clock, name: 'example.com' });
  const store = fakeStore();
  const { config } = FILE;
  const [service] = config.services;
  const applied = await clock.runUntil(
    orderRound(
      { clock, ids: fakeIds(), store, zone, aids: testAids },
      config,
      service!,
      { region: config.home, manifest: manifestOf(config) },
      {
        operation: { kind: 'apply' },
        actor: 'ops',
        reason: 'first',
        isDryRun: false,
        checksum: null,
      },
      new AbortController().signal,
    ),
  );
  expect(applied.kind).toBe('committed');

  return {
    ...world,
    zone,
    changes: () => cloud.changes.slice(deployedBy),
    remove: async (...args) => {
      const said = { out: '', err: '' };
      const terminal: Terminal = {
        out: (text) => {
          said.out += text;
        },
        err: (text) => {
          said.err += text;
        },
        env: {},
        isTty: false,
        columns: 100,
        signal: new AbortController().signal,
        folder: FOLDER,
        overrides: {
          config,
          clock,
          store,
          zone:
            Object.keys(found).length === 0
              ? zone
              : fakeZone({ clock, name: 'example.com', records: zone.records(), ...found }),
          ids: fakeIds('m'),
        },
      };
      // A removal may find another zone than the one that was applied to.
      const urls = world.deps.urls;
      const code = await clock.runUntil(
        removeCommand(args, terminal, { cloud, urls }),
        4 * HOUR_MS,
      );
      return { code, ...said };
    },
  };
}

const weights = (zone: FakeZone): Record<string, number | undefined> =>
  Object.fromEntries(
    zone
      .records()
      .filter(({ type }) => type === 'A')
      .map((record) => [record.setIdentifier, record.weight]),
  );

function reweigh(zone: FakeZone, setIdentifier: string, weight: number): void {
  const record = zone.records().find((one) => one.setIdentifier === setIdentifier)!;
  zone.edit([
    { action: 'DELETE', record },
    { action: 'CREATE', record: { ...record, weight } },
  ]);
}
