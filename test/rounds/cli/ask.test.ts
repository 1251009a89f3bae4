import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { askerOn } from '../../../scripts/cli/ask.ts';

describe('questions at the terminal', () => {
  it('gives each question its line, also where all lines were pasted at once', async () => {
    const input = new PassThrough();
    let shown = '';
    const { ask, close } = askerOn(
      input,
      (text) => {
        shown += text;
      },
      new AbortController().signal,
    );
    input.write('shop\n\nwww.example.com\n');

    const answers = [await ask('Name: '), await ask('Regions: '), await ask('DNS name: ')];
    close();

    expect(answers).toEqual(['shop', '', 'www.example.com']);
    expect(shown).toBe('Name: Regions: DNS name: ');
  });

  it('ends with one sentence at the end of input, and when it is stopped', async () => {
    const ended = new PassThrough();
    ended.end();
    const stop = new AbortController();
    const stopped = askerOn(new PassThrough(), () => undefined, stop.signal);

    const asked = askerOn(ended, () => undefined, new AbortController().signal).ask('Name: ');
    const waiting = stopped.ask('Name: ');
    stop.abort();

    await expect(asked).rejects.toThrow('stopped before the last answer; nothing was written');
    await expect(waiting).rejects.toThrow('stopped before the last answer; nothing was written');
    stopped.close();
  });
});
