/** Every kind of fault there is, by name. A scenario names them; nothing else injects anything. */
import type { Kind } from './kind.ts';
import { ENDPOINT_KINDS } from './kinds-endpoints.ts';
import { LIAR_KINDS, NETWORK_KINDS } from './kinds-network.ts';
import { OPERATOR_KINDS } from './kinds-operators.ts';
import { PROCESS_KINDS } from './kinds-processes.ts';
import { REGION_KINDS } from './kinds-regions.ts';
import { ROUTE53_KINDS } from './kinds-route53.ts';
import { STORE_KINDS } from './kinds-store.ts';
import { WINDOW_KINDS } from './kinds-windows.ts';
import { ZONE_KINDS } from './kinds-zone.ts';

export const FAULT_KINDS: Readonly<Record<string, Kind>> = {
  ...NETWORK_KINDS,
  ...LIAR_KINDS,
  ...ENDPOINT_KINDS,
  ...PROCESS_KINDS,
  ...WINDOW_KINDS,
  ...STORE_KINDS,
  ...ROUTE53_KINDS,
  ...ZONE_KINDS,
  ...REGION_KINDS,
  ...OPERATOR_KINDS,
};
