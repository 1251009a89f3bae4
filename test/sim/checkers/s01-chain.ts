/**
 * S1: every commit is built on exactly the fence that the one before it left, generation + 1, and no two
 * in the history of the zone share a parent. What Route 53 forgot, or a person put back, left the history.
 */
import type { MakeChecker } from '../scenario.ts';
import { bookOf } from './safety-book.ts';

type Chain = {
  /** Parent nonce → the commit built on it. */
  readonly children: Map<string, { readonly nonce: string; readonly generation: number }>;
  readonly nonces: Map<string, number>;
};

export const s01Chain: MakeChecker = (world, _scenario, fail) => {
  const book = bookOf(world);
  const chains = new Map<string, Chain>();
  const chainOf = (key: string): Chain => {
    let chain = chains.get(key);
    if (chain === undefined) {
      chain = { children: new Map(), nonces: new Map() };
      chains.set(key, chain);
    }
    return chain;
  };

  book.onCommit(({ part, before }) => {
    const { key, after, by, service, deletes, creates, fenceCreated, batch } = part;
    const standing = before.get(`${part.key.split(' ')[1]} TXT `);
    const parent = part.before;
    const who = `${batch.from.name}@${batch.from.region}`;
    if (
      part.fenceDeleted === null &&
      fenceCreated === null &&
      deletes.length + creates.length > 0
    ) {
      fail('S1', `${who} changed records of ${service.id} beside its fence`);
      return;
    }
    // A release ends the chain; the next life begins at generation 1.
    if (fenceCreated === null) {
      chains.delete(key);
      return;
    }
    if (after === null) {
      fail('S1', `${who} left a fence of ${service.id} that nobody can read`);
      return;
    }
    const chain = chainOf(key);
    if (standing?.values?.[0] !== part.fenceDeleted?.values?.[0]) {
      fail(
        'S1',
        `generation ${after.generation} of ${service.id} by ${who} was built on another fence than the one it replaced`,
      );
    } else if (parent === null) {
      if (by !== 'operator' || after.generation !== 1 || after.parentNonce !== null) {
        fail('S1', `${who} committed generation ${after.generation} of ${service.id} on no fence`);
      }
    } else if (after.generation !== parent.generation + 1 || after.parentNonce !== parent.nonce) {
      fail(
        'S1',
        `${service.id}: ${after.generation} (parent ${after.parentNonce}) follows ${parent.generation} ${parent.nonce}`,
      );
    }
    if (chain.nonces.has(after.nonce)) {
      fail(
        'S1',
        `${service.id}: nonce ${after.nonce} of generation ${after.generation} was used before`,
      );
    }
    if (parent !== null) {
      const sibling = chain.children.get(parent.nonce);
      if (sibling !== undefined) {
        fail(
          'S1',
          `${service.id}: generations ${sibling.generation} ${sibling.nonce} and ${after.generation} ${after.nonce} share the parent ${parent.nonce}`,
        );
      }
      chain.children.set(parent.nonce, after);
    }
    chain.nonces.set(after.nonce, after.generation);
  });
  book.onFenceMoved(({ key, after }) => {
    if (after === null) {
      chains.delete(key);
      return;
    }
    const { children, nonces } = chainOf(key);
    for (const [parent, child] of children) {
      if (child.generation > after.generation) children.delete(parent);
    }
    // A forgotten nonce may be sent again by nobody: it stays used.
    for (const [nonce, generation] of nonces) {
      if (generation < after.generation - 1_000) nonces.delete(nonce);
    }
  });
  return { id: 'S1' };
};
