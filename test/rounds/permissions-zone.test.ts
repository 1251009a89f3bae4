/**
 * One managed policy per zone and group of names: that it fits what IAM takes, that it lists every name as
 * Route 53 spells it, and that a whole group can be committed under it.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { filledIn, LONGEST_PLACE, policyOf } from '../../scripts/package/permission-text.ts';
import {
  changeStatements,
  ROLE_POLICIES_MAX,
  zonePolicies,
} from '../../scripts/package/permissions-zone.ts';
import {
  groupsOf,
  POLICY_LENGTH_MAX,
  POLICY_OVERHEAD,
  policyLength,
} from '../../shared/core/config-group.ts';
import type { Config, Service } from '../../shared/core/model.ts';
import { serviceId } from '../../shared/core/model.ts';
import { evaluate } from '../fakes/policy-evaluator.ts';
import { sampleConfig, sampleService } from '../fakes/sample-service.ts';
import { holds } from '../fixtures/holds.ts';
import { batch, OWN, PLACE, ZONE } from '../fixtures/permissions-world.ts';

const LONGEST_ZONE = { key: 'main', id: `Z${'0'.repeat(31)}` };

describe('zone policies', () => {
  it('the text around the names is no longer than the grouping allows for', () => {
    const service = sampleService({
      zone: LONGEST_ZONE,
      types: ['A', 'AAAA', 'CNAME'],
      group: 999,
    });

    const overhead = lengthsOf(configOf([service]))[0]! - policyLength(service);

    expect(overhead).toBeLessThanOrEqual(POLICY_OVERHEAD);
    expect(overhead).toBeGreaterThan(POLICY_OVERHEAD * 0.8);
  });

  it('every group of names fits one managed policy, whatever the names', () => {
    const name = fc.stringMatching(/^[a-z0-9_-]{1,60}$/);
    const drafts = fc.array(
      fc.record({
        names: fc.uniqueArray(name, { minLength: 1, maxLength: 20 }),
        types: fc.subarray<Service['types'][number]>(['A', 'AAAA', 'CNAME'], { minLength: 1 }),
        mode: fc.constantFrom<Service['mode']>('enforce', 'observe'),
      }),
      { minLength: 1, maxLength: 60 },
    );
    holds(
      fc.property(drafts, (some) => {
        const services = grouped(
          some.map(({ names, types, mode }, index) =>
            sampleService({
              id: serviceId(`s${index}`),
              names: names.map((one) => `${one}.s${index}.example.com`),
              types,
              mode,
              zone: LONGEST_ZONE,
            }),
          ),
        );

        for (const length of lengthsOf(configOf(services))) {
          expect(length).toBeLessThanOrEqual(POLICY_LENGTH_MAX);
        }
        const policies = zonePolicies(configOf(services), OWN);
        const enforced = services.filter(({ mode }) => mode === 'enforce');
        expect(policies.map(({ group }) => group)).toEqual([
          ...new Set(enforced.map(({ group }) => group)),
        ]);
      }),
    );
  });

  it('a group is permitted as a whole by the one statement of its policy', () => {
    const services = grouped(
      Array.from({ length: 150 }, (_, index) =>
        sampleService({
          id: serviceId(`s${String(index).padStart(3, '0')}`),
          names: [`name-number-${String(index).padStart(3, '0')}.example.com`],
        }),
      ),
    );
    const policies = zonePolicies(configOf(services), OWN);

    expect(policies.length).toBeGreaterThan(1);
    expect(new Set(policies.map(({ name }) => name)).size).toBe(policies.length);
    for (const { group, statements } of policies) {
      const names = services.filter((one) => one.group === group).flatMap((one) => one.names);
      const request = batch({
        names: [...names, ...names.map((name) => `_quorate.${name}`)],
        types: ['A', 'TXT'],
      });

      expect(evaluate(filledIn(statements, PLACE), request)).toEqual({
        effect: 'allowed',
        by: `ChangeGroup${group}`,
      });
    }
  });

  it('names are spelled as Route 53 compares them: lower case, no final dot, octal escapes', () => {
    const service = sampleService({ names: ['*.Example.COM', 'a b.example.com.'] });

    const [statement] = zonePolicies(configOf([service]), OWN)[0]!.statements;

    const names = statement?.Condition?.['ForAllValues:StringEquals'];
    expect(names?.['route53:ChangeResourceRecordSetsNormalizedRecordNames']).toEqual([
      '\\052.example.com',
      '_quorate.\\052.example.com',
      'a\\040b.example.com',
    ]);
  });

  it('a wildcard name permits the wildcard record and nothing that it stands for', () => {
    const { statements } = zonePolicies(
      configOf([sampleService({ names: ['*.example.com'] })]),
      OWN,
    )[0]!;
    const effectOf = (name: string): string =>
      evaluate(filledIn(statements, PLACE), batch({ names: [name], types: ['A'] })).effect;

    expect(effectOf('\\052.example.com')).toBe('allowed');
    expect(effectOf('www.example.com')).toBe('not-allowed');
    expect(effectOf('*.example.com')).toBe('not-allowed');
  });

  it('types are those that the enforced services of the group use, and TXT', () => {
    const services = [
      sampleService({ types: ['CNAME'] }),
      sampleService({ id: serviceId('b'), names: ['b.example.com'], types: ['AAAA', 'A'] }),
      sampleService({ id: serviceId('c'), names: ['c.example.com'], group: 1 }),
    ];

    const types = zonePolicies(configOf(services), OWN).map(
      ({ statements }) =>
        statements[0]?.Condition?.['ForAllValues:StringEquals']?.[
          'route53:ChangeResourceRecordSetsRecordTypes'
        ],
    );

    expect(types).toEqual([
      ['A', 'AAAA', 'CNAME', 'TXT'],
      ['A', 'TXT'],
    ]);
  });

  it('names have no gap where a group does not enforce: the other keeps its number', () => {
    const services = [
      sampleService({ mode: 'observe', group: 0 }),
      sampleService({ id: serviceId('b'), names: ['b.example.com'], group: 1 }),
    ];

    expect(zonePolicies(configOf(services), OWN).map(({ name }) => name)).toEqual([
      'quorate-test-eu-west-1-zone-main-1',
    ]);
  });

  it('more policies than a role can carry are refused with a way out', () => {
    const services = Array.from({ length: ROLE_POLICIES_MAX + 1 }, (_, group) =>
      sampleService({ id: serviceId(`s${group}`), names: [`s${group}.example.com`], group }),
    );

    expect(() => zonePolicies(configOf(services), OWN)).toThrow(
      'the enforced names need 21 IAM policies, a role carries 20 at most; give some zones a `role`, or split the deployment',
    );
  });
});

const configOf = (services: readonly Service[]): Config => {
  const zone = services[0]?.zone ?? { key: 'main', id: ZONE };
  return sampleConfig({ services, zones: { [zone.key]: zone } });
};

function grouped(services: readonly Service[]): readonly Service[] {
  const groups = groupsOf(services);
  return services.map((service) => ({ ...service, group: groups.get(service.id) ?? -1 }));
}

/** Of each policy of the first zone, as IAM counts: without white space. */
function lengthsOf(config: Config): readonly number[] {
  const [zone] = Object.values(config.zones);
  return (zone ? changeStatements(config, zone) : []).map(
    ({ statement }) => JSON.stringify(policyOf(filledIn([statement], LONGEST_PLACE))).length,
  );
}
