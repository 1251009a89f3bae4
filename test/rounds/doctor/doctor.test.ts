/** The command as a whole: what it prints, how it ends, and what it says of what it could not ask. */
import { describe, expect, it } from 'vitest';
import type { Line } from '../../../scripts/doctor/line.ts';
import type { Looks } from '../../../scripts/doctor/looks.ts';
import { QuorateError } from '../../../shared/core/errors.ts';
import { quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService, VANTAGES } from '../../fakes/sample-service.ts';
import { tableIn } from './healthy-account.ts';
import { doctor, EAST, HOME, here, linesOf, printed } from './run-doctor.ts';

describe('a healthy account', () => {
  it('has no failing line, and what is optional is a warning', async () => {
    const { code, document } = await doctor();

    expect(code).toBe(0);
    expect(document.tally).toMatchObject({ fail: 0, unknown: 0, warn: 1 });
    expect(document.lines.filter(({ state }) => state === 'warn')).toMatchObject([
      { check: 'backstop', where: ['app'] },
    ]);
  });

  it('says one line for all vantages that agree', async () => {
    const { document } = await doctor();

    const [table, ...more] = linesOf(document, 'table');
    expect(more).toEqual([]);
    expect(table).toMatchObject({ state: 'ok', where: VANTAGES, says: 'quorate-test is ACTIVE' });
  });

  it('prints a table that says what to do, and counts at its end', async () => {
    const { out } = await printed({
      table: async (region) => (region === EAST ? undefined : tableIn(here, region)),
    });

    expect(out).toMatch(
      /^ok {4}credentials +as arn:aws:iam::123456789012:user\/alice \(123456789012\)$/m,
    );
    expect(out).toMatch(
      /^FAIL {2}table +there is no replica of table quorate-test: this vantage is silent \(us-east-1\)\n +→ npm run deploy adds it/m,
    );
    expect(out).toMatch(/\n\n\d+ ok, 1 warn, 1 fail\n$/);
  });

  it('ends with 1 as soon as one line fails, and with 0 for warnings', async () => {
    expect((await doctor({ fn: async () => undefined })).code).toBe(1);
    expect((await doctor({ concurrency: async () => ({ limit: 10, unreserved: 10 }) })).code).toBe(
      0,
    );
  });

  it('looks at the zone and records of one service only, when it is named', async () => {
    const world = quorumWorld({
      config: sampleConfig({
        services: [
          sampleService(),
          sampleService({ id: 'shop' as never, names: ['shop.example.com'] }),
        ],
      }),
    });

    const { document } = await doctor({}, world, ['shop']);

    expect(linesOf(document, 'records').map(({ where }) => where)).toEqual([['shop']]);
  });

  it('suggests the nearest service for one that is not there', async () => {
    const { code, err } = await printed({}, quorumWorld(), ['ap']);

    expect([code, err]).toEqual([2, 'there is no service ap in the file; did you mean app?\n']);
  });

  it('that is not deployed says so once per vantage kind, not in every check', async () => {
    const { document } = await doctor({ stack: async () => undefined, fn: async () => undefined });

    expect(linesOf(document, 'stack')).toMatchObject([
      {
        where: VANTAGES,
        says: 'there is no stack quorate-test',
        remedy: `npm run deploy -- --only eu-west-1, and so for ${VANTAGES.slice(1).join(', ')}`,
      },
    ]);
    for (const check of ['function probe', 'schedules', 'stream reader', 'permissions']) {
      expect(linesOf(document, check)).toEqual([]);
    }
  });
});

describe('credentials', () => {
  it('that are missing are one sentence, and nothing else is said', async () => {
    const cause = Object.assign(new Error('Could not load credentials from any providers'), {
      name: 'CredentialsProviderError',
    });
    const { code, out, err } = await printed({
      identity: async () => {
        throw new QuorateError('UNAUTHENTICATED', 'AWS could not be asked', { cause });
      },
    });

    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^there are no AWS credentials here .*set AWS_PROFILE.*\n$/);
    expect(err.trim().split('\n')).toHaveLength(1);
  });
});

describe('what could not be asked', () => {
  const refused = async (): Promise<never> => {
    throw Object.assign(new Error('User alice is not authorized'), {
      name: 'AccessDeniedException',
    });
  };

  it.each([
    ['table', { table: refused }],
    ['function probe', { fn: refused }],
    ['stream reader', { mappings: refused }],
    ['stack', { stack: refused }],
    ['schedules', { stack: refused }],
    ['concurrency', { concurrency: refused }],
    ['permissions', { isAllowed: refused }],
    ['zone', { hostedZone: refused }],
    ['accelerated recovery', { hostedZone: refused }],
    ['record protections', { protections: refused }],
    ['delegation', { delegation: refused }],
  ] satisfies [string, Partial<Looks>][])(
    '%s is not checked, says why, and is never well',
    async (check, changes) => {
      const { document } = await doctor(changes);

      expect(linesOf(document, check)).toMatchObject([
        {
          state: 'unknown',
          says: 'not checked: AccessDeniedException: User alice is not authorized',
        },
      ]);
      expect(document.tally.fail).toBe(0);
    },
  );

  it('a zone that can’t be read leaves its records unchecked', async () => {
    const world = quorumWorld();
    world.zone.failNextRead('access-denied');

    const { document } = await doctor({}, world);

    expect(linesOf(document, 'records')).toMatchObject([
      { state: 'unknown', says: 'not checked: User is not authorized' },
    ]);
    for (const check of ['backstop', 'Route 53 requests']) {
      expect(linesOf(document, check)).toMatchObject([{ state: 'unknown' }]);
    }
    expect(linesOf(document, 'clock')[0]).toMatchObject({ state: 'unknown' });
  });

  it('a table that can’t be read leaves the reports unchecked', async () => {
    const world = quorumWorld({
      wrapStore: (store) => ({
        ...store,
        readReports: async () => {
          throw new QuorateError('STORE_UNAVAILABLE', 'DynamoDB does not answer');
        },
      }),
    });

    const { document } = await doctor({}, world);

    expect(linesOf(document, 'reports')).toMatchObject([
      { state: 'unknown', says: 'not checked: DynamoDB does not answer' },
    ]);
  });

  it('one look that never ends is given up, and the others are told', async () => {
    const world = quorumWorld();
    const asked = printed(
      {
        stack: (region, _name, signal) =>
          region === HOME
            ? new Promise((_, reject) =>
                signal.addEventListener('abort', () => reject(signal.reason)),
              )
            : Promise.resolve({ status: 'UPDATE_COMPLETE', reason: '', schedules: [] }),
      },
      world,
      ['--json'],
    );

    const { out } = await world.clock.runUntil(asked);

    expect(JSON.parse(out).lines.filter(({ check }: Line) => check === 'stack')).toMatchObject([
      { state: 'unknown', where: [HOME], says: 'not checked: no answer within 10000 ms' },
      { state: 'ok' },
    ]);
  });
});
