/**
 * The real `serverless package`, offline, twice: one vantage as it is by default, another where the
 * account has room for reservations. What is asserted here is what AWS would be given.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { zipEntry } from '../../scripts/deploy/zip-entry.ts';
import { startGlobalTable } from '../../scripts/local/global-table.ts';
import { startRoute53 } from '../../scripts/local/route53-server.ts';
import { FUNCTIONS } from '../../scripts/names.ts';
import { alarmsOf } from '../../scripts/package/alarms.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { vantageId } from '../../shared/core/model.ts';
import { osls, type Packaged, packaged, packagingFolder } from './support/packaged-stack.ts';

const CONFIG = 'test/fixtures/stack.yml';
const MIB = 1024 * 1024;
const VANTAGES = ['eu-west-1', 'us-east-1', 'ap-southeast-1'].map(vantageId);

let home: Packaged;
let away: Packaged;

beforeAll(async () => {
  [home, away] = await Promise.all([
    packaged(CONFIG, 'eu-west-1'),
    packaged(CONFIG, 'us-east-1', { QUORATE_RESERVE: '1' }),
  ]);
}, 240_000); // 6 s of two idle cores; a bound for busy ones.

afterAll(() => {
  home?.remove();
  away?.remove();
});

describe('the packaged template', () => {
  it('is as it was read in review', async () => {
    await expect(`${JSON.stringify(home.template, null, 1)}\n`).toMatchFileSnapshot(
      '../golden/stack.json',
    );
  });

  it('is the same in two regions but for the region, reservations, who is told of alarms, the dashboard', () => {
    const text = ({ template }: Packaged, region: string): unknown => {
      const { Dashboard: _, ...Resources } = template.Resources;
      return JSON.parse(
        JSON.stringify({ ...template, Resources })
          .replaceAll(region, 'REGION')
          // Home is also the region of the topic, and stands in its name and the key's.
          .replaceAll(/arn:aws:(sns|kms):[a-z0-9-]+:/gi, 'arn:aws:$1:SOMEWHERE:'),
        (key, value: unknown) =>
          ['ReservedConcurrentExecutions', 'AlarmActions', 'OKActions'].includes(key)
            ? undefined
            : value,
      );
    };

    expect(text(away, 'us-east-1')).toEqual(text(home, 'eu-west-1'));
    expect(home.ofType('AWS::CloudWatch::Dashboard')).toHaveLength(1);
    expect(away.ofType('AWS::CloudWatch::Dashboard')).toEqual([]);
  });

  it('schedules probe, quorum and notify every minute, never repeats a trigger, keeps what was lost', () => {
    const schedules = home.ofType('AWS::Scheduler::Schedule');

    expect(schedules.map(({ Properties }) => Properties.Name)).toEqual(
      ['probe', 'quorum', 'notify'].map((id) => `quorate-stack-${id}`),
    );
    for (const { Properties } of schedules) {
      expect(Properties).toMatchObject({
        ScheduleExpression: 'rate(1 minute)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        Target: {
          RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] } },
          RoleArn: { 'Fn::GetAtt': ['SchedulerRole', 'Arn'] },
        },
      });
      expect(Properties.Target.Input).toBeUndefined();
    }
  });

  it('never repeats an asynchronous invocation, and drops one that waited for 60 s', () => {
    const rules = home.ofType('AWS::Lambda::EventInvokeConfig');

    expect(rules.length).toBe(4);
    for (const { Properties } of rules) {
      expect(Properties).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    }
    expect(
      rules.filter(({ Properties }) => Properties.DestinationConfig.OnFailure !== undefined).length,
    ).toBe(3);
  });

  it('has one reader of this region’s own stream, which no poisoned record can block', () => {
    const readers = home.ofType('AWS::Lambda::EventSourceMapping');

    expect(readers.map(({ Properties }) => Properties)).toEqual([
      {
        EventSourceArn:
          'arn:aws:dynamodb:eu-west-1:000000000000:table/quorate-stack/stream/packaged-offline',
        FunctionName: { 'Fn::GetAtt': ['QuorumLambdaFunction', 'Arn'] },
        StartingPosition: 'LATEST',
        BatchSize: 100,
        Enabled: true,
        MaximumRecordAgeInSeconds: 60,
        MaximumRetryAttempts: 2,
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        FilterCriteria: {
          Filters: [
            { Pattern: JSON.stringify({ dynamodb: { NewImage: { changed: { BOOL: [true] } } } }) },
          ],
        },
      },
    ]);
  });

  it('runs four functions on arm64 and Node 24, each under a role of its own', () => {
    const functions = home.ofType('AWS::Lambda::Function').map(({ Properties }) => Properties);

    expect(functions.map(({ FunctionName }) => FunctionName)).toEqual(
      FUNCTIONS.map((id) => `quorate-stack-${id}`),
    );
    for (const one of functions) {
      expect(one).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
      expect(one.Environment.Variables).toEqual({
        NODE_OPTIONS: '--enable-source-maps',
        QUORATE_TABLE: 'quorate-stack',
        QUORATE_VANTAGE: 'eu-west-1',
      });
    }
    expect(functions.map(({ Role }) => Role['Fn::GetAtt'][0])).toEqual([
      'ProbeRole',
      'QuorumRole',
      'NotifyRole',
      'ApiRole',
    ]);
    expect(home.resource('ProbeLambdaFunction').Timeout).toBeGreaterThan(130);
  });

  it('reserves nothing, and where it is told that there is room, what each function needs', () => {
    const reserved = (stack: Packaged) =>
      stack
        .ofType('AWS::Lambda::Function')
        .map(({ Properties }) => Properties.ReservedConcurrentExecutions);

    expect(reserved(home)).toEqual([undefined, undefined, undefined, undefined]);
    expect(reserved(away)).toEqual([3, 5, 2, 10]);
  });

  it('opens three function URLs of api, each to signed requests of the account only', () => {
    const urls = home.ofType('AWS::Lambda::Url').map(({ Properties }) => Properties);
    const permissions = home
      .ofType('AWS::Lambda::Permission')
      .map(({ Properties }) => Properties)
      .filter(({ Principal }) => typeof Principal === 'object');

    expect(urls.map(({ Qualifier, AuthType }) => [Qualifier ?? 'own', AuthType])).toEqual([
      ['own', 'AWS_IAM'],
      ['override', 'AWS_IAM'],
      ['read', 'AWS_IAM'],
    ]);
    expect(
      home.ofType('AWS::Lambda::Alias').map(({ Properties }) => [Properties.Name, Properties]),
    ).toEqual(
      ['override', 'read'].map((alias) => [
        alias,
        {
          FunctionName: { Ref: 'ApiLambdaFunction' },
          FunctionVersion: '$LATEST',
          Name: alias,
        },
      ]),
    );
    for (const door of ['ApiLambdaFunction', 'ApiOverrideAlias', 'ApiReadAlias']) {
      const own = permissions.filter(({ FunctionName }) => FunctionName.Ref === door);
      const common = { FunctionName: { Ref: door }, Principal: { Ref: 'AWS::AccountId' } };
      expect(own).toEqual([
        { ...common, Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'AWS_IAM' },
        { ...common, Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true },
      ]);
    }
    expect(JSON.stringify(home.ofType('AWS::Lambda::Permission'))).not.toContain('"*"');
  });

  it('says where the API is', () => {
    expect(home.template.Outputs).toMatchObject({
      ApiUrl: { Value: { 'Fn::GetAtt': ['ApiLambdaFunctionUrl', 'FunctionUrl'] } },
      ApiOverrideUrl: { Value: { 'Fn::GetAtt': ['ApiOverrideUrl', 'FunctionUrl'] } },
      ApiReadUrl: { Value: { 'Fn::GetAtt': ['ApiReadUrl', 'FunctionUrl'] } },
    });
  });

  it('lets log groups forget after 30 days', () => {
    expect(
      home.ofType('AWS::Logs::LogGroup').map(({ Properties }) => Properties.RetentionInDays),
    ).toEqual([30, 30, 30, 30]);
  });

  it('has an alarm for each trouble, which says what to do, on this region’s own totals', () => {
    const alarms = home.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);

    expect(alarms.map(({ AlarmName }) => AlarmName)).toEqual(
      alarmsOf({ vantages: VANTAGES }).map(({ id }) => `quorate-stack-${id}`),
    );
    for (const alarm of alarms) {
      expect(alarm).toMatchObject({
        Namespace: 'Quorate/quorate-stack',
        Dimensions: [{ Name: 'vantage', Value: 'eu-west-1' }],
      });
      expect(alarm.AlarmDescription.length).toBeGreaterThan(80);
      const anchor = alarm.AlarmName.replace('quorate-stack-', '');
      expect(alarm.AlarmDescription).toContain(`docs/runbooks.md#${anchor}`);
    }
    expect(home.resource('NoDecisionRoundAlarm')).toMatchObject({
      TreatMissingData: 'breaching',
      Period: 60,
      EvaluationPeriods: 3,
    });
    expect(home.resource('BelowMajorityAlarm')).toMatchObject({
      Threshold: 2,
      TreatMissingData: 'breaching',
    });
  });

  it('tells a topic of its own region of alarms, and any other by way of notify', () => {
    const told = (stack: Packaged) => stack.resource('DriftAlarm').AlarmActions;

    expect(told(home)).toEqual(['arn:aws:sns:eu-west-1:111122223333:oncall']);
    expect(told(away)).toEqual([{ 'Fn::GetAtt': ['NotifyLambdaFunction', 'Arn'] }]);
    expect(away.resource('AlarmPermission')).toMatchObject({
      Principal: 'lambda.alarms.cloudwatch.amazonaws.com',
      SourceAccount: { Ref: 'AWS::AccountId' },
    });
  });

  it('holds nothing but its own: no table, no user, no other bucket than the deployer’s', () => {
    const types = new Set(Object.values(home.template.Resources).map(({ Type }) => Type));

    expect([...types].toSorted()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::CloudWatch::Dashboard',
      'AWS::IAM::ManagedPolicy',
      'AWS::IAM::Role',
      'AWS::Lambda::Alias',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Lambda::Url',
      'AWS::Logs::LogGroup',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
      'AWS::SQS::Queue',
      'AWS::Scheduler::Schedule',
    ]);
  });
});

describe('an archive', () => {
  it.each(FUNCTIONS)('of %s weighs at most 1 MiB', (id) => {
    expect(home.archive(id).bytes).toBeLessThanOrEqual(MIB);
  });

  it.each(FUNCTIONS)(
    'of %s holds the file as it was written, its time, and no other’s code',
    (id) => {
      const archive = readFileSync(home.archive(id).path);
      const file = JSON.parse(String(zipEntry(archive, 'quorate.json')));

      expect(file.packagedAt).toBe(1_782_907_200_000);
      expect(file.data.services.app.check.expect.body).toBe('$' + '{self:custom.not-a-variable}');
      for (const other of FUNCTIONS) {
        expect(zipEntry(archive, `functions/${other}.mjs`) !== null).toBe(other === id);
      }
    },
  );

  it('names the lines of our own sources in its map, and no place of this machine', () => {
    const archive = readFileSync(home.archive('quorum').path);
    const map = JSON.parse(String(zipEntry(archive, 'functions/quorum.mjs.map')));

    expect(
      map.sources.filter((source: string) => /shared\/core\/decision\.ts$/.test(source)),
    ).toHaveLength(1);
    expect(map.sourcesContent).toBeUndefined();
    expect(map.sources.filter((source: string) => source.startsWith('/'))).toEqual([]);
  });
});

describe('the bundles, loaded as Lambda loads them', () => {
  it('probe, decide, answer and tell, against a table and a zone', async () => {
    await using table = await startGlobalTable({
      regions: ['eu-west-1'],
      table: 'quorate-stack',
      clock: systemClock(),
      lagMs: 0,
      onStream: () => undefined,
    });
    await using route53 = await startRoute53({
      clock: systemClock(),
      zones: [
        { id: 'Z0123456789ABCDEFGHIJ', name: 'example.com', records: [] },
        { id: 'Z9876543210ABCDEFGHIJ', name: 'example.org', records: [] },
      ],
    });

    const said = await invokeBundles({
      AWS_ENDPOINT_URL_DYNAMODB: table.endpointOf('eu-west-1'),
      AWS_ENDPOINT_URL_ROUTE_53: route53.url,
    });

    expect(said.probe).toMatchObject({ endedBy: expect.any(String), unwritten: 0 });
    expect(said.quorum).toMatchObject({ batchItemFailures: [], committed: 0 });
    expect(said.api).toMatchObject({ statusCode: 200 });
    expect(JSON.parse(said.api.body)).toMatchObject({
      deployment: 'quorate-stack',
      vantages: [
        { region: 'eu-west-1', decides: false },
        { region: 'us-east-1', decides: false },
        { region: 'ap-southeast-1', decides: false },
      ],
    });
    expect(said.notify).toMatchObject({ did: 'below-majority' });
    expect(said.page).toMatchObject({ statusCode: 200 });
    expect(said.page.headers['content-type']).toContain('text/html');
    expect(said.page.body).toContain('dashboard.js');
  });
});

describe('what is wrong is one sentence each, and nothing else', () => {
  it('a region that is no vantage', async () => {
    const run = await failing(['package', '--region', 'eu-north-1'], {
      QUORATE_CONFIG: fixture('stack.yml'),
    });

    expect(run).toEqual({
      code: 2,
      out: '',
      err: '--region eu-north-1 is no vantage of quorate-stack; write one of eu-west-1, us-east-1, ap-southeast-1, or add it to vantages in quorate.yml\n',
    });
  });

  it('every mistake in the file', async () => {
    const folder = packagingFolder();
    try {
      writeFileSync(
        join(folder, 'quorate.yml'),
        'deployment: Quorate!\nvantages: [eu-west-1]\nservices: {}\n',
      );

      const run = await osls(folder, ['package'], { QUORATE_OFFLINE: '1' });

      expect([run.code, run.out]).toEqual([2, '']);
      expect(run.err.split('\n').length).toBeGreaterThan(3);
      expect(run.err).not.toMatch(/^ +at |Cannot resolve|Error:/m);
      for (const line of run.err.trimEnd().split('\n')) expect(line).toMatch(/^quorate\.yml:\d+ /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const fixture = (name: string): string => join(import.meta.dirname, '../fixtures', name);

async function failing(args: readonly string[], env: Readonly<Record<string, string>>) {
  const folder = packagingFolder();
  try {
    return await osls(folder, args, { QUORATE_OFFLINE: '1', ...env });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each handler is imported and called once, in one process with Lambda's environment. */
async function invokeBundles(
  env: Readonly<Record<string, string>>,
  // biome-ignore lint/suspicious/noExplicitAny: what four handlers return
): Promise<Record<string, any>> {
  const root = mkdtempSync(join(tmpdir(), 'quorate-bundles-'));
  try {
    for (const id of FUNCTIONS) {
      const archive = readFileSync(home.archive(id).path);
      for (const name of ['quorate.json', `functions/${id}.mjs`, `functions/${id}.mjs.map`]) {
        const content = zipEntry(archive, name);
        if (content === null) throw new Error(`${name} is not in the archive of ${id}`);
        mkdirSync(dirname(join(root, name)), { recursive: true });
        writeFileSync(join(root, name), content);
      }
    }
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--enable-source-maps', '--input-type=module', '--eval', INVOKE],
      {
        cwd: root,
        env: {
          AWS_LAMBDA_FUNCTION_NAME: 'quorate-stack',
          AWS_REGION: 'eu-west-1',
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
          LAMBDA_TASK_ROOT: root,
          QUORATE_VANTAGE: 'eu-west-1',
          QUORATE_TABLE: 'quorate-stack',
          ...env,
        },
      },
    );
    const line = stdout.split('\n').find((one) => one.startsWith('ANSWERS '));
    return JSON.parse(line?.slice('ANSWERS '.length) ?? '{}');
  } finally {
    rmSync(root, { recursive: true });
  }
}

const INVOKE = `
const context = { getRemainingTimeInMillis: () => 9_000, functionName: 'quorate-stack', awsRequestId: 'r' };
const events = {
  probe: {},
  quorum: { Records: [{ dynamodb: {} }] },
  api: { rawPath: '/v1/status-lite', requestContext: { http: { method: 'GET' } } },
  notify: {},
};
const answers = {};
for (const [id, event] of Object.entries(events)) {
  const { handler } = await import(process.cwd() + '/functions/' + id + '.mjs');
  answers[id] = await handler(event, context);
  if (id === 'api') {
    answers.page = await handler({ rawPath: '/', requestContext: { http: { method: 'GET' } } }, context);
  }
}
console.log('ANSWERS ' + JSON.stringify(answers));
process.exit(0);
`;
