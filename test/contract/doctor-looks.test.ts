/**
 * `doctor`'s looks through the real SDK against replies in AWS's own words, on loopback: what is absent is
 * told apart from what is refused, every page is read, and nothing but reads is sent.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { DnsLook } from '../../scripts/cli/dns-look.ts';
import { awsLooks, delegationOf } from '../../scripts/doctor/aws-looks.ts';
import { whyOf } from '../../scripts/doctor/facts.ts';
import type { Looks } from '../../scripts/doctor/looks.ts';
import { vantageId } from '../../shared/core/model.ts';

const HERE = vantageId('eu-west-1');
const ZONE = { key: 'main', id: 'Z1' };
const NEVER = new AbortController().signal;

describe('looks at AWS', () => {
  it('read a replica with its TTL, backup, stream and protection', async () => {
    await using aws = await stand({
      DescribeTable: {
        Table: {
          TableStatus: 'ACTIVE',
          DeletionProtectionEnabled: true,
          LatestStreamArn: 'arn:stream',
          StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
          Replicas: [{ RegionName: 'us-east-1', ReplicaStatus: 'CREATING' }],
        },
      },
      DescribeTimeToLive: {
        TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'ttl' },
      },
      DescribeContinuousBackups: {
        ContinuousBackupsDescription: {
          ContinuousBackupsStatus: 'ENABLED',
          PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: 'ENABLED' },
        },
      },
    });

    expect(await aws.looks.table(HERE, 'quorate', NEVER)).toEqual({
      status: 'ACTIVE',
      replicas: [{ region: 'us-east-1', status: 'CREATING' }],
      streamArn: 'arn:stream',
      streamView: 'NEW_AND_OLD_IMAGES',
      deletionProtection: true,
      ttlAttribute: 'ttl',
      pointInTimeRecovery: true,
    });
  });

  it('take what is switched off for off', async () => {
    await using aws = await stand({
      DescribeTable: { Table: { TableStatus: 'ACTIVE', LatestStreamArn: 'arn:of-before' } },
      DescribeTimeToLive: { TimeToLiveDescription: { TimeToLiveStatus: 'DISABLED' } },
      DescribeContinuousBackups: {},
    });

    expect(await aws.looks.table(HERE, 'quorate', NEVER)).toMatchObject({
      streamArn: null,
      ttlAttribute: null,
      pointInTimeRecovery: false,
      deletionProtection: false,
      replicas: [],
    });
  });

  it('read a function, its reservation, its mappings and the account’s limit', async () => {
    await using aws = await stand({
      'GET /2015-03-31/functions/quorate-probe': {
        Configuration: {
          State: 'Active',
          LastUpdateStatus: 'Successful',
          Runtime: 'nodejs24.x',
          CodeSha256: 'abc=',
        },
        Concurrency: { ReservedConcurrentExecutions: 3 },
      },
      'GET /2015-03-31/event-source-mappings': {
        EventSourceMappings: [
          {
            UUID: 'm1',
            State: 'Enabled',
            EventSourceArn: 'arn:stream',
            LastProcessingResult: 'OK',
          },
        ],
      },
      'GET /2016-08-19/account-settings': {
        AccountLimit: { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 7 },
      },
    });

    expect(await aws.looks.fn(HERE, 'quorate-probe', NEVER)).toEqual({
      state: 'Active',
      lastUpdate: 'Successful',
      runtime: 'nodejs24.x',
      codeSha256: 'abc=',
      reserved: 3,
    });
    expect(await aws.looks.mappings(HERE, 'quorate-quorum', NEVER)).toEqual([
      { id: 'm1', state: 'Enabled', source: 'arn:stream', lastResult: 'OK' },
    ]);
    expect(await aws.looks.concurrency(HERE, NEVER)).toEqual({ limit: 10, unreserved: 7 });
  });

  it('read a stack with the schedules of every page', async () => {
    const page = (ids: readonly string[], next: string): string =>
      xml(
        'ListStackResources',
        `<StackResourceSummaries>${ids.map((id) => `<member><LogicalResourceId>${id}</LogicalResourceId><ResourceType>AWS::Scheduler::Schedule</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member>`).join('')}<member><LogicalResourceId>Role</LogicalResourceId><ResourceType>AWS::IAM::Role</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>${next}`,
      );
    await using aws = await stand({
      DescribeStacks: xml(
        'DescribeStacks',
        '<Stacks><member><StackName>quorate</StackName><StackStatus>UPDATE_ROLLBACK_COMPLETE</StackStatus><StackStatusReason>no such role</StackStatusReason></member></Stacks>',
      ),
      ListStackResources: (body) =>
        body.includes('NextToken=more')
          ? page(['B'], '')
          : page(['A'], '<NextToken>more</NextToken>'),
    });

    expect(await aws.looks.stack(HERE, 'quorate', NEVER)).toEqual({
      status: 'UPDATE_ROLLBACK_COMPLETE',
      reason: 'no such role',
      schedules: [
        { id: 'A', status: 'CREATE_COMPLETE' },
        { id: 'B', status: 'CREATE_COMPLETE' },
      ],
    });
  });

  it('ask IAM’s simulator with the keys of a request', async () => {
    await using aws = await stand({
      SimulatePrincipalPolicy: (body) =>
        xml(
          'SimulatePrincipalPolicy',
          `<EvaluationResults><member><EvalActionName>a</EvalActionName><EvalDecision>${body.includes('UPSERT') ? 'implicitDeny' : 'allowed'}</EvalDecision></member></EvaluationResults>`,
        ),
    });
    const ask = (verb: string): Promise<boolean | undefined> =>
      aws.looks.isAllowed(
        {
          role: 'arn:aws:iam::1:role/r',
          action: 'route53:ChangeResourceRecordSets',
          resource: '*',
          context: { 'route53:ChangeResourceRecordSetsActions': [verb] },
        },
        NEVER,
      );

    expect([await ask('CREATE'), await ask('UPSERT')]).toEqual([true, false]);
  });

  it('read a zone, its protections and a health check', async () => {
    await using aws = await stand({
      'GET /2013-04-01/hostedzone/Z1': `<GetHostedZoneResponse><HostedZone><Id>/hostedzone/Z1</Id><Name>Example.com.</Name><CallerReference>c</CallerReference><Config><PrivateZone>false</PrivateZone></Config><Features><AcceleratedRecoveryStatus>ENABLED</AcceleratedRecoveryStatus></Features></HostedZone><DelegationSet><NameServers><NameServer>ns-1.awsdns-01.com</NameServer></NameServers></DelegationSet></GetHostedZoneResponse>`,
      'GET /2013-04-01/hostedzone/Z1/rrsetprotection': `<ListResourceRecordSetProtectionsResponse><ResourceRecordSetProtections><ResourceRecordSetProtection><RecordName>app.example.com.</RecordName><RecordType>A</RecordType><Comment>ask Bob</Comment></ResourceRecordSetProtection></ResourceRecordSetProtections></ListResourceRecordSetProtectionsResponse>`,
      'GET /2013-04-01/healthcheck/h1': `<GetHealthCheckResponse><HealthCheck><Id>h1</Id><CallerReference>c</CallerReference><HealthCheckConfig><Type>HTTPS</Type><Inverted>true</Inverted></HealthCheckConfig><HealthCheckVersion>1</HealthCheckVersion></HealthCheck></GetHealthCheckResponse>`,
    });

    expect(await aws.looks.hostedZone(ZONE, NEVER)).toEqual({
      name: 'example.com',
      isPrivate: false,
      nameServers: ['ns-1.awsdns-01.com'],
      acceleratedRecovery: 'ENABLED',
    });
    expect(await aws.looks.protections(ZONE, NEVER)).toEqual([
      { name: 'app.example.com', type: 'A', comment: 'ask Bob' },
    ]);
    expect(await aws.looks.healthCheck(ZONE, 'h1', NEVER)).toEqual({
      inverted: true,
      disabled: false,
    });
  });

  it('tell who asks', async () => {
    await using aws = await stand({
      GetCallerIdentity: xml(
        'GetCallerIdentity',
        '<Arn>arn:aws:iam::123456789012:user/alice</Arn><Account>123456789012</Account>',
      ),
    });

    expect(await aws.looks.identity(NEVER)).toEqual({
      account: '123456789012',
      arn: 'arn:aws:iam::123456789012:user/alice',
    });
  });
});

describe('what is not there', () => {
  const query = (code: string, message: string): Answer => ({
    status: 400,
    body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  });
  const json = (type: string): Answer => ({
    status: 404,
    headers: { 'x-amzn-errortype': type },
    body: JSON.stringify({ __type: type, message: 'not found' }),
  });

  it.each([
    [
      'a table',
      'DescribeTable',
      json('ResourceNotFoundException'),
      (looks) => looks.table(HERE, 't', NEVER),
    ],
    [
      'a function',
      'GET /2015-03-31/functions/f',
      json('ResourceNotFoundException'),
      (looks) => looks.fn(HERE, 'f', NEVER),
    ],
    [
      'a stack',
      'DescribeStacks',
      query('ValidationError', 'Stack with id s does not exist'),
      (looks) => looks.stack(HERE, 's', NEVER),
    ],
    [
      'a role',
      'SimulatePrincipalPolicy',
      query('NoSuchEntity', 'no role'),
      (looks) => looks.isAllowed({ role: 'r', action: 'a', resource: '*', context: {} }, NEVER),
    ],
    [
      'a zone',
      'GET /2013-04-01/hostedzone/Z1',
      { ...query('NoSuchHostedZone', 'none'), status: 404 },
      (looks) => looks.hostedZone(ZONE, NEVER),
    ],
    [
      'a health check',
      'GET /2013-04-01/healthcheck/h',
      { ...query('NoSuchHealthCheck', 'none'), status: 404 },
      (looks) => looks.healthCheck(ZONE, 'h', NEVER),
    ],
  ] satisfies [string, string, Answer, (looks: Looks) => Promise<unknown>][])(
    '%s is no error',
    async (_what, request, answer, look) => {
      await using aws = await stand({ [request]: answer });

      expect(await look(aws.looks)).toBeUndefined();
    },
  );

  it.each([
    [
      'a stack',
      'DescribeStacks',
      query('AccessDenied', 'alice may not'),
      (looks) => looks.stack(HERE, 's', NEVER),
    ],
    [
      'a zone',
      'GET /2013-04-01/hostedzone/Z1',
      { ...query('AccessDenied', 'alice may not'), status: 403 },
      (looks) => looks.hostedZone(ZONE, NEVER),
    ],
    [
      'a table',
      'DescribeTable',
      { ...json('AccessDeniedException'), status: 400 },
      (looks) => looks.table(HERE, 't', NEVER),
    ],
  ] satisfies [string, string, Answer, (looks: Looks) => Promise<unknown>][])(
    '%s that may not be asked for is one',
    async (_what, request, answer, look) => {
      await using aws = await stand({ [request]: answer });

      const error = await look(aws.looks).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(whyOf(error)).toMatch(/^AccessDenied(Exception)?: /);
    },
  );
});

describe('delegation', () => {
  const dns = (changes: Partial<DnsLook>): DnsLook => ({
    serversOf: async (zone) => (zone === 'com' ? ['a.gtld-servers.net'] : []),
    addressesOf: async () => ['192.0.2.53'],
    ask: async () => ({
      kind: 'answer',
      rcode: 'NOERROR',
      isAuthoritative: false,
      data: [],
      ttlSeconds: null,
      referral: ['ns-1.awsdns-01.com'],
    }),
    ...changes,
  });

  it('is the word of the parent’s own server', async () => {
    expect(await delegationOf('example.com', dns({}))).toEqual(['ns-1.awsdns-01.com']);
    expect(await delegationOf('deep.example.com', dns({}))).toEqual(['ns-1.awsdns-01.com']);
  });

  it.each([
    ['no parent is found', { serversOf: async () => [] }, 'finds no parent zone of example.com'],
    ['its server has no address', { addressesOf: async () => [] }, 'has no address'],
    [
      'its server is silent',
      { ask: async () => ({ kind: 'silent', why: 'timeout' }) },
      'a.gtld-servers.net does not answer (timeout)',
    ],
  ] satisfies [string, Partial<DnsLook>, string][])(
    'is not known where %s',
    async (_what, changes, says) => {
      await expect(delegationOf('example.com', dns(changes))).rejects.toThrow(says);
    },
  );
});

type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
};
type Reply = Answer | string | object | ((body: string) => string);

const xml = (action: string, result: string): string =>
  `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`;

/** Answers by the action, or by method and path; anything else is a request that `doctor` must not make. */
async function stand(replies: Readonly<Record<string, Reply>>) {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = (request.url ?? '').split('?')[0]?.replace(/\/$/, '');
    const action =
      String(request.headers['x-amz-target'] ?? '').split('.')[1] ??
      /(?:^|&)Action=(\w+)/.exec(body)?.[1] ??
      `${request.method} ${path}`;
    const reply = replies[action];
    const answer: Answer =
      reply === undefined
        ? { status: 501, body: `no such request here: ${action}` }
        : typeof reply === 'string'
          ? { status: 200, body: reply }
          : typeof reply === 'function'
            ? { status: 200, body: reply(body) }
            : isAnswer(reply)
              ? reply
              : { status: 200, body: JSON.stringify(reply) };
    response.writeHead(answer.status, answer.headers ?? {});
    response.end(answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv('AWS_ENDPOINT_URL', url);
  const looks = awsLooks({
    home: HERE,
    env: { AWS_ENDPOINT_URL: url },
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return {
    looks,
    [Symbol.asyncDispose]: async () => {
      looks.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const isAnswer = (reply: object): reply is Answer => 'status' in reply && 'body' in reply;
