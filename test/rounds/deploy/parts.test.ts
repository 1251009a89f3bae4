/** Small parts of deploying, each by itself. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { troubleOf } from '../../../scripts/deploy/aws-trouble.ts';
import { judgeConcurrency } from '../../../scripts/deploy/concurrency.ts';
import { deployerAsks } from '../../../scripts/deploy/deployer-permissions.ts';
import { deploymentChecks } from '../../../scripts/deploy/deployment-checks.ts';
import { eventJson } from '../../../scripts/deploy/event.ts';
import { stackReadiness } from '../../../scripts/deploy/stack-state.ts';
import { removableAt } from '../../../scripts/deploy/table-removal.ts';
import { urlCache } from '../../../scripts/deploy/url-cache.ts';
import { zipEntry } from '../../../scripts/deploy/zip-entry.ts';
import { epochMs, serviceId } from '../../../shared/core/model.ts';
import { at, file } from '../../fakes/deploy-world.ts';
import { sampleConfig, sampleService } from '../../fakes/sample-service.ts';

const REGION = at('eu-west-1');

describe('a file in an archive', () => {
  it('is found among others, packed or stored', () => {
    const archive = zip([
      { name: 'functions/quorum.mjs', text: 'x'.repeat(9_000), isPacked: true },
      { name: 'quorate.json', text: '{"packagedAt":1}', isPacked: false },
      { name: 'other.json', text: '{}', isPacked: true },
    ]);

    expect(zipEntry(archive, 'quorate.json')?.toString()).toBe('{"packagedAt":1}');
    expect(zipEntry(archive, 'functions/quorum.mjs')?.length).toBe(9_000);
    expect(zipEntry(archive, 'nothing.json')).toBeNull();
  });

  it('is found behind a comment', () => {
    const archive = zip([{ name: 'quorate.json', text: 'here', isPacked: true }], 'made by hand');

    expect(zipEntry(archive, 'quorate.json')?.toString()).toBe('here');
  });

  it('never makes reading throw, whatever the bytes are', () => {
    const sound = zip([{ name: 'quorate.json', text: '{"packagedAt":1}', isPacked: true }]);
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.nat(255), fc.nat(sound.length), (i, byte, cut) => {
        const broken = Buffer.from(sound.subarray(0, cut));
        if (i < broken.length) broken[i] = byte;
        expect(() => zipEntry(broken, 'quorate.json')).not.toThrow();
      }),
    );
  });
});

describe('the state of a stack', () => {
  const of = (status: string) => stackReadiness(REGION, 's', { status, reason: '' });

  it.each([
    ['CREATE_COMPLETE', 'ready'],
    ['UPDATE_COMPLETE', 'ready'],
    ['IMPORT_COMPLETE', 'ready'],
    ['UPDATE_ROLLBACK_COMPLETE', 'ready'],
    ['DELETE_COMPLETE', 'absent'],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'busy'],
    ['ROLLBACK_IN_PROGRESS', 'busy'],
    ['REVIEW_IN_PROGRESS', 'broken'],
    ['ROLLBACK_COMPLETE', 'broken'],
    ['DELETE_FAILED', 'broken'],
    ['UPDATE_ROLLBACK_FAILED', 'broken'],
    ['SOMETHING_NEW', 'broken'],
  ])('%s is %s', (status, kind) => {
    expect(of(status).kind).toBe(kind);
  });
});

describe('reserved concurrency', () => {
  it.each([
    [10, 10, false, false],
    [1000, 119, false, false],
    [1000, 120, false, true],
    [1000, 100, true, true],
    [1000, 99, true, false],
  ])(
    'of a limit of %i with %i unreserved, reserved before: %s, is set: %s',
    (limit, unreserved, before, reserves) => {
      expect(judgeConcurrency(REGION, { limit, unreserved }, before).reserves).toBe(reserves);
    },
  );
});

it('a deployer is asked about names, never about patterns, and about no conditional right', () => {
  const identity = { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/ops' };

  const asks = deployerAsks(file().config, REGION, identity);

  expect(asks).toContainEqual({
    action: 'lambda:CreateFunction',
    resource: 'arn:aws:lambda:eu-west-1:111122223333:function:quorate-test-quorum',
  });
  expect(asks.filter(({ resource }) => resource !== '*' && /[*?$]/.test(resource))).toEqual([]);
  expect(asks.some(({ action }) => action === 'iam:PassRole')).toBe(false);
});

describe('what AWS answers', () => {
  it.each([
    ['CredentialsProviderError', 'UNAUTHENTICATED', /no usable AWS credentials.*AWS_PROFILE/],
    ['ExpiredToken', 'UNAUTHENTICATED', /aws sso login/],
    ['AccessDeniedException', 'ACCESS_DENIED', /not permitted/],
    ['ThrottlingException', 'DEPLOY_FAILED', /^Lambda in x: slow down$/],
  ])('%s is %s', (name, code, text) => {
    const error = troubleOf(Object.assign(new Error('slow down'), { name }), 'Lambda in x');

    expect(error).toMatchObject({ code, message: expect.stringMatching(text) });
  });

  it('with status 403 is a missing permission, whatever its name', () => {
    const error = Object.assign(new Error('no'), { $metadata: { httpStatusCode: 403 } });

    expect(troubleOf(error, 'S3 in x').code).toBe('ACCESS_DENIED');
  });
});

it('the table is removable a day after its newest replica was made', () => {
  const table = (createdAt: number) => ({
    status: 'ACTIVE',
    createdAt: epochMs(createdAt),
    keys: 'pk, sk',
    hasStream: true,
    isProtected: true,
    replicas: [],
  });
  const tables = new Map([
    [REGION, table(5_000)],
    [at('us-east-1'), table(1_000)],
    [at('eu-central-1'), table(3_000)],
  ]);

  expect(removableAt(REGION, tables, epochMs(4_000))).toBe(86_403_000);
  expect(removableAt(REGION, tables, epochMs(86_403_000))).toBeNull();
  expect(removableAt(REGION, new Map([[REGION, table(5_000)]]), epochMs(6_000))).toBeNull();
});

it('function URLs are kept beside the checkout, and a broken file is none', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-urls-'));
  const cache = urlCache(folder, 'quorate-test');
  const nothing = cache.read();
  cache.write(new Map([[REGION, 'https://a.example/']]));
  const kept = cache.read();
  writeFileSync(join(folder, '.quorate', 'quorate-test.json'), '{');
  const broken = cache.read();
  rmSync(folder, { recursive: true });

  expect([[...nothing], [...kept], [...broken]]).toEqual([
    [],
    [[REGION, 'https://a.example/']],
    [],
  ]);
});

it('an event is one line of JSON that names its format', () => {
  const line = eventJson({ event: 'step', region: REGION, text: 'a\nb' });

  expect(line.split('\n')).toHaveLength(1);
  expect(JSON.parse(line)).toEqual({ format: 1, event: 'step', region: REGION, text: 'a\nb' });
});

type Packed = { readonly name: string; readonly text: string; readonly isPacked: boolean };

/** As APPNOTE says, sizes in the directory only. */
function zip(entries: readonly Packed[], comment = ''): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, text, isPacked } of entries) {
    const data = isPacked ? deflateRawSync(text) : Buffer.from(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(isPacked ? 8 : 0, 8);
    local.writeUInt16LE(name.length, 26);
    const body = Buffer.concat([local, Buffer.from(name), data]);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(isPacked ? 8 : 0, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(text.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    directory.push(entry, Buffer.from(name));
    bodies.push(body);
    offset += body.length;
  }
  const listed = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(listed.length, 12);
  end.writeUInt32LE(offset, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...bodies, listed, end, Buffer.from(comment)]);
}

describe('policies of names', () => {
  const { zone } = sampleService();
  const withGroups = (count: number) =>
    sampleConfig({
      zones: { [zone.key]: zone },
      services: Array.from({ length: count }, (_, group) =>
        sampleService({ id: serviceId(`s${group}`), names: [`s${group}.example.com`], group }),
      ),
    });

  it('are counted before an account refuses the eleventh on a role', () => {
    expect(deploymentChecks(withGroups(10), new Map(), true)).toEqual([]);
    expect(deploymentChecks(withGroups(11), new Map(), true)).toEqual([
      {
        region: null,
        what: 'policies',
        level: 'warn',
        text: 'the enforced names need 11 IAM policies on a role, and an account allows 10 until its quota "Managed policies attached to an IAM role" is raised (to 20 at most); ask for it first, or give some zones a role',
      },
    ]);
  });
});
