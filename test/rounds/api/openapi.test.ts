/** `/openapi.json`: valid, and the same list as the routes. */
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { ROUTES } from '../../../functions/api/route-table.ts';
import { apiWorld, DRAIN, writing } from './api-world.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document of many forms, read by its paths.
type Document = any;

const read = async (): Promise<Document> => (await apiWorld().ask('GET', '/openapi.json')).body;

describe('/openapi.json', () => {
  it('is valid OpenAPI 3.1', async () => {
    const document = await read();

    expect(document.openapi).toBe('3.1.0');
    expect(await new Validator().validate(document)).toMatchObject({ valid: true });
  });

  it('names every route and no other (inventory)', async () => {
    const { paths } = await read();

    const documented = Object.entries(paths as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
    expect(new Set(ROUTES.map(({ id }) => id)).size).toBe(ROUTES.length);
  });

  it('is the same list as the contract of version 1', () => {
    expect(ROUTES.map(({ method, path }) => `${method} ${path}`).sort()).toEqual(
      [
        'GET /',
        'GET /openapi.json',
        'GET /healthz',
        'GET /v1/status-lite',
        'GET /v1/status',
        'GET /v1/services/{service}',
        'GET /v1/services/{service}/decisions',
        'GET /v1/services/{service}/latency',
        'GET /v1/incidents',
        'GET /v1/plan',
        'GET /v1/slo',
        'GET /v1/overrides',
        'POST /v1/overrides',
        'DELETE /v1/overrides/{id}',
        'POST /v1/overrides/{id}/extend',
        'POST /v1/approvals',
        'POST /v1/notifications/test',
      ].sort(),
    );
  });

  it('every route answers by its name: none is shadowed by another', async () => {
    const { ask } = apiWorld();

    for (const { method, path } of ROUTES.filter((route) => route.method === 'GET')) {
      if (path === '/') continue;
      const got = await ask(method, path.replace('{service}', 'app'));
      expect([path, got.status]).toEqual([path, 200]);
    }
  });

  it('asks for strict bodies: what is unknown is refused', async () => {
    const { paths } = await read();
    const body = paths['/v1/overrides'].post.requestBody.content['application/json'].schema;

    expect(body).toMatchObject({
      additionalProperties: false,
      required: ['kind', 'scope', 'reason'],
      properties: { scope: { additionalProperties: false } },
    });
  });

  it('every answer has the form that it tells', async () => {
    const { ask, world } = apiWorld();
    const plan = await ask('POST', '/v1/overrides', { body: { ...DRAIN, dryRun: true } });
    const given = await ask('POST', '/v1/overrides', { body: DRAIN, ...writing() });
    await world.clock.advance(60_000);
    const answers: Record<string, unknown> = { giveOrder: given.body, plan2: plan.body };
    for (const { method, path, id } of ROUTES.filter((route) => route.method === 'GET')) {
      if (path === '/') continue;
      answers[id] = (await ask(method, path.replace('{service}', 'app'))).body;
    }
    const v = await import('valibot');

    for (const { id, reply } of ROUTES) {
      if (reply === 'html' || answers[id] === undefined) continue;
      const { success, issues } = v.safeParse(reply, answers[id]);
      const wrong = issues?.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
      expect([id, success, wrong]).toEqual([id, true, undefined]);
    }
  });
});
