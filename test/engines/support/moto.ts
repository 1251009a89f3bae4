/**
 * moto's server: DynamoDB and Route 53 in one Python process. In: nothing. Out: where it answers. It is
 * never a judge of the fence: its batches are not atomic and it takes stale DELETEs.
 */
import { join } from 'node:path';
import { ENGINES, type Engine, startEngine, whereInstalled } from './engine-process.ts';

const COMMAND = join(ENGINES, 'python', 'bin', 'moto_server');

export const startMoto = (): Promise<Engine> =>
  startEngine({
    name: 'moto',
    command: (port) => [COMMAND, '-H', '127.0.0.1', '-p', String(port)],
    isReady: async (url) => (await fetch(`${url}/moto-api/data.json`)).ok,
  });

export const whereMoto = (tests: () => void): void => whereInstalled('moto', [COMMAND], tests);
