/**
 * May the caller do it? IAM's simulator knows the caller's policies and boundary, not the resources' own
 * policies, and needs a permission of its own: null says that nobody can tell before trying.
 */
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { vantageId } from '../../shared/core/model.ts';
import type { Call, Regional } from './aws-cloud.ts';
import { nameOf, troubleOf } from './aws-trouble.ts';
import type { Ask, Cloud } from './cloud.ts';

/** IAM is global; its commercial endpoint is signed for this region. */
const IAM_REGION = vantageId('us-east-1');

export function awsPermissions(regional: Regional, call: Call): Cloud['denied'] {
  return (identity, asks, signal) =>
    call('IAM: simulating the deployer’s permissions', async () => {
      if (identity.arn.endsWith(':root')) return [];
      const client = regional('iam', IAM_REGION, (common) => new IAMClient(common));
      try {
        const source = await sourceArn(client, identity.arn, signal);
        return source === null ? null : await simulate(client, source, asks, signal);
      } catch (error) {
        if (CAN_NOT_TELL.includes(nameOf(error))) return null;
        if (troubleOf(error, '').code === 'ACCESS_DENIED') return null;
        throw error;
      }
    });
}

async function simulate(
  client: IAMClient,
  source: string,
  asks: readonly Ask[],
  signal: AbortSignal,
): Promise<readonly Ask[]> {
  const denied: Ask[] = [];
  for (const [resource, actions] of byResource(asks)) {
    const { EvaluationResults = [] } = await client.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: source,
        ActionNames: [...actions],
        ResourceArns: [resource],
      }),
      { abortSignal: signal },
    );
    for (const { EvalActionName: action, EvalDecision } of EvaluationResults) {
      if (action !== undefined && EvalDecision !== 'allowed') denied.push({ action, resource });
    }
  }
  return denied;
}

const CAN_NOT_TELL = ['NoSuchEntity', 'NoSuchEntityException', 'InvalidInput', 'InvalidAction'];

/** A session's ARN lacks its role's path, so the role is asked for its own. */
async function sourceArn(
  client: IAMClient,
  arn: string,
  signal: AbortSignal,
): Promise<string | null> {
  const role = /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  if (role !== undefined) {
    const { Role } = await client.send(new GetRoleCommand({ RoleName: role }), {
      abortSignal: signal,
    });
    return Role?.Arn ?? null;
  }
  return /:(user|role)\//.test(arn) ? arn : null;
}

function byResource(asks: readonly Ask[]): ReadonlyMap<string, readonly string[]> {
  const grouped = new Map<string, string[]>();
  for (const { action, resource } of asks) {
    grouped.set(resource, [...(grouped.get(resource) ?? []), action]);
  }
  return grouped;
}
