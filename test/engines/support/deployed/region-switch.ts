/**
 * One region's outage, as far as its functions go: nothing is invoked there any more (no concurrency) and
 * what runs is killed in the middle of it. Its replica is cut off with it. Other regions notice nothing
 * but silence.
 */
import { readdir, readFile } from 'node:fs/promises';
import {
  DeleteFunctionConcurrencyCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import { FUNCTIONS, functionName } from '../../../../scripts/names.ts';
import type { Replication } from './replication.ts';

export type RegionSwitch = {
  /** → the processes that were killed. */
  readonly stop: (region: string) => Promise<number>;
  readonly start: (region: string) => Promise<void>;
};

export function regionSwitch(
  deployment: string,
  endpoint: string,
  { cut }: Pick<Replication, 'cut'>,
): RegionSwitch {
  const heal = new Map<string, () => void>();

  const eachFunction = async (
    region: string,
    run: (client: LambdaClient, name: string) => Promise<unknown>,
  ): Promise<void> => {
    const client = new LambdaClient({ region, endpoint });
    try {
      for (const id of FUNCTIONS) await run(client, functionName(deployment, id));
    } finally {
      client.destroy();
    }
  };

  return {
    stop: async (region) => {
      if (!heal.has(region)) heal.set(region, cut(region));
      await eachFunction(region, (client, FunctionName) =>
        client.send(
          new PutFunctionConcurrencyCommand({ FunctionName, ReservedConcurrentExecutions: 0 }),
        ),
      );
      const pids = await processesOf(region);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      return pids.length;
    },
    start: async (region) => {
      heal.get(region)?.();
      heal.delete(region);
      await eachFunction(region, (client, FunctionName) =>
        client.send(new DeleteFunctionConcurrencyCommand({ FunctionName })),
      );
    },
  };
}

/** A function is a Node process whose environment says where it runs; only this world's are in /proc. */
async function processesOf(region: string): Promise<readonly number[]> {
  const entries = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    entries.map(async (entry) => {
      const environment = await readFile(`/proc/${entry}/environ`, 'utf8').catch(() => '');
      const settings = environment.split('\0');
      const isFunction = settings.some((one) => one.startsWith('AWS_LAMBDA_FUNCTION_NAME='));
      return isFunction && settings.includes(`AWS_REGION=${region}`) ? [Number(entry)] : [];
    }),
  );
  return found.flat();
}
