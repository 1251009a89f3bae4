/**
 * Whatever a command failed with → the one sentence that an operator reads: what is wrong, where, and what
 * to set or allow. The functions' adapters speak of rounds and roles; a person at a shell has neither, so
 * what differs is said anew here. Judged by the codes that AWS gave, which every error carries as `cause`.
 */
import { AssertionError, QuorateError } from './errors.ts';
import type { ZoneRef } from './model.ts';
import { safeText } from './safe-text.ts';

type Zones = Readonly<Record<string, ZoneRef>>;

const NO_CREDENTIALS = /^(?:CredentialsProviderError|TokenProviderError|ProviderError)$/;
const EXPIRED = /^(?:ExpiredToken|RequestExpired)/;
const NOT_ACCEPTED =
  /^(?:InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|InvalidToken|IncompleteSignature|AuthFailure|MissingAuthenticationToken)/;
const CAUSES_MAX = 8;
const SENTENCE_LENGTH_MAX = 400;

export function troubleText(error: unknown, zones: Zones = {}): string {
  if (error instanceof AssertionError) {
    return `this is a bug, please report it: ${error.message}`;
  }
  const credentials = credentialsTrouble(error);
  if (credentials !== undefined) return credentials;
  if (!(error instanceof QuorateError))
    return error instanceof Error ? error.message : String(error);
  const zone = zoneOf(error.message, zones);
  switch (error.code) {
    case 'ACCESS_DENIED':
      return zone === undefined ? denied(error.message) : zoneDenied(error, zone);
    case 'ZONE_THROTTLED':
      return zone === undefined
        ? forPeople(error.message)
        : `${nameOf(zone)} could not be read: Route 53 is throttling the whole account; try again in a few seconds`;
    default:
      return forPeople(error.message);
  }
}

/** Names and texts of the error and of what caused it, outermost first. */
function chainOf(error: unknown): readonly { readonly name: string; readonly text: string }[] {
  const chain: { name: string; text: string }[] = [];
  let next: unknown = error;
  while (next instanceof Error && chain.length < CAUSES_MAX) {
    chain.push({ name: next.name, text: next.message });
    next = next.cause;
  }
  return chain;
}

function credentialsTrouble(error: unknown): string | undefined {
  const found = (pattern: RegExp): { readonly name: string; readonly text: string } | undefined =>
    chainOf(error).find(({ name }) => pattern.test(name));
  const none = found(NO_CREDENTIALS);
  if (none !== undefined) {
    const why = safeText(none.text, 160).replace(/\.$/, '');
    return `there are no AWS credentials here (${why}); set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with \`aws sso login\``;
  }
  const old = found(EXPIRED);
  if (old !== undefined) {
    return `the AWS credentials in use have expired (${old.name}); sign in again, or set AWS_PROFILE to others`;
  }
  const wrong = found(NOT_ACCEPTED);
  return wrong === undefined
    ? undefined
    : `AWS does not accept the credentials in use (${wrong.name}); check AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`;
}

/** Every sentence of the zone's adapter begins with `zone <key> (<id>)`. */
function zoneOf(message: string, zones: Zones): ZoneRef | undefined {
  const [, key = '', id = ''] = /^zone (\S+) \(([^)\s]+)\)/.exec(message) ?? [];
  return zones[key] ?? (id === '' ? undefined : { key, id });
}

const nameOf = ({ key, id }: ZoneRef): string =>
  key === id ? `zone ${id}` : `zone ${key} (${id})`;

function zoneDenied(error: QuorateError, zone: ZoneRef): string {
  const said = chainOf(error.cause).map(({ text }) => text)[0] ?? error.message;
  const words = safeText(said, SENTENCE_LENGTH_MAX);
  if (zone.role !== undefined) {
    const isTrust = /AssumeRole/i.test(said);
    return isTrust
      ? `${nameOf(zone)} is reached through ${zone.role}, which your credentials may not assume (${words}); let the role's trust policy name them (\`quorate iam --zone ${zone.key}\` prints it)`
      : `${nameOf(zone)} could not be read through ${zone.role} (${words}); allow the role route53:ListResourceRecordSets on it (\`quorate iam --zone ${zone.key}\` prints what it needs)`;
  }
  // So Route 53 answers for a zone of another account; a missing permission names the action instead.
  if (/not authorized to access this resource/i.test(said)) {
    return `${nameOf(zone)} belongs to another account than your credentials; write zones.${zone.key}.role, the role to assume there (\`quorate iam --zone ${zone.key}\` prints it), or use that account's credentials`;
  }
  return `${nameOf(zone)} could not be read (${words}); allow your credentials route53:ListResourceRecordSets on it`;
}

/** How that note begins: another region's table may tell more. */
export const NO_REPORTS = 'no reports: ';

/** Why the table told nothing: part of an answer, since the zone can be shown without it. */
export const tableNote = (trouble: string): string =>
  `${NO_REPORTS}${
    trouble.includes('CredentialsProviderError')
      ? 'there are no AWS credentials here to read the table with'
      : denied(trouble).replace(/; try again$/, '')
  }; so every vantage counts as silent`;

const denied = (message: string): string =>
  forPeople(
    message.replace(
      /let this function's role use the table and its key there, check its credentials, and deploy again/,
      'allow your credentials to use the table and its key there',
    ),
  );

/** No round comes after a command: whoever reads this tries again. */
const forPeople = (message: string): string =>
  message
    .replace(/; DNS is left alone, the next round tries again$/, '; try again')
    .replace(/; the next round tries again$/, '; try again');
