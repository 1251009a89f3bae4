/**
 * S1–S17 as checkers of a simulated world. They judge what really happened, share no code with the
 * decision, and blame nobody for what the design allows. S18 (no call waits for a managed name) has no
 * place here, since simulated calls resolve no names: tests of the adapters and the walls of biome.json
 * hold it, as they hold the byte limits of S16 and the logs and pages of S17.
 */
import type { MakeChecker } from '../scenario.ts';
import { s01Chain } from './s01-chain.ts';
import { s02Compare } from './s02-compare.ts';
import { s03Evidence } from './s03-evidence.ts';
import { s04Empty } from './s04-empty.ts';
import { s05Floor } from './s05-floor.ts';
import { s06Velocity } from './s06-velocity.ts';
import { s07Quorum } from './s07-quorum.ts';
import { s08Fresh } from './s08-fresh.ts';
import { s09Static } from './s09-static.ts';
import { s10Hysteresis } from './s10-hysteresis.ts';
import { s11Orders } from './s11-orders.ts';
import { s12Blast } from './s12-blast.ts';
import { s13Audit } from './s13-audit.ts';
import { s14Once } from './s14-once.ts';
import { s15Purity } from './s15-purity.ts';
import { s16Bounds } from './s16-bounds.ts';
import { s17Echo } from './s17-echo.ts';

export const SAFETY_CHECKERS: readonly MakeChecker[] = [
  s01Chain,
  s02Compare,
  s03Evidence,
  s04Empty,
  s05Floor,
  s06Velocity,
  s07Quorum,
  s08Fresh,
  s09Static,
  s10Hysteresis,
  s11Orders,
  s12Blast,
  s13Audit,
  s14Once,
  s15Purity,
  s16Bounds,
  s17Echo,
];
