/**
 * `quorate verify [SERVICE]`: each authoritative name server asked by itself, beside the zone as the API has
 * it, and whether the parent delegates to those servers. Reads only; exit code 1 where something differs.
 */
import { QuorateError } from '../../shared/core/errors.ts';
import type { Service, ZoneRef } from '../../shared/core/model.ts';
import { list } from '../../shared/core/reason.ts';
import { snapshotOf } from '../../shared/core/snapshot.ts';
import { stretchOf } from '../../shared/rounds/zone-watch.ts';
import type { Cli, Register } from './cli.ts';
import { type Delegation, delegationOf } from './delegation.ts';
import { type DnsLook, machineDns, type ServerAddress } from './dns-look.ts';
import { findServices } from './find.ts';
import type { Paint } from './paint.ts';
import { serverAddress } from './server-address.ts';
import { type NameServer, type VerifiedService, verifyService } from './verify-zone.ts';

export type VerifyDocument = {
  readonly at: number;
  readonly agrees: boolean;
  readonly delegations: readonly Delegation[];
  readonly services: readonly VerifiedService[];
  readonly limits: readonly string[];
};

const LIMITS = [
  'this is what the name servers say to this machine now: resolvers keep older answers for the TTL, and some for longer',
  'each name is asked 10 times per server: a target that did not come up may still be served',
  'an alias answers with addresses that change, so its answers are shown and not compared',
  'with Route 53 health checks on records, Route 53 may leave out a target that has weight, or answer one that has none while all others are unhealthy',
];

export const registerVerify: Register = (program, cli) => {
  program
    .command('verify')
    .argument('[service]', 'default: all of the file')
    .option(
      '--server <host:port>',
      "ask this server instead of the zone's own; may be repeated",
      (text: string, before: readonly ServerAddress[] = []) => [...before, serverAddress(text)],
    )
    .description('asks every name server of the zone whether it serves what the zone holds')
    .addHelpText(
      'after',
      `
Example:
  quorate verify app
With --json: agrees, delegations[], services[].servers[] with generation, answers[] and problems[]. Exit code 1
if a server or the parent's delegation differs.`,
    )
    .action(async (id: string | undefined, { server }: { server?: readonly ServerAddress[] }) => {
      const loaded = cli.load();
      const { config } = loaded;
      const services = findServices(config, id === undefined ? [] : [id]);
      const wired = cli.wired(loaded);
      const dns = cli.terminal.dns ?? machineDns();
      const { signal } = cli.terminal;
      const delegations: Delegation[] = [];
      const verified: VerifiedService[] = [];
      for (const own of Map.groupBy(services, ({ zone }) => zone.id).values()) {
        const [first] = own;
        if (first === undefined) continue;
        const read = await wired.zone().read(first.zone, stretchOf(own), signal);
        const found =
          server === undefined
            ? await serversOfZone(cli, first.zone, own, dns, signal)
            : { servers: server.map(givenServer), delegation: null };
        if (found.delegation !== null) delegations.push(found.delegation);
        for (const service of own) {
          cli.say(`asking ${found.servers.map((one) => one.name).join(', ')} for ${service.id} …`);
          const now = wired.clock.now();
          const snapshot = snapshotOf(service, read, config.deployment, now);
          verified.push(
            await verifyService(service, snapshot, found.servers, dns, config.deployment, now),
          );
        }
      }
      const agrees =
        verified.every((one) => one.agrees) &&
        delegations.every(({ verdict }) => verdict !== 'differs');
      if (!agrees) cli.exitWith(1);
      const document: VerifyDocument = {
        at: wired.clock.now(),
        agrees,
        delegations,
        services: inFileOrder(services, verified),
        limits: LIMITS,
      };
      cli.print(document, () => verifyText(document, cli.paint));
    });
};

async function serversOfZone(
  cli: Cli,
  zone: ZoneRef,
  services: readonly Service[],
  dns: DnsLook,
  signal: AbortSignal,
): Promise<{ readonly servers: readonly NameServer[]; readonly delegation: Delegation }> {
  const { name, nameServers, isPrivate } = await cli.route53().hosted.get(zone, signal);
  if (isPrivate) {
    throw new QuorateError(
      'REFUSED',
      `zone ${zone.key} (${zone.id}) is a private zone: nobody outside its VPCs can ask its name servers; steer a public zone`,
    );
  }
  const outside = services
    .flatMap(({ names }) => names)
    .find((one) => one !== name && !one.endsWith(`.${name}`));
  if (outside !== undefined) {
    throw new QuorateError(
      'BAD_REQUEST',
      `${outside} is outside zone ${zone.key} (${zone.id}), which is ${name}; correct names, or the id of zones.${zone.key} in quorate.yml`,
    );
  }
  const servers = await Promise.all(
    nameServers.map(async (server): Promise<NameServer> => {
      const [host] = await dns.addressesOf(server);
      return { name: server, address: host === undefined ? null : { host, port: 53 } };
    }),
  );
  return { servers, delegation: await delegationOf(name, nameServers, dns) };
}

const givenServer = (address: ServerAddress): NameServer => ({
  name: `${address.host}:${address.port}`,
  address,
});

const inFileOrder = (
  services: readonly Service[],
  verified: readonly VerifiedService[],
): readonly VerifiedService[] =>
  services.flatMap(({ id }) => verified.filter(({ service }) => service === id));

function verifyText(document: VerifyDocument, paint: Paint): string {
  const { delegations, services, agrees } = document;
  const first = agrees
    ? paint.green('every name server serves what the zone holds')
    : paint.red('not every name server serves what the zone holds');
  return [
    paint.bold(first),
    ...delegations.map(({ sentence, verdict }) =>
      verdict === 'agrees' ? sentence : paint.yellow(sentence),
    ),
    ...services.flatMap((service) => serviceLines(service, paint)),
    '',
    ...document.limits.map((limit) => paint.dim(`limit: ${limit}`)),
  ].join('\n');
}

function serviceLines(
  { service, zoneGeneration, servers }: VerifiedService,
  paint: Paint,
): readonly string[] {
  const wide = Math.max(0, ...servers.map(({ server }) => server.length));
  return [
    '',
    `${paint.bold(service)}   generation in the zone: ${zoneGeneration ?? '-'}`,
    ...servers.flatMap(({ server, address, generation, answers, problems }) => [
      `  ${problems.length === 0 ? paint.green('✓') : paint.red('✗')} ${server.padEnd(wide)}  ${address ?? '-'}  generation ${generation ?? '-'}`,
      ...problems.map((problem) => paint.red(`      ${problem}`)),
      ...answers.map(({ name, type, seen, strange }) =>
        paint.dim(
          `      ${name} ${type}: ${seen.length === 0 ? 'no answer' : list(seen)}${strange === null ? ' (alias, not compared)' : ''}`,
        ),
      ),
    ]),
  ];
}
