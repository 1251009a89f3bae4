/**
 * `quorate why SERVICE [ENDPOINT]`: what is the matter, what each vantage sees, the last decision, what is
 * held back and what would change it, and what to type next. Writes nothing.
 */
import type { Register } from './cli.ts';
import { findEndpoint, findService } from './find.ts';
import { openSource, withDirect } from './reach.ts';
import { whyDocument, whyText } from './why-text.ts';

const DECISIONS = 20;

export const registerWhy: Register = (program, cli) => {
  withDirect(program.command('why'))
    .argument('<service>')
    .argument('[endpoint]', 'default: all of the service')
    .description('what is the matter with a service, what would change it, what to type next')
    .addHelpText(
      'after',
      `
Example:
  quorate why app us-east-1
With --json: the service as of GET /v1/services/{service}, with lastDecision and commands[]. Exit code 1 if its
zone could not be read.`,
    )
    .action(
      async (
        serviceId: string,
        endpointId: string | undefined,
        flags: { readonly direct?: boolean },
      ) => {
        const loaded = cli.load();
        const { signal } = cli.terminal;
        const service = findService(loaded.config, serviceId);
        const endpoint = endpointId === undefined ? null : findEndpoint(service, endpointId).id;
        const { source } = await openSource(cli, loaded, flags);
        const [document, decisions] = await Promise.all([
          source.service(service, signal),
          source.decisions(service, { limit: DECISIONS }, signal).then(
            (page) => page.decisions,
            // The zone's own state answers most of it; the text says that no record is known.
            () => [],
          ),
        ]);
        if (document.trouble !== null) cli.exitWith(1);
        const why = whyDocument(document, decisions, endpoint);
        cli.print(why, () => whyText(why, cli.paint));
      },
    );
};
