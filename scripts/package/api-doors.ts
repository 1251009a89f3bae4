/**
 * The ways into `api`: beside its own function URL one more for each alias, and for each of the three the
 * permissions that a URL needs. Which way somebody comes says what he may ask for; who may take which is
 * settled by the policies of the callers (`quorate iam --api`), so all are open to the account's own
 * principals, each as far as its own policy allows, and to nobody else.
 */
import { API_ALIASES, type ApiAlias } from '../names.ts';
import type { Resource, Resources } from './resource.ts';

const FUNCTION = { Ref: 'ApiLambdaFunction' };

/** Aliases point to $LATEST: what is deployed is what all of them run. */
export function apiDoors(): Resources {
  const doors = API_ALIASES.flatMap((alias): readonly (readonly [string, Resource])[] => {
    const door = `Api${capital(alias)}`;
    return [
      [
        `${door}Alias`,
        {
          Type: 'AWS::Lambda::Alias',
          Properties: { FunctionName: FUNCTION, FunctionVersion: '$LATEST', Name: alias },
        },
      ],
      [
        `${door}Url`,
        {
          Type: 'AWS::Lambda::Url',
          DependsOn: `${door}Alias`,
          Properties: { TargetFunctionArn: FUNCTION, Qualifier: alias, AuthType: 'AWS_IAM' },
        },
      ],
      ...permissions(door, { Ref: `${door}Alias` }),
    ];
  });
  return Object.fromEntries([...permissions('Api', FUNCTION), ...doors]);
}

/** A URL needs both since October 2025. */
const permissions = (
  door: string,
  FunctionName: { readonly Ref: string },
): readonly (readonly [string, Resource])[] => {
  const common = { FunctionName, Principal: { Ref: 'AWS::AccountId' } };
  return [
    [
      `${door}UrlPermission`,
      {
        Type: 'AWS::Lambda::Permission',
        Properties: {
          ...common,
          Action: 'lambda:InvokeFunctionUrl',
          FunctionUrlAuthType: 'AWS_IAM',
        },
      },
    ],
    [
      `${door}InvokePermission`,
      {
        Type: 'AWS::Lambda::Permission',
        Properties: { ...common, Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true },
      },
    ],
  ];
};

const capital = (alias: ApiAlias): string => `${alias.slice(0, 1).toUpperCase()}${alias.slice(1)}`;
