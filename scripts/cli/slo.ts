/**
 * `quorate slo [SERVICE]`: per service what was promised, what was measured, what is left of the budget and how fast
 * it burns. `--gate` is for pipelines: exit code 3 while a budget burns or is spent.
 */
import type { SloDocument } from '../../shared/api/slo.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { gateReason, type ObjectiveShown, windowText } from '../../shared/core/slo.ts';
import type { Register } from './cli.ts';
import { findServices } from './find.ts';
import type { Paint } from './paint.ts';
import { openSource, withDirect } from './reach.ts';

type Options = { readonly gate?: true; readonly direct?: boolean };

export const registerSlo: Register = (program, cli) => {
  const command = program
    .command('slo')
    .argument('[service]', 'one service')
    .description('what was promised, measured and is left of the error budget');
  withDirect(command)
    .option('--gate', 'exit code 3 while a budget burns or is spent: stops a canary')
    .addHelpText(
      'after',
      `
An objective is written in quorate.yml: slo: 99.95%, or with latency and window:
  slo: { availability: 99.95%, latency: { under: 300ms, of: 99% }, window: 30d }
A burn rate of 1 uses the budget up exactly by the end of its window. --gate also stops where nothing was
measured in the last hour.

Example:
  quorate slo app --gate`,
    )
    .action(async (service: string | undefined, options: Options) => {
      const loaded = cli.load();
      const { config } = loaded;
      const services = findServices(config, service === undefined ? [] : [service]);
      if (options.gate && services.every(({ slo }) => slo === undefined)) {
        throw new QuorateError(
          'BAD_REQUEST',
          `${service ?? 'no service'} states ${service === undefined ? 'an' : 'no'} objective, so there is nothing to wait for; give it one in quorate.yml, such as slo: 99.95%`,
        );
      }
      const { source } = await openSource(cli, loaded, options);
      const document = await source.slo(services, cli.terminal.signal);
      cli.print(document, () => sloText(document.services, cli.paint));
      if (!options.gate) return;
      const undeployed = services.filter(
        ({ id, slo }) => slo !== undefined && !document.services.some((one) => one.service === id),
      );
      const reasons = [
        ...undeployed.map(({ id }) => `${id} is in this file and not in what is deployed`),
        ...document.services.flatMap((one) => gateReason(one) ?? []),
      ];
      for (const reason of reasons) cli.say(`stopped: ${reason}`);
      if (reasons.length > 0) cli.exitWith(3);
    });
};

type ServiceShown = SloDocument['services'][number];

const HEAD = [
  'service',
  'objective',
  'measured',
  'budget left',
  'burn 1 h, 6 h, 3 d',
  'measured for',
];

export function sloText(slos: readonly ServiceShown[], paint: Paint): string {
  const rows = slos.flatMap((slo) => slo.objectives.map((shown, at) => rowOf(slo, shown, at)));
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd();
  const table = rows.length === 0 ? [] : [paint.bold(line(HEAD)), ...rows.map(line)];
  const sentences = slos.map(({ service, objectives, sentence }) => {
    const isHot = objectives.some(
      ({ burns, budgetLeftPercent }) =>
        burns.some(({ burning }) => burning) || (budgetLeftPercent ?? 1) <= 0,
    );
    const text = objectives.length === 0 ? sentence : `${service}: ${sentence}`;
    return isHot ? paint.red(text) : text;
  });
  return [...table, ...(rows.length === 0 ? [] : ['']), ...sentences].join('\n');
}

function rowOf({ service }: ServiceShown, shown: ObjectiveShown, at: number): readonly string[] {
  const { kind, thresholdMs, objectivePercent, windowMs, measured } = shown;
  const what = thresholdMs === null ? kind : `${kind} under ${thresholdMs} ms`;
  return [
    at === 0 ? service : '',
    `${what} ${objectivePercent} % in ${windowText(windowMs)}`,
    percent(shown.measuredPercent),
    percent(shown.budgetLeftPercent),
    shown.burns
      .map(({ longRate, burning }) => `${longRate ?? '–'}${burning ? ' burns' : ''}`)
      .join(', '),
    `${measured.minutes} of ${measured.ofMinutes} min`,
  ];
}

const percent = (value: number | null): string =>
  value === null ? 'not measured' : `${Number(value.toFixed(3))} %`;
