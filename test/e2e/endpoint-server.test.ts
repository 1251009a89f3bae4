import { get as getPlain } from 'node:http';
import { get } from 'node:https';
import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Issued, makeAuthority } from '../../scripts/local/certificates.ts';
import {
  type Door,
  type EndpointServer,
  NO_TROUBLE,
  openEndpoint,
} from '../../scripts/local/endpoint-server.ts';
import { systemClock } from '../../shared/adapters/system-clock.ts';

const HOME = { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":1}' };
let certificates: { readonly ca: string; readonly good: Issued; readonly expired: Issued };

beforeAll(async () => {
  const authority = await makeAuthority();
  const hosts = ['app.example.test', '127.0.0.1'];
  certificates = {
    ca: authority.ca,
    good: await authority.issue({ hosts }),
    expired: await authority.issue({ hosts, notAfter: new Date(Date.now() - 1000) }),
  };
});

describe('an endpoint of the local world', () => {
  it('answers each path with its page, over TLS', async () => {
    const pages = new Map([['/ready', { ...HOME, status: 204, body: '' }]]);
    await using endpoint = await openWith({ port: 0, protocol: 'https', pages });

    expect(await fetchStatus(endpoint, '/health')).toBe('200 {"ok":1}');
    expect(await fetchStatus(endpoint, '/ready?x=1')).toBe('204 ');
  });

  it('refuses connections while down, and is back at the same place', async () => {
    await using endpoint = await openWith({ port: 0, protocol: 'https', pages: new Map() });
    const before = endpoint.placeOf(0);

    await endpoint.behave({ ...NO_TROUBLE, refused: true });
    const during = await fetchStatus(endpoint, '/');
    await endpoint.behave(NO_TROUBLE);

    expect(during).toBe('ECONNREFUSED');
    expect(endpoint.placeOf(0)).toEqual(before);
    expect(await fetchStatus(endpoint, '/')).toBe('200 {"ok":1}');
  });

  it('accepts and never answers while hung, and drops those connections when it heals', async () => {
    await using endpoint = await openWith({ port: 0, protocol: 'http', pages: new Map() });
    await endpoint.behave({ ...NO_TROUBLE, hung: true });
    const place = endpoint.placeOf(0)!;
    const socket = connect(place.port, place.address);
    await new Promise((resolve) => socket.once('connect', resolve));
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.write('GET / HTTP/1.1\r\n\r\n');

    await endpoint.behave(NO_TROUBLE);
    await ended;

    expect(socket.bytesRead).toBe(0);
  });

  it('shows an expired certificate, a server error, another page', async () => {
    await using endpoint = await openWith({ port: 0, protocol: 'https', pages: new Map() });
    const under = async (trouble: object): Promise<string> => {
      await endpoint.behave({ ...NO_TROUBLE, ...trouble });
      return fetchStatus(endpoint, '/health');
    };

    expect(await under({ badCertificate: true })).toBe('CERT_HAS_EXPIRED');
    expect(await under({ serverError: true })).toContain('503');
    expect(await under({ wrongBody: true })).toContain('200 <!doctype html>');
    expect(await under({ delayMs: 20 })).toBe('200 {"ok":1}');
  });

  it('accepts TCP connections without a word', async () => {
    await using endpoint = await openWith({ port: 0, protocol: 'tcp', pages: new Map() });
    const place = endpoint.placeOf(0)!;

    const socket = connect(place.port, place.address);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.destroy();

    expect(socket.bytesRead).toBe(0);
  });

  it('speaks plain HTTP where the check does', async () => {
    await using endpoint = await openWith({ port: 0, protocol: 'http', pages: new Map() });
    const { address, port } = endpoint.placeOf(0)!;

    const status = await new Promise((resolve) =>
      getPlain({ host: address, port, path: '/' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }),
    );

    expect(status).toBe(200);
  });

  it('takes another port where the one wanted is taken', async () => {
    await using first = await openWith({ port: 0, protocol: 'tcp', pages: new Map() });
    const taken = first.placeOf(0)!.port;

    await using second = await openWith({ port: taken, protocol: 'tcp', pages: new Map() });

    expect(second.placeOf(taken)!.port).not.toBe(taken);
  });
});

const openWith = (door: Door): Promise<EndpointServer> =>
  openEndpoint({
    address: '127.0.0.1',
    home: HOME,
    doors: [door],
    certificates,
    clock: systemClock(),
  });

function fetchStatus(endpoint: EndpointServer, path: string): Promise<string> {
  const { address, port } = endpoint.placeOf(0)!;
  return new Promise((resolve) => {
    const request = get(
      {
        host: address,
        port,
        path,
        ca: certificates.ca,
        servername: 'app.example.test',
        agent: false,
      },
      (response) => {
        let body = '';
        response.on('data', (chunk) => {
          body += chunk;
        });
        response.on('end', () => resolve(`${response.statusCode} ${body}`));
      },
    );
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
