/** `quorate notify test`: every channel of the file gets a test message now, and what came of each is told. */
import { notificationTestSchema } from '../../shared/api/notifications.ts';
import type { Register } from './cli.ts';

export const registerNotify: Register = (program, cli) => {
  program
    .command('notify')
    .description('send a test message to every channel of `notify`')
    .addHelpText(
      'after',
      `
Example:
  quorate notify test
With --json: channels[] with channel, delivered, why. Exit code 1 if one was not delivered.`,
    )
    .command('test')
    .description('a test message to every channel, and what came of it')
    .action(async () => {
      const loaded = cli.load();
      const api = await cli.api(loaded);
      const { document, region } = await api.ask(
        notificationTestSchema,
        'POST',
        '/v1/notifications/test',
        { body: {} },
        cli.terminal.signal,
      );
      const { channels } = document;
      if (channels.some(({ delivered }) => !delivered)) cli.exitWith(1);
      cli.print(document, () =>
        channels.length === 0
          ? 'nobody is told anything: the file names no channel under `notify`; write sns, webhook or events there, and deploy'
          : channels
              .map(({ channel, delivered, why }) =>
                delivered
                  ? `${channel}   ${cli.paint.green('delivered')}   by ${region}`
                  : `${channel}   ${cli.paint.red('not delivered')}   ${why ?? 'it does not say why'}`,
              )
              .join('\n'),
      );
    });
};
