/**
 * The index of faults: for each of the 123 rows of the design's list what must hold (invariants), and what
 * shows it: named tests, kinds of faults and scenarios of the simulator, markers it must reach, drills of
 * the local world. Kinds and scenarios name their rows themselves; the rest is written down here, and every
 * reference is checked. A row that nothing covers says why.
 */
import { MACHINERY_ROWS } from './rows-machinery.ts';
import { NETWORK_ROWS } from './rows-network.ts';
import { PLATFORM_ROWS } from './rows-platform.ts';
import { ZONE_ROWS } from './rows-zone.ts';

export type FaultRow = {
  readonly id: string;
  readonly title: string;
  /** Invariants that it may not break. */
  readonly asserts: readonly string[];
  /** File under `test/`, title as it is written there. */
  readonly tests?: readonly (readonly [file: string, title: string])[];
  readonly markers?: readonly string[];
  readonly drills?: readonly string[];
  /** Why nothing covers it. */
  readonly reason?: string;
};

export const FAULT_ROWS: readonly FaultRow[] = [
  ...NETWORK_ROWS,
  ...PLATFORM_ROWS,
  ...ZONE_ROWS,
  ...MACHINERY_ROWS,
];
