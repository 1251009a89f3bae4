/**
 * Certificates made at run time: an authority, and what it issues, good or faulty on purpose. Nothing
 * secret is ever kept in the repository, and no certificate can expire there. Used by the local world's
 * HTTPS endpoints and by the tests of the prober.
 */
import 'reflect-metadata';
import { KeyObject, randomBytes, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

export type Issued = {
  /** PEM, PKCS #8. */
  readonly key: string;
  /** PEM: the leaf alone. */
  readonly cert: string;
  /** PEM: the leaf, then the intermediates: what a well-behaved server sends. */
  readonly chain: string;
};

export type IssueRequest = {
  /** Names and addresses it is for. */
  readonly hosts: readonly string[];
  /** Default: an hour ago. */
  readonly notBefore?: Date;
  /** Default: in 90 days. */
  readonly notAfter?: Date;
  /** Default: the first host. */
  readonly commonName?: string;
  /** `false`: the hosts stand in no extension, as in certificates of long ago. */
  readonly alternativeNames?: boolean;
  readonly hash?: 'SHA-1' | 'SHA-256';
  /** Default: ECDSA P-256. */
  readonly rsaBits?: number;
  /** `false`: may be used by clients only. */
  readonly forServers?: boolean;
};

export type Authority = {
  /** PEM: what a client must trust. */
  readonly ca: string;
  readonly issue: (request: IssueRequest) => Promise<Issued>;
  /** An authority below this one. It may be kept from names outside `permittedNames`. */
  readonly intermediate: (options?: {
    readonly permittedNames?: readonly string[];
    readonly notAfter?: Date;
  }) => Promise<Authority>;
};

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export async function makeAuthority(name = 'Quorate local world'): Promise<Authority> {
  const keys = await makeKeys();
  const root = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + 365 * DAY_MS),
    signingAlgorithm: ECDSA,
    keys,
    extensions: await authorityExtensions(keys.publicKey),
  });
  return authorityOf(root, keys, root.toString('pem'), '');
}

/** Signed by its own key, so that nobody has reason to trust it. */
export async function makeSelfSigned(request: IssueRequest): Promise<Issued> {
  const keys = await makeKeys(request.rsaBits);
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: `CN=${request.commonName ?? request.hosts[0] ?? 'nobody'}`,
    ...validityOf(request),
    signingAlgorithm: signingOf(keys.privateKey, request.hash),
    keys,
    extensions: leafExtensions(request),
  });
  const cert = made.toString('pem');
  return { key: pemOf(keys.privateKey), cert, chain: cert };
}

function authorityOf(
  issuer: x509.X509Certificate,
  issuerKeys: webcrypto.CryptoKeyPair,
  ca: string,
  above: string,
): Authority {
  const sign = (
    keys: webcrypto.CryptoKeyPair,
    name: string,
    validity: Validity,
    extensions: x509.Extension[],
    hash?: string,
  ): Promise<x509.X509Certificate> =>
    x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${name}`,
      issuer: issuer.subject,
      ...validity,
      signingAlgorithm: signingOf(issuerKeys.privateKey, hash),
      publicKey: keys.publicKey,
      signingKey: issuerKeys.privateKey,
      extensions,
    });

  return {
    ca,
    async issue(request) {
      const keys = await makeKeys(request.rsaBits);
      const name = request.commonName ?? request.hosts[0] ?? 'nobody';
      const extensions = [
        ...leafExtensions(request),
        await x509.AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey),
      ];
      const made = await sign(keys, name, validityOf(request), extensions, request.hash);
      const cert = made.toString('pem');
      return { key: pemOf(keys.privateKey), cert, chain: `${cert}\n${above}` };
    },
    async intermediate({ permittedNames, notAfter } = {}) {
      const keys = await makeKeys();
      const extensions = await authorityExtensions(keys.publicKey);
      extensions.push(await x509.AuthorityKeyIdentifierExtension.create(issuerKeys.publicKey));
      if (permittedNames) extensions.push(nameConstraints(permittedNames));
      const validity = validityOf(notAfter ? { notAfter } : {});
      const made = await sign(keys, `${issuer.subject.slice(3)} below`, validity, extensions);
      return authorityOf(made, keys, ca, `${made.toString('pem')}\n${above}`);
    },
  };
}

type Validity = { readonly notBefore: Date; readonly notAfter: Date };

function validityOf(request: { readonly notBefore?: Date; readonly notAfter?: Date }): Validity {
  const notAfter = request.notAfter ?? new Date(Date.now() + 90 * DAY_MS);
  const latestStart = Math.min(Date.now() - HOUR_MS, notAfter.getTime() - HOUR_MS);
  return { notBefore: request.notBefore ?? new Date(latestStart), notAfter };
}

async function authorityExtensions(publicKey: webcrypto.CryptoKey): Promise<x509.Extension[]> {
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  return [
    new x509.BasicConstraintsExtension(true, undefined, true),
    new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ];
}

function leafExtensions(request: IssueRequest): x509.Extension[] {
  const usage =
    request.forServers === false
      ? x509.ExtendedKeyUsage.clientAuth
      : x509.ExtendedKeyUsage.serverAuth;
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.ExtendedKeyUsageExtension([usage]),
  ];
  if (request.alternativeNames !== false) {
    const names = request.hosts.map((host) => ({
      type: isIP(host) === 0 ? ('dns' as const) : ('ip' as const),
      value: host,
    }));
    extensions.push(new x509.SubjectAlternativeNameExtension(names));
  }
  return extensions;
}

/** RFC 5280, 4.2.1.10, in DER: SEQUENCE { [0] { SEQUENCE { [2] name } … } }. Names of ≤ 100 bytes. */
function nameConstraints(names: readonly string[]): x509.Extension {
  const wrap = (tag: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, content.length]), content]);
  const subtrees = names.map((name) => wrap(0x30, wrap(0x82, Buffer.from(name))));
  const value = wrap(0x30, wrap(0xa0, Buffer.concat(subtrees)));
  return new x509.Extension('2.5.29.30', true, Uint8Array.from(value).buffer);
}

async function makeKeys(rsaBits?: number): Promise<webcrypto.CryptoKeyPair> {
  const algorithm =
    rsaBits === undefined
      ? ECDSA
      : {
          name: 'RSASSA-PKCS1-v1_5',
          hash: 'SHA-256',
          publicExponent: new Uint8Array([1, 0, 1]),
          modulusLength: rsaBits,
        };
  const made = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return made as webcrypto.CryptoKeyPair;
}

const signingOf = (key: webcrypto.CryptoKey, hash = 'SHA-256'): { name: string; hash: string } => ({
  name: key.algorithm.name,
  hash,
});

const pemOf = (key: webcrypto.CryptoKey): string =>
  KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();

const serial = (): string => `01${randomBytes(15).toString('hex')}`;
