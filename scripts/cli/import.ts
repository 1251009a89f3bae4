/**
 * `quorate import NAME…`: reads what stands in Route 53 at these names and prints a `quorate.yml` that
 * observes it. Writes nothing, neither there nor here. The zone is the account's public one with the longest
 * name that holds the name, unless `--zone` says which.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { Zone } from '../../shared/ports.ts';
import type { Cli, Register } from './cli.ts';
import type { HostedZone, HostedZones } from './hosted-zones.ts';
import { importedText, loadable, refusedText, servicesText } from './import-text.ts';
import { importNames, type ZoneNames } from './import-zone.ts';
import { DEFAULT_DEPLOYMENT, DEFAULT_VANTAGES } from './new-text.ts';

type Options = {
  readonly zone?: string;
  readonly deployment?: string;
  readonly vantages?: string;
  readonly services?: boolean;
};

const ZONES_TOLD_MAX = 10;

export const registerImport: Register = (program, cli) => {
  program
    .command('import')
    .argument('<names...>', 'DNS names that have weighted records')
    .option('--zone <id>', 'the hosted zone, where the account has several that hold the name')
    .option('--deployment <name>', `default: ${DEFAULT_DEPLOYMENT}`)
    .option('--vantages <regions>', `with commas; default: ${DEFAULT_VANTAGES.join(',')}`)
    .option('--services', 'prints services: alone, for an included file')
    .description('prints a quorate.yml for records that stand in Route 53')
    .addHelpText(
      'after',
      `
Example:
  quorate import app.example.com www.example.com > quorate.yml
With --json: yaml, services[] and refused[] {name, why}. Exit code 3 if nothing could be imported.`,
    )
    .action(async (names: readonly string[], options: Options) => {
      const { signal } = cli.terminal;
      const { zone, hosted } = cli.route53();
      const wanted = [...new Set(names.map((name) => name.toLowerCase().replace(/\.$/, '')))];
      const zones = await zonesOf(wanted, options.zone, hosted, signal);
      const found = await readNames(cli, zone, zones, signal);
      const { services, refused } = importNames(found);
      const used = [...new Map([...zones.values()].map((one) => [one.id, one])).values()];
      const file = loadable({
        deployment: options.deployment ?? DEFAULT_DEPLOYMENT,
        vantages:
          options.vantages?.split(/[\s,]+/).filter((word) => word !== '') ?? DEFAULT_VANTAGES,
        zones: new Map(
          used.map(({ id, name }) => [id, used.length === 1 ? 'main' : name.replaceAll('.', '-')]),
        ),
        services,
        refused,
      });
      if (file.services.length === 0) {
        const lines = file.refused.map(({ name, why }) => `  ${name}: ${why}`);
        throw new QuorateError('REFUSED', `nothing can be imported:\n${lines.join('\n')}`);
      }
      for (const { name, why } of file.refused) cli.say(`not imported: ${name}: ${why}`);
      const yaml =
        options.services === true
          ? `${[...servicesText(file), ...refusedText(file.refused)].join('\n')}\n`
          : importedText(file);
      cli.print({ yaml, services: file.services, refused: file.refused }, () => yaml);
    });
};

async function readNames(
  cli: Cli,
  zone: Zone,
  zones: ReadonlyMap<string, HostedZone>,
  signal: AbortSignal,
): Promise<readonly ZoneNames[]> {
  const found: ZoneNames[] = [];
  for (const [name, { id, name: zoneName }] of zones) {
    cli.say(`reading ${name} in ${zoneName} (${id}) …`);
    const ref = { key: id, id };
    const { records } = await zone.read(ref, { from: name, to: name }, signal);
    found.push({ zoneId: id, name, records });
  }
  return found;
}

async function zonesOf(
  names: readonly string[],
  id: string | undefined,
  hosted: HostedZones,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, HostedZone>> {
  if (id !== undefined) {
    const zone = await hosted.get({ key: id, id }, signal);
    return new Map(names.map((name) => [name, inside(name, zone)]));
  }
  const all = await hosted.list(signal);
  return new Map(names.map((name) => [name, zoneHolding(name, all)]));
}

const holds = (zone: HostedZone, name: string): boolean =>
  name === zone.name || name.endsWith(`.${zone.name}`);

function inside(name: string, zone: HostedZone): HostedZone {
  if (zone.isPrivate) throw privateZone(name, zone);
  if (holds(zone, name)) return zone;
  throw new QuorateError(
    'BAD_REQUEST',
    `${name} is outside zone ${zone.id}, which is ${zone.name}; write a name below that, or another --zone`,
  );
}

const privateZone = (name: string, { id }: HostedZone): QuorateError =>
  new QuorateError(
    'REFUSED',
    `${name} is in ${id}, a private zone: no vantage can see its answers; Quorate steers public zones`,
  );

function zoneHolding(name: string, all: readonly HostedZone[]): HostedZone {
  const holding = all.filter((zone) => holds(zone, name));
  const open = holding.filter(({ isPrivate }) => !isPrivate);
  const longest = Math.max(...open.map((zone) => zone.name.length));
  const [zone, ...twins] = open.filter((one) => one.name.length === longest);
  const [hidden] = holding;
  if (zone === undefined) {
    if (hidden !== undefined) throw privateZone(name, hidden);
    const names = all.filter(({ isPrivate }) => !isPrivate).map((one) => one.name);
    const told = names.slice(0, ZONES_TOLD_MAX).join(', ');
    const rest = names.length > ZONES_TOLD_MAX ? ` and ${names.length - ZONES_TOLD_MAX} more` : '';
    throw new QuorateError(
      'NOT_FOUND',
      `no public hosted zone of this account holds ${name}; ${names.length === 0 ? 'it has none' : `it has ${told}${rest}`}; use the credentials of the account that has it`,
    );
  }
  if (twins.length === 0) return zone;
  const ids = [zone, ...twins].map((one) => one.id).join(', ');
  throw new QuorateError(
    'BAD_REQUEST',
    `the account has ${twins.length + 1} public zones called ${zone.name} (${ids}); say which with --zone`,
  );
}
