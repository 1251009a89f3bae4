/** `npm run deploy`: arguments → the story of a deployment, with AWS, osls and the operator's own rights. */
import { resolve } from 'node:path';
import { problemText } from '../../shared/core/config-problem.ts';
import { type VantageId, vantageId } from '../../shared/core/model.ts';
import { RELEASE } from '../../shared/wire.ts';
import type { Terminal } from '../cli/cli.ts';
import { configPath } from '../config-file.ts';
import { warn } from './check.ts';
import { type Deployer, oslsDeployer } from './deployer.ts';
import { locked } from './lock.ts';
import { baseCommand, type Overrides, runProgram } from './program.ts';
import { runDeploy } from './run-deploy.ts';
import { urlCache } from './url-cache.ts';

type Options = {
  readonly only?: string;
  readonly canary?: string;
  readonly accept: readonly string[];
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly trustPermissions: boolean;
  readonly config?: string;
  readonly stage?: string;
};

const AFTER_HELP = `
Looks at every region first and changes nothing if a check fails. Then the table and its replicas, one
vantage as a canary, and, if no endpoint that was up looks worse from there, the others.

Exit codes: 0 deployed · 1 something failed · 2 wrong usage or configuration · 3 refused or stopped

Examples:
  npm run deploy -- --dry-run
  npm run deploy
  npm run deploy -- --accept app/us-east-1      go on although us-east-1 of app is not up any more
  npm run deploy -- --only eu-west-1            one vantage, for example to repair it`;

export function deployCommand(
  args: readonly string[],
  terminal: Terminal,
  overrides: Overrides & { readonly deployer?: Deployer } = {},
): Promise<number> {
  const program = baseCommand('npm run deploy --', 'Deploys every vantage of quorate.yml.')
    .option('--dry-run', 'looks, shows what would be done, and changes nothing', false)
    .option('--only <region>', 'this vantage alone')
    .option('--canary <region>', 'the vantage that goes first; default: one that is not home')
    .option(
      '--accept <service/endpoint>',
      'an endpoint that may be down afterwards; may be repeated',
      (one: string, all: readonly string[]) => [...all, one],
      [],
    )
    .option('--trust-permissions', "go on although IAM's simulator denies something", false)
    .option('--yes', 'do not ask before it begins', false)
    .addHelpText('after', AFTER_HELP)
    .action(() => undefined);

  return runProgram(
    program,
    args,
    terminal,
    async (cli, { cloud, clock, tell }) => {
      const options = program.opts<Options>();
      const { ask, env, folder, signal } = terminal;
      const loaded = cli.load();
      const { config } = loaded;
      for (const problem of loaded.warnings) {
        tell({ event: 'check', ...warn(null, 'file', problemText(problem)) });
      }
      const region = (text: string): VantageId => vantageId(text);
      const path = configPath({
        env,
        ...(options.config === undefined ? {} : { path: options.config }),
        ...(options.stage === undefined ? {} : { stage: options.stage }),
      });
      const story = async (): Promise<void> =>
        await runDeploy(
          {
            cloud,
            clock,
            tell,
            release: RELEASE,
            urls: overrides.urls ?? urlCache(folder, config.deployment),
            storeOf: (where) => cli.wired(loaded, where).store(),
            deployer:
              overrides.deployer ??
              oslsDeployer({
                project: folder,
                deployment: config.deployment,
                configPath: resolve(folder, path),
                env,
              }),
            ...(ask === undefined || options.yes
              ? {}
              : { confirm: async (question) => /^y(es)?$/i.test(await ask(`${question} [y/N] `)) }),
          },
          config,
          {
            isDryRun: options.dryRun,
            accepted: options.accept,
            trustsPermissions: options.trustPermissions,
            ...(options.only === undefined ? {} : { only: region(options.only) }),
            ...(options.canary === undefined ? {} : { canary: region(options.canary) }),
          },
          signal,
        );
      await (options.dryRun ? story() : locked(folder, config.deployment, story));
    },
    overrides,
  );
}
