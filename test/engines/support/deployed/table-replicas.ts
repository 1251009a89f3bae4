/**
 * What MiniStack's CloudFormation lacks of `AWS::DynamoDB::GlobalTable`: it makes the table in the stack's
 * own region and passes over `Replicas`. In: the template of the table's stack, as MiniStack holds it.
 * Out: a table in each region that it names, filled and replicating, before anybody is told that the
 * stack is complete. A region that a new template no longer names loses its table. What was deleted by
 * hand meanwhile stays deleted: CloudFormation doesn't look either.
 */
import { CloudFormationClient, GetTemplateCommand } from '@aws-sdk/client-cloudformation';
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { parse } from 'yaml';
import type { Replication } from './replication.ts';

export type TableReplicas = {
  /** One at a time; calls that come meanwhile share the next turn. */
  readonly settle: () => Promise<void>;
  readonly regions: () => readonly string[];
};

type Wanted = { readonly region: string; readonly isProtected: boolean };

export function tableReplicas(
  { table, stack, home }: { readonly table: string; readonly stack: string; readonly home: string },
  endpoint: string,
  { join, leave, members }: Pick<Replication, 'join' | 'leave' | 'members'>,
): TableReplicas {
  const formation = new CloudFormationClient({ region: home, endpoint });
  const clients = new Map<string, DynamoDBClient>();
  let applied: string | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const settle = (): Promise<void> => {
    if (running === undefined) {
      running = bring().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return settle();
      });
    return next;
  };
  return { settle, regions: members };

  async function bring(): Promise<void> {
    for (const region of members()) if ((await describe(region)) === undefined) leave(region);
    const own = await describe(home);
    if (own === undefined) return;
    await join(home, undefined);
    const template = await currentTemplate();
    if (template === applied) return;
    applied = template;
    if (template === undefined) return; // the stack is gone and left the table: everything stays
    const wanted = replicasIn(template);
    for (const { region } of wanted) if (region !== home) await make(region, own);
    for (const region of members()) {
      if (region !== home && !wanted.some((one) => one.region === region)) await drop(region);
    }
    for (const { region, isProtected } of wanted) await protect(region, isProtected);
  }

  async function currentTemplate(): Promise<string | undefined> {
    const { TemplateBody } = await formation
      .send(new GetTemplateCommand({ StackName: stack, TemplateStage: 'Processed' }))
      .catch(() => ({ TemplateBody: undefined }));
    return TemplateBody;
  }

  async function make(region: string, like: TableDescription): Promise<void> {
    if (members().includes(region)) return;
    if ((await describe(region)) === undefined) {
      await client(region).send(
        new CreateTableCommand({
          TableName: table,
          AttributeDefinitions: like.AttributeDefinitions,
          KeySchema: like.KeySchema,
          BillingMode: 'PAY_PER_REQUEST',
          StreamSpecification: like.StreamSpecification,
        }),
      );
      const { TimeToLiveDescription: ttl } = await client(home).send(
        new DescribeTimeToLiveCommand({ TableName: table }),
      );
      if (ttl?.AttributeName !== undefined) {
        await client(region).send(
          new UpdateTimeToLiveCommand({
            TableName: table,
            TimeToLiveSpecification: { AttributeName: ttl.AttributeName, Enabled: true },
          }),
        );
      }
    }
    await join(region, home);
  }

  async function drop(region: string): Promise<void> {
    leave(region);
    if ((await describe(region)) === undefined) return;
    await protect(region, false);
    await client(region).send(new DeleteTableCommand({ TableName: table }));
  }

  async function protect(region: string, isProtected: boolean): Promise<void> {
    const found = await describe(region);
    if (found === undefined || (found.DeletionProtectionEnabled ?? false) === isProtected) return;
    await client(region).send(
      new UpdateTableCommand({ TableName: table, DeletionProtectionEnabled: isProtected }),
    );
  }

  async function describe(region: string): Promise<TableDescription | undefined> {
    try {
      return (await client(region).send(new DescribeTableCommand({ TableName: table }))).Table;
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  }

  function client(region: string): DynamoDBClient {
    const known = clients.get(region) ?? new DynamoDBClient({ region, endpoint });
    clients.set(region, known);
    return known;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function replicasIn(template: string): readonly Wanted[] {
  const resources = Object.values(fieldsOf(fieldsOf(parse(template)).Resources)).map(fieldsOf);
  const global = resources.find((one) => one.Type === 'AWS::DynamoDB::GlobalTable');
  const { Replicas } = fieldsOf(global?.Properties);
  if (!Array.isArray(Replicas)) return [];
  return Replicas.map(fieldsOf).map(({ Region, DeletionProtectionEnabled }) => ({
    region: String(Region),
    isProtected: DeletionProtectionEnabled === true,
  }));
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? { ...value } : {};
