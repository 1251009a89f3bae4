/**
 * The `NotifyCaller` port on Lambda: a wake is an event invocation, a test is waited for. What does not
 * arrive, or comes back in another form, is a reason, never an exception.
 */
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import * as v from 'valibot';
import { safeText } from '../core/safe-text.ts';
import type { ChannelTold, Clock, NotifyCaller } from '../ports.ts';

/** Whoever gave the order waits for it. */
const WAKE_TIMEOUT_MS = 2_000;
const TEST_TIMEOUT_MS = 20_000;

const answer = v.array(
  v.object({
    channel: v.string(),
    delivered: v.boolean(),
    why: v.optional(v.nullable(v.string())),
  }),
);
/** As a list, or under the name that a summary gives it. */
const testAnswer = v.union([answer, v.object({ channels: answer })]);

export const lambdaNotify = (
  client: Pick<LambdaClient, 'send'>,
  functionName: string,
  clock: Pick<Clock, 'withDeadline'>,
): NotifyCaller => {
  const invoke = (
    event: { readonly kind: 'wake' | 'test' },
    timeoutMs: number,
    signal: AbortSignal,
  ) =>
    clock.withDeadline(timeoutMs, signal, (abortSignal) =>
      client.send(
        new InvokeCommand({
          FunctionName: functionName,
          InvocationType: event.kind === 'wake' ? 'Event' : 'RequestResponse',
          Payload: Buffer.from(JSON.stringify(event)),
        }),
        { abortSignal },
      ),
    );
  const failed = (error: unknown): { readonly kind: 'failed'; readonly why: string } => {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { kind: 'failed', why: `${functionName} was not reached: ${safeText(why)}` };
  };
  return {
    wake: async (signal) => {
      try {
        await invoke({ kind: 'wake' }, WAKE_TIMEOUT_MS, signal);
        return { kind: 'delivered' };
      } catch (error) {
        return failed(error);
      }
    },
    test: async (signal) => {
      try {
        const reply = await invoke({ kind: 'test' }, TEST_TIMEOUT_MS, signal);
        const text = Buffer.from(reply.Payload ?? []).toString('utf8');
        if (reply.FunctionError !== undefined) {
          return { kind: 'failed', why: `${functionName} failed: ${safeText(text)}` };
        }
        return told(functionName, text);
      } catch (error) {
        return failed(error);
      }
    },
  };
};

function told(functionName: string, text: string): Awaited<ReturnType<NotifyCaller['test']>> {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), testAnswer), text);
  if (!parsed.success) {
    return { kind: 'failed', why: `${functionName} answered something else: ${safeText(text)}` };
  }
  const list = Array.isArray(parsed.output) ? parsed.output : parsed.output.channels;
  const channels = list.map(
    ({ channel, delivered, why }): ChannelTold => ({
      channel: safeText(channel),
      delivered,
      why: why == null ? null : safeText(why, 300),
    }),
  );
  return { kind: 'told', channels };
}
