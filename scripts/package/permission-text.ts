/**
 * What a permission is made of: statements with ARNs whose account and partition CloudFormation fills in,
 * and the same statements with both filled in by us, where a policy is printed or evaluated. Nothing in
 * them depends on the order of a map: the same configuration gives the same text.
 */

/** `Fn::Sub` wherever a pseudo parameter stands inside. */
export type Resource = string | { readonly 'Fn::Sub': string };
export type Condition = Readonly<
  Record<string, Readonly<Record<string, string | readonly Resource[]>>>
>;
export type Statement = {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly Resource[];
  readonly Condition?: Condition;
};

/** As IAM takes it. */
export type PlainStatement = {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
};
export type PolicyDocument = {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PlainStatement[];
};

export type Place = { readonly accountId: string; readonly partition: string };
/** Where a policy's text is longest. */
export const LONGEST_PLACE: Place = { accountId: '000000000000', partition: 'aws-us-gov' };

const PARTITION = '$' + '{AWS::Partition}';
const ACCOUNT = '$' + '{AWS::AccountId}';

export const sub = (text: string): Resource => ({ 'Fn::Sub': text });

/** Of the deployment's own account and partition. */
export function arn(
  service: string,
  region: string,
  resource: string,
  account: '*' | 'own' = 'own',
): Resource {
  const owner = service === 'route53' || service === 's3' ? '' : account === '*' ? '*' : ACCOUNT;
  return sub(`arn:${PARTITION}:${service}:${region}:${owner}:${resource}`);
}

/** Route 53 has neither region nor account in its ARNs. */
export const zoneArn = (id: string): Resource => arn('route53', '', `hostedzone/${id}`);

export const policyOf = (statements: readonly PlainStatement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements,
});

/** Account and partition filled in. */
export function filledIn(
  statements: readonly Statement[],
  { accountId, partition }: Place,
): readonly PlainStatement[] {
  const text = (resource: Resource): string =>
    typeof resource === 'string'
      ? resource
      : resource['Fn::Sub'].replaceAll(PARTITION, partition).replaceAll(ACCOUNT, accountId);
  return statements.map(({ Sid, Effect, Action, Resource, Condition }) => ({
    Sid,
    Effect,
    Action,
    Resource: Resource.map(text),
    ...(Condition === undefined
      ? {}
      : {
          Condition: Object.fromEntries(
            Object.entries(Condition).map(([operator, keys]) => [
              operator,
              Object.fromEntries(
                Object.entries(keys).map(([key, values]) => [
                  key,
                  typeof values === 'string' ? values : values.map(text),
                ]),
              ),
            ]),
          ),
        }),
  }));
}
