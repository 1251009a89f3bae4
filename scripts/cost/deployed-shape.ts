/** What a vantage is made of and the counted run can't see: memory, log retention, alarms. From serverless.yml. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as v from 'valibot';
import { parseDocument } from 'yaml';
import type { Config } from '../../shared/core/model.ts';
import { FUNCTIONS, type FunctionId } from '../names.ts';
import { alarmsOf } from '../package/alarms.ts';

export type Shape = {
  readonly memoryMb: Readonly<Record<FunctionId, number>>;
  readonly logRetentionDays: number;
  /** Per vantage. */
  readonly alarms: number;
};

const SERVERLESS = fileURLToPath(new URL('../../serverless.yml', import.meta.url));
/** Lambda's own default. */
const MEMORY_MB = 128;

const positive = v.pipe(v.number(), v.minValue(1));
const file = v.object({
  provider: v.object({
    memorySize: v.optional(positive, MEMORY_MB),
    logRetentionInDays: v.optional(positive, 30),
  }),
  functions: v.record(v.string(), v.object({ memorySize: v.optional(positive) })),
});

export function deployedShape(
  config: Pick<Config, 'vantages'>,
  text: string = readFileSync(SERVERLESS, 'utf8'),
): Shape {
  // Tags such as !GetAtt are CloudFormation's; nothing here depends on one.
  const { provider, functions } = v.parse(file, parseDocument(text, { logLevel: 'silent' }).toJS());
  const memoryMb = FUNCTIONS.map((id) => [id, functions[id]?.memorySize ?? provider.memorySize]);
  return {
    memoryMb: Object.fromEntries(memoryMb),
    logRetentionDays: provider.logRetentionInDays,
    alarms: alarmsOf(config).length,
  };
}
