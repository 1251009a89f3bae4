/**
 * `quorate plan [SERVICE…]`: what the quorum would commit in its next round, record by record, with what is
 * withheld and why; where there is nothing to commit, what stands in the zone beside the file. Never
 * writes. The checksum is the one that a change is applied by.
 */
import type { ServiceShown } from '../../shared/api/status.ts';
import { type Around, serviceShown } from '../../shared/api/status-document.ts';
import type { PlanJson } from '../../shared/core/plan-text.ts';
import { planJson, planText } from '../../shared/core/plan-text.ts';
import type { Assessed } from '../../shared/rounds/assess.ts';
import type { Register } from './cli.ts';
import { findServices } from './find.ts';
import { look } from './look.ts';
import type { Paint } from './paint.ts';
import { besideText, type RecordBeside, zoneVersusFile } from './zone-versus-file.ts';

export type PlannedService = Pick<
  ServiceShown,
  | 'service'
  | 'mode'
  | 'automation'
  | 'generation'
  | 'reasons'
  | 'usable'
  | 'quorum'
  | 'of'
  | 'trouble'
> & {
  /** Null: nothing would be committed. In `observe`, what would be recorded and never sent. */
  readonly plan: PlanJson | null;
  /** One sentence per endpoint that changes or waits, and per change held back. */
  readonly why: readonly string[];
  readonly withheld: readonly string[];
  readonly records: readonly RecordBeside[];
};

export type PlanDocument = {
  readonly deployment: string;
  readonly at: number;
  readonly region: string;
  readonly services: readonly PlannedService[];
  readonly notes: readonly string[];
};

export const registerPlan: Register = (program, cli) => {
  program
    .command('plan')
    .argument('[services...]', 'default: all of the file')
    .description('what the quorum would commit now, or why it would not')
    .addHelpText(
      'after',
      `
Example:
  quorate plan app
With --json: services[] with plan {generation, checksum, records[]} or null, why[], withheld[], and records[],
the zone beside the file. Exit code 1 if a zone could not be read.`,
    )
    .action(async (ids: readonly string[]) => {
      const loaded = cli.load();
      const { config } = loaded;
      const services = findServices(config, ids);
      const found = await look(cli, loaded, services);
      const planned = found.services.map((one) => ({ ...one, shown: plannedService(one, found) }));
      if (planned.some(({ trouble }) => trouble !== null)) cli.exitWith(1);
      const document: PlanDocument = {
        deployment: config.deployment,
        at: found.now,
        region: found.region,
        services: planned.map(({ shown }) => shown),
        notes: found.notes,
      };
      cli.print(document, () =>
        [
          ...found.notes.map((note) => cli.paint.yellow(`note: ${note}`)),
          ...planned.map((one) => serviceText(one, one.shown, cli.paint)),
        ].join('\n\n'),
      );
    });
};

function plannedService(assessed: Assessed, around: Around): PlannedService {
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

function serviceText({ result }: Assessed, shown: PlannedService, paint: Paint): string {
  const head = `${paint.bold(shown.service)}   automation: ${shown.automation === 'on' ? paint.green('on') : paint.yellow(shown.automation)}   mode ${shown.mode}   ${shown.usable} of ${shown.of} vantages, quorum ${shown.quorum}`;
  const sentences = [...shown.reasons.map((one) => one.sentence), ...shown.why, ...shown.withheld];
  const lines = [
    head,
    ...(shown.trouble === null ? [] : [paint.red(`  ${shown.trouble}`)]),
    ...sentences.map((text) => paint.yellow(`  ${text}`)),
  ];
  if (shown.trouble !== null) return lines.join('\n');
  const plan = result?.plan;
  if (plan) {
    const end =
      shown.mode === 'observe'
        ? 'mode observe: this would be recorded, and never sent'
        : 'nothing was written: the quorum commits this by itself, in its next round';
    return [...lines, indented(planText(plan)), `  ${end}`].join('\n');
  }
  const differing = shown.records.filter(({ differences }) => differences.length > 0);
  const isManaged = shown.generation !== null || shown.mode === 'observe';
  return [
    ...lines,
    `  nothing to commit${isManaged && differing.length + sentences.length === 0 ? ': the zone is as wanted' : ''}`,
    ...(isManaged && differing.length === 0
      ? []
      : ['  the zone beside the file:', ...besideText(shown.records).map((line) => `    ${line}`)]),
  ].join('\n');
}

const indented = (text: string): string => text.replace(/^/gm, '  ');
