/** Events, threads and notifications of incidents, each with what a story doesn't care about filled in. */
import { sha256 } from '../../shared/adapters/digest.ts';
import type { IncidentEvent } from '../../shared/core/incident.ts';
import type { Incident } from '../../shared/core/incident-shown.ts';
import { type EpochMs, epochMs } from '../../shared/core/model.ts';
import { type Notification, notificationOf, type Tale } from '../../shared/core/notification.ts';

export const T0 = epochMs(Date.UTC(2026, 6, 1, 3, 12, 0));
export const secondsOn = (seconds: number): EpochMs => epochMs(T0 + seconds * 1_000);

export const anEvent = (changes: Partial<IncidentEvent> = {}): IncidentEvent => ({
  format: 1,
  id: 'incident0001',
  service: 'app',
  kind: 'endpoint',
  subject: 'us-east-1',
  region: 'eu-west-1',
  at: T0,
  step: 'verdict',
  label: 'down',
  sentence: 'down: three vantages see us-east-1 fail',
  sinceAt: T0 - 30_000,
  firstFailedAt: T0 - 30_000,
  voteAt: T0 - 20_000,
  generation: null,
  serves: 'eu-west-1 100 and us-east-1 100',
  commands: ['quorate why app us-east-1'],
  title: 'app: us-east-1 is down',
  place: 'us-east-1',
  ...changes,
});

export const anEnd = (changes: Partial<IncidentEvent> = {}): IncidentEvent =>
  anEvent({
    step: 'resolved',
    label: 'resolved',
    sentence: 'over: us-east-1 is up',
    firstFailedAt: null,
    voteAt: null,
    ...changes,
  });

export const anIncident = (changes: Partial<Incident> = {}): Incident => ({
  id: 'incident0001',
  service: 'app',
  kind: 'endpoint',
  state: 'open',
  title: 'app: us-east-1 is down',
  endpoints: ['us-east-1'],
  openedAt: T0,
  resolvedAt: null,
  detectMs: 30_000,
  recoverMs: null,
  recoverBasis: null,
  steps: [
    { step: 'verdict', at: T0, sentence: 'down: three vantages see us-east-1 fail' },
    { step: 'seen', at: T0 + 1_000, sentence: 'every name server answers' },
  ],
  ...changes,
});

export const aTale = (changes: Partial<Tale> = {}): Tale => ({
  kind: 'opened',
  label: 'down',
  incident: anIncident(),
  serves: 'eu-west-1 100',
  commands: ['quorate why app us-east-1'],
  order: null,
  ...changes,
});

export const TOLD_BY = {
  deployment: 'quorate-test',
  region: 'eu-west-1',
  at: secondsOn(5),
  notes: [],
};

export const aNotification = (changes: Partial<Tale> = {}): Notification =>
  notificationOf([aTale(changes)], TOLD_BY);

export const digestOf = sha256;
