/**
 * The `Cloud` port in memory, stateful, with the rules of AWS that a deployment trips over: a stack takes
 * its time and is busy meanwhile, one replica per update of a global table, a protected replica or table
 * stays, no table goes within 24 h after a replica was made from it, an import brings no outputs, and a
 * retained table outlives its stack.
 */

import type {
  Ask,
  Cloud,
  Concurrency,
  DeployedFunction,
  StackChange,
  StackState,
  TableState,
} from '../../scripts/deploy/cloud.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { type EpochMs, epochMs, type VantageId, vantageId } from '../../shared/core/model.ts';
import type { Clock } from '../../shared/ports.ts';

type Stack = { status: string; reason: string; template: string; doneAt: number; next: string };
type Table = { createdAt: EpochMs; keys: string; hasStream: boolean; isProtected: boolean };
type Region = {
  stacks: Map<string, Stack>;
  tables: Map<string, Table>;
  functions: Map<string, DeployedFunction>;
  parameters: Set<string>;
  concurrency: Concurrency;
  isEnabled: boolean;
};

export type FakeCloud = Cloud & {
  readonly region: (id: string) => Region;
  /** Every call that changes something, in order: `createStack eu-west-1 quorate-test-table`. */
  readonly changes: readonly string[];
  readonly failures: Map<string, string>;
  readonly set: {
    isAws: boolean;
    signedIn: boolean;
    denied: readonly Ask[] | null;
    zones: Map<string, { name: string; isPrivate: boolean } | 'denied'>;
    /** Replicas are listed and no table comes up for them. */
    makesReplicas: boolean;
  };
  readonly putStack: (region: string, name: string, status: string, reason?: string) => void;
};

const STACK_MS = 20_000;
const DAY_MS = 24 * 3_600_000;
const ACCOUNT = '111122223333';

export function fakeCloud(clock: Clock): FakeCloud {
  const regions = new Map<string, Region>();
  const changes: string[] = [];
  /** Stack name → why its next change fails. */
  const failures = new Map<string, string>();
  const set: FakeCloud['set'] = {
    isAws: true,
    signedIn: true,
    denied: [],
    zones: new Map([['Z0123456789ABCDEFGHIJ', { name: 'example.com', isPrivate: false }]]),
    makesReplicas: true,
  };
  const region = (id: string): Region => {
    const known = regions.get(id) ?? {
      stacks: new Map(),
      tables: new Map(),
      functions: new Map(),
      parameters: new Set<string>(),
      concurrency: { limit: 1000, unreserved: 1000 },
      isEnabled: true,
    };
    regions.set(id, known);
    return known;
  };
  const note = (...words: readonly string[]): void => void changes.push(words.join(' '));
  const replicasOf = (name: string): readonly VantageId[] => {
    const holders = [...regions].filter(([, { tables }]) => tables.has(name));
    return holders.length < 2 ? [] : holders.map(([id]) => vantageId(id));
  };
  const lookUp = (id: string, name: string): Stack | undefined => {
    const stack = region(id).stacks.get(name);
    if (stack !== undefined && stack.doneAt <= clock.now()) {
      stack.status = stack.next;
      if (stack.status === 'DELETE_COMPLETE') region(id).stacks.delete(name);
    }
    return region(id).stacks.get(name);
  };
  const begin = (change: StackChange, verb: 'CREATE' | 'UPDATE' | 'IMPORT'): void => {
    const failure = failures.get(change.name) ?? effectOf(change);
    failures.delete(change.name);
    region(change.region).stacks.set(change.name, {
      status: `${verb}_IN_PROGRESS`,
      reason: failure ?? '',
      template: change.template,
      doneAt: clock.now() + STACK_MS,
      next:
        failure === null
          ? `${verb}_COMPLETE`
          : verb === 'CREATE'
            ? 'ROLLBACK_COMPLETE'
            : `${verb}_ROLLBACK_COMPLETE`,
    });
  };

  /** What CloudFormation does with the table; why it fails, or null. */
  function effectOf({ region: home, template }: StackChange): string | null {
    const properties = JSON.parse(template).Resources.Table.Properties;
    const name: string = properties.TableName;
    const wanted: readonly string[] = properties.Replicas.map(
      (one: { Region: string }) => one.Region,
    );
    const protections: ReadonlyMap<string, boolean> = new Map(
      properties.Replicas.map((one: { Region: string; DeletionProtectionEnabled: boolean }) => [
        one.Region,
        one.DeletionProtectionEnabled,
      ]),
    );
    const present = [...regions].filter(([, { tables }]) => tables.has(name)).map(([id]) => id);
    const added = wanted.filter((id) => !present.includes(id));
    const removed = present.filter((id) => !wanted.includes(id));
    if (!wanted.includes(home)) return 'the stack region must be a replica';
    if (present.length > 0 && added.length + removed.length > 1) {
      return 'Only one replica may be added or removed in an update';
    }
    if (present.length === 0 && added.length > 1) return 'more than one replica at creation';
    for (const id of removed) {
      if (region(id).tables.get(name)?.isProtected) return `replica in ${id} is protected`;
      region(id).tables.delete(name);
    }
    for (const id of added) {
      if (id !== home && !set.makesReplicas) continue;
      region(id).tables.set(name, {
        createdAt: epochMs(clock.now()),
        keys: 'pk, sk',
        hasStream: true,
        isProtected: true,
      });
    }
    for (const [id, isProtected] of protections) {
      const table = region(id).tables.get(name);
      if (table !== undefined) table.isProtected = isProtected;
    }
    return null;
  }

  const stateOf = (name: string, table: Table): TableState => ({
    status: 'ACTIVE',
    createdAt: table.createdAt,
    keys: table.keys,
    hasStream: table.hasStream,
    isProtected: table.isProtected,
    replicas: set.isAws ? replicasOf(name).map((id) => ({ region: id, status: 'ACTIVE' })) : [],
  });

  return {
    region,
    changes,
    failures,
    set,
    putStack: (id, name, status, reason = '') =>
      void region(id).stacks.set(name, {
        status,
        reason,
        template: '',
        doneAt: Number.POSITIVE_INFINITY,
        next: status,
      }),

    get isAws() {
      return set.isAws;
    },
    identity: async (id) => {
      if (!set.signedIn || !region(id).isEnabled) {
        throw new QuorateError('UNAUTHENTICATED', `STS in ${id}: no usable AWS credentials`);
      }
      return { account: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:user/ops` };
    },
    denied: async () => set.denied,
    concurrency: async (id) => region(id).concurrency,
    stack: async (id, name): Promise<StackState | null> => {
      const stack = lookUp(id, name);
      return stack === undefined ? null : { status: stack.status, reason: stack.reason };
    },
    stackTrouble: async (id, name) => lookUp(id, name)?.reason ?? '',
    createStack: async (change) => {
      note('createStack', change.region, change.name);
      begin(change, 'CREATE');
    },
    updateStack: async (change) => {
      const known = lookUp(change.region, change.name);
      if (known === undefined) throw new QuorateError('DEPLOY_FAILED', 'no such stack');
      if (known.template === change.template) return 'unchanged';
      note('updateStack', change.region, change.name);
      begin(change, 'UPDATE');
      return 'started';
    },
    importStack: async (change, imports) => {
      note('importStack', change.region, change.name);
      const outputs: unknown = JSON.parse(change.template).Outputs;
      const table = imports[0]?.identifier.TableName ?? '';
      if (outputs !== undefined || !region(change.region).tables.has(table) || !set.isAws) {
        throw new QuorateError('DEPLOY_FAILED', 'CloudFormation will not take over');
      }
      begin(change, 'IMPORT');
    },
    deleteStack: async (id, name) => {
      note('deleteStack', id, name);
      const stack = lookUp(id, name);
      if (stack === undefined) return;
      const failure = failures.get(`delete ${id} ${name}`);
      stack.status = 'DELETE_IN_PROGRESS';
      stack.reason = failure ?? '';
      stack.doneAt = clock.now() + STACK_MS;
      stack.next = failure === undefined ? 'DELETE_COMPLETE' : 'DELETE_FAILED';
      if (failure === undefined && !name.endsWith('-table')) region(id).functions.clear();
    },
    table: async (id, name) => {
      const table = region(id).tables.get(name);
      return table === undefined ? null : stateOf(name, table);
    },
    unprotectTable: async (id, name) => {
      note('unprotectTable', id);
      const table = region(id).tables.get(name);
      if (table !== undefined) table.isProtected = false;
    },
    removeReplica: async (_home, name, id) => {
      note('removeReplica', id);
      if (region(id).tables.get(name)?.isProtected) throw protectedTable(id);
      region(id).tables.delete(name);
    },
    deleteTable: async (id, name) => {
      note('deleteTable', id);
      const table = region(id).tables.get(name);
      if (table === undefined) return;
      if (table.isProtected) throw protectedTable(id);
      const others = replicasOf(name).filter((other) => other !== id);
      const young = others.some(
        (other) => clock.now() - (region(other).tables.get(name)?.createdAt ?? 0) < DAY_MS,
      );
      if (set.isAws && young) {
        throw new QuorateError('DEPLOY_FAILED', 'acted as a source region in the last 24 hours');
      }
      region(id).tables.delete(name);
    },
    parameter: async (id, name) => (region(id).parameters.has(name) ? 'present' : 'missing'),
    deployedFunction: async (id, name) => region(id).functions.get(name) ?? null,
    start: async () => undefined,
    functionUrl: async (id, name, alias) =>
      region(id).functions.size > 0
        ? `https://${name}${alias === null ? '' : `-${alias}`}.${id}.example/`
        : null,
    zone: async ({ id }) => {
      const zone = set.zones.get(id);
      if (zone === 'denied') {
        throw new QuorateError('ACCESS_DENIED', `Route 53: reading zone ${id}: not permitted`);
      }
      return zone ?? 'no-such-zone';
    },
  };
}

const protectedTable = (id: string): QuorateError =>
  new QuorateError('DEPLOY_FAILED', `the table in ${id} is protected against deletion`);
