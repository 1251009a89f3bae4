/** What stands before the local world's `api`: signatures as the production client makes them, and AWS's refusals. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { LambdaFunctionURLEventWithIAMAuthorizer } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import {
  type FunctionUrls,
  openFunctionUrls,
  type UrlScope,
} from '../../scripts/local/function-urls.ts';
import { LOCAL_CREDENTIALS, localCredentialsOf } from '../../scripts/local/signature-check.ts';

describe('a function URL of the local world', () => {
  it('hands a signed request to the function, as Lambda does, under the alias of the URL', async () => {
    const calls: Call[] = [];
    await using doors = await open({ calls });

    const reply = await ask(doors, { scope: 'override', method: 'POST', body: '{"a":"ü"}' });
    await ask(doors, {
      path: '/v1/a%20b/c?x=1&x=2&y=%2F',
      credentials: localCredentialsOf('alice'),
    });

    const [posted, got] = calls;
    expect(reply.status).toBe(200);
    expect(posted?.qualifier).toBe('override');
    expect(posted?.event).toMatchObject({
      version: '2.0',
      rawPath: '/v1/status',
      rawQueryString: '',
      body: '{"a":"ü"}',
      isBase64Encoded: false,
      headers: { 'content-type': 'application/json' },
      requestContext: {
        http: { method: 'POST', path: '/v1/status', sourceIp: '127.0.0.1' },
        authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:user/local' } },
      },
    });
    expect(got?.qualifier).toBe('own');
    expect(got?.event).toMatchObject({
      rawPath: '/v1/a%20b/c',
      rawQueryString: 'x=1&x=2&y=%2F',
      queryStringParameters: { x: '1,2', y: '/' },
      requestContext: { authorizer: { iam: { userArn: 'arn:aws:iam::123456789012:user/alice' } } },
    });
    expect(got?.event).not.toHaveProperty('body');
  });

  it('hands over what is no text in base64, and takes base64 back', async () => {
    const calls: Call[] = [];
    const bytes = Buffer.from([0, 255, 1]);
    const result = {
      statusCode: 201,
      headers: { 'Content-Type': 'image/png' },
      body: bytes.toString('base64'),
      isBase64Encoded: true,
    };
    await using doors = await open({ calls, answer: async () => result });

    const headers = { 'content-type': 'application/octet-stream' };
    const reply = await ask(doors, { method: 'POST', body: bytes, headers });

    expect(calls[0]?.event).toMatchObject({ body: 'AP8B', isBase64Encoded: true });
    expect(reply.status).toBe(201);
    expect(reply.headers.get('content-type')).toBe('image/png');
    expect(Buffer.from(await reply.arrayBuffer())).toEqual(bytes);
  });

  it.each<[string, Partial<Asked>, string]>([
    ['nothing signed', { isSigned: false }, 'AccessDeniedException'],
    [
      'a key that is unknown',
      { credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'local' } },
      'UnrecognizedClientException',
    ],
    [
      'another secret',
      { credentials: { ...LOCAL_CREDENTIALS, secretAccessKey: 'guessed' } },
      'InvalidSignatureException',
    ],
    ['another region', { region: 'us-east-1' }, 'InvalidSignatureException'],
    ['another service', { service: 'execute-api' }, 'InvalidSignatureException'],
    ['an hour ago', { signedAt: Date.now() - 3_600_000 }, 'InvalidSignatureException'],
    ['another path', { sentPath: '/v1/overrides' }, 'InvalidSignatureException'],
    ['another query', { sentPath: '/v1/status?limit=1' }, 'InvalidSignatureException'],
    ['another body', { method: 'POST', body: '{}', sentBody: '[]' }, 'InvalidSignatureException'],
  ])('refuses %s as AWS does, before the function runs', async (_title, asked, code) => {
    const calls: Call[] = [];
    await using doors = await open({ calls });

    const reply = await ask(doors, asked);

    expect(reply.status).toBe(403);
    expect(reply.headers.get('x-amzn-errortype')).toBe(code);
    expect(await reply.json()).toHaveProperty('Message');
    expect(calls).toEqual([]);
  });

  it('takes 6 MB and no more, in both directions', async () => {
    const calls: Call[] = [];
    const body = 'x'.repeat(6 * 1024 * 1024 + 1);
    await using doors = await open({ calls, answer: async () => ({ statusCode: 200, body }) });

    const asked = await ask(doors, { method: 'POST', body });
    const answered = await ask(doors, {});

    expect(asked.status).toBe(413);
    expect(calls).toHaveLength(1);
    expect(answered.status).toBe(502);
  });

  it('answers 502 where the function ends with an error', async () => {
    const answer = async (): Promise<never> => {
      throw new Error('a secret of the inside');
    };
    await using doors = await open({ answer });

    const reply = await ask(doors, {});

    expect(reply.status).toBe(502);
    expect(await reply.text()).not.toContain('secret of');
  });

  it('refuses connections while its region is down, and is at the same place afterwards', async () => {
    await using doors = await open({});

    await doors.setDown(true);
    const refused = await ask(doors, {}).catch((error: Error) => error.cause);
    await doors.setDown(false);

    expect(refused).toMatchObject({ code: 'ECONNREFUSED' });
    expect((await ask(doors, { scope: 'read' })).status).toBe(200);
  });
});

type Call = {
  readonly event: LambdaFunctionURLEventWithIAMAuthorizer;
  readonly qualifier: UrlScope;
};

const open = ({
  calls = [],
  answer = async () => ({ statusCode: 200, body: '{}' }),
}: {
  readonly calls?: Call[];
  readonly answer?: () => Promise<unknown>;
}): Promise<FunctionUrls> =>
  openFunctionUrls({
    region: 'eu-west-1',
    address: '127.0.0.1',
    now: Date.now,
    call: (event, qualifier) => {
      calls.push({ event: event as LambdaFunctionURLEventWithIAMAuthorizer, qualifier });
      return answer();
    },
  });

type Asked = {
  readonly scope: UrlScope;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly region: string;
  readonly service: string;
  readonly signedAt: number;
  readonly isSigned: boolean;
  /** What is sent instead of what was signed. */
  readonly sentPath: string;
  readonly sentBody: string;
};

async function ask(doors: FunctionUrls, asked: Partial<Asked>): Promise<Response> {
  const { scope = 'own', method = 'GET', path = '/v1/status', body, isSigned = true } = asked;
  const base = new URL(doors.urls[scope]);
  const signer = new SignatureV4({
    service: asked.service ?? 'lambda',
    region: asked.region ?? 'eu-west-1',
    credentials: asked.credentials ?? LOCAL_CREDENTIALS,
    sha256: Sha256,
  });
  const url = new URL(path, base);
  const query: Record<string, string[]> = {};
  for (const [name, value] of url.searchParams) query[name] = [...(query[name] ?? []), value];
  const headers = { 'content-type': 'application/json', ...asked.headers, host: base.host };
  const signed = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: base.hostname,
      path: url.pathname,
      query,
      headers,
      ...(body !== undefined && { body }),
    },
    { signingDate: new Date(asked.signedAt ?? Date.now()) },
  );
  const { host: _, ...sent } = isSigned ? signed.headers : headers;
  const sentBody = asked.sentBody ?? body;
  return fetch(new URL(asked.sentPath ?? path, base), {
    method,
    headers: sent,
    ...(sentBody !== undefined && { body: sentBody }),
  });
}
