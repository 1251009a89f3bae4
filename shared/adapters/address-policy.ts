/**
 * Which addresses may be probed. Public ones always; private and documentation ranges only inside
 * `allow-addresses`; loopback only where the wiring says so (the local world), never by anything a
 * configuration can say; link-local, metadata and all the rest never. What is no address is refused.
 */
import type { Aids } from '../core/model.ts';

export type AddressPolicy = (address: string) => boolean;

export function addressPolicy(
  { classifyAddress, isInside }: Pick<Aids, 'classifyAddress' | 'isInside'>,
  options: { readonly allowAddresses: readonly string[]; readonly allowLoopback: boolean },
): AddressPolicy {
  return (address) => {
    const range = classifyAddress(address)?.range;
    switch (range) {
      case 'public':
        return true;
      case 'private':
      case 'documentation':
        return isInside(address, options.allowAddresses);
      case 'loopback':
        return options.allowLoopback;
      case 'link-local':
      case 'metadata':
      case 'unspecified':
      case 'multicast':
      case 'reserved':
      case undefined:
        return false;
    }
  };
}
