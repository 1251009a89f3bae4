/**
 * What whoever calls the API must be allowed, by how much may be asked for: the URL of `read` looks,
 * `override` gives orders on single services and endpoints as well, and the function's own takes everything,
 * freezes and wide orders included. Each includes what is before it. Besides, the stacks may be looked at:
 * they say where the URLs are.
 */
import type { Config } from '../../shared/core/model.ts';
import { functionName, vantageStackName } from '../names.ts';
import { arn, type Resource, type Statement } from './permission-text.ts';

export const API_SCOPES = ['read', 'override', 'freeze'] as const;
export type ApiScope = (typeof API_SCOPES)[number];

/** An unqualified ARN is the function itself; no alias is meant by it. */
const DOOR: Readonly<Record<ApiScope, string>> = {
  read: ':read',
  override: ':override',
  freeze: '',
};

export function apiStatements(
  { deployment, vantages }: Pick<Config, 'deployment' | 'vantages'>,
  scope: ApiScope,
): readonly Statement[] {
  const scopes = API_SCOPES.slice(0, API_SCOPES.indexOf(scope) + 1);
  const doors = scopes.flatMap((one): readonly Resource[] =>
    vantages.map((region) =>
      arn('lambda', region, `function:${functionName(deployment, 'api')}${DOOR[one]}`),
    ),
  );
  return [
    {
      Sid: 'CallApi',
      Effect: 'Allow',
      Action: ['lambda:InvokeFunctionUrl'],
      Resource: doors,
      Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
    },
    {
      Sid: 'ByItsUrlOnly',
      Effect: 'Allow',
      Action: ['lambda:InvokeFunction'],
      Resource: doors,
      Condition: { Bool: { 'lambda:InvokedViaFunctionUrl': 'true' } },
    },
    {
      Sid: 'FindTheUrls',
      Effect: 'Allow',
      Action: ['cloudformation:DescribeStacks'],
      Resource: vantages.map((region) =>
        arn('cloudformation', region, `stack/${vantageStackName(deployment)}/*`),
      ),
    },
  ];
}
