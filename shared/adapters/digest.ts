/** SHA-256 cut to 132 bits, 22 base64url characters: short enough for a TXT record, long enough to chain. */
import { hash, randomBytes } from 'node:crypto';
import { type Digest, digest, nonce } from '../core/model.ts';
import type { Ids } from '../ports.ts';

export const sha256 = (text: string): Digest =>
  digest(hash('sha256', text, 'base64url').slice(0, 22));

/** 48 random bits: two plans for one generation never share a nonce. */
export const randomIds = (): Ids => ({
  nonce: () => nonce(randomBytes(6).toString('base64url')),
  random: Math.random,
});
