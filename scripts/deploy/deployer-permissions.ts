/**
 * What a deployer must be allowed (`permissions-deployer.ts`, which the README prints) → questions for
 * IAM's simulator about one region. It takes names, no patterns, so each pattern is filled with a name
 * that a deployment would use. Statements with a condition are left out: without the request's context
 * the simulator says no to what AWS would allow.
 */
import type { Config, VantageId } from '../../shared/core/model.ts';
import { filledIn } from '../package/permission-text.ts';
import { deployerStatements } from '../package/permissions-deployer.ts';
import type { Ask, Identity } from './cloud.ts';

/** About the caller itself, which the caller's answer shows anyway. */
const LEFT_OUT = ['AskAboutOneself'];

export function deployerAsks(
  config: Config,
  region: VantageId,
  { account, arn }: Identity,
): readonly Ask[] {
  const partition = arn.split(':')[1] ?? 'aws';
  return filledIn(deployerStatements(config), { accountId: account, partition })
    .filter(({ Sid, Condition }) => Condition === undefined && !LEFT_OUT.includes(Sid))
    .flatMap(({ Action, Resource }) =>
      Resource.flatMap((resource) =>
        Action.map((action) => ({ action, resource: exampleOf(resource, region) })),
      ),
    );
}

/** `arn:aws:lambda:*:123456789012:function:quorate-prod-*` → a function of this region. */
const exampleOf = (pattern: string, region: VantageId): string =>
  pattern === '*'
    ? pattern
    : pattern.replace(/^(arn:[^:]*:[^:]*:)\*:/, `$1${region}:`).replaceAll('*', 'quorum');
