/**
 * What `npm run contract:aws` makes in the account and takes away again: a zone, a health check, a CIDR
 * collection and a table, all named `quorate-contract-…`. In: the SDK's own settings. Out: their ids,
 * told as each is made. Taking away needs nothing remembered: it finds everything by its name, so it also
 * clears up after a run that was killed.
 */
import { DeleteTableCommand, DynamoDBClient, paginateListTables } from '@aws-sdk/client-dynamodb';
import {
  ChangeCidrCollectionCommand,
  ChangeResourceRecordSetsCommand,
  CreateCidrCollectionCommand,
  CreateHealthCheckCommand,
  CreateHostedZoneCommand,
  DeleteCidrCollectionCommand,
  DeleteHealthCheckCommand,
  DeleteHostedZoneCommand,
  ListCidrBlocksCommand,
  ListCidrCollectionsCommand,
  ListResourceRecordSetsCommand,
  paginateListHealthChecks,
  paginateListHostedZones,
  type ResourceRecordSet,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { createContractTable } from './table.ts';

export const PREFIX = 'quorate-contract-';
const DELETES_PER_BATCH = 100;
/** Clearing up competes with nobody, so it may wait out a throttle. */
const ATTEMPTS = 12;

export type Resources = {
  readonly zoneId: string;
  readonly zoneName: string;
  readonly healthCheckId: string;
  /** Absent where the engine has none; AWS has. */
  readonly cidrCollectionId?: string;
  readonly table: string;
};

export type Tell = (line: string) => void;
type Clients = { readonly route53: Route53Client; readonly dynamodb: DynamoDBClient };

export function clientsFor(region: string): Clients & Disposable {
  const route53 = new Route53Client({ region: 'us-east-1', maxAttempts: ATTEMPTS });
  const dynamodb = new DynamoDBClient({ region, maxAttempts: ATTEMPTS });
  return {
    route53,
    dynamodb,
    [Symbol.dispose]: () => {
      route53.destroy();
      dynamodb.destroy();
    },
  };
}

export async function createResources(
  { route53, dynamodb }: Clients,
  id: string,
  tell: Tell,
): Promise<Resources> {
  const name = `${PREFIX}${id}`;
  const zoneName = `${name}.test`;
  const { HostedZone } = await route53.send(
    new CreateHostedZoneCommand({
      Name: zoneName,
      CallerReference: name,
      HostedZoneConfig: { Comment: 'npm run contract:aws; may be deleted' },
    }),
  );
  const zoneId = (HostedZone?.Id ?? '').replace('/hostedzone/', '');
  tell(`made    hosted zone ${zoneName} (${zoneId})`);

  // A calculated check watches nothing: it only has to exist, because records name it.
  const { HealthCheck } = await route53.send(
    new CreateHealthCheckCommand({
      CallerReference: name,
      HealthCheckConfig: { Type: 'CALCULATED', HealthThreshold: 0, ChildHealthChecks: [] },
    }),
  );
  const healthCheckId = HealthCheck?.Id ?? '';
  tell(`made    health check ${healthCheckId} (calculated, of nothing)`);

  const cidrCollectionId = await createCidrCollection(route53, name, tell);

  await createContractTable(dynamodb, name);
  tell(`made    table ${name}`);
  return {
    zoneId,
    zoneName,
    healthCheckId,
    ...(cidrCollectionId === undefined ? {} : { cidrCollectionId }),
    table: name,
  };
}

async function createCidrCollection(
  route53: Route53Client,
  name: string,
  tell: Tell,
): Promise<string | undefined> {
  try {
    const { Collection } = await route53.send(
      new CreateCidrCollectionCommand({ Name: name, CallerReference: name }),
    );
    await route53.send(
      new ChangeCidrCollectionCommand({
        Id: Collection?.Id,
        Changes: [{ Action: 'PUT', LocationName: 'office', CidrList: ['192.0.2.0/24'] }],
      }),
    );
    tell(`made    CIDR collection ${Collection?.Id}`);
    return Collection?.Id;
  } catch (cause) {
    tell(`no CIDR collection (${cause instanceof Error ? cause.name : cause}): one test may fail`);
    return undefined;
  }
}

/** Everything of ours that is there, this run's and earlier ones'. Goes on after a failure, and says it. */
export async function removeResources(
  { route53, dynamodb }: Clients,
  tell: Tell,
  only?: string,
): Promise<boolean> {
  const mine = only === undefined ? PREFIX : `${PREFIX}${only}`;
  const steps: readonly (() => Promise<void>)[] = [
    () => removeZones(route53, mine, tell),
    () => removeHealthChecks(route53, mine, tell),
    () => removeCidrCollections(route53, mine, tell),
    () => removeTables(dynamodb, mine, tell),
  ];
  let isClean = true;
  for (const step of steps) {
    try {
      await step();
    } catch (cause) {
      isClean = false;
      tell(`FAILED  ${cause instanceof Error ? `${cause.name}: ${cause.message}` : cause}`);
    }
  }
  return isClean;
}

async function removeZones(route53: Route53Client, mine: string, tell: Tell): Promise<void> {
  for await (const { HostedZones } of paginateListHostedZones({ client: route53 }, {}))
    for (const { Id, Name, CallerReference } of HostedZones ?? []) {
      // Both must be ours: a zone of somebody else is never emptied for its name.
      if (!Name?.startsWith(mine) || !CallerReference?.startsWith(mine)) continue;
      const zone = Id?.replace('/hostedzone/', '');
      await emptyZone(route53, zone ?? '', Name);
      await route53.send(new DeleteHostedZoneCommand({ Id: zone }));
      tell(`removed hosted zone ${Name} (${zone})`);
    }
}

/** All but the SOA and NS that a zone is born with. Also run between two tests. Says how many there were. */
export async function emptyZone(
  route53: Route53Client,
  zone: string,
  name: string,
): Promise<number> {
  let removed = 0;
  for (;;) {
    const page = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId: zone }));
    const records = (page.ResourceRecordSets ?? []).filter(
      (record) => !(isApex(record, name) && (record.Type === 'SOA' || record.Type === 'NS')),
    );
    if (records.length === 0) return removed;
    for (let start = 0; start < records.length; start += DELETES_PER_BATCH) {
      const Changes = records
        .slice(start, start + DELETES_PER_BATCH)
        .map((ResourceRecordSet) => ({ Action: 'DELETE' as const, ResourceRecordSet }));
      await route53.send(
        new ChangeResourceRecordSetsCommand({ HostedZoneId: zone, ChangeBatch: { Changes } }),
      );
      removed += Changes.length;
    }
  }
}
const isApex = ({ Name }: ResourceRecordSet, zone: string): boolean =>
  Name?.replace(/\.$/, '') === zone.replace(/\.$/, '');

async function removeHealthChecks(route53: Route53Client, mine: string, tell: Tell): Promise<void> {
  for await (const { HealthChecks } of paginateListHealthChecks({ client: route53 }, {}))
    for (const { Id, CallerReference } of HealthChecks ?? []) {
      if (!CallerReference?.startsWith(mine)) continue;
      await route53.send(new DeleteHealthCheckCommand({ HealthCheckId: Id }));
      tell(`removed health check ${Id}`);
    }
}

async function removeCidrCollections(
  route53: Route53Client,
  mine: string,
  tell: Tell,
): Promise<void> {
  const { CidrCollections } = await route53
    .send(new ListCidrCollectionsCommand({}))
    // An engine without them; AWS has the call.
    .catch(() => ({ CidrCollections: [] }));
  for (const { Id, Name } of CidrCollections ?? []) {
    if (!Name?.startsWith(mine)) continue;
    const { CidrBlocks } = await route53.send(new ListCidrBlocksCommand({ CollectionId: Id }));
    const Changes = (CidrBlocks ?? []).map(({ CidrBlock, LocationName }) => ({
      Action: 'DELETE_IF_EXISTS' as const,
      LocationName,
      CidrList: [CidrBlock ?? ''],
    }));
    if (Changes.length > 0) await route53.send(new ChangeCidrCollectionCommand({ Id, Changes }));
    await route53.send(new DeleteCidrCollectionCommand({ Id }));
    tell(`removed CIDR collection ${Id}`);
  }
}

async function removeTables(dynamodb: DynamoDBClient, mine: string, tell: Tell): Promise<void> {
  for await (const { TableNames } of paginateListTables({ client: dynamodb }, {}))
    for (const table of TableNames ?? []) {
      if (!table.startsWith(mine)) continue;
      await dynamodb.send(new DeleteTableCommand({ TableName: table }));
      tell(`removed table ${table}`);
    }
}
