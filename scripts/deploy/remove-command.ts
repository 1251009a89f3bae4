/** `npm run remove`: arguments → the story of a removal. A dry run, unless `--yes`. */
import { userInfo } from 'node:os';
import { manifestOf } from '../../shared/core/config.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { snapshotOf } from '../../shared/core/snapshot.ts';
import { orderRound } from '../../shared/rounds/order-round.ts';
import { stretchOf } from '../../shared/rounds/zone-watch.ts';
import type { Terminal } from '../cli/cli.ts';
import { locked } from './lock.ts';
import { baseCommand, type Overrides, runProgram } from './program.ts';
import type { LookAtFence, Release, Releasing } from './records.ts';
import { runRemove } from './run-remove.ts';
import { urlCache } from './url-cache.ts';

type Options = {
  readonly yes: boolean;
  readonly leaveWeights: boolean;
  readonly restoreWeights: boolean;
  readonly table: boolean;
};

const AFTER_HELP = `
Without --yes nothing is changed: it shows what would be, and the line that does it. Every record but
_quorate stays in DNS; where automation left another weight than configured, say which one stays.

Exit codes: 0 removed, or nothing to do · 1 something failed · 2 wrong usage or configuration · 3 refused

Examples:
  npm run remove
  npm run remove -- --yes --restore-weights
  npm run remove -- --yes --leave-weights --table      the table too, with all history`;

export function removeCommand(
  args: readonly string[],
  terminal: Terminal,
  overrides: Overrides = {},
): Promise<number> {
  const program = baseCommand(
    'npm run remove --',
    'Lets go of DNS and removes every vantage of quorate.yml.',
  )
    .option('--yes', 'do it', false)
    .option('--leave-weights', 'every record keeps the weight it has now', false)
    .option('--restore-weights', 'every record gets its configured weight, healthy or not', false)
    .option('--table', 'the table too, with its replicas and all history', false)
    .addHelpText('after', AFTER_HELP)
    .action(() => undefined);

  return runProgram(
    program,
    args,
    terminal,
    async (cli, { cloud, clock, tell }) => {
      const options = program.opts<Options>();
      const { folder, signal } = terminal;
      const loaded = cli.load();
      const { config } = loaded;
      const { home } = config;
      const weights = weightsOf(options);
      const wired = cli.wired(loaded, home);
      const deps = {
        clock,
        ids: wired.ids,
        store: wired.store(),
        zone: wired.zone(),
        aids: wired.aids,
      };
      const fence: LookAtFence = async (service) => {
        try {
          const read = await deps.zone.read(service.zone, stretchOf([service]), signal);
          return snapshotOf(service, read, config.deployment, clock.now()).fence.kind;
        } catch (error) {
          if (error instanceof QuorateError && error.code === 'NOT_FOUND') return 'no-zone';
          throw error;
        }
      };
      const { arn } = await cloud.identity(home, signal);
      const release: Release = (service, how, isDryRun) =>
        orderRound(
          deps,
          config,
          service,
          { region: home, manifest: manifestOf(config) },
          {
            operation: { kind: 'release', restores: how === 'restore' },
            actor: `${userInfo().username} (${arn})`,
            reason: 'npm run remove',
            isDryRun,
            checksum: null,
          },
          signal,
        );
      const story = async (): Promise<void> =>
        await runRemove(
          {
            cloud,
            clock,
            tell,
            fence,
            release,
            urls: overrides.urls ?? urlCache(folder, config.deployment),
          },
          config,
          { isApplied: options.yes, weights, takesTable: options.table },
          signal,
        );
      await (options.yes ? locked(folder, config.deployment, story) : story());
    },
    overrides,
  );
}

function weightsOf({ leaveWeights, restoreWeights }: Options): Releasing | null {
  if (leaveWeights && restoreWeights) {
    throw new QuorateError(
      'BAD_REQUEST',
      '--leave-weights and --restore-weights exclude each other; write one of them',
    );
  }
  if (leaveWeights) return 'leave';
  return restoreWeights ? 'restore' : null;
}
