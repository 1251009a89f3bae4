/**
 * Watches the reply of one command before the SDK reads it: takes the server's clock from the `Date`
 * header, which the SDK doesn't hand on, and the body within a bound, which the SDK doesn't have.
 */
import { type EpochMs, epochMs } from '../core/model.ts';

/** A page of 300 records, each as large as Route 53 allows in practice, as XML. */
const REPLY_BYTES_MAX = 8 * 1024 * 1024;

type Reply = { headers?: Readonly<Record<string, string>>; body?: unknown };

/** Low priority: nearer to the wire than the SDK's own deserializer. */
export const AT_THE_WIRE = {
  step: 'deserialize',
  priority: 'low',
  name: 'quorateReply',
  override: true,
} as const;

export function replyWatch() {
  let date: string | undefined;
  const watch =
    <Args, Result extends { response: unknown }>(next: (args: Args) => Promise<Result>) =>
    async (args: Args): Promise<Result> => {
      const result = await next(args);
      const reply = result.response as Reply;
      date = reply.headers?.date;
      reply.body = await wholeBody(reply.body);
      return result;
    };
  return { watch, serverAt: (): EpochMs | null => parseDate(date) };
}

async function wholeBody(body: unknown): Promise<unknown> {
  if (typeof body !== 'object' || body === null || !(Symbol.asyncIterator in body)) return body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > REPLY_BYTES_MAX) throw new Error(`the answer is over ${REPLY_BYTES_MAX} bytes`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** RFC 9110, IMF-fixdate only: `Date.parse` takes almost anything for a date. */
function parseDate(text: string | undefined): EpochMs | null {
  if (!text || !/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)) {
    return null;
  }
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : epochMs(at);
}
