/** The fake store of the round tests keeps the same contract as the real one. */
import { fakeStore, fakeTable } from '../fakes/fake-store.ts';
import {
  describeStore,
  EXPIRED,
  OLD_PULSE,
  OTHER_MANIFEST,
  OTHER_RECORD,
} from './store-contract.ts';

describeStore({
  name: 'fake store',
  open: async (clock) => ({
    store: fakeStore(fakeTable(), clock),
    [Symbol.asyncDispose]: async () => undefined,
  }),
  divergences: [
    { test: EXPIRED, reason: 'the fake deletes nothing and expires nothing' },
    { test: OLD_PULSE, reason: 'the fake deletes nothing and expires nothing' },
    { test: OTHER_MANIFEST, reason: 'the fake overwrites' },
    { test: OTHER_RECORD, reason: 'the fake keeps the first record without a word' },
  ],
});
