/** `quorate iam` without `--account`: the deployment's account is that of the credentials in use. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { run } from '../../scripts/cli/run.ts';
import type { Config } from '../../shared/core/model.ts';
import { vantageId } from '../../shared/core/model.ts';
import { worldConfig } from '../fixtures/permissions-world.ts';

const answer = (account: string): string =>
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
  <Arn>arn:aws:iam::${account}:user/me</Arn><UserId>me</UserId><Account>${account}</Account>
  </GetCallerIdentityResult></GetCallerIdentityResponse>`;

describe('quorate iam', () => {
  it('asks STS which account the deployment is in', async () => {
    await using sts = await stsSaying(answer('210987654321'));
    const { code, out } = await quorate(sts.url);

    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ who: 'operator', account: '210987654321' });
    expect(out).toContain('arn:aws:dynamodb:*:210987654321:table/quorate-test');
  });

  it('writes ARNs of the partition that the home region is in', async () => {
    await using sts = await stsSaying(answer('210987654321'));
    const china = { ...worldConfig(), home: vantageId('cn-north-1') };
    const { out } = await quorate(sts.url, china);

    expect(out).toContain('arn:aws-cn:dynamodb:*:210987654321:table/quorate-test');
  });

  it('does not take an answer for an account that names none', async () => {
    await using sts = await stsSaying(answer('nobody'));
    const { code, err } = await quorate(sts.url);

    expect(code).toBe(2);
    expect(err).toContain('(STS named no account); sign in, or write --account 123456789012');
  });
});

async function stsSaying(body: string): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/xml' }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function quorate(
  sts: string,
  config: Config = worldConfig(),
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = '';
  let err = '';
  const code = await run(['iam', '--operator', '--json'], {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: { AWS_ENDPOINT_URL_STS: sts },
    isTty: false,
    columns: 120,
    signal: new AbortController().signal,
    folder: '/nowhere',
    overrides: { config, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } },
  });
  return { code, out, err };
}
