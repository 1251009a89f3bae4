/** The part of the `Cloud` port that is DynamoDB: tables and replicas as such, never what they hold. */
import {
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type TableDescription,
  UpdateTableCommand,
} from '@aws-sdk/client-dynamodb';
import { epochMs, type VantageId, vantageId } from '../../shared/core/model.ts';
import type { Call, Regional } from './aws-cloud.ts';
import { nameOf } from './aws-trouble.ts';
import type { Cloud, TableState } from './cloud.ts';

type TableCalls = Pick<Cloud, 'table' | 'unprotectTable' | 'removeReplica' | 'deleteTable'>;

export function awsTables(regional: Regional, call: Call): TableCalls {
  const tables = (region: VantageId): DynamoDBClient =>
    regional('dynamodb', region, (common) => new DynamoDBClient(common));
  const about = (region: VantageId, name: string, doing: string): string =>
    `DynamoDB in ${region}: ${doing} table ${name}`;

  return {
    table: (region, name, signal) =>
      call(about(region, name, 'looking for'), async () => {
        try {
          const { Table } = await tables(region).send(
            new DescribeTableCommand({ TableName: name }),
            { abortSignal: signal },
          );
          return Table === undefined ? null : stateOf(Table);
        } catch (error) {
          if (nameOf(error) === 'ResourceNotFoundException') return null;
          throw error;
        }
      }),

    unprotectTable: (region, name, signal) =>
      call(about(region, name, 'ending the deletion protection of'), async () => {
        await tables(region).send(
          new UpdateTableCommand({ TableName: name, DeletionProtectionEnabled: false }),
          { abortSignal: signal },
        );
      }),

    removeReplica: (home, name, region, signal) =>
      call(about(home, name, `removing the replica in ${region} of`), async () => {
        await tables(home).send(
          new UpdateTableCommand({
            TableName: name,
            ReplicaUpdates: [{ Delete: { RegionName: region } }],
          }),
          { abortSignal: signal },
        );
      }),

    deleteTable: (region, name, signal) =>
      call(about(region, name, 'deleting'), async () => {
        try {
          await tables(region).send(new DeleteTableCommand({ TableName: name }), {
            abortSignal: signal,
          });
        } catch (error) {
          if (nameOf(error) !== 'ResourceNotFoundException') throw error;
        }
      }),
  };
}

const stateOf = (table: TableDescription): TableState => ({
  status: table.TableStatus ?? 'UNKNOWN',
  createdAt:
    table.CreationDateTime === undefined ? null : epochMs(table.CreationDateTime.getTime()),
  keys: (table.KeySchema ?? []).map(({ AttributeName }) => AttributeName ?? '').join(', '),
  hasStream: table.LatestStreamArn !== undefined,
  isProtected: table.DeletionProtectionEnabled === true,
  replicas: (table.Replicas ?? []).flatMap(({ RegionName, ReplicaStatus }) =>
    RegionName === undefined
      ? []
      : [{ region: vantageId(RegionName), status: ReplicaStatus ?? 'UNKNOWN' }],
  ),
});
