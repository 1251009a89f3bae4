/** An assessment → the document of `GET /v1/plan` and of `plan --json`. */
import type { Config } from '../core/model.ts';
import { planJson } from '../core/plan-text.ts';
import type { Assessed, Assessment } from '../rounds/assess.ts';
import type { PlanDocument, PlannedService } from './plan.ts';
import { type Around, serviceShown } from './status-document.ts';
import { zoneVersusFile } from './zone-versus-file.ts';

export const planDocument = (
  config: Pick<Config, 'deployment'>,
  assessment: Assessment,
): PlanDocument => ({
  format: 1,
  deployment: config.deployment,
  region: assessment.region,
  at: assessment.now,
  services: assessment.services.map((one) => plannedService(one, assessment)),
  notes: assessment.notes,
});

export function plannedService(assessed: Assessed, around: Around): PlannedService {
  const { service, snapshot, result } = assessed;
  const shown = serviceShown(assessed, around);
  const telling = shown.endpoints.filter(
    ({ inDns, wanted, configured }) => wanted !== configured || inDns !== wanted,
  );
  return {
    service: shown.service,
    mode: shown.mode,
    automation: shown.automation,
    generation: shown.generation,
    reasons: shown.reasons,
    usable: shown.usable,
    quorum: shown.quorum,
    of: shown.of,
    trouble: shown.trouble,
    plan: result?.plan ? planJson(result.plan) : null,
    why: telling.flatMap(({ reason }) =>
      reason.code === 'healthy' || reason.sentence === '' ? [] : [reason.sentence],
    ),
    withheld: shown.endpoints.flatMap(({ withheld }) => withheld.map((one) => one.sentence)),
    records: snapshot === null ? [] : zoneVersusFile(service, snapshot),
  };
}
