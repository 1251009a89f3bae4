/**
 * What the deployed world adds to MiniStack: replicas as the table's stack says, and replication that
 * converges and has no echo. If this were wrong, the story in deployed.test.ts would prove nothing.
 */
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import {
  DeleteItemCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tableStackName } from '../../scripts/names.ts';
import { ACCOUNT, DEPLOYMENT, HOME, REGIONS, type Region } from './support/deployed/places.ts';
import { type DeployedWorld, openWorld, whereWorld } from './support/deployed/world.ts';
import { until } from './support/deployed/zone-watch.ts';

const SOON_MS = 10_000;

whereWorld(() => {
  describe('the deployed world', () => {
    const resources = new AsyncDisposableStack();
    const clients = new Map<Region, DynamoDBClient>();
    let world: DeployedWorld;
    let formation: CloudFormationClient;

    beforeAll(async () => {
      process.env.AWS_ACCESS_KEY_ID = ACCOUNT;
      process.env.AWS_SECRET_ACCESS_KEY = 'e2e';
      world = resources.use(await openWorld());
      formation = new CloudFormationClient({ region: HOME, endpoint: world.url });
      for (const region of REGIONS) {
        clients.set(region, new DynamoDBClient({ region, endpoint: world.url }));
      }
    });
    afterAll(async () => {
      formation.destroy();
      for (const client of clients.values()) client.destroy();
      await resources.disposeAsync();
    });

    const at = (region: Region): DynamoDBClient => clients.get(region) as DynamoDBClient;
    const key = (id: string) => ({ pk: { S: id }, sk: { S: 'now' } });
    const put = (region: Region, id: string, body: string): Promise<unknown> =>
      at(region).send(
        new PutItemCommand({ TableName: DEPLOYMENT, Item: { ...key(id), body: { S: body } } }),
      );
    const get = async (region: Region, id: string): Promise<string | undefined> => {
      const command = new GetItemCommand({ TableName: DEPLOYMENT, Key: key(id) });
      return (await at(region).send(command)).Item?.body?.S;
    };
    const everywhere = (id: string): Promise<readonly (string | undefined)[]> =>
      Promise.all(REGIONS.map((region) => get(region, id)));
    const describeTable = async (region: Region) =>
      (await at(region).send(new DescribeTableCommand({ TableName: DEPLOYMENT }))).Table;
    const stackStatus = async (): Promise<string | undefined> => {
      const command = new DescribeStacksCommand({ StackName: tableStackName(DEPLOYMENT) });
      return (await formation.send(command)).Stacks?.[0]?.StackStatus;
    };

    it('has each replica by the time CloudFormation calls the stack complete, filled', async () => {
      await formation.send(
        new CreateStackCommand({
          StackName: tableStackName(DEPLOYMENT),
          TemplateBody: template([HOME]),
        }),
      );
      await until('the stack', SOON_MS, stackStatus, (status) => status === 'CREATE_COMPLETE');
      await put(HOME, 'before', 'there');

      await formation.send(
        new UpdateStackCommand({
          StackName: tableStackName(DEPLOYMENT),
          TemplateBody: template(REGIONS),
        }),
      );
      await until('its update', SOON_MS, stackStatus, (status) => status === 'UPDATE_COMPLETE');

      for (const region of REGIONS) {
        const table = await describeTable(region);
        expect(table?.TableStatus).toBe('ACTIVE');
        expect(table?.LatestStreamArn).toContain(`:${region}:`);
        expect(table?.DeletionProtectionEnabled).toBe(true);
        expect(table?.Replicas?.map(({ RegionName }) => RegionName).sort()).toEqual(
          REGIONS.filter((one) => one !== region).sort(),
        );
      }
      expect(await everywhere('before')).toEqual(REGIONS.map(() => 'there'));
    });

    it('carries a write and a deletion to every other region', async () => {
      await put('us-east-1', 'travels', 'once');
      await until(
        'arrival',
        SOON_MS,
        () => everywhere('travels'),
        (all) => all.every((body) => body === 'once'),
      );

      await at(HOME).send(new DeleteItemCommand({ TableName: DEPLOYMENT, Key: key('travels') }));

      await until(
        'the end of it',
        SOON_MS,
        () => everywhere('travels'),
        (all) => all.every((body) => body === undefined),
      );
    });

    it('lets the later of two writes win everywhere, and then is quiet', async () => {
      await Promise.all(REGIONS.map((region) => put(region, 'contested', region)));
      await put('us-east-1', 'contested', 'last');

      await until(
        'one winner',
        SOON_MS,
        () => everywhere('contested'),
        (all) => all.every((body) => body === 'last'),
      );

      const before = await world.figures();
      await put(HOME, 'marker', 'after');
      await until(
        'a later write',
        SOON_MS,
        () => everywhere('marker'),
        (all) => all.every((body) => body === 'after'),
      );
      const after = await world.figures();
      // Of the contest nothing went round any more: only the marker's two copies.
      expect(Number(after.replicated) - Number(before.replicated)).toBe(2);
      expect(await everywhere('contested')).toEqual(REGIONS.map(() => 'last'));
    });

    it('keeps a region that is cut apart, and brings both sides together when it is healed', async () => {
      await world.cutReplica('us-east-1');
      await put(HOME, 'cut', 'from home');
      await put('us-east-1', 'own', 'from inside');
      await until(
        'arrival in the third region',
        SOON_MS,
        () => get('ap-southeast-1', 'cut'),
        (body) => body === 'from home',
      );
      expect(await get('us-east-1', 'cut')).toBeUndefined();
      expect(await get(HOME, 'own')).toBeUndefined();

      await world.healReplica('us-east-1');

      for (const [id, body] of [
        ['cut', 'from home'],
        ['own', 'from inside'],
      ] as const) {
        await until(
          `${id} everywhere`,
          SOON_MS,
          () => everywhere(id),
          (all) => all.every((one) => one === body),
        );
      }
    });
  });
});

const template = (replicas: readonly Region[]): string =>
  JSON.stringify({
    Resources: {
      Table: {
        Type: 'AWS::DynamoDB::GlobalTable',
        Properties: {
          TableName: DEPLOYMENT,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({
            AttributeName,
            AttributeType: 'S',
          })),
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
          StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' },
          Replicas: replicas.map((Region) => ({ Region, DeletionProtectionEnabled: true })),
        },
      },
    },
  });
