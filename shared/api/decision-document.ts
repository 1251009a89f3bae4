/** A page of decisions → the document of `GET /v1/services/{service}/decisions`. */
import type { Decided } from '../core/decided.ts';
import type { EpochMs, ServiceId, VantageId } from '../core/model.ts';
import type { DecisionsPage } from '../rounds/read-decisions.ts';
import type { DecisionShown, DecisionsDocument } from './decisions.ts';

export function decisionsDocument(
  service: ServiceId,
  { decisions, next, malformed }: DecisionsPage,
  { region, at }: { readonly region: VantageId; readonly at: EpochMs },
): DecisionsDocument {
  return {
    format: 1,
    service,
    region,
    at,
    decisions: decisions.map(decisionShown),
    next,
    malformed,
  };
}

/** The record goes out as it is stored, unknown fields and all: its digest is over every byte. */
export const decisionShown = (decided: Decided): DecisionShown => ({ ...decided });
