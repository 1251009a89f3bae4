/**
 * The table's stack as CloudFormation JSON: the configuration and the regions that shall have a replica
 * in, a template out. A global table belongs to one stack in one region, so it is no part of the vantages'
 * stacks; and a stack update may add or remove one replica and nothing else, so whoever deploys hands in
 * one region more each time. The table stays when its stack goes: nothing of value may be lost by a
 * `remove`.
 */
import { assert } from '../../shared/core/errors.ts';
import type { Config, VantageId } from '../../shared/core/model.ts';
import { tableName } from '../names.ts';
import { type Resources, tagList } from './resource.ts';

export const TABLE_LOGICAL_ID = 'Table';

export type TableTemplate = {
  readonly AWSTemplateFormatVersion: '2010-09-09';
  readonly Description: string;
  readonly Resources: Resources;
  readonly Outputs: Readonly<Record<string, { readonly Value: unknown }>>;
};

/** `replicas`: in any order; the home region, whose stack this is, can never leave. `unprotected`: those
 *  that are about to be deleted. */
export function tableTemplate(
  { deployment, home, aws }: Pick<Config, 'deployment' | 'home' | 'aws'>,
  replicas: readonly VantageId[],
  unprotected: readonly VantageId[] = [],
): TableTemplate {
  assert(replicas.includes(home), `the table of ${deployment} has no replica in its home ${home}`);
  assert(new Set(replicas).size === replicas.length, 'a region has two replicas');
  const regions = [home, ...replicas.filter((region) => region !== home)];
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `The table of ${deployment}: reports, decision records and marks, in every vantage. Made by Quorate.`,
    Resources: {
      [TABLE_LOGICAL_ID]: {
        Type: 'AWS::DynamoDB::GlobalTable',
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: {
          TableName: tableName(deployment),
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [
            { AttributeName: 'pk', AttributeType: 'S' },
            { AttributeName: 'sk', AttributeType: 'S' },
          ],
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          // Replication needs it; and it can be changed only while there is one replica.
          StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
          TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
          ...(aws.kmsKey === undefined
            ? {}
            : { SSESpecification: { SSEEnabled: true, SSEType: 'KMS' } }),
          // Of a global table these are each replica's own, never synchronised.
          Replicas: regions.map((region) => ({
            Region: region,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            DeletionProtectionEnabled: !unprotected.includes(region),
            ...(aws.kmsKey === undefined
              ? {}
              : { SSESpecification: { KMSMasterKeyId: keyIn(aws.kmsKey, region) } }),
            ...(Object.keys(aws.tags).length === 0 ? {} : { Tags: tagList(aws.tags) }),
          })),
        },
      },
    },
    Outputs: {
      TableName: { Value: { Ref: TABLE_LOGICAL_ID } },
      TableArn: { Value: { 'Fn::GetAtt': [TABLE_LOGICAL_ID, 'Arn'] } },
      // Of the home region's replica alone: every vantage asks for its own.
      HomeStreamArn: { Value: { 'Fn::GetAtt': [TABLE_LOGICAL_ID, 'StreamArn'] } },
    },
  };
}

/** A replica takes keys of its own region only: of an ARN, that region's copy of the key is meant. */
const keyIn = (key: string, region: VantageId): string =>
  key.replace(/^(arn:[^:]+:kms:)[^:]+/, `$1${region}`);
