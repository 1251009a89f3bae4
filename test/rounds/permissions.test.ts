/**
 * Who may do what, as IAM would judge it: the table of roles request by request, what no service's
 * `enforce` takes away, and the form of every statement.
 */
import { describe, expect, it } from 'vitest';
import { FUNCTIONS, type FunctionId } from '../../scripts/names.ts';
import { filledIn } from '../../scripts/package/permission-text.ts';
import {
  COMMITTERS,
  functionStatements,
  type Statement,
  zonePolicies,
} from '../../scripts/package/permissions.ts';
import type { Config } from '../../shared/core/model.ts';
import { vantageId } from '../../shared/core/model.ts';
import { evaluate, isAllowed } from '../fakes/policy-evaluator.ts';
import { CASES } from '../fixtures/permissions-cases.ts';
import {
  batch,
  configFrom,
  OWN,
  observedConfig,
  PLACE,
  worldConfig,
  worldData,
} from '../fixtures/permissions-world.ts';

const world = worldConfig();

describe('permissions', () => {
  const held = statementsOf(world);

  it.each(CASES.filter(({ may }) => may))('$who may: $what', ({ who, request }) => {
    expect(evaluate(held[who], request)).toMatchObject({ effect: 'allowed' });
  });

  it.each(CASES.filter(({ may }) => !may))('$who may not: $what', ({ who, request }) => {
    expect(evaluate(held[who], request).effect).not.toBe('allowed');
  });

  it('are judged by cases of their own: none is there twice', () => {
    const seen = CASES.map(({ who, request }) => JSON.stringify([who, request]));

    expect(new Set(seen).size).toBe(CASES.length);
    expect(CASES.length).toBeGreaterThan(60);
  });

  it('no role may write a zone while no service enforces', () => {
    const observed = observedConfig();
    const statements = statementsOf(observed);

    expect(zonePolicies(observed, OWN)).toEqual([]);
    for (const who of FUNCTIONS) {
      for (const service of observed.services) {
        const request = batch({
          zone: service.zone.id,
          names: service.names,
          types: service.types,
        });
        expect(isAllowed(statements[who], request)).toBe(false);
      }
      expect(JSON.stringify(statements[who])).not.toContain('ChangeResourceRecordSets');
    }
  });

  it('every enforced service may be committed as a whole, in its own group, and no other', () => {
    const statements = statementsOf(world);
    for (const { names, types, zone, mode } of world.services) {
      const request = batch({
        zone: zone.id,
        names: [...names, `_quorate.${names[0]}`],
        types: [...types, 'TXT'],
      });

      const may = mode === 'enforce' && zone.role === undefined;
      expect(isAllowed(statements.quorum, request)).toBe(may);
    }
  });

  it('a star as a whole resource stands only where EC2 offers no other, and is denied to own code', () => {
    const stars = Object.values(statementsOf(world))
      .flat()
      .filter(({ Resource }) => Resource.includes('*'));

    expect(stars.map(({ Sid, Effect }) => `${Effect} ${Sid}`)).toEqual([
      'Allow DescribeNetwork',
      'Deny NeverFromOwnCode',
    ]);
  });

  it('actions are written out, never by a star', () => {
    for (const { Action } of Object.values(statementsOf(world)).flat()) {
      for (const action of Action) expect(action).toMatch(/^[a-z0-9]+:[A-Z][A-Za-z0-9]+$/);
    }
  });

  it('every condition on many values stands with a guard against their absence', () => {
    const conditions = Object.values(statementsOf(world))
      .flat()
      .flatMap(({ Condition }) => (Condition === undefined ? [] : [Condition]));
    expect(conditions.length).toBeGreaterThan(8);
    for (const condition of conditions) {
      const forAll = Object.entries(condition).filter(([operator]) =>
        operator.startsWith('ForAllValues:'),
      );
      for (const key of forAll.flatMap(([, keys]) => Object.keys(keys))) {
        expect(condition.Null?.[key]).toBe('false');
      }
    }
  });

  it('without VPC, key, secrets, topic and foreign zones nothing is granted for them', () => {
    const { services, zones, network: _network, aws: _aws, notify: _notify, ...rest } = worldData;
    const { check: _check, ...plain } = services.app as Record<string, unknown>;
    const { role: _role, ...far } = zones.far;
    const config = configFrom({
      ...rest,
      zones: { main: zones.main, far },
      services: { app: { ...plain, check: { url: 'https://{target}/health' } } },
    });
    const actions = Object.values(statementsOf(config))
      .flat()
      .flatMap(({ Action }) => Action);

    for (const service of ['ec2', 'kms', 'ssm', 'sns', 'sts']) {
      expect(actions.filter((action) => action.startsWith(`${service}:`))).toEqual([]);
    }
  });

  it('a zone that no service uses is not even listed', () => {
    const { app } = worldData.services;
    const config = configFrom({ ...worldData, services: { app } });

    const resources = Object.values(functionStatements(config, OWN)).flat();

    expect(JSON.stringify(resources)).toContain(world.zones.main?.id);
    expect(JSON.stringify(resources)).not.toContain(world.zones.watched?.id);
    expect(JSON.stringify(resources)).not.toContain('sts:AssumeRole');
  });

  it('a key given by its ARN is used in each region as that of the region', () => {
    const config = configFrom({
      ...worldData,
      aws: { 'kms-key': 'arn:aws:kms:eu-west-1:123456789012:key/mrk-0123456789abcdef' },
    });

    const [statement] = functionStatements(config, vantageId('us-west-2')).api.filter(
      ({ Sid }) => Sid === 'DecryptThroughServices',
    );

    expect(statement?.Resource).toEqual([
      'arn:aws:kms:us-west-2:123456789012:key/mrk-0123456789abcdef',
    ]);
    expect(statement?.Condition).toEqual({
      StringEquals: { 'kms:ViaService': ['dynamodb.us-west-2.amazonaws.com'] },
    });
  });

  it('the secrets of composed checks are found, a parameter without a slash too', () => {
    const header = (ssm: string): object => ({
      url: 'https://{target}/',
      headers: { 'x-token': { ssm } },
    });
    const check = {
      all: [header('token-a'), { any: [header('/b/token'), { tcp: '{target}:443' }] }],
    };
    const { app } = worldData.services;
    const config = configFrom({ ...worldData, services: { app: { ...app, check } } });

    const [statement] = functionStatements(config, OWN).probe.filter(
      ({ Sid }) => Sid === 'ReadNamedParameters',
    );

    const arn = `arn:aws:ssm:${OWN}:${PLACE.accountId}:parameter`;
    expect(filledIn(statement ? [statement] : [], PLACE)[0]?.Resource).toEqual([
      `${arn}/b/token`,
      `${arn}/token-a`,
    ]);
  });

  it('a role that would need more than IAM allows is refused with a way out', () => {
    const services = Object.fromEntries(
      Array.from({ length: 120 }, (_, index) => {
        const token = { ssm: `/quorate/a-rather-long-path-of-a-parameter/token-${index}` };
        const check = { url: 'https://{target}/', headers: { 'x-token': token } };
        const { app } = worldData.services;
        return [`s${index}`, { ...app, names: [`s${index}.example.com`], check }];
      }),
    );
    const config = configFrom({ ...worldData, services });

    expect(() => functionStatements(config, OWN)).toThrow(
      /^the role of probe in eu-west-1 needs a policy of \d+ characters, IAM allows 10240; let checks share/,
    );
  });

  it('the same configuration gives the same text, in every region its own', () => {
    const text = (region: string): string =>
      JSON.stringify(functionStatements(worldConfig(), vantageId(region)));

    expect(text('eu-west-1')).toBe(text('eu-west-1'));
    expect(text('us-east-1')).not.toContain('eu-west-1:$');
  });
});

/** Everything that a role carries: its inline policy, and the zone policies for who commits. */
function statementsOf(config: Config): Record<FunctionId, ReturnType<typeof filledIn>> {
  const zones = zonePolicies(config, OWN).flatMap(({ statements }) => statements);
  const inline = functionStatements(config, OWN);
  const all = (who: FunctionId): readonly Statement[] =>
    COMMITTERS.includes(who) ? [...inline[who], ...zones] : inline[who];
  return {
    probe: filledIn(all('probe'), PLACE),
    quorum: filledIn(all('quorum'), PLACE),
    notify: filledIn(all('notify'), PLACE),
    api: filledIn(all('api'), PLACE),
  };
}
