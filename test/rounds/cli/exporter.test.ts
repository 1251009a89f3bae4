import { describe, expect, it } from 'vitest';
import { sampleConfig } from '../../fakes/sample-service.ts';
import { shell } from './shell.ts';

const overrides = { config: sampleConfig() };

describe('quorate exporter', () => {
  it('shows an example in its help', async () => {
    const { code, out } = await shell(['exporter', '--help']);

    expect(code).toBe(0);
    expect(out).toContain('Example:\n  quorate exporter');
  });

  it('refuses a port that is none', async () => {
    const { code, err } = await shell(['exporter', '--port', '99999'], { overrides });

    expect(code).toBe(2);
    expect(err).toContain('A port is a whole number from 0 to 65535.');
  });

  it('--once tells that no region answers, and ends', async () => {
    const { code, out, err } = await shell(
      ['exporter', '--once', '--api', 'eu-west-1=http://127.0.0.1:9/'],
      { overrides: { ...overrides, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } } },
    );

    expect(code).toBe(1);
    expect(out).toContain('quorate_up 0\n');
    expect(err).toMatch(/eu-west-1/);
  });
});
