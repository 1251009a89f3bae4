/**
 * Writes quorate.schema.json, from the very schemas that read the file: editors complete and check
 * `quorate.yml` with it. `npm run schema` renews it; a test says when that was forgotten.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import { checkNode, configFile } from '../shared/core/config-schema.ts';

export const SCHEMA_FILE = fileURLToPath(new URL('../quorate.schema.json', import.meta.url));

export function schemaText(): string {
  const schema = toJsonSchema(configFile, {
    target: 'draft-07',
    typeMode: 'input',
    // A lookahead or a Unicode class is fine in an editor; what JSON Schema can't say, `validate` does.
    errorMode: 'ignore',
    definitions: { checkNode },
  });
  const { $schema, ...rest } = schema;
  return `${JSON.stringify(
    {
      $schema,
      title: 'quorate.yml',
      description: 'Quorate: which endpoints to watch, from where, and how DNS weights may move.',
      ...rest,
    },
    null,
    2,
  )}\n`;
}

if (import.meta.main) writeFileSync(SCHEMA_FILE, schemaText());
