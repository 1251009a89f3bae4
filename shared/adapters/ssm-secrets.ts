/**
 * The `Secrets` port on SSM Parameter Store. A value is kept for 5 minutes per process, so that a round of
 * 50 probes asks once; a failure is kept for 10 seconds, so that a missing permission does not flood the
 * API. What can't be read is `undefined`: the probe is skipped, and never fails for our lack of a secret.
 */
import { GetParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { Clock, Secrets } from '../ports.ts';

const KEPT_MS = 5 * 60_000;
const FAILURE_KEPT_MS = 10_000;
const READ_TIMEOUT_MS = 2_000;

type Kept = { readonly value: Promise<string | undefined>; until: number };

export function ssmSecrets(client: Pick<SSMClient, 'send'>, clock: Clock): Secrets {
  const kept = new Map<string, Kept>();

  // Shared by all who wait for it, so no caller's own signal may end it: the deadline alone does.
  const fetchValue = async (name: string): Promise<string | undefined> => {
    try {
      const never = new AbortController().signal;
      return await clock.withDeadline(READ_TIMEOUT_MS, never, async (abortSignal) => {
        const command = new GetParameterCommand({ Name: name, WithDecryption: true });
        const { Parameter } = await client.send(command, { abortSignal });
        return Parameter?.Value;
      });
    } catch {
      return undefined;
    }
  };

  const keep = (name: string): Kept => {
    const entry: Kept = { value: fetchValue(name), until: clock.now() + KEPT_MS };
    kept.set(name, entry);
    void entry.value.then((value) => {
      if (value === undefined) entry.until = clock.now() + FAILURE_KEPT_MS;
    });
    return entry;
  };

  return {
    async read(name, signal) {
      if (signal.aborted) return undefined;
      const known = kept.get(name);
      const entry = known !== undefined && clock.now() < known.until ? known : keep(name);
      const aborted = Promise.withResolvers<undefined>();
      const onAbort = (): void => aborted.resolve(undefined);
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await Promise.race([entry.value, aborted.promise]);
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
