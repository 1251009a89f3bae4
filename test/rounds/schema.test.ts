import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SCHEMA_FILE, schemaText } from '../../scripts/schema.ts';
import { planted } from '../fixtures/config-base.ts';

type Schema = {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
};

const root = JSON.parse(readFileSync(SCHEMA_FILE, 'utf8')) as Schema;
const design: unknown = parse(
  readFileSync(new URL('../fixtures/design.yml', import.meta.url), 'utf8'),
);

describe('quorate.schema.json', () => {
  it('is what `npm run schema` writes now', () => {
    expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(schemaText());
  });

  it("accepts the design's example as an editor does", () => {
    expect(faults(root, design)).toEqual([]);
    expect(
      faults(root, planted({ 'services.app.check': { all: [{ tcp: '{target}:1' }] } })),
    ).toEqual([]);
  });

  it.each([
    ['an unknown key', { tll: 1 }, '/tll'],
    ['an unknown key of a service', { 'services.app.tll': 1 }, '/services/app/tll'],
    [
      'an unknown key of a nested check',
      { 'services.app.check': { any: [{ tpc: 1 }] } },
      '/services/app/check/any/0/tpc',
    ],
    [
      'a weight of 256',
      { 'services.app.endpoints.eu-west-1.weight': 256 },
      '/services/app/endpoints/eu-west-1/weight',
    ],
    ['a TTL without unit', { 'services.app.ttl': 30 }, '/services/app/ttl'],
    ['an unknown mode', { 'services.app.mode': 'on' }, '/services/app/mode'],
    ['a missing home', { home: undefined }, '/home'],
  ])('marks %s', (_title, plants, place) => {
    expect(faults(root, planted(plants))).toContain(place);
  });

  it('describes what the example writes', () => {
    const { deployment, vantages } = root.properties ?? {};

    expect(deployment).toHaveProperty('description');
    expect(vantages).toHaveProperty('description');
  });
});

/** As much of JSON Schema as this one uses: the paths of what it doesn't allow. */
function faults(schema: Schema, value: unknown, path = ''): readonly string[] {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    return target ? faults(target, value, path) : [`${path}: ${schema.$ref} is nowhere`];
  }
  if (schema.anyOf) {
    const some = schema.anyOf.map((one) => faults(one, value, path));
    return some.some((found) => found.length === 0) ? [] : [path];
  }
  if (schema.enum && !schema.enum.includes(value)) return [path];
  switch (schema.type) {
    case 'object':
      return objectFaults(schema, value, path);
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((item, index) => faults(schema.items ?? {}, item, `${path}/${index}`))
        : [path];
    case 'string':
      return typeof value === 'string' && new RegExp(schema.pattern ?? '', 'u').test(value)
        ? []
        : [path];
    case 'integer':
      return Number.isInteger(value) &&
        Number(value) >= (schema.minimum ?? -Infinity) &&
        Number(value) <= (schema.maximum ?? Infinity)
        ? []
        : [path];
    case 'boolean':
      return typeof value === 'boolean' ? [] : [path];
    default:
      return [`${path}: no type`];
  }
}

function objectFaults(schema: Schema, value: unknown, path: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  const missing = (schema.required ?? []).filter((key) => !Object.hasOwn(value, key));
  const { additionalProperties: rest, propertyNames } = schema;
  const wrong = Object.entries(value).flatMap(([key, member]) => {
    const known = schema.properties?.[key];
    const name = propertyNames ? faults(propertyNames, key, `${path}/${key}`) : [];
    if (known) return [...name, ...faults(known, member, `${path}/${key}`)];
    if (typeof rest === 'object') return [...name, ...faults(rest, member, `${path}/${key}`)];
    return rest === false ? [`${path}/${key}`] : name;
  });
  return [...missing.map((key) => `${path}/${key}`), ...wrong];
}
