import { writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Route53Client } from '@aws-sdk/client-route-53';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { route53HostedZones } from '../../../scripts/cli/hosted-zones.ts';
import { dynamodbStore } from '../../../shared/adapters/dynamodb-store.ts';
import { route53Zone } from '../../../shared/adapters/route53-zone.ts';
import { systemClock } from '../../../shared/adapters/system-clock.ts';
import type { Zone } from '../../../shared/ports.ts';
import { fakeClock } from '../../fakes/fake-clock.ts';
import { type QuorumWorld, quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';
import { inWorld, type Printed, shell } from './shell.ts';

const ROLE = 'arn:aws:iam::123456789012:role/quorate-zone';

describe('quorate', () => {
  it('lists its commands in groups, with examples and exit codes', async () => {
    const { code, out } = await shell(['--help']);

    expect(code).toBe(0);
    expect(out).toMatch(/To look \(writes nothing\):\n {2}status .*\n {2}why /);
    expect(out).toMatch(/The file:\n {2}new /);
    expect(out).toContain('Exit codes: 0 done, or nothing to do');
  });

  it.each(['status', 'plan', 'probe', 'verify', 'new', 'import', 'validate', 'schema'])(
    'shows an example and the global options in the help of %s',
    async (verb) => {
      const { code, out } = await shell([verb, '--help']);

      expect(code).toBe(0);
      expect(out).toContain(`Example:\n  quorate ${verb}`);
      expect(out).toContain('--json');
    },
  );

  it('answers `help status` as `status --help`', async () => {
    const [help, option] = [await shell(['help', 'status']), await shell(['status', '--help'])];

    expect(help).toEqual(option);
    expect(help.code).toBe(0);
  });

  it('shows its help when nothing is asked, as for wrong usage', async () => {
    const { code, out, err } = await shell([]);

    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: quorate <command> [options]');
  });

  it('suggests the nearest command, and exits as for wrong usage', async () => {
    const { code, out, err } = await shell(['stauts']);

    expect({ code, out, err }).toEqual({
      code: 2,
      out: '',
      err: "error: unknown command 'stauts'\n(Did you mean status?)\n",
    });
  });

  it.each([[['--json', 'plan', 'app']], [['plan', 'app', '--json']], [['plan', '--json', 'app']]])(
    'takes global options wherever they stand: %j',
    async (args) => {
      const { code, out } = await shell(args, inWorld(quorumWorld()));

      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ format: 1, deployment: 'quorate-test' });
    },
  );

  it.each([
    [['status', 'ap'], 'there is no service ap in the file; did you mean app?\n'],
    [['plan', 'shop'], 'there is no service shop in the file; there is app\n'],
    [['probe', 'app', 'us-west-1'], 'app has no endpoint us-west-1; did you mean eu-west-1?\n'],
    [
      ['probe', 'app', 'nowhere'],
      'app has no endpoint nowhere; there are eu-west-1, us-east-1 and ap-southeast-1\n',
    ],
    [
      ['status', '--region', 'us-west-1'],
      '--region us-west-1 is no vantage of quorate-test; write one of eu-west-1, us-east-1, ap-southeast-1, eu-central-1, us-west-2\n',
    ],
  ])('says what there is instead of an unknown id: %j', async (args, err) => {
    expect(await shell(args, inWorld(quorumWorld()))).toEqual({ code: 2, out: '', err });
  });

  it('tells every mistake of the file on stderr, and exits as for a wrong configuration', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'quorate-'));
    writeFileSync(join(folder.path, 'quorate.yml'), 'deployment: X\nhome: eu-west-1\n');

    const { code, out, err } = await shell(['status'], { folder: folder.path });

    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^quorate\.yml:1 deployment: "X" is not a deployment's name; /),
      expect.stringMatching(/^quorate\.yml:1 vantages: is missing; /),
      expect.stringMatching(/^quorate\.yml:1 zones: is missing; /),
      expect.stringMatching(/^quorate\.yml:1 services: is missing; /),
    ]);
  });

  it('colours only a terminal, and none with NO_COLOR', async () => {
    const world = inWorld(quorumWorld());
    const plain = await shell(['status'], world);
    const coloured = await shell(['status'], { ...world, isTty: true });
    const asked = await shell(['status'], { ...world, isTty: true, env: { NO_COLOR: '1' } });

    expect(plain.out).not.toContain('\u001b');
    expect(asked.out).toBe(plain.out);
    expect(coloured.out.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain.out);
    expect(coloured.out).not.toBe(plain.out);
  });
});

describe('what Route 53 or the account refuses is one clear sentence', () => {
  it.each([
    [
      'no credentials',
      {
        name: 'CredentialsProviderError',
        message: 'Could not load credentials from any providers',
      },
      'there are no AWS credentials here (Could not load credentials from any providers); set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`',
    ],
    [
      'expired credentials',
      {
        name: 'ExpiredTokenException',
        message: 'The security token included is expired',
        status: 403,
      },
      'the AWS credentials in use have expired (ExpiredTokenException); sign in again, or set AWS_PROFILE to others',
    ],
    [
      'credentials that AWS does not know',
      { name: 'InvalidClientTokenId', message: 'The security token is invalid', status: 403 },
      'AWS does not accept the credentials in use (InvalidClientTokenId); check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    ],
    [
      'a wrong zone id',
      { name: 'NoSuchHostedZone', message: 'No hosted zone found', status: 404 },
      'zone main (Z0123456789ABCDEFGHIJ) could not be read: Route 53 knows no hosted zone Z0123456789ABCDEFGHIJ; correct the id of zones.main in quorate.yml',
    ],
    [
      'a zone of another account without a role',
      {
        name: 'AccessDenied',
        message:
          'User: arn:aws:iam::111122223333:user/ann is not authorized to access this resource',
        status: 403,
      },
      "zone main (Z0123456789ABCDEFGHIJ) belongs to another account than your credentials; write zones.main.role, the role to assume there (`quorate iam --zone main` prints it), or use that account's credentials",
    ],
    [
      'a missing permission',
      {
        name: 'AccessDenied',
        message: 'User: ann is not authorized to perform: route53:ListResourceRecordSets',
        status: 403,
      },
      'zone main (Z0123456789ABCDEFGHIJ) could not be read (User: ann is not authorized to perform: route53:ListResourceRecordSets); allow your credentials route53:ListResourceRecordSets on it',
    ],
    [
      'a throttled account',
      { name: 'Throttling', message: 'Rate exceeded', status: 400 },
      'zone main (Z0123456789ABCDEFGHIJ) could not be read: Route 53 is throttling the whole account; try again in a few seconds',
    ],
    [
      'no answer',
      { name: 'TimeoutError', message: 'socket hang up' },
      'zone main (Z0123456789ABCDEFGHIJ) could not be read: TimeoutError: socket hang up; try again',
    ],
  ])('%s', async (_, thrown, sentence) => {
    const world = quorumWorld();

    for (const verb of ['status', 'plan', 'verify']) {
      const printed = await refusedIn(world, verb, thrown);
      expect(printed).toEqual({ code: printed.code, out: '', err: `${sentence}\n` });
      expect([1, 2]).toContain(printed.code);
    }
    expect(world.accepted()).toBe(0);
  });

  it('a role that may not be assumed', async () => {
    const service = sampleService({
      zone: { key: 'main', id: 'Z0123456789ABCDEFGHIJ', role: ROLE },
    });
    const config = sampleConfig({ services: [service], zones: { main: service.zone } });

    const { err } = await refusedIn(quorumWorld({ config }), 'status', {
      name: 'AccessDenied',
      message: 'User: ann is not authorized to perform: sts:AssumeRole on resource: it',
      status: 403,
    });

    expect(err).toBe(
      `zone main (Z0123456789ABCDEFGHIJ) is reached through ${ROLE}, which your credentials may not assume (User: ann is not authorized to perform: sts:AssumeRole on resource: it); let the role's trust policy name them (\`quorate iam --zone main\` prints it)\n`,
    );
  });

  it.each([
    [
      'a table, or its replica, that is not there',
      { name: 'ResourceNotFoundException', message: 'Requested resource not found' },
      'note: no reports: table quorate-test in eu-west-1: reading reports found no such table; deploy the table with a replica in this region, or correct the name or region; so every vantage counts as silent',
    ],
    [
      'a table that may not be read',
      { name: 'AccessDeniedException', message: 'not allowed' },
      'note: no reports: table quorate-test in eu-west-1: reading reports was denied (AccessDeniedException); allow your credentials to use the table and its key there; so every vantage counts as silent',
    ],
    [
      'no credentials for the table',
      { name: 'CredentialsProviderError', message: 'Could not load credentials' },
      'note: no reports: there are no AWS credentials here to read the table with; so every vantage counts as silent',
    ],
  ])('%s leaves health unknown, and the zone is still shown', async (_, thrown, note) => {
    const world = quorumWorld({ fence: 'none' });
    const store = dynamodbStore({
      client: refusing(thrown),
      table: 'quorate-test',
      clock: systemClock(),
    });
    const terminal = inWorld(world);
    const overrides = { ...terminal.overrides, store };

    const plan = await shell(['plan'], { ...terminal, overrides });
    const status = await shell(['status'], { ...terminal, overrides });

    expect([plan.code, status.code]).toEqual([0, 0]);
    expect(plan.out.split('\n')[0]).toBe(note);
    expect(plan.out).toContain('app.example.com A eu-west-1        100   as in the file');
    expect(status.out).toContain(`${note}\n`);
  });

  it.each([
    [
      'no credentials',
      {
        name: 'CredentialsProviderError',
        message: 'Could not load credentials from any providers',
      },
      'there are no AWS credentials here (Could not load credentials from any providers); set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`',
    ],
    [
      'a missing permission',
      { name: 'AccessDenied', message: 'not allowed', status: 403 },
      "the account's hosted zones could not be listed (AccessDenied: not allowed); allow your credentials route53:ListHostedZones, or name the zone with --zone",
    ],
    [
      'a throttled account',
      { name: 'Throttling', message: 'Rate exceeded', status: 400 },
      "the account's hosted zones could not be listed: Route 53 is throttling the whole account; try again in a few seconds",
    ],
  ])('import with %s', async (_, thrown, sentence) => {
    const hostedZones = route53HostedZones(() => refusing(thrown));

    const printed = await shell(['import', 'app.example.com'], { hostedZones });

    expect(printed).toEqual({ code: 1, out: '', err: `${sentence}\n` });
  });
});

type Thrown = { readonly name: string; readonly message: string; readonly status?: number };

/** As the SDK throws what AWS answered. */
const refusing = ({ name, message, status }: Thrown): Route53Client & DynamoDBDocumentClient =>
  ({
    config: { region: async () => 'eu-west-1' },
    send: async () => {
      throw Object.assign(new Error(message), {
        name,
        ...(status === undefined
          ? {}
          : { $fault: 'client', $metadata: { httpStatusCode: status } }),
      });
    },
  }) as unknown as Route53Client & DynamoDBDocumentClient;

function refusedIn(world: QuorumWorld, verb: string, thrown: Thrown): Promise<Printed> {
  const client = refusing(thrown);
  const clock = fakeClock();
  const zone: Zone = route53Zone({ reader: () => client, writer: () => client, clock });
  const terminal = inWorld(world);
  return shell([verb], { ...terminal, overrides: { ...terminal.overrides, zone, clock } });
}
