/** The part of the `Cloud` port that is CloudFormation, and S3 as far as a stack's own bucket needs it. */
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStackEventsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import {
  DeleteObjectsCommand,
  ListObjectVersionsCommand,
  type ObjectIdentifier,
  S3Client,
} from '@aws-sdk/client-s3';
import { QuorateError } from '../../shared/core/errors.ts';
import type { VantageId } from '../../shared/core/model.ts';
import type { Clock } from '../../shared/ports.ts';
import type { Call, Regional } from './aws-cloud.ts';
import { messageOf, nameOf } from './aws-trouble.ts';
import type { Cloud, Import, StackChange } from './cloud.ts';

type StackCalls = Pick<
  Cloud,
  'stack' | 'stackTrouble' | 'createStack' | 'updateStack' | 'importStack' | 'deleteStack'
>;

const CHANGE_SET_POLL_MS = 2_000;
const CHANGE_SET_POLLS_MAX = 150;
const PAGES_MAX = 1_000;

export function awsStacks(deps: {
  readonly regional: Regional;
  readonly call: Call;
  readonly clock: Clock;
  readonly isPathStyle: boolean;
}): StackCalls {
  const { regional, call, clock, isPathStyle } = deps;
  const formation = (region: VantageId): CloudFormationClient =>
    regional('cloudformation', region, (common) => new CloudFormationClient(common));
  const about = (region: VantageId, doing: string): string =>
    `CloudFormation in ${region}: ${doing}`;

  return {
    stack: (region, name, signal) =>
      call(about(region, `looking for stack ${name}`), async () => {
        try {
          const { Stacks } = await formation(region).send(
            new DescribeStacksCommand({ StackName: name }),
            { abortSignal: signal },
          );
          const stack = Stacks?.[0];
          if (stack?.StackStatus === undefined) return null;
          return { status: stack.StackStatus, reason: stack.StackStatusReason ?? '' };
        } catch (error) {
          if (isAbsent(error)) return null;
          throw error;
        }
      }),

    stackTrouble: (region, name, signal) =>
      call(about(region, `reading the events of stack ${name}`), async () => {
        const { StackEvents = [] } = await formation(region).send(
          new DescribeStackEventsCommand({ StackName: name }),
          { abortSignal: signal },
        );
        const failures: string[] = [];
        // Newest first, back to the start of the last operation.
        for (const event of StackEvents) {
          if (
            event.LogicalResourceId === name &&
            event.ResourceStatusReason === 'User Initiated' &&
            event.ResourceStatus?.endsWith('_IN_PROGRESS') === true
          ) {
            break;
          }
          const reason = event.ResourceStatusReason ?? '';
          // The others were only cancelled because of the first.
          if (event.ResourceStatus?.endsWith('_FAILED') && !/cancelled/i.test(reason)) {
            failures.unshift(`${event.LogicalResourceId ?? ''}: ${reason}`);
          }
        }
        return failures[0] ?? '';
      }),

    createStack: (change, signal) =>
      call(about(change.region, `creating stack ${change.name}`), async () => {
        await formation(change.region).send(
          new CreateStackCommand({
            ...inputOf(change),
            // What a failed creation leaves behind is told by its events; the table is retained anyway.
            OnFailure: 'ROLLBACK',
          }),
          { abortSignal: signal },
        );
      }),

    updateStack: (change, signal) =>
      call(about(change.region, `updating stack ${change.name}`), async () => {
        try {
          await formation(change.region).send(new UpdateStackCommand(inputOf(change)), {
            abortSignal: signal,
          });
          return 'started' as const;
        } catch (error) {
          if (/no updates are to be performed/i.test(messageOf(error))) return 'unchanged' as const;
          throw error;
        }
      }),

    importStack: (change, imports, signal) =>
      call(about(change.region, `taking over into stack ${change.name}`), async () => {
        const client = formation(change.region);
        try {
          await takeOver(client, change, imports, signal);
        } catch (error) {
          // What was only reviewed would stay as an empty stack, and be in the way of the next attempt.
          await client.send(new DeleteStackCommand({ StackName: change.name }), {
            abortSignal: signal,
          });
          throw error;
        }
      }),

    deleteStack: (region, name, signal) =>
      call(about(region, `deleting stack ${name}`), async () => {
        const client = formation(region);
        for (const bucket of await bucketsOf(client, name, signal)) {
          await emptyBucket(
            regional('s3', region, (c) => new S3Client({ ...c, forcePathStyle: isPathStyle })),
            bucket,
            signal,
          );
        }
        await client.send(new DeleteStackCommand({ StackName: name }), { abortSignal: signal });
      }),
  };

  async function takeOver(
    client: CloudFormationClient,
    change: StackChange,
    imports: readonly Import[],
    signal: AbortSignal,
  ): Promise<void> {
    const set = { StackName: change.name, ChangeSetName: 'quorate-takes-over' };
    await client.send(
      new CreateChangeSetCommand({
        ...inputOf(change),
        ...set,
        ChangeSetType: 'IMPORT',
        ResourcesToImport: imports.map(({ type, logicalId, identifier }) => ({
          ResourceType: type,
          LogicalResourceId: logicalId,
          ResourceIdentifier: { ...identifier },
        })),
      }),
      { abortSignal: signal },
    );
    const where = `CloudFormation in ${change.region}`;
    for (let poll = 0; poll < CHANGE_SET_POLLS_MAX; poll += 1) {
      const { Status, StatusReason, ExecutionStatus } = await client.send(
        new DescribeChangeSetCommand(set),
        { abortSignal: signal },
      );
      if (Status === 'CREATE_COMPLETE' && ExecutionStatus !== 'UNAVAILABLE') {
        await client.send(new ExecuteChangeSetCommand(set), { abortSignal: signal });
        return;
      }
      if (Status === 'FAILED' || Status === 'CREATE_COMPLETE') {
        throw new QuorateError(
          'DEPLOY_FAILED',
          `${where} will not take over: ${StatusReason || 'it says no reason'}`,
        );
      }
      await clock.sleep(CHANGE_SET_POLL_MS, signal);
    }
    throw new QuorateError(
      'DEPLOY_FAILED',
      `${where} did not finish judging what stack ${change.name} takes over; repeat later`,
    );
  }
}

const isAbsent = (error: unknown): boolean =>
  nameOf(error) === 'ValidationError' && /does not exist/i.test(messageOf(error));

const inputOf = ({ name, template, tags }: StackChange) => ({
  StackName: name,
  TemplateBody: template,
  Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});

async function bucketsOf(
  client: CloudFormationClient,
  name: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    const { StackResources = [] } = await client.send(
      new DescribeStackResourcesCommand({ StackName: name }),
      { abortSignal: signal },
    );
    return StackResources.flatMap(({ ResourceType, PhysicalResourceId, ResourceStatus }) =>
      ResourceType === 'AWS::S3::Bucket' &&
      PhysicalResourceId &&
      ResourceStatus !== 'DELETE_COMPLETE'
        ? [PhysicalResourceId]
        : [],
    );
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Versions too: a bucket that holds an old one is not empty. */
async function emptyBucket(s3: S3Client, bucket: string, signal: AbortSignal): Promise<void> {
  try {
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const { Versions = [], DeleteMarkers = [] } = await s3.send(
        new ListObjectVersionsCommand({ Bucket: bucket }),
        { abortSignal: signal },
      );
      const objects = [...Versions, ...DeleteMarkers].flatMap(
        ({ Key, VersionId }): ObjectIdentifier[] =>
          Key === undefined ? [] : [{ Key, ...(VersionId ? { VersionId } : {}) }],
      );
      if (objects.length === 0) return;
      const { Errors = [] } = await s3.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
        { abortSignal: signal },
      );
      const first = Errors[0];
      if (first !== undefined) {
        throw new Error(`${first.Key ?? ''} in bucket ${bucket} stays: ${first.Message ?? ''}`);
      }
    }
    throw new Error(`bucket ${bucket} does not get empty; empty it by hand and repeat`);
  } catch (error) {
    if (nameOf(error) === 'NoSuchBucket') return;
    throw error;
  }
}
