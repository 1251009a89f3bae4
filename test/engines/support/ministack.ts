/**
 * MiniStack: Route 53, DynamoDB, Lambda (as local Node processes), schedules, streams and CloudFormation
 * in one Python process. In: settings of its own, if any. Out: where it answers, for AWS_ENDPOINT_URL.
 * It listens on loopback only; its own MQTT and SFTP servers stay off.
 */
import { join } from 'node:path';
import { ENGINES, type Engine, startEngine, whereInstalled } from './engine-process.ts';

const COMMAND = join(ENGINES, 'python', 'bin', 'ministack');

export const startMinistack = (env: Readonly<Record<string, string>> = {}): Promise<Engine> =>
  startEngine({
    name: 'MiniStack',
    command: () => [COMMAND],
    env: (port, folder) => ({
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      MINISTACK_HOST: '127.0.0.1',
      IOT_MTLS_ENABLED: '0',
      SFTP_ENABLED: '0',
      S3_DATA_DIR: join(folder, 's3'),
      STATE_DIR: join(folder, 'state'),
      ...env,
    }),
    isReady: async (url) => (await fetch(`${url}/_ministack/ready`)).ok,
  });

export const whereMinistack = (tests: () => void): void =>
  whereInstalled('MiniStack', [COMMAND], tests);
