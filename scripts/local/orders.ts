/**
 * Orders as POST /world/orders takes them. In: a body, and who is there. Out: a request with times as
 * epoch ms, or a problem that says what is known. Whether the order may be carried out is judged by
 * the order round, not here.
 */
import { type KnownWorld, type Parsed, shown } from './faults.ts';
import type { OrderRequest } from './world-api.ts';

const ORDER_KINDS = ['drain', 'pin', 'freeze'] as const;
const FIELDS = ['kind', 'service', 'endpoint', 'weight', 'from', 'until', 'reason', 'actor'];
const TEXT_MAX = 200;

export function parseOrder(body: unknown, world: KnownWorld): Parsed<OrderRequest> {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) {
    return wrong('an order is a JSON object with a "kind"', ORDER_KINDS);
  }
  const given = new Map<string, unknown>(Object.entries(body));
  const unknownField = [...given.keys()].find((field) => !FIELDS.includes(field));
  if (unknownField !== undefined) return wrong(`unknown field ${shown(unknownField)}`, FIELDS);

  const kind = ORDER_KINDS.find((one) => one === given.get('kind'));
  if (!kind) return wrong(`unknown kind ${shown(given.get('kind'))}`, ORDER_KINDS);
  const services = world.services.map((service) => service.service);
  const service = world.services.find((one) => one.service === given.get('service'));
  if (!service) return wrong(`unknown service ${shown(given.get('service'))}`, services);
  const endpoints = service.endpoints.map((endpoint) => endpoint.endpoint);
  const endpoint = endpoints.find((one) => one === given.get('endpoint'));
  const isWhole = kind === 'freeze' && !given.has('endpoint');
  if (endpoint === undefined && !isWhole) {
    return wrong(`unknown endpoint ${shown(given.get('endpoint'))}`, endpoints);
  }

  const weight = given.get('weight');
  if (kind === 'pin' && !isWeight(weight)) {
    return wrong(`a pin needs a weight, not ${shown(weight)}`, ['an integer from 0 to 255']);
  }
  if (kind !== 'pin' && weight !== undefined) return wrong(`a ${kind} has no weight`, FIELDS);

  const fromAt = given.has('from') ? timeOf(given.get('from')) : undefined;
  if (given.has('from') && fromAt === undefined) return badTime('from', given.get('from'));
  const untilAt = timeOf(given.get('until'));
  if (untilAt === undefined) return badTime('until', given.get('until'));
  for (const field of ['reason', 'actor']) {
    const text = given.get(field);
    if (typeof text !== 'string' || text.trim() === '' || text.length > TEXT_MAX) {
      return wrong(`an order needs ${field}, a text of 1 to ${TEXT_MAX} characters`, FIELDS);
    }
  }
  return {
    ok: true,
    value: {
      kind,
      service: service.service,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(isWeight(weight) ? { weight } : {}),
      ...(fromAt === undefined ? {} : { fromAt }),
      untilAt,
      reason: String(given.get('reason')),
      actor: String(given.get('actor')),
    },
  };
}

const isWeight = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255;

/** Epoch ms, or ISO 8601 with a zone: a time without one means another hour on another machine. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(value)) return;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

const badTime = (field: string, value: unknown): Parsed<never> =>
  wrong(`${field} is a time with its zone, not ${shown(value)}`, [
    'epoch ms',
    '2026-11-23T14:05:00Z',
  ]);

const wrong = (error: string, known: readonly string[]): Parsed<never> => ({
  ok: false,
  problem: { error: `${error}; known: ${known.join(', ')}`, known },
});
