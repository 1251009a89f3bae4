/** What a name server answers for the `_quorate` record → whether a commit has arrived there. */
import { parseFence } from './fence.ts';
import type { EpochMs, Nonce } from './model.ts';

/** Values with their strings joined, as a resolver hands them out; null: it did not answer. */
export function isServed(
  values: readonly string[] | null,
  commit: { readonly generation: number; readonly nonce: Nonce },
  deployment: string,
  now: EpochMs,
): boolean {
  const state = parseFence(values === null ? null : values.map(quoted), deployment, now);
  if (state.kind !== 'managed') return false;
  const { generation, nonce } = state.fence;
  // A later commit stands on this one: whoever answers it had it.
  return nonce === commit.nonce || generation > commit.generation;
}

/** As the API gives a TXT value: strings of at most 255 characters in quotes. */
const quoted = (text: string): string =>
  (text.match(/[\s\S]{1,255}/g) ?? ['']).map((part) => `"${part}"`).join(' ');
