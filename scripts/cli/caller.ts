/**
 * Who gives this command, as AWS knows it: the caller's ARN, for the record of the change. Asked of the
 * STS endpoint of one region, briefly: an operator must be able to act while STS can't say a name.
 */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { VantageId } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import type { Cli } from './cli.ts';

const CALLER_TIMEOUT_MS = 3_000;

export async function callerOf(cli: Cli, region: VantageId): Promise<string> {
  const { caller, signal } = cli.terminal;
  const soon = AbortSignal.any([signal, AbortSignal.timeout(CALLER_TIMEOUT_MS)]);
  try {
    return await (caller ?? askSts(cli, region))(soon);
  } catch (error) {
    const why = safeText(error instanceof Error ? error.message : String(error), 160);
    cli.say(
      `note: STS in ${region} did not say who you are (${why}); the record says unidentified`,
    );
    return `unidentified operator@${region}`;
  }
}

const askSts =
  ({ terminal: { env, overrides } }: Cli, region: VantageId) =>
  async (abortSignal: AbortSignal): Promise<string> => {
    const endpoint = env.AWS_ENDPOINT_URL_STS || env.AWS_ENDPOINT_URL;
    const client = new STSClient({
      region,
      maxAttempts: 2,
      ...(endpoint ? { endpoint } : {}),
      ...(overrides?.credentials === undefined ? {} : { credentials: overrides.credentials }),
    });
    try {
      const { Arn } = await client.send(new GetCallerIdentityCommand({}), { abortSignal });
      if (Arn === undefined) throw new Error('it named no ARN');
      return Arn;
    } finally {
      client.destroy();
    }
  };
