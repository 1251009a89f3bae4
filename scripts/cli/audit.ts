/**
 * `quorate audit verify`: is the history of each service whole, as public DNS anchors it? `quorate audit
 * log`: who did what, from where and why. Both read records as they are stored and write nothing.
 */
import type { Chain } from '../../shared/core/chain.ts';
import { isObserved } from '../../shared/core/decided.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { EpochMs, Service } from '../../shared/core/model.ts';
import type { DecisionRecord } from '../../shared/core/record.ts';
import type { LoadedConfig } from '../config-file.ts';
import { openApi } from './api.ts';
import { anchorFromDns, anchorFromZone, type FoundAnchor } from './audit-anchor.ts';
import {
  type ReadRecords,
  type RecordSource,
  recordsOfApi,
  recordsOfTable,
} from './audit-records.ts';
import {
  type AuditedService,
  auditText,
  type ChainShown,
  type LogDocument,
  type LogLine,
  logText,
} from './audit-text.ts';
import type { Cli, Register } from './cli.ts';
import { machineDns, type ServerAddress } from './dns-look.ts';
import { findServices } from './find.ts';
import { serverAddress } from './server-address.ts';
import { sinceOf } from './since.ts';

type VerifyFlags = {
  readonly direct?: boolean;
  readonly server?: readonly ServerAddress[];
  readonly known?: readonly string[];
};
type LogFlags = {
  readonly since: string;
  readonly actor?: string;
  readonly all?: boolean;
  readonly direct?: boolean;
};

const SINCE = '7d';
/** Long runs say where they are. */
const SAY_EVERY = 5_000;

export const registerAudit: Register = (program, cli) => {
  const audit = program
    .command('audit')
    .description('the history of decisions: whether it is whole, and who did what');
  audit
    .command('verify')
    .argument('[service]', 'default: all of the file')
    .option('--direct', 'from the table and Route 53, with your own credentials')
    .option(
      '--server <host:port>',
      "ask this name server instead of the zone's own; may be repeated",
      (text: string, before: readonly ServerAddress[] = []) => [...before, serverAddress(text)],
    )
    .option(
      '--known <id>',
      'a finding that somebody has looked into; may be repeated',
      (text: string, before: readonly string[] = []) => [...before, text],
    )
    .description('whether any record was edited, deleted, moved or cut; exit code 1 if so')
    .addHelpText(
      'after',
      `
Example:
  quorate audit verify app
The anchor is the _quorate record in public DNS; with --direct it is read through Route 53. With --json:
whole, services[].chain with breaks[], lives[], notes[]. Exit code 1 if a history is not whole.`,
    )
    .action(async (id: string | undefined, flags: VerifyFlags) => {
      const opened = await open(cli, flags.direct === true);
      const services = findServices(opened.loaded.config, id === undefined ? [] : [id]);
      const audited: AuditedService[] = [];
      for (const service of services) audited.push(await verifyOne(cli, opened, service, flags));
      const whole = audited.every(({ chain, cut }) => chain.kind === 'whole' && cut === null);
      if (!whole) cli.exitWith(1);
      const document = { at: opened.wired.clock.now(), whole, services: audited };
      cli.print(document, () => auditText(document, cli.paint));
    });
  audit
    .command('log')
    .argument('[service]', 'default: all of the file')
    .option('--since <when>', 'how far back, as 12h, 7d or 2026-11-23', SINCE)
    .option('--actor <text>', 'only what was done by somebody whose name has this in it')
    .option('--all', 'what was only observed, or lost its race, as well')
    .option('--direct', 'from the table, with your own credentials')
    .description('who did what, from where and why, newest first')
    .addHelpText(
      'after',
      `
Example:
  quorate audit log app --since 30d --actor alice
With --json: entries[] with at, service, generation, actor, via, what[], why and order.`,
    )
    .action(async (id: string | undefined, flags: LogFlags) => {
      const opened = await open(cli, flags.direct === true);
      const { config } = opened.loaded;
      const services = findServices(config, id === undefined ? [] : [id]);
      const sinceAt = sinceOf(flags.since, opened.wired.clock.now());
      const lines: LogLine[] = [];
      for (const service of services) {
        lines.push(...(await logOne(cli, opened, service, { ...flags, sinceAt })));
      }
      const document: LogDocument = {
        sinceAt,
        from: opened.source.name,
        entries: lines.sort((a, b) => b.at - a.at || b.generation - a.generation),
      };
      cli.print(document, () => logText(document, cli.paint));
    });
};

type Opened = {
  readonly loaded: LoadedConfig;
  readonly wired: ReturnType<Cli['wired']>;
  readonly source: RecordSource;
  readonly isDirect: boolean;
};

/** The API where one answers; else the table, which is told. */
async function open(cli: Cli, isDirect: boolean): Promise<Opened> {
  const loaded = cli.load();
  const wired = cli.wired(loaded);
  const table = { loaded, wired, source: recordsOfTable(wired), isDirect };
  if (isDirect) return table;
  try {
    const api = await openApi(cli.terminal, cli.options(), loaded.config, cli.say);
    return { ...table, source: recordsOfApi(api, wired) };
  } catch (error) {
    if (!(error instanceof QuorateError) || error.code !== 'API_UNAVAILABLE') throw error;
    cli.say(`note: no API is known (${error.message}); records are read from ${table.source.name}`);
    return table;
  }
}

const readOne = (
  cli: Cli,
  { source }: Opened,
  service: Service,
  onRecord: (record: DecisionRecord) => void,
): Promise<ReadRecords> => {
  let said = 0;
  const onPage = (count: number): void => {
    if (count - said < SAY_EVERY) return;
    said = count;
    cli.say(`${service.id}: ${count.toLocaleString('en')} records read …`);
  };
  return source.read(service, onRecord, onPage, cli.terminal.signal);
};

async function verifyOne(
  cli: Cli,
  opened: Opened,
  service: Service,
  { server, known = [] }: VerifyFlags,
): Promise<AuditedService> {
  const { reading, marked, cut, region } = await readOne(cli, opened, service, () => undefined);
  const asked = { marked, known: new Set(known) };
  // After the records: what commits meanwhile is then newer than they are, and is seen by asking again.
  let found = await anchorOf(cli, opened, service, server);
  let chain = reading.judge({ ...asked, anchor: found.anchor });
  const [newest] = chain.breaks;
  if (newest?.code === 'missing' && newest.generation === found.anchor?.generation) {
    cli.say(`${service.id}: a commit came meanwhile, its record is looked for once more …`);
    const again = await readOne(cli, opened, service, () => undefined);
    found = await anchorOf(cli, opened, service, server);
    chain = again.reading.judge({ ...asked, anchor: found.anchor });
  }
  return {
    service: service.id,
    from: opened.source.name,
    region,
    anchor: found.anchor,
    anchorFrom: found.from,
    anchorNotes: found.notes,
    chain: shownChain(chain),
    cut,
  };
}

const shownChain = (chain: Chain): ChainShown => ({
  kind: chain.kind,
  breaks: chain.breaks,
  known: chain.known,
  lives: chain.lives,
  records: chain.records,
  lostRaces: chain.sideBranches.length,
  open: chain.open.length,
  observed: chain.observed,
  found: chain.found.length,
  notes: chain.notes,
});

async function anchorOf(
  cli: Cli,
  { loaded: { config }, wired, isDirect }: Opened,
  service: Service,
  servers: readonly ServerAddress[] | undefined,
): Promise<FoundAnchor> {
  const asked = { config, now: wired.clock.now() };
  if (isDirect && servers === undefined) {
    return await anchorFromZone(service, wired.zone(), asked, cli.terminal.signal);
  }
  const found = await anchorFromDns(service, cli.terminal.dns ?? machineDns(), servers, asked);
  if (found !== null) return found;
  throw new QuorateError(
    'ZONE_UNAVAILABLE',
    `no name server of the zone of ${service.names[0]} answered, so nothing anchors its history; name one with --server, or take Route 53’s word with --direct`,
  );
}

async function logOne(
  cli: Cli,
  opened: Opened,
  service: Service,
  { sinceAt, actor, all }: LogFlags & { readonly sinceAt: EpochMs },
): Promise<readonly LogLine[]> {
  const records: DecisionRecord[] = [];
  const { reading, marked } = await readOne(cli, opened, service, (record) => {
    if (record.at >= sinceAt) records.push(record);
  });
  const chain = reading.judge({ anchor: null, marked });
  // Without the anchor the newest history is one that ended: its records are committed all the same.
  const lost = new Set(chain.sideBranches.map(({ key }) => key));
  const wanted = actor?.toLowerCase();
  return records
    .map((record) => lineOf(record, lost))
    .filter(
      (line) =>
        (all === true || line.outcome === 'committed') &&
        (wanted === undefined || line.actor.toLowerCase().includes(wanted)),
    );
}

function lineOf(record: DecisionRecord, lost: ReadonlySet<string>): LogLine {
  const { service, generation, actor, at, via, order, lines, sentences } = record;
  const key = `${String(generation).padStart(10, '0')}#${record.nonce}`;
  const isOwn = /^(quorum|order [^@]+|observed|found)@/.test(actor);
  const moved = lines.filter(({ from, to }) => from !== to);
  return {
    at,
    service,
    generation,
    actor,
    via: via ?? null,
    outcome: isObserved(record) ? 'observed' : lost.has(key) ? 'lost' : 'committed',
    what: [
      ...moved.map(({ endpoint, from, to }) => `${endpoint} ${from} → ${to}`),
      ...(moved.length === 0 ? [sentences[0] ?? 'no weight changes'] : []),
    ],
    // An operator's words come last; automation's reason is its first sentence.
    why:
      order?.reason ??
      (isOwn ? moved.map(({ sentence }) => sentence).join('; ') : sentences.at(-1)) ??
      '',
    order: order?.id ?? null,
  };
}
