/**
 * DynamoDB Local, AWS's own emulator (Java), in memory and on loopback only. In: nothing. Out: where it
 * answers. A database per region and access key, as on AWS. It never says TransactionConflict.
 */
import { join } from 'node:path';
import { ENGINES, type Engine, startEngine, whereInstalled } from './engine-process.ts';

const JARS = join(ENGINES, 'dynamodb-local');
const SERVER = join(import.meta.dirname, 'DynamoDbLocal.java');

export const startDynamodbLocal = (): Promise<Engine> =>
  startEngine({
    name: 'DynamoDB Local',
    command: (port) => [
      'java',
      `-Djava.library.path=${JARS}`,
      '-DDDBLocalTelemetry=0',
      '-Xmx512m',
      '-cp',
      join(JARS, '*'),
      SERVER,
      String(port),
    ],
    // Unsigned, it is refused: 400 from DynamoDB is an answer.
    isReady: async (url) => (await fetch(url)).status < 500,
  });

export const whereDynamodbLocal = (tests: () => void): void =>
  whereInstalled('DynamoDB Local', [JARS], tests);
