/** The fake that the round tests trust, under the same suite as the real adapter. */
import type { ZoneRef } from '../../shared/core/model.ts';
import { fakeClock } from '../fakes/fake-clock.ts';
import { type CommitFault, fakeZone } from '../fakes/fake-zone.ts';
import { type CommitTrouble, describeZone } from './zone-contract.ts';
import { APEX } from './zone-samples.ts';

const INSYNC_DELAY_MS = 30_000;

const FAULTS: Readonly<Record<CommitTrouble, CommitFault>> = {
  throttled: 'throttled',
  busy: 'busy',
  'access-denied': 'access-denied',
  'lost-before-effect': 'unknown-before-effect',
  'lost-after-effect': 'unknown-after-effect',
};

describeZone({
  name: 'fake zone',
  open: async (records) => {
    const clock = fakeClock();
    const ref: ZoneRef = { key: 'main', id: 'Z0123456789ABCDEFGHIJ' };
    const zone = fakeZone({
      clock,
      name: APEX,
      id: ref.id,
      records,
      insyncDelayMs: INSYNC_DELAY_MS,
    });
    return {
      zone,
      ref,
      settle: () => clock.advance(INSYNC_DELAY_MS),
      troubleCommit: (trouble) => zone.failNext(FAULTS[trouble]),
      troubleRead: (trouble) => zone.failNextRead(trouble),
      heal: () => undefined,
      strandPending: zone.strandPending,
      now: clock.now,
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
});
