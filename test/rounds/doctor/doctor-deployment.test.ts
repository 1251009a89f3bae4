/** One thing at a time out of order in the deployment: tables, stacks, functions, roles. */
import { describe, expect, it } from 'vitest';
import type { State } from '../../../scripts/doctor/line.ts';
import type { Looks } from '../../../scripts/doctor/looks.ts';
import { quorumWorld } from '../../fakes/quorum-world.ts';
import { sampleConfig, sampleService, VANTAGES } from '../../fakes/sample-service.ts';
import { FUNCTION, healthyLooks, mappingIn, tableIn } from './healthy-account.ts';
import { doctor, EAST, expectLine, HOME, here, linesOf } from './run-doctor.ts';

describe('the table', () => {
  const inEast = (changes: object): Partial<Looks> => ({
    table: async (region) => ({ ...tableIn(here, region), ...(region === EAST ? changes : {}) }),
  });

  it.each([
    ['table', 'warn', 'quorate-test is UPDATING', inEast({ status: 'UPDATING' })],
    [
      'table',
      'fail',
      'quorate-test is INACCESSIBLE_ENCRYPTION_CREDENTIALS',
      inEast({ status: 'INACCESSIBLE_ENCRYPTION_CREDENTIALS' }),
    ],
    [
      'table replicas',
      'fail',
      'does not replicate to eu-west-1',
      inEast({ replicas: tableIn(here, EAST).replicas.slice(1) }),
    ],
    [
      'table replicas',
      'warn',
      'eu-west-1 is CREATING',
      inEast({
        replicas: tableIn(here, EAST).replicas.map((one) =>
          one.region === HOME ? { ...one, status: 'CREATING' } : one,
        ),
      }),
    ],
    [
      'table replicas',
      'warn',
      'also replicates to sa-east-1',
      inEast({
        replicas: [...tableIn(here, EAST).replicas, { region: 'sa-east-1', status: 'ACTIVE' }],
      }),
    ],
    ['table stream', 'fail', 'has no stream', inEast({ streamArn: null })],
    ['table stream', 'warn', 'gives KEYS_ONLY', inEast({ streamView: 'KEYS_ONLY' })],
    ['table TTL', 'fail', 'off: rollups', inEast({ ttlAttribute: null })],
    ['table TTL', 'fail', 'reads the attribute expires', inEast({ ttlAttribute: 'expires' })],
    [
      'table backup',
      'warn',
      'point-in-time recovery is off',
      inEast({ pointInTimeRecovery: false }),
    ],
    [
      'table protection',
      'warn',
      'deletion protection is off',
      inEast({ deletionProtection: false }),
    ],
  ] satisfies [string, State, string, Partial<Looks>][])(
    '%s: %s, %s',
    async (check, state, says, changes) => {
      await expectLine(changes, check, state, says, [EAST]);
    },
  );

  it('that is nowhere is told once and by no other check', async () => {
    const { document } = await doctor({ table: async () => undefined });

    expect(linesOf(document, 'table')).toMatchObject([
      { state: 'fail', where: [HOME], says: 'there is no table quorate-test' },
      { state: 'fail', says: 'there is no replica of table quorate-test: this vantage is silent' },
    ]);
    expect(linesOf(document, 'table stream')).toEqual([]);
  });
});

describe('the stacks', () => {
  const inEast =
    <T>(well: T, ill: T) =>
    async (region: string) =>
      region === EAST ? ill : well;
  const STACK = {
    status: 'UPDATE_COMPLETE',
    reason: '',
    schedules: [{ id: 'S', status: 'CREATE_COMPLETE' }],
  };
  const stack = (changes: object): Partial<Looks> => ({
    stack: inEast(STACK, { ...STACK, ...changes }),
  });
  const fn = (changes: object): Partial<Looks> => ({
    fn: async (region, name) =>
      region === EAST && name.endsWith('-probe') ? { ...FUNCTION, ...changes } : FUNCTION,
  });
  const mapping = (changes: object): Partial<Looks> => ({
    mappings: async (region) => [{ ...mappingIn(region), ...(region === EAST ? changes : {}) }],
  });

  it.each([
    [
      'stack',
      'fail',
      'there is no stack quorate-test',
      { stack: inEast(STACK, undefined as never) },
    ],
    ['stack', 'warn', 'a deployment is under way', stack({ status: 'UPDATE_IN_PROGRESS' })],
    [
      'stack',
      'fail',
      'half deployed: ROLLBACK_COMPLETE (no such role)',
      stack({ status: 'ROLLBACK_COMPLETE', reason: 'no such role' }),
    ],
    [
      'stack',
      'warn',
      'the last deployment was rolled back',
      stack({ status: 'UPDATE_ROLLBACK_COMPLETE' }),
    ],
    ['schedules', 'fail', 'the stack has no schedule', stack({ schedules: [] })],
    [
      'schedules',
      'fail',
      'S is DELETE_FAILED',
      stack({ schedules: [{ id: 'S', status: 'DELETE_FAILED' }] }),
    ],
    [
      'function probe',
      'fail',
      'there is no function quorate-test-probe',
      {
        fn: async (region, name) =>
          region === EAST && name.endsWith('-probe') ? undefined : FUNCTION,
      },
    ],
    ['function probe', 'fail', 'switched off', fn({ reserved: 0 })],
    ['function probe', 'fail', 'is Failed', fn({ state: 'Failed' })],
    ['function probe', 'warn', 'is being updated', fn({ lastUpdate: 'InProgress' })],
    ['function probe', 'warn', 'runs on nodejs20.x', fn({ runtime: 'nodejs20.x' })],
    [
      'stream reader',
      'fail',
      'quorum reads no stream',
      { mappings: inEast([mappingIn(HOME)], []) },
    ],
    ['stream reader', 'fail', 'the mapping is Disabled', mapping({ state: 'Disabled' })],
    ['stream reader', 'warn', 'the mapping is Updating', mapping({ state: 'Updating' })],
    [
      'stream reader',
      'warn',
      'its last batch: PROBLEM',
      mapping({ lastResult: 'PROBLEM: Function call failed' }),
    ],
    [
      'concurrency',
      'warn',
      'may run 10 functions at once',
      { concurrency: inEast({ limit: 1000, unreserved: 1000 }, { limit: 10, unreserved: 10 }) },
    ],
    [
      'concurrency',
      'warn',
      '5 of 1000',
      { concurrency: inEast({ limit: 1000, unreserved: 1000 }, { limit: 1000, unreserved: 5 }) },
    ],
  ] satisfies [string, State, string, Partial<Looks>][])(
    '%s: %s, %s',
    async (check, state, says, changes) => {
      await expectLine(changes, check, state, says, [EAST]);
    },
  );

  it('a stream that was switched off and on again has another ARN than the one that is read', async () => {
    const { document } = await doctor({
      table: async (region) => ({ ...tableIn(here, region), streamArn: `arn:new:${region}` }),
    });

    const lines = linesOf(document, 'stream reader');
    expect(lines).toHaveLength(VANTAGES.length);
    expect(lines[0]).toMatchObject({
      state: 'fail',
      says: expect.stringContaining('arn:new:eu-west-1'),
    });
  });

  it('a second reader of a global table is a warning', async () => {
    const { document } = await doctor({
      mappings: async (region) => [mappingIn(region), { ...mappingIn(region), id: 'mapping-2' }],
    });

    expect(linesOf(document, 'stream reader')[0]).toMatchObject({
      state: 'warn',
      remedy: expect.stringContaining('mapping-2'),
    });
  });

  it('different packages are named with their vantages', async () => {
    const { document } = await doctor({
      fn: async (region) => ({ ...FUNCTION, codeSha256: region === EAST ? 'other=' : 'same=' }),
    });

    expect(linesOf(document, 'package quorum')[0]).toMatchObject({
      state: 'warn',
      says: 'vantages run 2 different packages: eu-west-1 and ap-southeast-1 and eu-central-1 and us-west-2 | us-east-1',
    });
  });
});

describe('permissions', () => {
  const answering =
    (mark: string, answer: boolean | undefined): Looks['isAllowed'] =>
    async (asked, signal) => {
      const isIt = asked.role.includes(EAST) && JSON.stringify(asked).includes(mark);
      return isIt ? answer : healthyLooks(here).isAllowed(asked, signal);
    };

  it.each([
    [
      'a missing right fails',
      'fail',
      'not allowed: quorum reads reports',
      answering('BatchGetItem', false),
    ],
    [
      'a right too many warns',
      'warn',
      'allowed, and should not be: quorum overwrites records of main unseen (UPSERT)',
      answering('UPSERT', true),
    ],
    [
      'a missing role fails',
      'fail',
      'there is no role quorate-test-us-east-1-quorum',
      answering('-quorum"', undefined),
    ],
  ] satisfies [string, State, string, Looks['isAllowed']][])(
    '%s',
    async (_title, state, says, isAllowed) => {
      await expectLine({ isAllowed }, 'permissions', state, says, [EAST]);
    },
  );

  it('nobody may write the zone while no service enforces', async () => {
    const world = quorumWorld({
      config: sampleConfig({ services: [sampleService({ mode: 'observe' })] }),
    });

    await expectLine(
      {},
      'permissions',
      'warn',
      'allowed, and should not be: quorum changes the weights of main',
      VANTAGES,
      world,
    );
  });
});
