/**
 * `quorate plan [SERVICE…]`: what the quorum would commit in its next round, record by record, with what is
 * withheld and why; where there is nothing to commit, what stands in the zone beside the file. Never
 * writes. The checksum is the one that a change is applied by.
 */
import type { PlannedService } from '../../shared/api/plan.ts';
import { planDocument } from '../../shared/api/plan-document.ts';
import { besideText } from '../../shared/api/zone-versus-file.ts';
import { planText } from '../../shared/core/plan-text.ts';
import type { Assessed } from '../../shared/rounds/assess.ts';
import type { Register } from './cli.ts';
import { findServices } from './find.ts';
import { look } from './look.ts';
import type { Paint } from './paint.ts';

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
      const document = planDocument(config, found);
      if (document.services.some(({ trouble }) => trouble !== null)) cli.exitWith(1);
      cli.print(document, () =>
        [
          ...found.notes.map((note) => cli.paint.yellow(`note: ${note}`)),
          ...found.services.flatMap((one, at) => {
            const shown = document.services[at];
            return shown === undefined ? [] : serviceText(one, shown, cli.paint);
          }),
        ].join('\n\n'),
      );
    });
};

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
