/** `quorate completion`: the words that a Tab offers, from the file and from the orders in force. */
import { describe, expect, it } from 'vitest';
import { apiShell, checksumIn } from './api-shell.ts';
import { shell } from './shell.ts';

const REGIONS = ['ap-southeast-1', 'eu-west-1', 'us-east-1'];

describe('quorate completion', () => {
  it.each(['bash', 'zsh', 'fish'])(
    'prints a script for %s that asks this command for words',
    async (name) => {
      const { code, out } = await shell(['completion', name]);

      expect(code).toBe(0);
      expect(out).toContain('quorate completion words -- ');
      expect(out).toContain(`quorate completion ${name}`);
    },
  );

  it('suggests a shell that it knows', async () => {
    expect(await shell(['completion', 'fsh'])).toMatchObject({
      code: 2,
      err: 'no completion for fsh; did you mean fish?\n',
    });
  });

  it.each<[readonly string[], readonly string[]]>([
    [['dra'], ['drain']],
    [['un'], ['undrain', 'unfreeze', 'unpin']],
    [['drain', ''], ['app']],
    [['drain', 'app', ''], REGIONS],
    [['drain', 'app', 'us'], ['us-east-1']],
    [['drain', '--for', '2h', 'app', 'eu'], ['eu-west-1']],
    [['drain', 'nothing', ''], []],
    [
      ['drain', 'app', 'us-east-1', '--fo'],
      ['--for', '--force'],
    ],
    [['drain', 'app', 'us-east-1', '--force', ''], ['floor']],
    [
      ['drain', 'app', '--then', 'a'],
      ['approve', 'auto'],
    ],
    [
      ['drain', '--region', 'us'],
      ['us-east-1', 'us-west-2'],
    ],
    [['notify', ''], ['test']],
    [
      ['completion', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['--json', 'statu'], ['status']],
    [['help', 'drai'], ['drain']],
  ])('completes %j', async (typed, words) => {
    const desk = apiShell();

    const { code, out, err } = await desk.words(['completion', 'words', '--', ...typed]);

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n').filter((word) => word !== '')).toEqual(words);
  });

  it('offers the orders in force where one is named', async () => {
    const desk = apiShell();
    const drain = 'drain app us-east-1 --for 2h --reason x';
    await desk.type(`${drain} --apply ${checksumIn(await desk.type(drain))}`);
    const id = desk.api.world.fence().orders[0]?.id;

    const extending = await desk.words(['completion', 'words', '--', 'extend', '']);
    const ending = await desk.words(['completion', 'words', '--', 'undrain', '']);

    expect(extending.out).toBe(`${id}\n`);
    expect(ending.out.split('\n')).toEqual(expect.arrayContaining([id, 'app']));
  });

  it('is silent where the API or the file is away, and waits for neither', async () => {
    const desk = apiShell();
    for (const { id } of desk.api.world.regions) desk.faults.set(id, 'slow');

    const away = await desk.words(['completion', 'words', '--', 'extend', '']);
    const none = await shell(['completion', 'words', '--', 'drain', '']);

    expect(away).toEqual({ code: 0, out: '', err: '' });
    expect(none).toEqual({ code: 0, out: '', err: '' });
    expect(desk.api.world.clock.now() - 1_782_864_000_000).toBeLessThan(2_000);
  });
});
