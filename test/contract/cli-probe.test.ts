/** `quorate probe` with the production prober on real sockets. */
import { describe, expect, it } from 'vitest';
import { type Endpoint, type Expectation, epochMs } from '../../shared/core/model.ts';
import { answering, httpText, rawServer } from '../fakes/raw-server.ts';
import { sampleConfig, sampleEndpoint, sampleService } from '../fakes/sample-service.ts';
import { shell } from '../rounds/cli/shell.ts';

const SECRET = 'tok-4711-not-to-be-seen';

describe('quorate probe, over real sockets', () => {
  it('sends the secret as a vantage would, under our name, and prints it nowhere', async () => {
    await using server = await rawServer(answering(httpText(200, 'fine')));

    const { code, out, err } = await probed(server.port, SECRET);

    const [request = ''] = server.requests();
    expect(request).toContain(`x-probe: ${SECRET}`);
    expect(request).toContain('user-agent: Quorate/0.1.0 (vantage eu-west-1)');
    expect(code).toBe(0);
    expect(out).toContain('x-probe: (secret, from ssm /quorate/app/token)');
    expect(out).toMatch(/127\.0\.0\.1 {3}DNS - {2}connect \d+ ms {2}TLS - {2}first byte \d+ ms/);
    expect(out + err).not.toContain(SECRET);
    await server.idle();
  });

  it('hides the secret from an answer that echoes it', async () => {
    await using server = await rawServer(answering(httpText(200, `you sent ${SECRET}`)));

    const { code, out } = await probed(server.port, SECRET, undefined, {
      body: { kind: 'contains', text: 'pong' },
    });

    expect(code).toBe(1);
    expect(out).toContain('the body is "you sent (secret)", expected to contain "pong"');
    expect(out).not.toContain(SECRET.slice(0, 6));
  });

  it('skips an endpoint whose secret cannot be read, and asks it nothing', async () => {
    await using server = await rawServer(answering(httpText(200)));

    const { code, out } = await probed(server.port, undefined);

    expect(code).toBe(1);
    expect(out).toContain('from here: skipped (no-secret): header x-probe could not be read');
    expect(server.connections()).toBe(0);
  });

  it('refuses an address that the file may not name, before it is asked', async () => {
    await using server = await rawServer(answering(httpText(200)));

    const { code, out } = await probed(server.port, SECRET, {});

    expect(code).toBe(1);
    expect(out).toContain('fail (address-not-allowed): 127.0.0.1 may not be probed');
    expect(server.connections()).toBe(0);
  });
});

function probed(
  port: number,
  secret: string | undefined,
  probing: object = { isAllowed: () => true },
  expected: Expectation = {},
): ReturnType<typeof shell> {
  const plain = sampleEndpoint('eu-west-1', { probeTargets: ['127.0.0.1'] });
  const endpoint: Endpoint = {
    ...plain,
    check: {
      ...plain.check,
      node: {
        kind: 'http',
        url: `http://{target}:${port}/health`,
        method: 'GET',
        host: 'app.example.com',
        headers: { 'x-probe': { ssm: '/quorate/app/token' } },
        expect: expected,
      },
    },
  };
  const config = sampleConfig({
    services: [sampleService({ endpoints: [endpoint] })],
    packagedAt: epochMs(0),
  });
  return shell(['probe', 'app'], {
    overrides: { config, probing, secrets: { read: async () => secret } },
  });
}
