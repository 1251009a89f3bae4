/**
 * The world's HTTP face: the dashboard (GET /) and, for scripts, look (GET /world), break (POST
 * /world/faults), override (POST /world/orders).
 * In: JSON bodies of at most 16 KiB. Out: JSON always, problems with the list of what is known. It
 * decides nothing: parsing is in the nouns' own files, and the world does the rest.
 */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { QuorateError } from '../../shared/core/errors.ts';
import type { WorldPage } from '../ui/world-page.ts';
import type { Fault, Parsed, Problem } from './faults.ts';
import type { WorldState } from './world-state.ts';

export type WorldControls = {
  readonly state: () => WorldState;
  readonly parseFault: (body: unknown) => Parsed<Fault>;
  /** `isNew` is false if the very same fault holds already. */
  readonly addFault: (fault: Fault) => Promise<{ readonly id: string; readonly isNew: boolean }>;
  readonly removeFault: (id: string) => Promise<boolean>;
  readonly parseOrder: (body: unknown) => Parsed<OrderRequest>;
  readonly order: (
    request: OrderRequest,
  ) => Promise<Readonly<Record<string, unknown>> & { readonly id: string }>;
  readonly removeOrder: (id: string) => Promise<boolean>;
  /** The dashboard, with this world's regions behind it. */
  readonly page: Pick<WorldPage, 'app' | 'guard'>;
};

export type OrderRequest = {
  readonly kind: 'drain' | 'pin' | 'freeze';
  readonly service: string;
  /** Absent only for a freeze, which holds the whole service. */
  readonly endpoint?: string;
  readonly weight?: number;
  readonly fromAt?: number;
  readonly untilAt: number;
  readonly reason: string;
  readonly actor: string;
};

const BODY_BYTES_MAX = 16 * 1024;
const ROUTES = [
  'GET /',
  'GET /world',
  'POST /world/faults',
  'DELETE /world/faults/:id',
  'POST /world/orders',
  'DELETE /world/orders/:id',
];

export function worldApi(world: WorldControls): Hono {
  const app = new Hono();

  const bodyMax = bodyLimit({
    maxSize: BODY_BYTES_MAX,
    onError: (c) =>
      c.json({ error: `the body is larger than ${BODY_BYTES_MAX} bytes`, known: [] }, 413),
  });

  // Pages of other origins may neither look nor break things; curl has no origin.
  app.use('/world/*', async (c, next) => {
    const refusal = world.page.guard.refusalOf(c.req.method, (name) => c.req.header(name));
    if (refusal === null) return next();
    return c.json({ error: `${refusal.detail}; ${refusal.help}`, known: ROUTES }, refusal.status);
  });
  app.route('/', world.page.app);
  app.get('/world', async (c) => c.json(world.state()));

  app.post('/world/faults', bodyMax, async (c) => {
    const body = parseJson(await c.req.text());
    if (!body.ok) return c.json(body.problem, 400);
    const fault = world.parseFault(body.value);
    if (!fault.ok) return c.json(fault.problem, 400);
    const { id, isNew } = await world.addFault(fault.value);
    return c.json({ id, ...fault.value }, isNew ? 201 : 200);
  });

  app.delete('/world/faults/:id', async (c) => {
    if (await world.removeFault(c.req.param('id'))) return c.body(null, 204);
    const { faults } = world.state();
    return c.json(unknownId('fault', c.req.param('id'), faults), 404);
  });

  app.post('/world/orders', bodyMax, async (c) => {
    const body = parseJson(await c.req.text());
    if (!body.ok) return c.json(body.problem, 400);
    const request = world.parseOrder(body.value);
    if (!request.ok) return c.json(request.problem, 400);
    return c.json(await world.order(request.value), 201);
  });

  app.delete('/world/orders/:id', async (c) => {
    if (await world.removeOrder(c.req.param('id'))) return c.body(null, 204);
    const { orders } = world.state();
    return c.json(unknownId('order', c.req.param('id'), orders), 404);
  });

  app.notFound((c) =>
    c.json({ error: `nothing at ${c.req.method} ${c.req.path}`, known: ROUTES }, 404),
  );
  app.onError((error, c) => {
    if (error instanceof QuorateError) {
      const status = error.httpStatus as 400 | 404 | 409 | 502 | 503;
      return c.json({ error: error.message, code: error.code, known: [] }, status);
    }
    return c.json({ error: `this is a bug of the local world: ${error.message}`, known: [] }, 500);
  });
  return app;
}

function parseJson(text: string): Parsed<unknown> {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, problem: { error: 'the body is not JSON', known: [] } };
  }
}

function unknownId(noun: string, id: string, all: readonly { readonly id: string }[]): Problem {
  const known = all.map((one) => one.id);
  const list = known.length === 0 ? 'there is none now' : `known: ${known.join(', ')}`;
  return { error: `no ${noun} ${JSON.stringify(id.slice(0, 40))}; ${list}`, known };
}
