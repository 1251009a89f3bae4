/**
 * What every command of `quorate` shares: the global options, the file, the operator's own clients, and
 * how an answer is printed. Documents go to stdout, words about the work to stderr; with `--json` stdout
 * holds one stable document and nothing else. Commands return nothing: they print, or throw a
 * `QuorateError`, whose code is the exit code (0 done, 1 operating error, 2 usage, 3 refused).
 */
import type { Command } from 'commander';
import { QuorateError } from '../../shared/core/errors.ts';
import { epochMs, type VantageId } from '../../shared/core/model.ts';
import { type Env, type Wired, type WireOverrides, wire } from '../../shared/wire.ts';
import { type LoadedConfig, loadConfig } from '../config-file.ts';
import { tableName } from '../names.ts';

export type Terminal = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Env;
  readonly isTty: boolean;
  readonly columns: number;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Where relative paths begin. */
  readonly folder: string;
  /** Of tests: ports instead of AWS. */
  readonly overrides?: WireOverrides;
};

export type GlobalOptions = {
  readonly config?: string;
  readonly stage?: string;
  readonly region?: string;
  readonly json: boolean;
};

export type Cli = {
  readonly terminal: Terminal;
  readonly options: () => GlobalOptions;
  /** `quorate.yml`, checked; its warnings go to stderr once. */
  readonly load: () => LoadedConfig;
  /** Ports with the operator's credentials, as the functions of `region` would have them. */
  readonly wired: (loaded: LoadedConfig, region?: VantageId) => Wired;
  /** One document: JSON with `--json`, else the text. */
  readonly print: (document: unknown, text: () => string) => void;
  /** A line about the work, on stderr; nothing with `--json`. */
  readonly say: (line: string) => void;
};

/** One file per command; each adds itself to the program. */
export type Register = (program: Command, cli: Cli) => void;

export function makeCli(program: Command, terminal: Terminal): Cli & { readonly end: () => void } {
  const open: Wired[] = [];
  let loaded: LoadedConfig | undefined;
  const options = (): GlobalOptions => program.opts<GlobalOptions>();

  const load = (): LoadedConfig => {
    if (loaded !== undefined) return loaded;
    const { config, stage } = options();
    loaded = loadConfig({
      ...(config === undefined ? {} : { path: config }),
      ...(stage === undefined ? {} : { stage }),
      env: terminal.env,
      folder: terminal.folder,
      packagedAt: epochMs(Date.now()),
    });
    for (const { file, line, path, message, remedy } of loaded.warnings) {
      terminal.err(`warning: ${file}:${line}: ${path} ${message}; ${remedy}\n`);
    }
    return loaded;
  };

  return {
    terminal,
    options,
    load,
    wired: ({ config }, region = regionOf(config, options(), terminal.env)) => {
      const made = wire(
        {
          ...terminal.env,
          AWS_REGION: region,
          QUORATE_VANTAGE: region,
          QUORATE_TABLE: tableName(config.deployment),
        },
        'cli',
        { log: () => undefined, config, ...terminal.overrides },
      );
      open.push(made);
      return made;
    },
    print: (document, text) =>
      terminal.out(options().json ? `${JSON.stringify(document, null, 2)}\n` : endLine(text())),
    say: (line) => {
      if (!options().json) terminal.err(`${line}\n`);
    },
    end: () => {
      for (const one of open) one.destroy();
    },
  };
}

const endLine = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

/** `--region`, else the shell's if it is a vantage, else home. */
function regionOf(config: LoadedConfig['config'], { region }: GlobalOptions, env: Env): VantageId {
  const known = (name: string | undefined): VantageId | undefined =>
    config.vantages.find((vantage) => vantage === name);
  if (region !== undefined && known(region) === undefined) {
    throw new QuorateError(
      'BAD_REQUEST',
      `--region ${region} is no vantage of ${config.deployment}; write one of ${config.vantages.join(', ')}`,
    );
  }
  return known(region) ?? known(env.AWS_REGION) ?? known(env.AWS_DEFAULT_REGION) ?? config.home;
}
