/** `quorate schema`: the JSON Schema of `quorate.yml`, as editors want it. The file that ships is printed as it is. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Register } from './cli.ts';

const SCHEMA_FILE = fileURLToPath(new URL('../../quorate.schema.json', import.meta.url));

export const registerSchema: Register = (program, cli) => {
  program
    .command('schema')
    .description('prints the JSON Schema of quorate.yml, for editors')
    .addHelpText(
      'after',
      `
Example:
  quorate schema > quorate.schema.json
and as the first line of quorate.yml:
  # yaml-language-server: $schema=./quorate.schema.json`,
    )
    .action(() => cli.terminal.out(readFileSync(SCHEMA_FILE, 'utf8')));
};
