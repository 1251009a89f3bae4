/**
 * The Route 53 clients, two per role: one that reads and may try again, one that writes and never
 * does, because a blind re-send after a lost reply meets its own commit and turns success into
 * `InvalidChangeBatch`. A zone in another account is reached through its role, from a regional STS
 * endpoint: the global one shares the fate of one region. The STS client is loaded only where a zone
 * names a role.
 */
import { Route53Client, type Route53ClientConfig } from '@aws-sdk/client-route-53';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ZoneRef } from '../core/model.ts';

export const CONNECTION_TIMEOUT_MS = 2_000;
/** A backstop behind the deadline that the adapter sets on each call. */
export const REQUEST_TIMEOUT_MS = 15_000;
const READ_ATTEMPTS = 3;
/** Credentials are renewed this long before they end. */
const RENEW_BEFORE_MS = 5 * 60_000;
/** The SDK asks several times per request. Credentials that are about to end are still good for one round. */
const HELD_MS_MIN = 30_000;
/** A refusal is not asked for again by every request of the same round. */
const REFUSAL_HELD_MS = 5_000;

export type Credentials = NonNullable<Route53ClientConfig['credentials']>;
type Identity = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
};

export type Route53ClientsOptions = {
  /** Signing region: Route 53 has one control plane. */
  readonly region: 'us-east-1';
  /** Where the role of another account is assumed: the function's own region. */
  readonly stsRegion?: string;
  /** Local worlds only. */
  readonly endpoint?: string;
  /** Instead of the process's own credentials and STS. `undefined`: the default chain. */
  readonly credentialsOf?: (role: string | undefined) => Credentials | undefined;
  /** Real time, as credentials end by it. Default: the machine's. */
  readonly now?: () => number;
};

export type Route53Clients = {
  readonly reader: (zone: ZoneRef) => Route53Client;
  readonly writer: (zone: ZoneRef) => Route53Client;
  /** Closes every connection. */
  readonly destroy: () => void;
};

export function route53Clients(options: Route53ClientsOptions): Route53Clients {
  const made = new Map<string, Route53Client>();
  const credentials = new Map<string, Credentials | undefined>();

  const credentialsFor = (role: string | undefined): Credentials | undefined => {
    const key = role ?? '';
    if (!credentials.has(key)) {
      const given = options.credentialsOf?.(role);
      credentials.set(key, given ?? (role ? assumeRole(role, options) : undefined));
    }
    return credentials.get(key);
  };

  const client = (zone: ZoneRef, use: 'read' | 'write'): Route53Client => {
    const key = `${use} ${zone.role ?? ''}`;
    const known = made.get(key);
    if (known) return known;

    const identity = credentialsFor(zone.role);
    // A write takes a fresh connection: an idle one that the server just closed gives an unknown
    // outcome for nothing.
    const agent = { keepAlive: use === 'read', maxSockets: 10 };
    const fresh = new Route53Client({
      region: options.region,
      maxAttempts: use === 'read' ? READ_ATTEMPTS : 1,
      retryMode: 'standard',
      requestHandler: new NodeHttpHandler({
        connectionTimeout: CONNECTION_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        throwOnRequestTimeout: true,
        httpAgent: agent,
        httpsAgent: agent,
      }),
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
      ...(identity === undefined ? {} : { credentials: identity }),
    });
    made.set(key, fresh);
    return fresh;
  };

  return {
    reader: (zone) => client(zone, 'read'),
    writer: (zone) => client(zone, 'write'),
    destroy: () => {
      for (const one of made.values()) one.destroy();
      made.clear();
    },
  };
}

/** One AssumeRole at a time and role, kept until shortly before its end; a refusal is kept for seconds. */
function assumeRole(
  role: string,
  { stsRegion, now = Date.now }: Pick<Route53ClientsOptions, 'stsRegion' | 'now'>,
): () => Promise<Identity> {
  let held: Promise<Identity> | undefined;
  let renewAt = Number.POSITIVE_INFINITY;
  return () => {
    if (held && now() < renewAt) return held;
    renewAt = Number.POSITIVE_INFINITY; // as long as the question is out
    held = askForRole(role, stsRegion).then(
      (identity) => {
        const endsAt = identity.expiration?.getTime() ?? 0;
        renewAt = Math.max(endsAt - RENEW_BEFORE_MS, now() + HELD_MS_MIN);
        return identity;
      },
      (error: unknown) => {
        renewAt = now() + REFUSAL_HELD_MS;
        throw error;
      },
    );
    return held;
  };
}

async function askForRole(role: string, region: string | undefined): Promise<Identity> {
  const { AssumeRoleCommand, STSClient } = await import('@aws-sdk/client-sts');
  const sts = new STSClient({
    maxAttempts: 2,
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: 5_000,
      throwOnRequestTimeout: true,
    }),
    ...(region === undefined ? {} : { region }),
  });
  try {
    const { Credentials: given } = await sts.send(
      new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'quorate' }),
    );
    if (!given?.AccessKeyId || !given.SecretAccessKey) {
      throw new Error(`STS gave no credentials for ${role}`);
    }
    return {
      accessKeyId: given.AccessKeyId,
      secretAccessKey: given.SecretAccessKey,
      ...(given.SessionToken === undefined ? {} : { sessionToken: given.SessionToken }),
      ...(given.Expiration === undefined ? {} : { expiration: given.Expiration }),
    };
  } finally {
    sts.destroy();
  }
}
