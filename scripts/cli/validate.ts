/**
 * `quorate validate [--show SERVICE]`: every mistake of the file at once, or what the file means in numbers.
 * Nothing but the file is read.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { LoadedConfig } from '../config-file.ts';
import { type Cli, type Register, warningText } from './cli.ts';
import { figuresOf, figuresText } from './figures.ts';
import { findService } from './find.ts';
import { shownText, shownValues } from './show.ts';

export const registerValidate: Register = (program, cli) => {
  program
    .command('validate')
    .option('--show <service>', 'the merged service, each value with the line it comes from')
    .description('checks quorate.yml: all mistakes at once, warnings, and what it means')
    .addHelpText(
      'after',
      `
Example:
  quorate validate --show app
With --json: valid, problems[] or warnings[] and figures; with --show: service and values[] {path, value,
origin}. Exit code 2 if the file has a mistake.`,
    )
    .action(({ show }: { readonly show?: string }) => {
      const loaded = loadOrTell(cli);
      if (show !== undefined) {
        const service = findService(loaded.config, show);
        const values = shownValues(service, loaded);
        cli.print({ service: service.id, values }, () => shownText(service.id, values).join('\n'));
        return;
      }
      const { config, warnings, files } = loaded;
      const figures = figuresOf(config);
      cli.print({ valid: true, files, warnings, figures }, () =>
        [
          cli.paint.bold(
            cli.paint.green(
              `valid: ${figures.services} ${figures.services === 1 ? 'service' : 'services'} with ${figures.endpoints} endpoints, watched from ${figures.vantages} vantages`,
            ),
          ),
          ...warnings.map((warning) => cli.paint.yellow(warningText(warning))),
          '',
          ...figuresText(figures),
        ].join('\n'),
      );
    });
};

/** With `--json` the mistakes are the document; the exit code is the same either way. */
function loadOrTell(cli: Cli): LoadedConfig {
  try {
    return cli.load();
  } catch (error) {
    if (error instanceof QuorateError && error.code === 'CONFIG_INVALID' && cli.options().json) {
      cli.print({ valid: false, problems: error.message.split('\n') }, () => '');
    }
    throw error;
  }
}
