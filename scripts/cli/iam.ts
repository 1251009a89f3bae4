/**
 * `quorate iam`: policies to paste. `--zone`: trust and permissions of a role in the account of a zone;
 * `--deployer`, `--operator`: what people need; `--api`: what callers of the API need. The deployment's account comes from `--account`, else from
 * the credentials in use. Nothing is changed, and nothing is read but that account's number.
 */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { QuorateError } from '../../shared/core/errors.ts';
import type { Config, ZoneRef } from '../../shared/core/model.ts';
import { safeText } from '../../shared/core/safe-text.ts';
import {
  filledIn,
  type Place,
  type PolicyDocument,
  type Statement,
} from '../package/permission-text.ts';
import { API_SCOPES, type ApiScope, apiStatements } from '../package/permissions-api.ts';
import { deployerStatements } from '../package/permissions-deployer.ts';
import { operatorStatements } from '../package/permissions-operator.ts';
import {
  documentsOf,
  lengthOf,
  roleDocuments,
  TRUST_LENGTH_MAX,
  type TrustPolicy,
  trustPolicy,
} from '../package/permissions-trust.ts';
import type { Cli, Register } from './cli.ts';
import { suggestion } from './find.ts';

type Options = {
  readonly zone?: string;
  readonly deployer?: true;
  readonly operator?: true;
  readonly api?: string;
  readonly account?: string;
  readonly trust?: readonly string[];
};

export type ZoneRoleDocument = {
  readonly zone: string;
  readonly zoneId: string;
  /** As the file has it; null where it names none yet. */
  readonly role: string | null;
  readonly roleName: string;
  readonly account: string;
  /** Services of the zone with `mode: enforce`: only their records may be changed. */
  readonly enforced: readonly string[];
  readonly trust: TrustPolicy;
  readonly permissions: readonly PolicyDocument[];
};
export type PeopleDocument = {
  readonly who: 'deployer' | 'operator' | 'api';
  /** Of a caller of the API: how much may be asked for. */
  readonly scope?: ApiScope;
  readonly account: string;
  readonly permissions: readonly PolicyDocument[];
};

const ACCOUNT = /^\d{12}$/;
const PRINCIPAL = /^arn:aws[a-z-]*:iam::\d{12}:(?:role|user)\/[\w+=,.@/-]{1,512}$/;
const IDENTITY_TIMEOUT_MS = 10_000;

export const registerIam: Register = (program, cli) => {
  program
    .command('iam')
    .description(
      'prints policies to paste: the role of a zone in another account, a deployer, an operator, a caller of the API',
    )
    .option('--zone <key>', 'trust and permissions of the role in the account of this zone')
    .option('--deployer', 'what npm run deploy and npm run remove need')
    .option('--operator', 'what the commands of quorate need')
    .option(
      '--api <scope>',
      'what callers of the API need: read looks, override gives orders on single services, freeze everything',
    )
    .option('--account <id>', "the deployment's account; default: that of the credentials in use")
    .option(
      '--trust <arn>',
      'with --zone: an operator’s role or user that may assume it too; may be repeated',
      (arn: string, others: readonly string[] = []) => [...others, arn],
    )
    .addHelpText(
      'after',
      `
Example:
  quorate iam --zone main --account 123456789012
  quorate iam --api read
With --json: zone, role, trust and permissions[] (or who, scope and permissions[]), each as IAM takes it.`,
    )
    .action(async (options: Options) => {
      const { config } = cli.load();
      // `--api` before any command names URLs; here it is a scope, whoever takes the word first.
      const api = options.api ?? cli.options().api;
      const ask = questionOf(config, { ...options, ...(api === undefined ? {} : { api }) });
      const place = await placeOf(cli, config, options.account);
      if (ask.kind === 'zone') {
        const document = zoneRole(config, ask.zone, place, options.trust ?? []);
        cli.print(document, () => zoneRoleText(document, config.deployment));
      } else {
        const document = people(config, ask, place);
        cli.print(document, () => peopleText(document, config));
      }
    });
};

type Question = { readonly kind: 'zone'; readonly zone: ZoneRef } | People;
type People =
  | { readonly kind: 'deployer' | 'operator' }
  | { readonly kind: 'api'; readonly scope: ApiScope };

/** Everything that can be wrong with the words, before anybody is asked anything. */
function questionOf(
  config: Config,
  { zone, deployer, operator, api, account, trust = [] }: Options,
): Question {
  const asked = [zone, deployer, operator, api].filter((one) => one !== undefined).length;
  if (asked !== 1) {
    throw new QuorateError(
      'BAD_REQUEST',
      `say ${asked === 0 ? 'whose policies to print' : 'one thing at a time'}: --zone KEY (${Object.keys(config.zones).join(', ')}), --deployer, --operator or --api SCOPE`,
    );
  }
  const scope = API_SCOPES.find((one) => one === api);
  if (api !== undefined && scope === undefined) {
    throw new QuorateError(
      'BAD_REQUEST',
      `--api ${safeText(api)} is no scope; ${suggestion(api, API_SCOPES)}`,
    );
  }
  if (account !== undefined && !ACCOUNT.test(account)) {
    throw new QuorateError(
      'BAD_REQUEST',
      `--account ${safeText(account)} is no account; write its 12 digits, such as 123456789012`,
    );
  }
  const wrong = trust.find((arn) => !PRINCIPAL.test(arn));
  if (wrong !== undefined) {
    throw new QuorateError(
      'BAD_REQUEST',
      `--trust ${safeText(wrong)} is not the ARN of a role or user; write arn:aws:iam::123456789012:role/name`,
    );
  }
  if (zone === undefined) {
    if (trust.length > 0) {
      throw new QuorateError('BAD_REQUEST', '--trust belongs to --zone; write --zone KEY as well');
    }
    if (scope !== undefined) return { kind: 'api', scope };
    return { kind: deployer === true ? 'deployer' : 'operator' };
  }
  const found = Object.hasOwn(config.zones, zone) ? config.zones[zone] : undefined;
  if (found !== undefined) return { kind: 'zone', zone: found };
  throw new QuorateError(
    'NOT_FOUND',
    `there is no zone ${safeText(zone)} in the file; ${suggestion(zone, Object.keys(config.zones))}`,
  );
}

async function placeOf(cli: Cli, config: Config, account: string | undefined): Promise<Place> {
  const partition = partitionOf(config.home);
  if (account !== undefined) return { accountId: account, partition };
  const { env, overrides, signal } = cli.terminal;
  const endpoint = env.AWS_ENDPOINT_URL_STS || env.AWS_ENDPOINT_URL;
  const client = new STSClient({
    region: config.home,
    maxAttempts: 2,
    ...(endpoint ? { endpoint } : {}),
    ...(overrides?.credentials === undefined ? {} : { credentials: overrides.credentials }),
  });
  try {
    const { Account } = await client.send(new GetCallerIdentityCommand({}), {
      abortSignal: AbortSignal.any([signal, AbortSignal.timeout(IDENTITY_TIMEOUT_MS)]),
    });
    if (Account !== undefined && ACCOUNT.test(Account)) return { accountId: Account, partition };
    throw new Error('STS named no account');
  } catch (error) {
    const why = safeText(error instanceof Error ? error.message : String(error), 160);
    throw new QuorateError(
      'BAD_REQUEST',
      `the credentials in use don't tell which account the deployment is in (${why.replace(/\.$/, '')}); ` +
        'sign in, or write --account 123456789012',
    );
  } finally {
    client.destroy();
  }
}

function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return region.startsWith('eusc-') ? 'aws-eusc' : 'aws';
}

function zoneRole(
  config: Config,
  zone: ZoneRef,
  place: Place,
  trust: readonly string[],
): ZoneRoleDocument {
  return {
    zone: zone.key,
    zoneId: zone.id,
    role: zone.role ?? null,
    roleName: zone.role?.split('/').at(-1) ?? `${config.deployment}-zone-${zone.key}`,
    account: place.accountId,
    enforced: config.services
      .filter((service) => service.zone.id === zone.id && service.mode === 'enforce')
      .map(({ id }) => id),
    trust: trustPolicy(config, place, trust),
    permissions: roleDocuments(config, zone, place),
  };
}

const people = (config: Config, ask: People, place: Place): PeopleDocument => ({
  who: ask.kind,
  ...(ask.kind === 'api' ? { scope: ask.scope } : {}),
  account: place.accountId,
  permissions: documentsOf(filledIn(statementsFor(config, ask), place)),
});

function statementsFor(config: Config, ask: People): readonly Statement[] {
  switch (ask.kind) {
    case 'deployer':
      return deployerStatements(config);
    case 'operator':
      return operatorStatements(config);
    case 'api':
      return apiStatements(config, ask.scope);
  }
}

function zoneRoleText(document: ZoneRoleDocument, deployment: string): string {
  const { zone, zoneId, role, roleName, account, enforced, trust, permissions } = document;
  const owner = role?.split(':')[4];
  const where = owner === undefined ? 'the account that has the zone' : `account ${owner}`;
  const isWide = trust.Statement.some(({ Condition }) => Condition.ArnLike !== undefined);
  const size = lengthOf(trust);
  return [
    `Zone ${zone} (${zoneId}) is reached by ${deployment} in account ${account} through a role in ${where}.`,
    '',
    `1. In ${where}: IAM, Roles, Create role, Custom trust policy. Paste this, and name the role ${roleName}:`,
    '',
    pretty(trust),
    ...(isWide
      ? ['', 'The vantages are too many to name each: the trust policy names their pattern.']
      : []),
    ...(size > TRUST_LENGTH_MAX
      ? ['', `It has ${size} characters, IAM takes ${TRUST_LENGTH_MAX} unless raised: trust fewer.`]
      : []),
    '',
    permissions.length === 1
      ? '2. In the same role: Add permissions, Create inline policy, JSON. Paste this:'
      : `2. In the same account: make ${permissions.length} managed policies (one inline policy would be too long) and attach them to the role:`,
    ...permissions.flatMap((policy) => ['', pretty(policy)]),
    '',
    enforced.length === 0
      ? 'No service of this zone enforces, so the role may only read. After writing `mode: enforce`, run this again and replace the policy, then go on with quorate adopt.'
      : `It may change the names of ${shortList(enforced)}. After adding names, types or services, run this again and replace the policy.`,
    ...(role === null
      ? [
          '',
          `3. In quorate.yml, write zones.${zone}.role: arn:aws:iam::<that account>:role/${roleName}, and deploy. A zone in account ${account} itself needs no role: the stacks bring what it takes.`,
        ]
      : []),
  ].join('\n');
}

const SCOPE_SAYS: Readonly<Record<ApiScope, string>> = {
  read: 'looking at everything, and changing nothing',
  override:
    'looking, and orders (drain, pin, extend, cancel, approve) on single services and endpoints',
  freeze: 'everything: freezes and orders on a region or on all services too',
};

function doesText({ who, scope }: PeopleDocument, { deployment }: Config): string {
  if (who === 'deployer') {
    return 'npm run deploy and npm run remove (remove changes zones: add --operator’s)';
  }
  if (who === 'operator') return 'the commands of quorate, --direct included,';
  return `a caller of ${deployment}’s API with the scope ${scope} (${SCOPE_SAYS[scope ?? 'read']})`;
}

function peopleText(document: PeopleDocument, config: Config): string {
  const { who, account, permissions } = document;
  const does = doesText(document, config);
  const foreign =
    who === 'api' ? [] : Object.values(config.zones).filter(({ role }) => role !== undefined);
  return [
    `What ${does} needs in account ${account}.`,
    `IAM, Policies, Create policy, JSON: paste ${permissions.length === 1 ? 'this' : `each of these ${permissions.length}`}, and attach ${permissions.length === 1 ? 'it' : 'them'} to the role or user.`,
    ...permissions.flatMap((policy) => ['', pretty(policy)]),
    ...(who === 'deployer' && config.aws.permissionsBoundary === undefined
      ? [
          '',
          'Whoever makes roles can give them any right, and so itself. With aws.permissions-boundary in quorate.yml the policy binds that: no role without the boundary.',
        ]
      : []),
    ...foreign.map(
      ({ key, role }) =>
        `\nZone ${key} is reached through ${role}: let it trust them, quorate iam --zone ${key} --trust ARN.`,
    ),
  ].join('\n');
}

const LISTED_MAX = 8;
const shortList = (ids: readonly string[]): string =>
  ids.length > LISTED_MAX
    ? `${ids.slice(0, LISTED_MAX).join(', ')} and ${ids.length - LISTED_MAX} more services`
    : ids.join(', ');

const pretty = (document: unknown): string => JSON.stringify(document, null, 2);
