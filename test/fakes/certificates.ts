/**
 * The certificates that tests of the prober present: made by the same maker as the local world's, with
 * one authority per process, since making keys is what takes time.
 */
import { type Authority, makeAuthority } from '../../scripts/local/certificates.ts';

export { type Authority, type Issued, makeSelfSigned } from '../../scripts/local/certificates.ts';

let shared: Promise<Authority> | undefined;

export function trustedAuthority(): Promise<Authority> {
  shared ??= makeAuthority('Trusted by tests');
  return shared;
}

export const strangeAuthority = (): Promise<Authority> => makeAuthority('Trusted by nobody');
