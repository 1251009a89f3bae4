/** What doctor asks IAM's simulator, against the policies that are deployed: a healthy account has no warning. */
import { describe, expect, it } from 'vitest';
import { expectedPermissions } from '../../../scripts/doctor/permissions.ts';
import type { FunctionId } from '../../../scripts/names.ts';
import { filledIn } from '../../../scripts/package/permission-text.ts';
import {
  COMMITTERS,
  functionStatements,
  zonePolicies,
} from '../../../scripts/package/permissions.ts';
import type { Config } from '../../../shared/core/model.ts';
import { isAllowed } from '../../fakes/policy-evaluator.ts';
import { observedConfig, PLACE, worldConfig } from '../../fixtures/permissions-world.ts';

describe('what doctor expects of the deployed roles', () => {
  it.each([
    ['with enforced services', worldConfig()],
    ['while every service is observed', observedConfig()],
  ])('is what their policies say, %s', (_what, config) => {
    for (const region of config.vantages) {
      const identity = {
        account: PLACE.accountId,
        arn: `arn:${PLACE.partition}:iam::${PLACE.accountId}:user/alice`,
      };
      const asked = expectedPermissions(config, region, identity);

      expect(asked.length).toBeGreaterThan(3);
      for (const { role, what, should, ...request } of asked) {
        const id = role.endsWith('-probe') ? 'probe' : 'quorum';
        expect(`${what}: ${isAllowed(policiesOf(config, region, id), request)}`).toBe(
          `${what}: ${should}`,
        );
      }
    }
  });
});

const policiesOf = (config: Config, region: Config['home'], id: FunctionId) =>
  filledIn(
    [
      ...functionStatements(config, region)[id],
      ...(COMMITTERS.includes(id)
        ? zonePolicies(config, region).flatMap(({ statements }) => statements)
        : []),
    ],
    PLACE,
  );
