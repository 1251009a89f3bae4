/**
 * The outside's own look at MiniStack, with the AWS SDK and nothing of Quorate's reading: records, fence,
 * items, stacks, functions. What the story asserts does not depend on the code that it is about.
 */
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { type AttributeValue, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import {
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { DEPLOYMENT, HOME, type Region } from './places.ts';

export type Noun = Readonly<Record<string, unknown>>;

export type Aws = {
  readonly makeZone: (name: string) => Promise<string>;
  readonly records: (zone: string) => Promise<readonly ResourceRecordSet[]>;
  readonly zoneState: (zone: string) => Promise<ZoneState>;
  /** `body` of every item whose key begins so, as one region's replica has it. */
  readonly items: (
    region: Region,
    partition: string,
  ) => Promise<readonly { readonly pk: string; readonly sk: string; readonly body: Noun }[]>;
  readonly stacks: (region: Region) => Promise<readonly Stack[]>;
  readonly functions: (region: Region) => Promise<readonly string[]>;
  /** One run now, as its schedule would ask for; → how it ended. */
  readonly invoke: (region: Region, functionName: string) => Promise<string | undefined>;
  /** A change set that nobody executed: a stack without anything in it. */
  readonly leaveHalfDeployed: (region: Region, stack: string) => Promise<void>;
  readonly deleteStack: (region: Region, stack: string) => Promise<void>;
} & Disposable;

/** Weights by set identifier, and the fence's generation as it is written in it. */
export type ZoneState = {
  readonly weights: Readonly<Record<string, number>>;
  readonly generation: number | null;
  readonly fence: string | null;
};

export function awsOf(endpoint: string): Aws {
  const route53 = new Route53Client({ region: HOME, endpoint });
  const tables = new Map<string, DynamoDBClient>();
  const table = (region: string): DynamoDBClient => {
    const known = tables.get(region) ?? new DynamoDBClient({ region, endpoint });
    tables.set(region, known);
    return known;
  };
  const records = async (zone: string): Promise<readonly ResourceRecordSet[]> => {
    const answer = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone }));
    return answer.ResourceRecordSets ?? [];
  };

  const formation = async <T>(
    region: string,
    run: (client: CloudFormationClient) => Promise<T>,
  ): Promise<T> => {
    const client = new CloudFormationClient({ region, endpoint });
    try {
      return await run(client);
    } finally {
      client.destroy();
    }
  };

  return {
    makeZone: async (name) => {
      const { HostedZone } = await route53.send(
        new CreateHostedZoneCommand({ Name: name, CallerReference: `${name} ${Date.now()}` }),
      );
      return (HostedZone?.Id ?? '').replace('/hostedzone/', '');
    },
    records,
    zoneState: async (zone) => {
      const all = await records(zone);
      const text = all.find(({ Type, Name }) => Type === 'TXT' && Name?.startsWith('_quorate.'));
      const fence = text?.ResourceRecords?.map(({ Value }) => Value).join(' ') ?? null;
      const generation = / g=(\d+)/.exec(fence ?? '')?.[1];
      return {
        weights: Object.fromEntries(
          all
            .filter(({ Type, SetIdentifier }) => Type === 'A' && SetIdentifier !== undefined)
            .map(({ SetIdentifier, Weight }) => [SetIdentifier ?? '', Weight ?? -1]),
        ),
        generation: generation === undefined ? null : Number(generation),
        fence,
      };
    },
    items: async (region, partition) => {
      const found: Record<string, AttributeValue>[] = [];
      let from: Record<string, AttributeValue> | undefined;
      do {
        const page = await table(region).send(
          new ScanCommand({ TableName: DEPLOYMENT, ExclusiveStartKey: from }),
        );
        found.push(...(page.Items ?? []));
        from = page.LastEvaluatedKey;
      } while (from !== undefined);
      return found
        .filter(({ pk }) => pk?.S?.startsWith(partition))
        .map(({ pk, sk, body }) => ({
          pk: pk?.S ?? '',
          sk: sk?.S ?? '',
          body: JSON.parse(body?.S ?? '{}') as Noun,
        }))
        .sort((a, b) => (a.pk + a.sk < b.pk + b.sk ? -1 : 1));
    },
    stacks: (region) =>
      formation(region, async (client) => {
        const { Stacks = [] } = await client.send(new DescribeStacksCommand({}));
        return Stacks.filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
      }),
    functions: async (region) => {
      const client = new LambdaClient({ region, endpoint });
      try {
        const { Functions = [] } = await client.send(new ListFunctionsCommand({}));
        return Functions.map(({ FunctionName }) => FunctionName ?? '');
      } finally {
        client.destroy();
      }
    },
    invoke: async (region, functionName) => {
      const client = new LambdaClient({ region, endpoint });
      try {
        const { FunctionError } = await client.send(
          new InvokeCommand({ FunctionName: functionName, Payload: '{}' }),
        );
        return FunctionError;
      } finally {
        client.destroy();
      }
    },
    leaveHalfDeployed: (region, stack) =>
      formation(region, async (client) => {
        const TemplateBody = JSON.stringify({
          Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: {} } },
        });
        await client.send(
          new CreateChangeSetCommand({
            StackName: stack,
            ChangeSetName: 'never-executed',
            ChangeSetType: 'CREATE',
            TemplateBody,
          }),
        );
      }),
    deleteStack: (region, stack) =>
      formation(region, async (client) => {
        await client.send(new DeleteStackCommand({ StackName: stack }));
      }),
    [Symbol.dispose]: () => {
      route53.destroy();
      for (const client of tables.values()) client.destroy();
    },
  };
}
