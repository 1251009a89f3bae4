/** The table's stack: what is in it, and that a replica more changes nothing else. */
import { describe, expect, it } from 'vitest';
import { tableTemplate } from '../../scripts/package/table-template.ts';
import { type VantageId, vantageId } from '../../shared/core/model.ts';
import { sampleConfig } from '../fakes/sample-service.ts';

const EU = vantageId('eu-west-1');
const US = vantageId('us-east-1');
const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/mrk-1234';

describe('the table’s stack', () => {
  it('holds one global table that outlives it', () => {
    const { Resources } = tableTemplate(sampleConfig(), [EU]);

    expect(Object.values(Resources)).toMatchObject([
      {
        Type: 'AWS::DynamoDB::GlobalTable',
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: {
          TableName: 'quorate-test',
          BillingMode: 'PAY_PER_REQUEST',
          StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
          TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
        },
      },
    ]);
  });

  it('protects every replica, home first', () => {
    expect(replicas([US, EU])).toEqual([
      {
        Region: 'eu-west-1',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      },
      {
        Region: 'us-east-1',
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        DeletionProtectionEnabled: true,
      },
    ]);
  });

  it('differs by one replica and nothing else when one region more is handed in', () => {
    const [one, two] = [[EU], [EU, US]].map((regions) => tableTemplate(sampleConfig(), regions));

    expect(without(two)).toEqual(without(one));
    expect(replicas([EU, US]).slice(0, 1)).toEqual(replicas([EU]));
  });

  it('gives each replica the tags, and its own region’s copy of the key', () => {
    const aws = { tags: { team: 'dns' }, kmsKey: KEY };

    expect(replicas([EU, US], aws)).toMatchObject([
      { SSESpecification: { KMSMasterKeyId: KEY }, Tags: [{ Key: 'team', Value: 'dns' }] },
      {
        SSESpecification: { KMSMasterKeyId: KEY.replace('eu-west-1', 'us-east-1') },
        Tags: [{ Key: 'team', Value: 'dns' }],
      },
    ]);
    expect(properties([EU], aws)).toMatchObject({
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
    });
  });

  it('takes an alias of a key as it is', () => {
    expect(replicas([US, EU], { tags: {}, kmsKey: 'alias/quorate' })).toMatchObject([
      { SSESpecification: { KMSMasterKeyId: 'alias/quorate' } },
      { SSESpecification: { KMSMasterKeyId: 'alias/quorate' } },
    ]);
  });

  it('is never made without its home region', () => {
    expect(() => tableTemplate(sampleConfig(), [US])).toThrow('no replica in its home eu-west-1');
  });
});

type Aws = Parameters<typeof tableTemplate>[0]['aws'];

const properties = (regions: readonly VantageId[], aws: Aws = { tags: {} }) =>
  tableTemplate(sampleConfig({ aws }), regions).Resources.Table!.Properties;

const replicas = (regions: readonly VantageId[], aws?: Aws) =>
  properties(regions, aws).Replicas as readonly unknown[];

const without = (template: unknown): unknown =>
  JSON.parse(JSON.stringify(template), (key, value: unknown) =>
    key === 'Replicas' ? undefined : value,
  );
