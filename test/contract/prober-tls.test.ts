/**
 * The prober against certificates and handshakes that are wrong in one way each: every way has its code,
 * and a good certificate's dates come back as facts.
 */

import { X509Certificate } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { probeContext } from '../../shared/adapters/open-socket.ts';
import { tlsReason } from '../../shared/adapters/tls-reason.ts';
import type { FailCode } from '../../shared/core/reason-code.ts';
import {
  type Authority,
  type Issued,
  makeSelfSigned,
  strangeAuthority,
  trustedAuthority,
} from '../fakes/certificates.ts';
import { httpProbe, probed, resultOf, testProber } from '../fakes/probe-requests.ts';
import { answering, httpText, rawServer } from '../fakes/raw-server.ts';

const HOST = 'app.example.test';
const HOSTS = [HOST];
const MINUTE_MS = 60_000;
const ago = (ms: number): Date => new Date(Date.now() - ms);

const authority = await trustedAuthority();
const prober = testProber({ ca: authority.ca });

/** A server may present what no server should: its own library must not stop it. */
const careless: TlsOptions = { ciphers: 'DEFAULT@SECLEVEL=0' };
const presents = ({ key, chain }: Issued, more: TlsOptions = {}): TlsOptions => ({
  key,
  cert: chain,
  ...more,
});
const good = await authority.issue({ hosts: HOSTS });

const tlsServer = (tls: TlsOptions) => rawServer(answering(httpText(200, 'fine')), { tls });

async function probeOf(tls: TlsOptions, host = HOST) {
  await using server = await tlsServer(tls);
  const url = `https://127.0.0.1:${server.port}/health`;
  const attempt = await probed(prober, httpProbe(server.port, { url, host }));
  await server.idle();
  return attempt;
}

describe('a good certificate', () => {
  it('gives an answer, the time of the handshake and the certificate’s dates', async () => {
    const { result, timings } = await probeOf(presents(good));

    const { validFromDate, validToDate } = new X509Certificate(good.cert);
    expect(result).toMatchObject({
      kind: 'http',
      body: 'fine',
      certificate: {
        notBeforeAt: validFromDate.getTime(),
        notAfterAt: validToDate.getTime(),
      },
    });
    expect(timings.tlsMs).toBeGreaterThanOrEqual(timings.connectMs ?? Number.NaN);
  });

  it.each(['App.Example.Test', `${HOST}:8443`, `${HOST}.`])(
    'is one for the host %s',
    async (host) => {
      expect((await probeOf(presents(good), host)).result).toMatchObject({ kind: 'http' });
    },
  );

  it('may be for an address, which is never sent as a name', async () => {
    const forAddress = await authority.issue({ hosts: ['127.0.0.1'] });

    expect((await probeOf(presents(forAddress), '127.0.0.1')).result.kind).toBe('http');
  });

  it('may have many names, an RSA key and intermediates', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `name-${i}.example.test`);
    const many = await authority.issue({ hosts: [...names, HOST], rsaBits: 2048 });
    const below = await (await authority.intermediate()).issue({ hosts: HOSTS });

    expect((await probeOf(presents(many))).result.kind).toBe('http');
    expect((await probeOf(presents(below))).result.kind).toBe('http');
  });

  it('is asked for by the configured host, not by the address connected to', async () => {
    const names: string[] = [];
    const sniCallback: TlsOptions['SNICallback'] = (name, callback) => {
      names.push(name);
      callback(null);
    };

    await probeOf(presents(good, { SNICallback: sniCallback }), 'APP.example.test:443');

    expect(names).toEqual([HOST]);
  });

  it('of strangers is trusted by nobody without the extra authority', async () => {
    await using server = await tlsServer(presents(good));
    const url = `https://127.0.0.1:${server.port}/health`;

    expect(await resultOf(testProber(), httpProbe(server.port, { url }))).toMatchObject({
      kind: 'fail',
    });
    expect(probeContext()).toBeDefined();
  });
});

describe('certificates at fault', () => {
  const below = async (options: Parameters<Authority['intermediate']>[0], hosts = HOSTS) =>
    presents(await (await authority.intermediate(options)).issue({ hosts }));

  const faults: readonly [string, FailCode, () => Promise<TlsOptions>][] = [
    [
      'F27 expired a minute ago',
      'certificate-expired',
      async () => presents(await authority.issue({ hosts: HOSTS, notAfter: ago(MINUTE_MS) })),
    ],
    [
      'F27 an expired intermediate',
      'certificate-expired',
      async () => below({ notAfter: ago(MINUTE_MS) }),
    ],
    [
      'F27 not valid for another hour',
      'certificate-not-yet-valid',
      async () =>
        presents(await authority.issue({ hosts: HOSTS, notBefore: ago(-60 * MINUTE_MS) })),
    ],
    [
      'F28 for another host',
      'certificate-wrong-host',
      async () => presents(await authority.issue({ hosts: ['other.example.test'] })),
    ],
    [
      'F28 for a wildcard that reaches one label only',
      'certificate-wrong-host',
      async () => presents(await authority.issue({ hosts: ['*.app.example.test'] })),
    ],
    [
      'F28 no alternative names, only a common name',
      'certificate-wrong-host',
      async () => presents(await authority.issue({ hosts: HOSTS, alternativeNames: false })),
    ],
    [
      'F28 self-signed',
      'certificate-self-signed',
      async () => presents(await makeSelfSigned({ hosts: HOSTS })),
    ],
    [
      'F28 an untrusted root that comes along',
      'certificate-untrusted',
      async () => {
        const stranger = await strangeAuthority();
        const { key, cert } = await stranger.issue({ hosts: HOSTS });
        return { key, cert: `${cert}\n${stranger.ca}` };
      },
    ],
    [
      'F28 an intermediate of an untrusted root',
      'certificate-untrusted',
      async () =>
        presents(await (await (await strangeAuthority()).intermediate()).issue({ hosts: HOSTS })),
    ],
    [
      'F28 an incomplete chain',
      'certificate-incomplete-chain',
      async () => {
        const { key, cert } = await (await authority.intermediate()).issue({ hosts: HOSTS });
        return { key, cert };
      },
    ],
    [
      'F28 outside its issuer’s name constraints',
      'certificate-invalid',
      async () => below({ permittedNames: ['example.com'] }),
    ],
    [
      'F28 10,000 alternative names',
      'certificate-invalid',
      async () =>
        presents(
          await authority.issue({
            hosts: [HOST, ...Array.from({ length: 10_000 }, (_, i) => `name-${i}.example.test`)],
          }),
        ),
    ],
    [
      'F28 for clients only',
      'certificate-invalid',
      async () => presents(await authority.issue({ hosts: HOSTS, forServers: false })),
    ],
    [
      'F28 signed with SHA-1',
      'certificate-weak',
      async () => presents(await authority.issue({ hosts: HOSTS, hash: 'SHA-1' }), careless),
    ],
    [
      'F28 an RSA key of 1024 bits',
      'certificate-weak',
      async () => presents(await authority.issue({ hosts: HOSTS, rsaBits: 1024 }), careless),
    ],
    [
      'F28 only TLS 1.0 and 1.1',
      'tls-protocol',
      async () => presents(good, { ...careless, minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }),
    ],
    [
      'F28 a client certificate demanded',
      'tls-client-certificate',
      async () => presents(good, { requestCert: true, rejectUnauthorized: true, ca: authority.ca }),
    ],
    [
      'F28 another protocol than HTTP/1.1 inside',
      'tls-handshake',
      async () => presents(good, { ALPNProtocols: ['h2'] }),
    ],
  ];

  it.each(faults)('%s fails as %s', async (_, code, makeOptions) => {
    const { result, timings } = await probeOf(await makeOptions());

    expect(result).toMatchObject({ kind: 'fail', code });
    expect(result.kind === 'fail' && result.detail).toMatch(/^[\x20-\x7e]{4,200}$/);
    expect(timings.firstByteMs).toBeNull();
  });

  it('F27 a certificate that expires during the run fails from then on', async () => {
    const soon = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 1_000);
    const brief = presents(await authority.issue({ hosts: HOSTS, notAfter: soon }));
    await using server = await tlsServer(brief);
    const request = httpProbe(server.port, { url: `https://127.0.0.1:${server.port}/health` });

    const before = await resultOf(prober, request);
    let after = before;
    while (after.kind === 'http') after = await resultOf(prober, request);

    expect(before).toMatchObject({ kind: 'http', certificate: { notAfterAt: soon.getTime() } });
    expect(after).toMatchObject({ kind: 'fail', code: 'certificate-expired' });
    expect(Date.now()).toBeGreaterThanOrEqual(soon.getTime());
  });
});

describe('handshakes at fault', () => {
  it.each([
    ['plain HTTP on a TLS port', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'tls-handshake'],
    ['garbage', 'garbage garbage garbage', 'tls-handshake'],
    ['a close', '', 'reset'],
  ])('%s fails', async (_, text, code) => {
    await using server = await rawServer(answering(text));
    const url = `https://127.0.0.1:${server.port}/health`;

    expect(await resultOf(prober, httpProbe(server.port, { url }))).toMatchObject({
      kind: 'fail',
      code,
    });
    await server.idle();
  });

  it('F15 a handshake that is never answered is a timeout', async () => {
    await using server = await rawServer(() => undefined);
    const url = `https://127.0.0.1:${server.port}/health`;

    expect(await resultOf(prober, httpProbe(server.port, { url, timeoutMs: 300 }))).toEqual({
      kind: 'fail',
      code: 'timeout',
      detail: 'no complete answer within 300 ms, still in the TLS handshake',
    });
    await server.idle();
  });
});

describe('what OpenSSL says', () => {
  const sslError = (code: string, reason?: string) =>
    Object.assign(new Error('40:error:0A000410:SSL routines:x:y:../deps/openssl.c:918:'), {
      code,
      ...(reason === undefined ? {} : { reason }),
    });

  it.each<[string, string | undefined, FailCode]>([
    [
      'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
      'sslv3 alert bad certificate',
      'tls-client-certificate',
    ],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'tlsv1 alert unknown ca', 'tls-client-certificate'],
    ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'unsupported protocol', 'tls-protocol'],
    ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'ssl/tls alert handshake failure', 'tls-handshake'],
    ['EPROTO', undefined, 'tls-handshake'],
    ['UNSPECIFIED', 'excluded subtree violation', 'certificate-invalid'],
    ['UNSPECIFIED', 'something new', 'certificate-invalid'],
    ['CERT_REVOKED', 'certificate revoked', 'certificate-invalid'],
  ])('%s (%s) is %s', (code, reason, expected) => {
    expect(tlsReason(sslError(code, reason))?.code).toBe(expected);
  });

  it.each(['ECONNRESET', 'constructor', 'UND_ERR_SOCKET'])('%s is not about TLS', (code) => {
    expect(tlsReason(sslError(code))).toBeUndefined();
  });

  it('nothing and texts are not about TLS', () => {
    expect([tlsReason(undefined), tlsReason('x'), tlsReason(new Error('x'))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
