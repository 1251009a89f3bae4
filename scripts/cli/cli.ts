/**
 * What every command of `quorate` shares: the global options, the file, the operator's own clients, and
 * how an answer is printed. Documents go to stdout, words about the work to stderr; with `--json` stdout
 * holds one stable document and nothing else. Commands return nothing: they print, or throw a
 * `QuorateError`, whose code is the exit code (0 done, 1 operating error, 2 usage, 3 refused).
 */
import type { Command } from 'commander';
import { route53Clients } from '../../shared/adapters/route53-clients.ts';
import { route53Zone } from '../../shared/adapters/route53-zone.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';
import { type ConfigProblem, problemText } from '../../shared/core/config-problem.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { epochMs, type VantageId } from '../../shared/core/model.ts';
import type { Zone } from '../../shared/ports.ts';
import type { Env, WireOverrides } from '../../shared/wire.ts';
import { type ProbeWired, wireProbe } from '../../shared/wire-probe.ts';
import type { StackUrls } from '../client/api-urls.ts';
import type { Fetch } from '../client/signed-fetch.ts';
import { type LoadedConfig, loadConfig } from '../config-file.ts';
import type { Looks } from '../doctor/looks.ts';
import { tableName } from '../names.ts';
import { type OpenApi, openApi } from './api.ts';
import type { DnsLook } from './dns-look.ts';
import { type HostedZones, route53HostedZones } from './hosted-zones.ts';
import { type Paint, paintFor } from './paint.ts';

export type Terminal = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Env;
  readonly isTty: boolean;
  readonly columns: number;
  /** Of a terminal: what a screen holds. */
  readonly rows?: number;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Where relative paths begin. */
  readonly folder: string;
  /** Present where somebody sits at stdin: asks, and gives the line that was typed. */
  readonly ask?: (question: string) => Promise<string>;
  /** Of tests: ports instead of AWS, and a configuration instead of the file. */
  readonly overrides?: WireOverrides;
  /** Of tests: instead of Route 53's zone calls and the machine's DNS. */
  readonly hostedZones?: HostedZones;
  readonly dns?: DnsLook;
  /** Of tests: what `doctor` asks AWS. */
  readonly looks?: Looks;
  /** Of tests: who gives the command, instead of STS. */
  readonly caller?: (signal: AbortSignal) => Promise<string>;
  /** Of tests: how the API is reached, and what CloudFormation says of its URLs. */
  readonly fetch?: Fetch;
  readonly stackUrls?: StackUrls;
};

/** Of every JSON document (`"format": 1`): raised when a field goes or changes its meaning. */
export const DOCUMENT_FORMAT = 1;

export type GlobalOptions = {
  readonly config?: string;
  readonly stage?: string;
  readonly region?: string;
  readonly api?: string;
  readonly json: boolean;
};

export type Cli = {
  readonly terminal: Terminal;
  readonly options: () => GlobalOptions;
  /** `quorate.yml`, checked. Its warnings are for `validate` and `deploy`: nobody looks at them at 3 a.m. */
  readonly load: () => LoadedConfig;
  /** Ports with the operator's credentials, as the functions of `region` would have them. */
  readonly wired: (loaded: LoadedConfig, region?: VantageId) => ProbeWired;
  /** The API of any region, with the operator's credentials; found at the first use. */
  readonly api: (
    loaded: LoadedConfig,
    /** `--region` is what an order is about, not who is asked first. */
    isRegionScope?: boolean,
  ) => Promise<OpenApi>;
  /** Route 53 with the operator's credentials, where no file says which zone: `import`, `verify`. */
  readonly route53: () => { readonly zone: Zone; readonly hosted: HostedZones };
  /** One document: JSON with `--json` (with `"format": 1` in front), else the text. */
  readonly print: (document: unknown, text: () => string) => void;
  /** A line about the work, on stderr; nothing with `--json`. */
  readonly say: (line: string) => void;
  /** Colours for stdout, or texts as they are. */
  readonly paint: Paint;
  /** The answer is printed and it is bad news: `run` ends with this code, unless it fails with another. */
  readonly exitWith: (code: 1 | 3) => void;
};

/** One file per command; each adds itself to the program. */
export type Register = (program: Command, cli: Cli) => void;

export type OpenCli = Cli & {
  readonly end: () => void;
  readonly exitCode: () => 0 | 1 | 3;
  /** Of the file, if it was read: errors name them. */
  readonly zones: () => LoadedConfig['config']['zones'];
};

export function makeCli(program: Command, terminal: Terminal): OpenCli {
  const open: { readonly destroy: () => void }[] = [];
  let api: Promise<OpenApi> | undefined;
  const given = terminal.overrides?.config;
  let loaded: LoadedConfig | undefined =
    given === undefined
      ? undefined
      : { config: given, warnings: [], data: {}, lineOf: () => undefined, files: [] };
  let exitCode: 0 | 1 | 3 = 0;
  const options = (): GlobalOptions => ({ json: false, ...program.opts<Partial<GlobalOptions>>() });

  const read = (): LoadedConfig => {
    const { config, stage } = options();
    return loadConfig({
      ...(config === undefined ? {} : { path: config }),
      ...(stage === undefined ? {} : { stage }),
      env: terminal.env,
      folder: terminal.folder,
      packagedAt: epochMs(Date.now()),
    });
  };
  const load: Cli['load'] = () => {
    loaded ??= read();
    return loaded;
  };

  const say: Cli['say'] = (line) => {
    if (!options().json) terminal.err(`${line}\n`);
  };

  return {
    terminal,
    options,
    load,
    api: ({ config }, isRegionScope = false) => {
      const { region, ...others } = options();
      const asked = isRegionScope || region === undefined ? others : { ...others, region };
      api ??= openApi(terminal, asked, config, say).then((client) => {
        open.push({ destroy: client.close });
        return client;
      });
      return api;
    },
    wired: ({ config }, region = regionOf(config, options(), terminal.env)) => {
      const made = wireProbe(
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
      terminal.out(
        options().json ? `${JSON.stringify(versioned(document), null, 2)}\n` : endLine(text()),
      ),
    say,
    route53: () => {
      const endpoint = terminal.env.AWS_ENDPOINT_URL_ROUTE_53 || terminal.env.AWS_ENDPOINT_URL;
      const credentials = terminal.overrides?.credentials;
      const clients = route53Clients({
        region: 'us-east-1',
        ...(endpoint ? { endpoint } : {}),
        ...(credentials === undefined ? {} : { credentialsOf: () => credentials }),
      });
      open.push(clients);
      const clock = terminal.overrides?.clock ?? systemClock();
      return {
        zone: terminal.overrides?.zone ?? route53Zone({ ...clients, clock }),
        hosted: terminal.hostedZones ?? route53HostedZones(clients.reader),
      };
    },
    paint: paintFor(terminal),
    exitWith: (code) => {
      exitCode = code;
    },
    exitCode: () => exitCode,
    zones: () => loaded?.config.zones ?? {},
    end: () => {
      for (const one of open) one.destroy();
    },
  };
}

const versioned = (document: unknown): unknown =>
  typeof document === 'object' && document !== null && !Array.isArray(document)
    ? { format: DOCUMENT_FORMAT, ...document }
    : document;

/** `warning: quorate.yml:7: services.app.ttl "5m" keeps clients …; write 60s or less` */
export const warningText = (warning: ConfigProblem): string => `warning: ${problemText(warning)}`;

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
