/** Orders typed at a shell, through the API of any region: the plan first, then exactly that plan or none. */
import { describe, expect, it } from 'vitest';
import { serviceId } from '../../../shared/core/model.ts';
import { HOUR } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { ALICE } from '../api/api-world.ts';
import { type ApiShell, apiShell, checksumIn } from './api-shell.ts';
import type { Printed } from './shell.ts';

const DRAIN = 'drain app us-east-1 --for 2h --reason "bad deploy 4711"';
const json = ({ out }: Printed) => JSON.parse(out);
const idIn = ({ out }: Printed): string => /order (\S{8}):/.exec(out)?.[1] ?? 'none';

/** Looks, then carries out what was shown. */
async function reviewed(desk: ApiShell, line: string) {
  const looked = await desk.type(line);
  const done = await desk.type(`${line} --apply ${checksumIn(looked)}`);
  return { looked, done };
}

const twoServices = () =>
  apiShell({
    config: sampleConfig({
      services: [
        sampleService(),
        sampleService({ id: serviceId('pay'), names: ['pay.example.com'] }),
      ],
    }),
  });

describe('quorate drain', () => {
  it('shows weights before and after, health beside, until when, whose, and the line that applies it', async () => {
    const desk = apiShell();

    const looked = await desk.type(DRAIN);

    expect({ code: looked.code, err: looked.err }).toEqual({ code: 0, err: '' });
    await expect(looked.out).toMatchFileSnapshot('../../golden/cli-drain.txt');
    expect(desk.api.world.zone.commits).toEqual([]);
    expect(desk.api.world.fence().orders).toEqual([]);
  });

  it('carries out exactly that plan, and says how the order is ended and extended', async () => {
    const desk = apiShell();

    const { looked, done } = await reviewed(desk, DRAIN);

    expect(done.code).toBe(0);
    expect(done.out).toMatch(/^app {3}generation 41 → 42 {3}committed {3}change C0{12}1\n/);
    const [order] = desk.api.world.fence().orders;
    expect(done.out).toContain(
      `order ${order?.id}: \`quorate undrain ${order?.id}\` ends it, \`quorate extend ${order?.id} --for 1h\` lets it last`,
    );
    expect(desk.api.world.weights()).toMatchObject({ 'us-east-1': 0, 'eu-west-1': 100 });
    expect(desk.api.world.records()).toMatchObject([
      {
        actor: ALICE,
        via: 'api@eu-west-1 192.0.2.7',
        order: { kind: 'drain', reason: 'bad deploy 4711' },
      },
    ]);
    const last = desk.calls.findLast(({ method }) => method === 'POST');
    expect(last).toMatchObject({
      path: '/v1/overrides',
      headers: { 'if-match': `"p${checksumIn(looked)}"` },
    });
  });

  it('the same line typed again is the same order: nothing to do', async () => {
    const desk = apiShell();
    const { looked } = await reviewed(desk, DRAIN);

    const again = await desk.type(`${DRAIN} --apply ${checksumIn(looked)}`);

    expect(again.code).toBe(0);
    expect(again.out).toMatch(/^app {3}nothing to do\n {2}order \S{8} is given already, until /);
    expect(desk.api.world.fence()).toMatchObject({ generation: 42, orders: [{ kind: 'drain' }] });
  });

  it('a plan that is another one now is PLAN_CHANGED: shown, exit code 3, nothing sent', async () => {
    const desk = apiShell();
    const looked = await desk.type(DRAIN);
    desk.api.world.editWeight('eu-west-1', 90);

    const done = await desk.type(`${DRAIN} --apply ${checksumIn(looked)}`);

    expect(done.code).toBe(3);
    expect(done.out).toContain('the plan is another one now');
    expect(done.out).toContain('nothing was changed; to apply this one:\n  quorate drain app');
    expect(checksumIn(done)).not.toBe(checksumIn(looked));
    expect(desk.api.world.zone.commits).toEqual([]);
    const next = await desk.type(`${DRAIN} --apply ${checksumIn(done)}`);
    expect(next.code).toBe(0);
    expect(desk.api.world.weights()).toMatchObject({ 'us-east-1': 0, 'eu-west-1': 90 });
  });

  it('a change that comes between look and send is told once, with the line for the plan as it is now', async () => {
    const desk = apiShell();
    const looked = await desk.type(DRAIN);
    desk.api.world.zone.beforeNextCommit(() => desk.api.world.editWeight('eu-west-1', 90));

    const done = await desk.type(`${DRAIN} --apply ${checksumIn(looked)}`);
    const next = await desk.type(`${DRAIN} --apply ${checksumIn(done)}`);

    expect(done.code).toBe(3);
    expect(done.out.match(/nothing was changed/g)).toHaveLength(1);
    expect(checksumIn(done)).not.toBe(checksumIn(looked));
    expect(next.code).toBe(0);
    expect(desk.api.world.weights()).toMatchObject({ 'us-east-1': 0, 'eu-west-1': 90 });
  });

  it('the floor refuses with its arithmetic and the next step, and --force floor passes it', async () => {
    const desk = apiShell();
    await reviewed(desk, DRAIN);
    const line = 'drain app eu-west-1 --for 2h --reason "both"';

    const looked = await desk.type(line);
    const { done } = await reviewed(desk, `${line} --force floor`);

    expect(looked).toMatchObject({
      code: 3,
      out: 'app   refused\n  it leaves 100 of 300 (33 %) in service, floor is 50 %; repeat with --force floor to do it\n',
    });
    expect(done.code).toBe(0);
    expect(desk.api.world.weights()).toEqual({
      'ap-southeast-1': 100,
      'eu-west-1': 0,
      'us-east-1': 0,
    });
  });

  it('a whole service is refused before anybody is asked: nothing would be left', async () => {
    const desk = apiShell();

    const { code, err } = await desk.type('drain app --for 2h --reason x --force floor');

    expect(code).toBe(3);
    expect(err).toBe(
      'refused: draining all of app leaves 0 of 300 in service, and nothing passes "never all zero"; name one of eu-west-1, us-east-1 and ap-southeast-1, or stop automation alone with `quorate freeze app`\n',
    );
    expect(desk.calls).toEqual([]);
  });

  it('a region of every service is judged service by service, through the URL of freezes', async () => {
    const desk = twoServices();
    const line = 'drain --region us-east-1 --for 2h --reason "power"';

    const { looked, done } = await reviewed(desk, line);

    expect(looked.out).toMatch(/^app {3}generation 41 → 42 {3}dry run\n/);
    expect(looked.out).toMatch(/\npay {3}generation 41 → 42 {3}dry run\n/);
    expect(looked.out).toContain(
      `\n  quorate drain --for 2h --region us-east-1 --apply ${checksumIn(looked)} --reason power\n`,
    );
    expect(done.code).toBe(0);
    expect(done.out.match(/committed/g)).toHaveLength(2);
    const written = desk.calls.filter(({ method }) => method === 'POST');
    expect(written.map(({ scope }) => scope)).toEqual(['own', 'own']);
  });

  it('a reason that is still to come is part of what is applied: the line asks for it first', async () => {
    const desk = apiShell();

    const looked = await desk.type('drain app us-east-1 --for 2h');
    const blind = await desk.type('drain app us-east-1 --for 2h --apply 12345678');

    expect(looked.code).toBe(0);
    expect(looked.out).toContain(
      'say why, which is part of what is applied, to get the line that applies it:\n  quorate drain app us-east-1 --for 2h --reason "…"\n',
    );
    expect(blind).toMatchObject({
      code: 2,
      err: 'an order needs --reason "…": it goes into the record, beside who gave it; nothing was changed\n',
    });
  });

  it.each([
    ['drain', 'drain what? Name a service and its endpoint (`drain app us-east-1`)'],
    ['drain ap us-east-1 --for 2h', 'there is no service ap in the file; did you mean app?'],
    ['drain app us-west-1 --for 2h', 'app has no endpoint us-west-1; did you mean eu-west-1?'],
    [
      'drain --region us-east-2 --for 2h',
      'no endpoint is in region us-east-2; did you mean us-east-1?',
    ],
    ['drain app us-east-1 --region us-east-1 --for 2h', 'name an endpoint or a --region, not both'],
    ['drain app us-east-1', 'an order has an end: --for 2h, or --until 14:05Z; 72 h at most'],
    ['drain app us-east-1 --for 2h --until 14:05Z', 'give --for or --until, not both'],
    [
      'drain app us-east-1 --for 4d',
      '--for 4d is more than 72 h; give a shorter order and extend it',
    ],
    ['drain app us-east-1 --for soon', '--for soon is no duration; write 30m, 2h or 1h30m'],
    ['drain app us-east-1 --until 14:05', '--until 14:05 is no time with its zone; write 14:05Z'],
    ['freeze app --all --for 1h', '--all stands alone: freeze --all'],
    ['pin app us-east-1 --weight 256 --for 1h', 'a weight is a whole number from 0 to 255.'],
    [
      'drain app us-east-1 --for 2h --force never-zero',
      'no rule never-zero can be passed; there is floor.',
    ],
    ['drain app us-east-1 --for 2h --then wait', 'write auto (by health and ramp) or approve'],
  ])('wrong usage says what is right: %s', async (line, sentence) => {
    const desk = apiShell();

    const { code, err, out } = await desk.type(line);

    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(sentence);
    expect(desk.calls).toEqual([]);
  });
});

describe('quorate pin and freeze', () => {
  it('a pin keeps a weight until the next 14:05Z, and then waits for approval where asked', async () => {
    const desk = apiShell();
    const line = 'pin app us-east-1 --weight 10 --until 14:05Z --then approve --reason "canary"';

    const { looked, done } = await reviewed(desk, line);

    expect(looked.out).toContain('pinned to 10 by alice until 2026-07-01 14:05Z (14h5m): canary');
    expect(looked.out).toContain('afterwards it waits for `quorate approve app us-east-1`');
    expect(done.code).toBe(0);
    expect(desk.api.world.weights()['us-east-1']).toBe(10);
  });

  it('an order that begins later moves nothing now', async () => {
    const desk = apiShell();

    const { looked, done } = await reviewed(
      desk,
      'drain app us-east-1 --from 02:00Z --for 1h --reason "window"',
    );

    expect(looked.out).toContain('drained by alice from 2026-07-01 02:00Z until 2026-07-01 03:00Z');
    expect(done.code).toBe(0);
    expect(desk.api.world.weights()['us-east-1']).toBe(100);
    expect(desk.api.world.fence().orders).toMatchObject([{ started: false }]);
  });

  it('freezes every service with --all, and unfreezes them by the same words', async () => {
    const desk = twoServices();

    const frozen = await reviewed(desk, 'freeze --all --for 1h --reason "migration"');
    const looked = await desk.type('unfreeze --all --reason "done"');
    const thawed = await desk.type(`unfreeze --all --reason done --apply ${checksumIn(looked)}`);

    expect(frozen.looked.out).toContain(
      'every service frozen by alice until 2026-07-01 01:00Z (1h)',
    );
    expect(frozen.done.code).toBe(0);
    expect(looked.out).toContain('would end: freeze of app, ');
    expect(looked.out).toContain('would end: freeze of pay, ');
    expect(thawed.code).toBe(0);
    expect(desk.api.world.fence().orders).toEqual([]);
  });
});

describe('quorate undrain', () => {
  it('finds the order by its scope and says what happens next', async () => {
    const desk = apiShell();
    await reviewed(desk, DRAIN);
    await desk.api.world.clock.advance(30_000);
    desk.api.world.sees('us-east-1', { vote: 'up' });

    const { looked, done } = await reviewed(desk, 'undrain app us-east-1 --reason "fixed"');

    await expect(looked.out).toMatchFileSnapshot('../../golden/cli-undrain.txt');
    expect(done.code).toBe(0);
    expect(desk.api.world.fence().orders).toEqual([]);
    expect(desk.api.world.weights()['us-east-1']).toBe(0);
  });

  it('takes the id as well, even one that begins with a dash', async () => {
    const desk = apiShell();
    const id = idIn((await reviewed(desk, DRAIN)).done);

    const byId = await desk.type(`undrain ${id} --reason fixed`);
    const odd = await desk.type('undrain -abc1234 --reason fixed');

    expect(byId.code).toBe(0);
    expect(byId.out).toContain('would end: drain of us-east-1 of app');
    expect(odd).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'no order -abc1234 is in force: it has ended, or was never given',
      ),
    });
  });

  it('says where there is none, and what there is instead', async () => {
    const desk = apiShell();
    await reviewed(desk, DRAIN);

    const { code, out } = await desk.type('undrain app eu-west-1');

    expect(code).toBe(0);
    expect(out).toMatch(
      /^nothing to do: no drain of eu-west-1 of app is in force\n {2}\S{8} {3}drain of us-east-1 of app, until /,
    );
  });

  it('an order of another kind names the verb that ends it', async () => {
    const desk = apiShell();
    const id = idIn((await reviewed(desk, DRAIN)).done);

    expect(await desk.type(`unfreeze ${id}`)).toMatchObject({
      code: 2,
      err: `order ${id} is a drain; to end it: quorate undrain ${id}\n`,
    });
  });

  it('one service of a wide order alone can’t be undrained: it says which hold it', async () => {
    const desk = twoServices();
    await reviewed(desk, 'drain --region us-east-1 --for 2h --reason "power"');
    const id = desk.api.world.fence().orders[0]?.id;

    expect(await desk.type('undrain pay us-east-1')).toMatchObject({
      code: 3,
      err: `refused: order ${id} holds app and pay at once, and ends for all of them or none; to end it: quorate undrain ${id}\n`,
    });
  });

  it('asks for one of several that are meant', async () => {
    const desk = apiShell();
    await reviewed(desk, DRAIN);
    await reviewed(desk, 'drain app eu-west-1 --for 1h --reason "b" --force floor');

    const { code, err } = await desk.type('undrain app');

    expect(code).toBe(2);
    expect(err).toMatch(/^2 orders are meant; name one:\n {2}quorate undrain \S{8} {3}drain of /);
  });
});

describe('quorate extend, approve, overrides', () => {
  it('extend shows the old and the new end', async () => {
    const desk = apiShell();
    const id = idIn((await reviewed(desk, DRAIN)).done);
    await desk.api.world.clock.advance(HOUR);

    const { looked, done } = await reviewed(desk, `extend ${id} --for 4h --reason "longer"`);

    expect(looked.out).toContain('end: 2026-07-01 02:00Z → 2026-07-01 05:00Z (4h)');
    expect(done.code).toBe(0);
    expect(desk.api.world.fence().orders[0]?.untilAt).toBe(desk.api.world.clock.now() + 4 * HOUR);
  });

  it('an order that is over can’t be extended: it names the nearest', async () => {
    const desk = apiShell();
    const id = idIn((await reviewed(desk, DRAIN)).done);

    expect(await desk.type(`extend ${id.slice(0, 7)}~ --for 4h`)).toMatchObject({
      code: 2,
      err: `no order ${id.slice(0, 7)}~ is in force: it has ended, or was never given; did you mean ${id}?\n`,
    });
  });

  it('approve lets an endpoint return that waits for a person', async () => {
    const desk = apiShell();
    await reviewed(desk, `${DRAIN} --then approve`);
    await reviewed(desk, 'undrain app us-east-1 --reason "fixed"');

    const { looked, done } = await reviewed(desk, 'approve app us-east-1 --reason "checked"');

    expect(looked.out).toContain('approved: us-east-1 may return');
    expect(done.code).toBe(0);
    expect(desk.api.world.fence().entries.some(({ approved }) => approved)).toBe(true);
  });

  it('overrides lists who holds what, until when and why', async () => {
    const desk = apiShell();
    const none = await desk.type('overrides');
    const id = idIn((await reviewed(desk, DRAIN)).done);

    const { out } = await desk.type('overrides');

    expect(none.out).toBe('no order is in force: automation decides alone\n');
    expect(out).toBe(
      `${id}   drain of us-east-1 of app, until 2026-07-01 02:00Z (2h), by alice: bad deploy 4711\nto end one: quorate undrain|unpin|unfreeze ID; to let it last: quorate extend ID --for 2h\n`,
    );
    expect(json(await desk.type('overrides --json'))).toMatchObject({
      format: 1,
      region: 'eu-west-1',
      overrides: [{ id, service: 'app', covers: 'us-east-1', actor: ALICE }],
    });
  });

  it('with --json the answer of the API is the document', async () => {
    const desk = apiShell();

    const document = json(await desk.type(`${DRAIN} --json`));

    expect(document).toMatchObject({
      format: 1,
      dryRun: true,
      checksum: expect.any(String),
      results: [{ service: 'app', outcome: 'planned', plan: { generation: { from: 41, to: 42 } } }],
    });
  });
});

describe('regions that are away', () => {
  it('goes to the next region by itself, and says which answered after which', async () => {
    const desk = apiShell();
    desk.faults.set('eu-west-1', 'down').set('us-east-1', 'slow');

    const { done } = await reviewed(desk, DRAIN);

    expect(done.code).toBe(0);
    expect(done.err).toBe(
      'note: ap-southeast-1 answers; not eu-west-1 (it refuses connections), us-east-1 (no answer within 5 s)\n',
    );
    expect(desk.api.world.fence()).toMatchObject({ generation: 42, orders: [{ kind: 'drain' }] });
  });

  it('an order whose answer was lost after the commit is asked for again elsewhere and is one order', async () => {
    const desk = apiShell();
    const looked = await desk.type(DRAIN);
    desk.faults.set('eu-west-1', 'loses the answer');

    const done = await desk.type(`${DRAIN} --apply ${checksumIn(looked)}`);

    expect(done.code).toBe(0);
    expect(done.out).toMatch(/^app {3}nothing to do\n {2}order \S{8} is given already, until /);
    expect(desk.api.world.zone.commits).toHaveLength(1);
    expect(desk.api.world.fence()).toMatchObject({ generation: 42, orders: [{ kind: 'drain' }] });
    const [first, second] = desk.calls.filter(({ headers }) => 'if-match' in headers);
    expect(second?.region).not.toBe(first?.region);
    expect(second?.body).toBe(first?.body);
    for (const header of ['if-match', 'idempotency-key']) {
      expect(second?.headers[header]).toBe(first?.headers[header]);
    }
  });

  it('an end whose answer was lost is not called a failure of nothing', async () => {
    const desk = apiShell();
    await reviewed(desk, DRAIN);
    const looked = await desk.type('undrain app us-east-1 --reason fixed');
    desk.faults.set('eu-west-1', 'loses the answer');

    const done = await desk.type(
      `undrain app us-east-1 --reason fixed --apply ${checksumIn(looked)}`,
    );

    expect(done.code).toBe(0);
    expect(done.out).toMatch(
      /^app {3}nothing to do\n {2}order \S{8} is not in force any more: a try before this, whose answer was lost, has ended it/,
    );
    expect(desk.api.world.fence().orders).toEqual([]);
  });

  it('with every API down it says the line that needs none, and does not take it by itself', async () => {
    const desk = apiShell();
    for (const { id } of desk.api.world.regions) desk.faults.set(id, 'down');

    const { code, err } = await desk.type(DRAIN);

    expect(code).toBe(1);
    expect(err).toContain('no region answers: eu-west-1 (it refuses connections), ');
    expect(err).toContain(
      "The zone may be reached without any API, with your own credentials:\n  quorate drain app us-east-1 --for 2h --direct --reason 'bad deploy 4711'\n",
    );
    expect(desk.api.world.zone.commits).toEqual([]);
  });

  it('--direct gives, extends and ends an order while every API is down, on record with its host', async () => {
    const desk = apiShell();
    for (const { id } of desk.api.world.regions) desk.faults.set(id, 'down');

    const { looked, done } = await reviewed(desk, `${DRAIN} --direct`);
    const id = idIn(done);
    const extended = await reviewed(desk, `extend ${id} --for 3h --direct --reason "still"`);
    const listed = await desk.type('overrides --direct');
    const ended = await reviewed(desk, 'undrain app us-east-1 --direct --reason "fixed"');

    expect(looked.out).toContain(' --direct --apply ');
    expect([done.code, extended.done.code, ended.done.code]).toEqual([0, 0, 0]);
    expect(listed.out).toContain(`${id}   drain of us-east-1 of app, until 2026-07-01 03:00Z (3h)`);
    expect(desk.calls).toEqual([]);
    expect(
      desk.api.world.records().map(({ actor, via }) => [actor, via?.startsWith('cli@')]),
    ).toEqual([
      [ALICE, true],
      [ALICE, true],
      [ALICE, true],
    ]);
    expect(desk.api.world.fence().orders).toEqual([]);
  });

  it('the way of --direct and the way of the API make the same plan', async () => {
    const desk = apiShell();

    const byApi = await desk.type(DRAIN);
    const direct = await desk.type(`${DRAIN} --direct`);

    expect(checksumIn(direct)).toBe(checksumIn(byApi));
  });
});

describe('help', () => {
  it.each([
    'drain',
    'undrain',
    'pin',
    'unpin',
    'freeze',
    'unfreeze',
    'extend',
    'approve',
    'overrides',
    'tail',
    'notify',
    'completion',
  ])('of %s shows a real example and the global options', async (verb) => {
    const { code, out } = await apiShell().type(`${verb} --help`);

    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Example:\\n {2}(source <\\()?quorate ${verb}`));
    expect(out).toContain('--api');
  });

  it('lists the orders under a heading of their own', async () => {
    const { out } = await apiShell().type('--help');

    expect(out).toMatch(/Orders \(a dry run, unless --apply\):\n {2}drain .*\n[^:]* {2}undrain /);
  });
});

describe('quorate notify test', () => {
  it('tells what came of each channel', async () => {
    const desk = apiShell();

    expect(await desk.type('notify test')).toEqual({
      code: 0,
      out: 'sns   delivered   by eu-west-1\n',
      err: '',
    });
    expect(desk.api.notified).toEqual(['test']);
  });

  it('is not sent a second time where the first may have been', async () => {
    const desk = apiShell();
    desk.faults.set('eu-west-1', 'loses the answer');

    const { code, err } = await desk.type('notify test');

    expect(code).toBe(1);
    expect(err).toContain('eu-west-1 gave no clear answer to POST /v1/notifications/test');
    expect(desk.api.notified).toEqual(['test']);
  });
});

describe('a wide order of which a race changed one part', () => {
  const LINE = 'drain --region us-east-1 --for 2h --reason power';

  it('says what is done and what is not, and prints the line that goes on', async () => {
    const desk = twoServices();
    const { world } = desk.api;
    const checksum = json(await desk.type(`${LINE} --json`)).checksum;
    const [, shop] = world.config.services;
    world.zone.beforeNextCommit(() => {
      world.zone.beforeNextCommit(() => world.editWeight('eu-west-1', 90, shop));
    });

    const raced = await desk.type(`${LINE} --apply ${checksum}`);

    expect(raced.code).toBe(3);
    expect(raced.out).toContain('region us-east-1 of every service, only in app, drained by alice');
    expect(raced.out).not.toContain('nothing was changed');
    expect(raced.out).toMatch(
      /a part is done, and the rest was not changed; to look at it again:\n {2}quorate drain --for 2h --region us-east-1 --reason power\n/,
    );
    const { done } = await reviewed(desk, LINE);
    expect(done.code).toBe(0);
    expect(world.fence(shop).orders.map(({ id }) => id)).toEqual(
      world.fence().orders.map(({ id }) => id),
    );
  });
});
