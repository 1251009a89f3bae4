/** `quorate doctor`: looks at everything that a failover would need, changes nothing. */
import { awsLooks } from '../doctor/aws-looks.ts';
import { doctorText } from '../doctor/doctor-text.ts';
import { examine } from '../doctor/examine.ts';
import { gatherFacts } from '../doctor/facts.ts';
import { tallyOf } from '../doctor/line.ts';
import type { Register } from './cli.ts';
import { findServices } from './find.ts';

const HELP = `
Each line is ok, warn, FAIL or ? (not checked, and why), with what to do. Nothing is changed.
Exits 1 when a line fails.

Example:
  quorate doctor app
`;

export const registerDoctor: Register = (program, cli) => {
  program
    .command('doctor')
    .description('looks at everything that a failover would need, and says what to do')
    .argument('[service]', 'its zone and records only; default: every service')
    .addHelpText('after', HELP)
    .action(async (name: string | undefined) => {
      const loaded = cli.load();
      const { config } = loaded;
      const { terminal } = cli;
      const services = findServices(config, name === undefined ? [] : [name]);
      const wired = cli.wired(loaded);
      const given = terminal.overrides?.credentials;
      const looks =
        terminal.looks ??
        awsLooks({
          home: config.home,
          env: terminal.env,
          ...(given === undefined ? {} : { credentials: given }),
        });
      try {
        const facts = await gatherFacts({
          looks,
          store: wired.store(),
          zone: wired.zone(),
          clock: wired.clock,
          release: wired.release,
          config,
          services,
          signal: terminal.signal,
        });
        const lines = examine(facts, wired.aids);
        const tally = tallyOf(lines);
        cli.print({ deployment: config.deployment, at: facts.now, tally, lines }, () =>
          doctorText(lines, {
            paint: cli.paint,
            vantages: config.vantages,
          }),
        );
        if (tally.fail > 0) cli.exitWith(1);
      } finally {
        looks.close();
      }
    });
};
