/**
 * Routes → the OpenAPI 3.1 document of the API, from the very schemas that requests are checked with and
 * answers are typed by. Nothing is described by hand that could be derived.
 */
import { type ConversionConfig, toJsonSchema, toJsonSchemaDefs } from '@valibot/to-json-schema';
import type * as v from 'valibot';
import { PROBLEM_TYPE, problemSchema } from './problem.ts';

type Entries = v.GenericSchema & { readonly entries: Readonly<Record<string, v.GenericSchema>> };

export type RouteShape = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** OpenAPI's way: `/v1/services/{service}`. */
  readonly path: string;
  /** `operationId`: unique. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** What the caller needs at least; some requests of the route may need more. */
  readonly scope: 'read' | 'override' | 'freeze';
  readonly params: Entries;
  readonly query: Entries;
  /** Null: a body is refused. */
  readonly body: v.GenericSchema | null;
  /** A body that means something, for people. */
  readonly example?: Readonly<Record<string, unknown>>;
  readonly isBodyOptional?: true;
  /** Request headers that mean something here. */
  readonly headers?: readonly ('if-match' | 'idempotency-key')[];
  /** A schema from `documents`; `html`: the page. */
  readonly reply: v.GenericSchema | 'html';
  /** What its ETag is made of. */
  readonly etag?: string;
  /** Beyond what any route may answer. */
  readonly problems: readonly number[];
};

export type OpenApiFacts = {
  readonly release: string;
  readonly routes: readonly RouteShape[];
  /** Name → schema: what goes under `components`, and is referred to by name. */
  readonly documents: Readonly<Record<string, v.GenericSchema>>;
};

type Json = Readonly<Record<string, unknown>>;

const HEADERS = {
  'if-match': {
    description:
      'Mandatory unless `dryRun`: `"g<generation>"` of the service, or `"p<checksum>"` of a dry run. Another state is answered with 412 and the new plan.',
    schema: { type: 'string', pattern: '^"(g[0-9]{1,10}|p[A-Za-z0-9_-]{1,32})"$' },
  },
  'idempotency-key': {
    description:
      'Mandatory unless `dryRun`: a UUID, say. The same request again is the same order; another one under the same key is refused (422).',
    schema: { type: 'string', pattern: '^[!-~]{1,128}$', minLength: 1, maxLength: 128 },
  },
} as const;

const ALWAYS = [400, 401, 403, 413, 415, 429, 500, 502, 503];
const TITLES: Readonly<Record<number, string>> = {
  400: 'The request is not understood: `errors` says where.',
  401: 'It is not signed, or not by whom it says.',
  403: 'This URL, or this identity, may not do it.',
  404: 'There is no such thing; the detail says what there is.',
  409: 'Refused by a rule, with its arithmetic.',
  412: 'What was seen is not there any more: the new plan comes with it.',
  413: 'The body is larger than 16 KiB.',
  415: 'The body is no JSON.',
  422: 'The Idempotency-Key was used for another order.',
  428: 'If-Match is missing.',
  429: 'Too many requests at once: Retry-After says when to go on.',
  500: 'A bug.',
  502: 'AWS does not let this function do its work.',
  503: 'Table or Route 53 do not answer; another region may.',
};

const SETTINGS = {
  target: 'draft-2020-12',
  errorMode: 'throw',
  // What a person writes is trimmed before it is judged; the shape is the same.
  ignoreActions: ['trim', 'readonly', 'check'],
} satisfies ConversionConfig;

export function openApi({ release, routes, documents }: OpenApiFacts): Json {
  const definitions = { ...documents, Problem: problemSchema };
  const overrideRef = ({ referenceId }: { readonly referenceId: string }): string =>
    `#/components/schemas/${referenceId}`;
  const schemaOf = (schema: v.GenericSchema): unknown => {
    const name = Object.entries(definitions).find(([, one]) => one === schema)?.[0];
    if (name !== undefined) return { $ref: overrideRef({ referenceId: name }) };
    return withoutDialect(toJsonSchema(schema, { ...SETTINGS, typeMode: 'input' }));
  };
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationOf(route, schemaOf),
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Quorate',
      version: release,
      summary: 'Health, what DNS serves, and operators’ orders. Equal in every region.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // The one that this document was read from.
    servers: [{ url: '/' }],
    security: [{ sigv4: [] }],
    paths,
    components: {
      securitySchemes: {
        sigv4: {
          type: 'http',
          scheme: 'AWS4-HMAC-SHA256',
          description:
            'AWS Signature Version 4, service `lambda`. Three URLs a region: for reading, for orders on single services, for everything (`quorate iam --api`).',
        },
      },
      responses: Object.fromEntries(
        Object.entries(TITLES).map(([status, description]) => [
          status,
          {
            description,
            content: { [PROBLEM_TYPE]: { schema: schemaOf(problemSchema) } },
          },
        ]),
      ),
      schemas: Object.fromEntries(
        Object.entries(toJsonSchemaDefs(definitions, { ...SETTINGS, overrideRef })).map(
          ([name, schema]) => [name, withoutDialect(schema)],
        ),
      ),
    },
  };
}

function operationOf(
  route: RouteShape,
  schemaOf: (schema: v.GenericSchema) => unknown,
): Readonly<Record<string, unknown>> {
  const { id, summary, description, scope, params, query, body, headers = [], reply, etag } = route;
  const isJson = reply !== 'html';
  const problems = [...new Set([...ALWAYS, ...route.problems])].sort((a, b) => a - b);
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    'x-scope': scope,
    parameters: [
      ...parametersOf(params, 'path', schemaOf),
      ...parametersOf(query, 'query', schemaOf),
      ...headers.map((name) => ({ name, in: 'header', required: false, ...HEADERS[name] })),
    ],
    ...(body === null
      ? {}
      : {
          requestBody: {
            required: route.isBodyOptional !== true,
            content: {
              'application/json': {
                schema: schemaOf(body),
                ...(route.example === undefined ? {} : { example: route.example }),
              },
            },
          },
        }),
    responses: {
      200: {
        description: 'OK',
        ...(etag === undefined
          ? {}
          : { headers: { ETag: { description: etag, schema: { type: 'string' } } } }),
        content: isJson
          ? { 'application/json': { schema: schemaOf(reply) } }
          : { 'text/html': { schema: { type: 'string' } } },
      },
      ...Object.fromEntries(
        problems.map((status) => [status, { $ref: `#/components/responses/${status}` }]),
      ),
    },
  };
}

const parametersOf = (
  schema: Entries,
  place: 'path' | 'query',
  schemaOf: (schema: v.GenericSchema) => unknown,
): readonly unknown[] =>
  Object.entries(schema.entries).map(([name, entry]) => ({
    name,
    in: place,
    required: entry.type !== 'exact_optional',
    schema: schemaOf(entry),
  }));

/** The document says once which dialect it speaks. */
function withoutDialect(schema: object): object {
  const { $schema: _, ...rest } = schema as { $schema?: string };
  return rest;
}
