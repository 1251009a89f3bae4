/** The verbs that change a zone, typed: a dry run with its checksum, then exactly that plan or none. */
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../../../scripts/cli/cli.ts';
import { sha256 } from '../../../shared/adapters/digest.ts';
import { fenceValue } from '../../../shared/core/fence.ts';
import { type Config, endpointId, type Service, serviceId } from '../../../shared/core/model.ts';
import { markOf } from '../../../shared/core/snapshot.ts';
import type { ZoneRecord } from '../../../shared/core/zone-record.ts';
import { type QuorumWorld, quorumWorld, SECOND } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleEndpoint, sampleService } from '../../fakes/sample-service.ts';
import { inWorld, type Printed, shell } from './shell.ts';

const ALICE = 'arn:aws:sts::123456789012:assumed-role/Admin/alice';
const four = sampleService({
  endpoints: ['eu-west-1', 'us-east-1', 'ap-southeast-1', 'on-prem'].map((id) =>
    sampleEndpoint(id),
  ),
});
const pay = sampleService({ id: serviceId('pay'), names: ['pay.example.com'] });
const worldOf = (...services: readonly Service[]): QuorumWorld =>
  quorumWorld({ config: sampleConfig({ services }) });

const type = (
  world: QuorumWorld,
  line: string,
  changes: Partial<Terminal> = {},
): Promise<Printed> => {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  return world.clock.runUntil(
    shell(words, { ...inWorld(world), caller: async () => ALICE, ...changes }),
  );
};
const checksumIn = ({ out }: Printed): string => /--apply (\S+)/.exec(out)?.[1] ?? 'none';
const json = ({ out }: Printed) => JSON.parse(out);
/** Looks, then carries out what was shown. */
async function reviewed(world: QuorumWorld, line: string, changes: Partial<Terminal> = {}) {
  const looked = await type(world, line, changes);
  const done = await type(
    world,
    `${line} --apply ${checksumIn(looked)} --reason "new hall"`,
    changes,
  );
  return { looked, done };
}

describe('quorate apply', () => {
  it('shows what it would change and why, what waits, and the exact line that does it', async () => {
    const world = worldOf(four);
    leaveOut(world, 'on-prem');
    serve(world, 'us-east-1', '198.51.100.7');
    serve(world, 'ap-southeast-1', '198.51.100.8');
    world.sees('ap-southeast-1', { vote: 'down', code: 'refused' });

    const looked = await type(world, 'apply app');

    expect({ code: looked.code, err: looked.err }).toEqual({ code: 0, err: '' });
    await expect(looked.out).toMatchFileSnapshot('../../golden/cli-apply.txt');
    expect(world.zone.commits).toEqual([]);
    expect(world.records()).toEqual([]);
  });

  it('carries out exactly that plan, on record with who and why', async () => {
    const world = worldOf(four);
    leaveOut(world, 'on-prem');

    const { done } = await reviewed(world, 'apply app');

    expect(done.code).toBe(0);
    expect(done.out).toMatch(/^app {3}generation 41 → 42 {3}committed {3}change C0{12}\d\n/);
    expect(world.weights()).toMatchObject({ 'eu-west-1': 100, 'on-prem': 0 });
    expect(world.records()).toMatchObject([
      { actor: ALICE, sentences: ['brought in: on-prem with weight 0', 'new hall'] },
    ]);
    const again = await type(world, 'apply app');
    expect(again).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^app {3}nothing to do\n {2}every endpoint of app is in the zone/),
    });
  });

  it('refuses a checksum whose plan is another one now, and shows that: PLAN_CHANGED', async () => {
    const world = worldOf(four);
    leaveOut(world, 'on-prem');
    const checksum = checksumIn(await type(world, 'apply app'));
    world.editWeight('eu-west-1', 50);

    const done = await type(world, `apply app --apply ${checksum} --reason "new hall"`);

    expect(done.code).toBe(3);
    expect(done.out).toContain('the plan is another one now');
    expect(checksumIn(done)).not.toBe(checksum);
    expect(done.out).toContain('nothing was changed; to apply this one:');
    expect(world.zone.commits).toEqual([]);
  });

  it('refuses the plan, too, when another change comes between its look and its send', async () => {
    const world = worldOf(four);
    leaveOut(world, 'on-prem');
    const checksum = checksumIn(await type(world, 'apply app'));
    world.zone.beforeNextCommit(() => world.editWeight('eu-west-1', 50));

    const done = await type(world, `apply app --apply ${checksum} --reason "new hall"`);

    expect(done.code).toBe(3);
    expect(done.out).toMatch(
      /another change came first; to apply this plan, repeat for app alone with --apply \S+\n/,
    );
    expect(world.fence().generation).toBe(41);
  });

  it('asks for a reason before anything else', async () => {
    const world = worldOf(four);

    const bare = await type(world, 'apply app --apply 12345678');
    const blank = await type(world, 'apply app --apply 12345678 --reason " "');
    const long = await type(world, `apply app --reason ${'x'.repeat(401)}`);

    expect([bare.code, blank.code, long.code]).toEqual([2, 2, 2]);
    expect(bare.err).toBe(
      'a change needs --reason "…": it goes into the record, beside who made it; nothing was changed\n',
    );
    expect(long.err).toContain('--reason has 401 characters, at most 400 are kept');
    expect(world.zone.reads()).toBe(0);
  });

  it('quotes the line as a shell takes it, with what was said already', async () => {
    const world = worldOf(four);
    leaveOut(world, 'on-prem');

    const looked = await type(world, `apply app --region us-west-2 --reason "it's new"`, {
      env: { npm_lifecycle_event: 'quorate' },
    });

    expect(looked.out).toMatch(
      /\n {2}npm run quorate -- apply app --region us-west-2 --apply \S+ --reason 'it'\\''s new'\n$/,
    );
  });

  it('is refused with what to do, exit code 3', async () => {
    const world = worldOf(sampleService());
    world.zone.edit([
      { action: 'CREATE', record: { ...standing(world, 'us-east-1'), setIdentifier: 'stranger' } },
    ]);

    const done = await type(world, 'apply app');

    expect(done).toMatchObject({
      code: 3,
      out: 'app   refused\n  app.example.com A stranger was not made by Quorate: add it to the file and run `quorate adopt app`, or delete it in Route 53\n',
    });
  });

  it('of several services judges each by itself: one refusal stops no other', async () => {
    const world = worldOf(four, pay);
    leaveOut(world, 'on-prem');
    const { fenceRecord } = world.snapshot(pay);
    world.editFence(['"junk"'], pay);

    const { looked, done } = await reviewed(world, 'apply');

    expect([looked.code, done.code]).toEqual([3, 3]);
    expect(json(await type(world, 'apply --json')).services).toMatchObject([
      { service: 'app', result: 'nothing-to-do', plan: null },
      { service: 'pay', result: 'refused' },
    ]);
    expect(world.weights()['on-prem']).toBe(0);
    expect(fenceRecord).not.toBeNull();
  });

  it('of several plans takes one checksum over all, and none of them unseen', async () => {
    const more = { ...pay, endpoints: four.endpoints };
    const world = worldOf(four, more);
    leaveOut(world, 'on-prem');
    leaveOut(world, 'on-prem', more);
    const looked = await type(world, 'apply app pay');
    const one = json(await type(world, 'apply app --json'));

    const partly = await type(world, `apply app pay --apply ${one.checksum} --reason "new hall"`);
    expect(partly.code).toBe(3);
    expect(world.zone.commits).toEqual([]);
    const done = await type(
      world,
      `apply app pay --apply ${checksumIn(looked)} --reason "new hall"`,
    );

    expect(done.code).toBe(0);
    expect(world.fence().generation).toBe(42);
    expect(world.fence(more).generation).toBe(42);
  });

  it('prints one stable document with --json, the line to apply it in it', async () => {
    const world = worldOf(four);
    leaveOut(world, 'on-prem');

    const document = json(await type(world, 'apply app --json'));

    expect(document).toMatchObject({
      format: 1,
      verb: 'apply',
      dryRun: true,
      checksum: expect.stringMatching(/^[\w-]{8}$/),
      applyWith: `quorate apply app --apply ${document.checksum} --reason "…"`,
      actor: null,
      services: [
        {
          service: 'app',
          result: 'planned',
          sentences: ['brought in: on-prem with weight 0'],
          plan: { generation: { from: 41, to: 42 }, checksum: document.checksum },
          notYet: null,
          recorded: null,
        },
      ],
    });
  });

  it('names a service that is not there, with the nearest', async () => {
    expect(await type(worldOf(four), 'apply ap')).toMatchObject({
      code: 2,
      err: 'there is no service ap in the file; did you mean app?\n',
    });
  });
});

describe('an operator without the table', () => {
  it('F105: waits for seconds, changes the zone, and is told that the record is missing', async () => {
    const world = worldOf(four);
    leaveOut(world, 'on-prem');
    const { store } = world.region(0);
    const hang = (): void => {
      for (const method of ['readReports', 'recordIntent', 'writeMark', 'writeHead'] as const) {
        store.trouble(method, { kind: 'hung' }, 2);
      }
    };
    hang();
    const looked = await type(world, 'apply app');
    const began = world.clock.now();

    const done = await type(world, `apply app --apply ${checksumIn(looked)} --reason "new hall"`);

    expect(done.code).toBe(0);
    expect(looked.out).toContain('no vote is known, since the table could not be read: aborted');
    expect(done.out).toContain(
      'the record could not be written: the zone has the change, the table does not say by whom and why',
    );
    expect(world.clock.now() - began).toBeLessThanOrEqual(15 * SECOND);
    expect(world.weights()['on-prem']).toBe(0);
  });

  it('and without STS is written down as unidentified', async () => {
    const world = worldOf(four);
    leaveOut(world, 'on-prem');
    const caller = async (): Promise<string> => {
      throw new Error('connect ETIMEDOUT');
    };

    const { done } = await reviewed(world, 'apply app', { caller });

    expect(done.err).toContain(
      'note: STS in eu-west-1 did not say who you are (connect ETIMEDOUT); the record says unidentified',
    );
    expect(world.records()[0]!.actor).toBe('unidentified operator@eu-west-1');
  });

  it('F85: and without the zone is told what failed; of several, which', async () => {
    const world = worldOf(four, pay);
    world.zone.failNextRead('access-denied');
    const one = await type(world, 'apply app');
    expect(one.code).toBe(1);
    expect(one.err).not.toBe('');

    world.zone.failNextRead('unavailable');
    const two = await type(world, 'apply app pay');

    expect(two.code).toBe(1);
    expect(two.out).toMatch(/^app {3}failed\n {2}socket hang up\npay {3}nothing to do\n/);
  });
});

describe('quorate adopt', () => {
  it('shows that it asserts everything, and takes over what stands there', async () => {
    const world = quorumWorld({ fence: 'none' });

    const { looked, done } = await reviewed(world, 'adopt app');

    await expect(looked.out).toMatchFileSnapshot('../../golden/cli-adopt.txt');
    expect(done.code).toBe(0);
    expect(world.fence().generation).toBe(1);
    const [result] = await world.region(1).round();
    expect(result!.decision.automation).toBe('on');
  });

  it('F77: says that nothing can be enforced where the zone refuses the very batch', async () => {
    const world = quorumWorld({ fence: 'none' });
    const checksum = checksumIn(await type(world, 'adopt app'));
    const { overrides } = inWorld(world);
    const zone: NonNullable<typeof overrides>['zone'] = {
      ...world.zonePort,
      commit: async () => ({ kind: 'refused', messages: ['app.example.com A is protected'] }),
    };

    const done = await type(world, `adopt app --apply ${checksum} --reason "take over"`, {
      overrides: { ...overrides, zone },
    });

    expect(done.code).toBe(1);
    expect(done.out).toBe(
      'app   failed\n  Route 53 refuses the change: app.example.com A is protected; so nothing of it can be enforced: a protection of the record set, a policy or a lock stands in the way, see `quorate doctor`\n',
    );
    expect(world.snapshot().fenceRecord).toBeNull();
  });

  it('while observing shows the plan and writes nothing: mode: enforce comes first', async () => {
    const observed = sampleConfig({ services: [sampleService({ mode: 'observe' })] });
    const world = quorumWorld({ config: observed, fence: 'none' });

    const looked = await type(world, 'adopt');
    const { checksum } = json(await type(world, 'adopt app --json'));
    const done = await type(world, `adopt app --apply ${checksum} --reason "take over"`);

    const notYet =
      'app is observed, and nothing of an observed service is written; set mode: enforce, deploy, then give this command again';
    expect(looked.code).toBe(0);
    expect(looked.out).toContain(`  not yet: ${notYet}\nplan ${checksum}   nothing was changed\n`);
    expect(done).toMatchObject({ code: 3, out: `app   refused\n  ${notYet}\n` });
    expect(world.zone.commits).toEqual([]);
  });

  it('F78: of a simple record says --convert, which keeps the traffic where it is', async () => {
    const world = quorumWorld({ fence: 'none' });
    const own = world.snapshot().records;
    const { name, ttlSeconds, values } = standing(world, 'us-east-1');
    world.zone.edit([
      ...own.map((record) => ({ action: 'DELETE' as const, record })),
      { action: 'CREATE', record: { name, type: 'A', ttlSeconds: ttlSeconds!, values: values! } },
    ]);
    const bare = await type(world, 'adopt app');
    expect(bare.code).toBe(3);
    expect(bare.out).toContain('`quorate adopt app --convert`');

    const { looked, done } = await reviewed(world, 'adopt app --convert');

    await expect(looked.out).toMatchFileSnapshot('../../golden/cli-convert.txt');
    expect(done.code).toBe(0);
    expect(world.weights()).toEqual({ 'ap-southeast-1': 0, 'eu-west-1': 0, 'us-east-1': 100 });
    expect(world.zone.commits).toHaveLength(1);
  });
});

describe('quorate reassert and retire', () => {
  it('undoes a hand edit', async () => {
    const world = worldOf(sampleService());
    world.editWeight('eu-west-1', 20);

    const { done } = await reviewed(world, 'reassert app');

    expect(done.code).toBe(0);
    expect(world.weights()['eu-west-1']).toBe(100);
  });

  it('removes an endpoint that left the file, at weight 0 only', async () => {
    const world = worldOf(four);
    const file = sampleConfig();
    const typed = { overrides: { ...inWorld(world).overrides, config: file } };
    const live = await type(world, 'retire app on-prem', typed);
    expect(live).toMatchObject({ code: 3, out: expect.stringContaining('still has weight 100') });
    world.editWeight('on-prem', 0);

    const { done } = await reviewed(world, 'retire app on-prem', typed);

    expect(done.code).toBe(0);
    expect(Object.keys(world.weights())).toEqual(['ap-southeast-1', 'eu-west-1', 'us-east-1']);
  });
});

describe('quorate release', () => {
  it('lets go of the service and leaves every weight', async () => {
    const world = quorumWorld({ weights: { 'us-east-1': 0 } });

    const { looked, done } = await reviewed(world, 'release app');

    await expect(looked.out).toMatchFileSnapshot('../../golden/cli-release.txt');
    expect(done.code).toBe(0);
    expect(world.snapshot().fenceRecord).toBeNull();
    expect(world.weights()['us-east-1']).toBe(0);
    expect(world.records()).toMatchObject([{ generation: 42, actor: ALICE }]);
    const [result] = await world.region(1).round();
    expect(result!.decision.automation).toBe('unmanaged');
    expect(await type(world, 'release app')).toMatchObject({ code: 0 });
  });

  it('restores configured weights in the same batch where asked', async () => {
    const world = quorumWorld({ weights: { 'us-east-1': 0 } });

    const { looked, done } = await reviewed(world, 'release app --restore-weights');

    expect(looked.out).toContain('quorate release app --restore-weights --apply ');
    expect(done.code).toBe(0);
    expect(world.weights()['us-east-1']).toBe(100);
    expect(world.zone.commits).toHaveLength(1);
  });

  it('F70: of a lost reply is committed once the record is gone', async () => {
    const world = quorumWorld();
    world.zone.failNext('unknown-after-effect');

    const { done } = await reviewed(world, 'release app');

    expect(done).toMatchObject({ code: 0, out: expect.stringContaining('committed') });
  });

  it('needs the names of the services, and is possible while observing', async () => {
    const config: Config = sampleConfig({ services: [sampleService({ mode: 'observe' })] });
    const world = quorumWorld({ config });

    expect((await type(world, 'release')).code).toBe(2);
    expect((await reviewed(world, 'release app')).done.code).toBe(0);
  });
});

describe('help', () => {
  it.each(['apply', 'adopt', 'reassert', 'retire', 'release'])(
    'of %s has an example with --apply and --reason',
    async (verb) => {
      const { code, out } = await shell([verb, '--help']);

      expect(code).toBe(0);
      expect(out).toMatch(
        new RegExp(
          `Example:\n  quorate ${verb} app.*\n  quorate ${verb} app.* --apply \\S+ --reason "`,
        ),
      );
    },
  );
});

const standing = (world: QuorumWorld, id: string, service?: Service): ZoneRecord =>
  world.snapshot(service).records.find(({ setIdentifier }) => setIdentifier === id)!;

/** As if the file had just gained this endpoint. */
function leaveOut(
  world: QuorumWorld,
  id: string,
  service: Service = world.config.services[0]!,
): void {
  world.zone.edit([{ action: 'DELETE', record: standing(world, id, service) }]);
  const fence = world.fence(service);
  const mark = markOf({ setIdentifier: endpointId(id) }, sha256);
  const entries = fence.entries.filter((entry) => entry.mark !== mark);
  world.editFence([fenceValue({ ...fence, entries })], service);
}

/** As if the file had just said another target than this one. */
function serve(world: QuorumWorld, id: string, value: string): void {
  const record = standing(world, id);
  world.zone.edit([
    { action: 'DELETE', record },
    { action: 'CREATE', record: { ...record, values: [value] } },
  ]);
}
