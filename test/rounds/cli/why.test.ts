/** `why` and `history` for somebody who was woken: the matter first, then numbers, then commands. */
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { decisionShownSchema } from '../../../shared/api/decisions.ts';
import { serviceDocumentSchema } from '../../../shared/api/status.ts';
import { epochMs, serviceId, vantageId } from '../../../shared/core/model.ts';
import { sentence } from '../../../shared/core/reason.ts';
import { FAKE_START } from '../../fakes/fake-clock.ts';
import { MINUTE, manyServices, type QuorumWorld, quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { WOULD_CHANGE_EXAMPLES } from '../../fixtures/would-change.ts';
import { drain } from '../read/reading.ts';
import { inWorld, shell } from './shell.ts';

const app = sampleService();

describe('quorate why', () => {
  it('begins with the matter, and ends with what to type next', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', { vote: 'down', code: 'timeout', sinceAt: FAKE_START - 90_000 });
    await world.minutes(1);
    await world.clock.advance(20_000);

    const { code, out, err } = await shell(['why', 'app', 'us-east-1'], inWorld(world));

    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expect(out).toMatchFileSnapshot('../../golden/cli-why.txt');
  });

  it('tells of what is withheld first, and what would let it happen', async () => {
    const world = quorumWorld();
    for (const endpoint of ['eu-west-1', 'us-east-1', 'ap-southeast-1']) {
      world.sees(endpoint, { vote: 'down', code: 'timeout' });
    }

    const { out } = await shell(['why', 'app'], inWorld(world));

    expect(out.split('\n')[0]).toMatch(/^withheld: /);
    expect(out).toMatch(/\nwhat would change it\n {2}eu-west-1 loses its weight by itself at /);
    expect(out).toContain('\n  quorate drain app us-east-1 --for 2h --reason "…"\n');
  });

  it('says of a calm service that nothing is the matter', async () => {
    const { out } = await shell(['why', 'app'], inWorld(quorumWorld()));
    const { out: one } = await shell(['why', 'app', 'us-east-1'], inWorld(quorumWorld()));

    expect(out.split('\n')[0]).toBe(
      'nothing is the matter with app: all 3 endpoints are up, and DNS has what is wanted',
    );
    expect(one.split('\n')[0]).toBe(
      'nothing is the matter with app: us-east-1 is up, and DNS has what is wanted',
    );
    expect(one).not.toContain('ap-southeast-1   up');
    expect(out).toContain("generation 41 stands in DNS; this region's table has no record of it");
  });

  it('names the order, who gave it, and how it ends sooner', async () => {
    const world = quorumWorld();
    await drain(world, app, 'us-east-1', 'order001');

    const { out } = await shell(['why', 'app'], inWorld(world));

    expect(out.split('\n')[0]).toBe('drained: us-east-1 until 2026-07-01 00:30Z by order order001');
    expect(out).toContain('floor forced, by ann: bad deploy 4711');
    expect(out).toMatch(/generation 42 by ann \(drain order001: bad deploy 4711\): committed/);
    expect(out).toContain('sooner: `quorate undrain order001`');
    expect(out).toContain('\n  quorate undrain order001\n');
  });

  it('is the service as the API gives it, with the last decision and commands', async () => {
    const world = quorumWorld();
    await drain(world, app, 'us-east-1', 'order001');

    const { out } = await shell(['why', 'app', '--json'], inWorld(world));
    const document = JSON.parse(out);

    expect(() => v.assert(serviceDocumentSchema, document)).not.toThrow();
    expect(() => v.assert(decisionShownSchema, document.lastDecision)).not.toThrow();
    expect(document.commands).toContain('quorate history app');
  });

  it('answers from the zone where the table is away', async () => {
    const world = quorumWorld();
    const { store } = world.region(0);
    for (const method of ['readReports', 'readRecords', 'readMarks'] as const) {
      store.trouble(method, { kind: 'refused' }, 9);
    }

    const { code, out } = await shell(['why', 'app'], inWorld(world));

    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^not quorate: 0 of 5 vantages of app/);
    expect(out).toContain('\n  quorate doctor\n');
  });

  it('says what there is for an endpoint that there is not', async () => {
    const { code, err } = await shell(['why', 'app', 'us-east'], inWorld(quorumWorld()));

    expect({ code, err }).toEqual({
      code: 2,
      err: 'app has no endpoint us-east; did you mean us-east-1?\n',
    });
  });
});

describe('every command that a sentence names', () => {
  const commands = WOULD_CHANGE_EXAMPLES.flatMap(([, reason, text]) =>
    [...`${sentence(reason)} ${text ?? ''}`.matchAll(/`quorate ([^`]+)`/g)].map(
      ([, command = '']) => command,
    ),
  );
  const verbs = [...new Set(commands.map((command) => command.split(' ')[0] ?? ''))];

  it.each(verbs)('%s exists, with the options that are named', async (verb) => {
    const { code, out } = await shell([verb, '--help']);

    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^Usage: quorate ${verb} `));
    const named = commands.filter((command) => command.startsWith(`${verb} `));
    for (const [option] of named.join(' ').matchAll(/--[a-z-]+/g)) {
      expect(out).toMatch(new RegExp(`^ +${option}\\b`, 'm'));
    }
  });

  it('is one of many', () => {
    expect(verbs.length).toBeGreaterThan(10);
  });
});

describe('quorate history', () => {
  it('tells what was decided, by whom and why, newest first, and what came of it', async () => {
    const world = quorumWorld({ insyncDelayMs: 30_000 });
    world.sees('us-east-1', { vote: 'down', code: 'timeout' });
    await world.minutes(3);
    await drain(world, app, 'eu-west-1', 'order001');

    const { code, out } = await shell(['history', 'app'], inWorld(world));

    expect(code).toBe(0);
    await expect(forgetting(out)).toMatchFileSnapshot('../../golden/cli-history.txt');
  });

  it('puts the decisions of all services in order of time, and passes over what is no record', async () => {
    const world = quorumWorld({ config: manyServices(2) });
    world.sees('us-east-1', { vote: 'down', code: 'timeout' }, world.config.vantages, 's01');
    await world.minutes(1);
    world.sees('us-east-1', { vote: 'down', code: 'timeout' }, world.config.vantages, 's00');
    await world.minutes(1);

    const { out } = await shell(['history', '--json'], inWorld(world));
    const document = JSON.parse(out) as History;

    expect(committed(document).map(({ record }) => record.service)).toEqual(['s00', 's01']);
    expect(document).toMatchObject({ format: 1, malformed: 2, cut: [], services: ['s00', 's01'] });
  });

  it('tells what observe mode would have done, once for all regions that agree', async () => {
    const observed = sampleService({ mode: 'observe' });
    const world = quorumWorld({ config: sampleConfig({ services: [observed] }), fence: 'none' });
    await world.minutes(2);
    world.sees('us-east-1', { vote: 'down', code: 'timeout' });
    await world.minutes(3);

    const { code, out } = await shell(['history', '--observed', '--since', '1h'], inWorld(world));

    expect(code).toBe(0);
    await expect(forgetting(out)).toMatchFileSnapshot('../../golden/cli-history-observed.txt');
  });

  it('goes no further back than was asked', async () => {
    const world = quorumWorld();
    world.sees('us-east-1', { vote: 'down', code: 'timeout' });
    await world.minutes(1);
    await world.clock.advance(90 * MINUTE);

    const { out } = await shell(['history', 'app', '--since', '1h'], inWorld(world));
    const { out: all } = await shell(['history', 'app', '--since', '2026-07-01'], inWorld(world));

    expect(out.split('\n')[0]).toBe('app: no change was committed since 2026-07-01 00:31:00Z');
    expect(all.split('\n')[0]).toMatch(/^app: 1 change was committed since/);
  });

  it('says where there is more than is shown', async () => {
    const world = quorumWorld();
    for (let generation = 50; generation < 55; generation += 1) record(world, generation);

    const { out } = await shell(['history', 'app', '--limit', '2'], inWorld(world));

    expect(out).toContain('app has more: write a larger --limit, or a later --since\n');
  });

  it('shows what came from outside as one plain line', async () => {
    const world = quorumWorld();
    record(world, 50, { actor: 'ann\u001b[31m\nroot', sentences: ['\u202efake\r\nline'] });

    const { out } = await shell(['history', 'app'], inWorld(world));

    expect(out).not.toContain('\u001b');
    expect(out).not.toContain('\u202e');
    expect(out).toContain('by ann [31m root: ');
  });

  it.each([
    [['--since', 'yesterday'], '--since yesterday is no time of the past'],
    [['--since', '2030-01-01'], '--since 2030-01-01 is no time of the past'],
    [['--limit', '0'], '--limit 0 is not understood; write a number from 1 to 5000'],
  ])('refuses %j', async (flags, sentence) => {
    const { code, err } = await shell(['history', ...flags], inWorld(quorumWorld()));

    expect(code).toBe(2);
    expect(err).toContain(sentence);
  });
});

type History = {
  readonly decisions: readonly {
    readonly outcome: string;
    readonly record: { readonly service: string };
  }[];
};

const committed = ({ decisions }: History) =>
  decisions.filter(({ outcome }) => outcome === 'committed');

/** Which region is first is for the turns to say. */
const forgetting = (out: string): string => out.replaceAll(/quorum@[a-z0-9-]+/g, 'quorum@<region>');

function record(world: QuorumWorld, generation: number, changes: object = {}): void {
  const nonce = `n${generation}`;
  world.table.records.set(`app ${String(generation).padStart(10, '0')}#${nonce}`, {
    format: 1,
    service: serviceId('app'),
    generation,
    nonce,
    parent: null,
    region: vantageId('eu-west-1'),
    actor: 'quorum@eu-west-1',
    at: epochMs(FAKE_START - MINUTE),
    config: 'config',
    lines: [],
    sentences: [],
    plan: '',
    checksum: '',
    outbox: [],
    ...changes,
  });
}
