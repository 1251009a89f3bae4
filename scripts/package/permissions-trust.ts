/**
 * A role in the account of a zone: who may assume it, and what it may do there. The deployment's roles
 * are named by condition and not as principals: IAM refuses a principal that does not exist yet, and
 * silently forgets one that was made anew, as every role is that a stack removes and makes again.
 */
import { byText, type Config, type ZoneRef } from '../../shared/core/model.ts';
import { roleName } from '../names.ts';
import {
  filledIn,
  type Place,
  type PlainStatement,
  type PolicyDocument,
  policyOf,
} from './permission-text.ts';
import { readStatements } from './permissions-operator.ts';
import { changeStatements } from './permissions-zone.ts';

export type TrustStatement = {
  readonly Sid: string;
  readonly Effect: 'Allow';
  readonly Principal: { readonly AWS: readonly string[] };
  readonly Action: 'sts:AssumeRole';
  readonly Condition: {
    readonly ArnEquals?: { readonly 'aws:PrincipalArn': readonly string[] };
    readonly ArnLike?: { readonly 'aws:PrincipalArn': readonly string[] };
  };
};
export type TrustPolicy = {
  readonly Version: '2012-10-17';
  readonly Statement: readonly TrustStatement[];
};

/** Of a role, unless AWS has raised it (IAM quotas). */
export const TRUST_LENGTH_MAX = 2_048;
/** Of one managed policy (IAM quotas). */
const DOCUMENT_LENGTH_MAX = 6_144;

/** `others`: ARNs of operators' roles and users, who may use the role as the functions do. */
export function trustPolicy(
  { deployment, vantages }: Config,
  { accountId, partition }: Place,
  others: readonly string[] = [],
): TrustPolicy {
  const role = (name: string): string => `arn:${partition}:iam::${accountId}:role/${name}`;
  // `api` as well, so that a zone's owner needs no second visit once it commits; until then it has no
  // right of its own to assume the role.
  const committers = (['quorum', 'api'] as const).flatMap((id) =>
    vantages.map((vantage) => role(roleName(deployment, vantage, id))),
  );
  const accounts = new Set([accountId, ...others.map((one) => one.split(':')[4] ?? '')]);
  const roots = [...accounts].map((account) => `arn:${partition}:iam::${account}:root`);
  const trust = (condition: TrustStatement['Condition']): TrustPolicy => ({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'LetTheDeploymentIn',
        Effect: 'Allow',
        Principal: { AWS: roots },
        Action: 'sts:AssumeRole',
        Condition: condition,
      },
    ],
  });
  const exact = trust({
    ArnEquals: { 'aws:PrincipalArn': [...committers, ...others].toSorted(byText) },
  });
  if (JSON.stringify(exact).length <= TRUST_LENGTH_MAX) return exact;
  const patterns = ['quorum', 'api'].map((id) => role(`${deployment}-*-${id}`));
  return trust({ ArnLike: { 'aws:PrincipalArn': [...patterns, ...others].toSorted(byText) } });
}

/** Reading always; writing for what enforces. Packed into as few policies as IAM takes. */
export const roleDocuments = (
  config: Config,
  zone: ZoneRef,
  place: Place,
): readonly PolicyDocument[] =>
  documentsOf(
    filledIn(
      [
        ...readStatements([zone]),
        ...changeStatements(config, zone).map(({ statement }) => statement),
      ],
      place,
    ),
  );

/** Each statement into the first document that still has room. */
export function documentsOf(statements: readonly PlainStatement[]): readonly PolicyDocument[] {
  const documents: PlainStatement[][] = [];
  for (const statement of statements) {
    const roomy = documents.find(
      (some) => lengthOf(policyOf([...some, statement])) <= DOCUMENT_LENGTH_MAX,
    );
    if (roomy === undefined) documents.push([statement]);
    else roomy.push(statement);
  }
  return documents.map(policyOf);
}

export const lengthOf = (document: PolicyDocument | TrustPolicy): number =>
  JSON.stringify(document).length;
