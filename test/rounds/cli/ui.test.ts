import { describe, expect, it } from 'vitest';
import { sampleConfig } from '../../fakes/sample-service.ts';
import { shell } from './shell.ts';

const overrides = {
  config: sampleConfig(),
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
};

describe('quorate ui', () => {
  it('shows an example in its help, and says who may use it', async () => {
    const { code, out } = await shell(['ui', '--help']);

    expect(code).toBe(0);
    expect(out).toContain('Example:\n  quorate ui');
    expect(out).toContain('127.0.0.1 only');
  });

  it('refuses a port that is none', async () => {
    const { code, err } = await shell(['ui', '--port', 'x'], { overrides });

    expect(code).toBe(2);
    expect(err).toContain('A port is a whole number from 0 to 65535.');
  });

  it('prints one URL with the token of its session, and ends when it is told to', async () => {
    const stop = new AbortController();
    let printed = '';

    const { code } = await shell(
      ['ui', '--port', '0', '--json', '--api', 'eu-west-1=http://127.0.0.1:9/'],
      {
        overrides,
        signal: stop.signal,
        out: (text) => {
          printed += text;
          stop.abort(new Error('Ctrl-C'));
        },
      },
    );

    expect(code).toBe(0);
    expect(JSON.parse(printed)).toEqual({
      format: 1,
      deployment: sampleConfig().deployment,
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}$/),
      regions: ['eu-west-1'],
    });
  });
});
