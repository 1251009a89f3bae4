/** The exporter as Prometheus meets it: on loopback, in the format that a scrape asks for, for own hosts only. */
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Collector } from '../../scripts/exporter/collector.ts';
import { openExporter } from '../../scripts/exporter/exporter-server.ts';
import { sampleDocuments } from '../fakes/metric-documents.ts';

const NEVER = new AbortController().signal;
const fine: Collector = { collect: async () => sampleDocuments() };

describe('the exporter', () => {
  it('serves OpenMetrics to those that ask for it, and the older format to all others', async () => {
    await using server = await openExporter(fine, 0, NEVER);

    const open = await fetch(`${server.url}/metrics`, {
      headers: { accept: 'application/openmetrics-text;version=1.0.0;q=0.7,text/plain;q=0.3' },
    });
    const plain = await fetch(`${server.url}/metrics`);

    expect(open.headers.get('content-type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(await open.text()).toMatch(/\nquorate_up 1\n.*\n# EOF\n$/s);
    expect(plain.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await plain.text()).not.toContain('# EOF');
  });

  it('listens on loopback only, and has nothing but metrics', async () => {
    await using server = await openExporter(fine, 0, NEVER);

    expect(new URL(server.url).hostname).toBe('127.0.0.1');
    const root = await fetch(server.url);
    expect([root.status, await root.text()]).toEqual([
      404,
      'there is nothing here; metrics are at /metrics\n',
    ]);
  });

  it('refuses a request that names another host: a foreign name may have been made to point here', async () => {
    await using server = await openExporter(fine, 0, NEVER);

    expect(await statusFor(server.url, 'evil.example')).toBe(403);
    expect(await statusFor(server.url, 'localhost:9813')).toBe(200);
  });

  it('says that a bug is its own', async () => {
    const broken: Collector = { collect: () => Promise.reject(new TypeError('a bug')) };
    await using server = await openExporter(broken, 0, NEVER);

    const reply = await fetch(`${server.url}/metrics`);

    expect([reply.status, await reply.text()]).toEqual([
      500,
      'this is a bug of quorate exporter: a bug\n',
    ]);
  });

  it('names the option for a port that is taken', async () => {
    await using server = await openExporter(fine, 0, NEVER);
    const { port } = new URL(server.url);

    await expect(openExporter(fine, Number(port), NEVER)).rejects.toThrow(
      `port ${port} is taken; choose another with --port`,
    );
  });
});

const statusFor = (url: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${url}/metrics`, { headers: { host } }, (reply) => {
      reply.resume().on('end', () => resolve(reply.statusCode));
    })
      .on('error', reject)
      .end();
  });
