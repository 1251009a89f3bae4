/** One seed for every property, so that a run can be repeated: `QUORATE_SEED=… npm test` draws others. */
import fc from 'fast-check';

const FIXED_SEED = 20_261_123;

fc.configureGlobal({ seed: Number(process.env.QUORATE_SEED ?? FIXED_SEED) });
