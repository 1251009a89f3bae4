import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configPath, loadConfig } from '../../scripts/config-file.ts';
import { QuorateError } from '../../shared/core/errors.ts';
import { epochMs } from '../../shared/core/model.ts';

const HEAD = `deployment: quorate-test
home: eu-west-1
vantages: [eu-west-1, us-east-1, ap-southeast-1, eu-central-1, us-west-2]
zones: { main: { id: Z0123456789ABCDEFGHIJ } }
allow-addresses: [192.0.2.0/24]
control-targets: [https://example.com/]
`;
const serviceText = (name: string): string => `  ${name}:
    names: [${name}.example.com]
    check: { url: "https://{target}/" }
    endpoints:
      eu-west-1: { address: 192.0.2.1, weight: 100 }
      us-east-1: { address: 192.0.2.2, weight: 100 }
`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorate-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};

const load = (request: { path?: string; stage?: string; env?: Record<string, string> } = {}) =>
  loadConfig({ env: {}, packagedAt: epochMs(5), folder, ...request });

function refusal(request?: Parameters<typeof load>[0]): readonly string[] {
  try {
    load(request);
  } catch (error) {
    expect(error).toBeInstanceOf(QuorateError);
    expect((error as QuorateError).code).toBe('CONFIG_INVALID');
    return (error as QuorateError).message.split('\n');
  }
  throw new Error('nothing was refused');
}

describe('the file that is read', () => {
  it('is named by path, else by stage, else by QUORATE_CONFIG, else quorate.yml', () => {
    const env = { QUORATE_CONFIG: 'other.yml' };

    expect(configPath({ path: 'a.yml', stage: 'dev', env })).toBe('a.yml');
    expect(configPath({ stage: 'dev', env })).toBe('quorate.dev.yml');
    expect(configPath({ env })).toBe('other.yml');
    expect(configPath({ env: {} })).toBe('quorate.yml');
  });

  it('of a stage is that one and nothing else', () => {
    write('quorate.yml', 'rubbish: true\n');
    write('quorate.dev.yml', `${HEAD}services:\n${serviceText('app')}`);

    const loaded = load({ stage: 'dev' });

    expect(loaded.config.services.map(({ id }) => id)).toEqual(['app']);
    expect(loaded.config.packagedAt).toBe(5);
    expect(loaded.files).toEqual([join(folder, 'quorate.dev.yml')]);
  });

  it('is refused by name where it is missing or is no file', () => {
    expect(refusal()).toEqual([
      'quorate.yml: does not exist; make it with `quorate new` or `quorate import NAME`, or name another with QUORATE_CONFIG',
    ]);
    mkdirSync(join(folder, 'a.yml'));
    expect(refusal({ path: 'a.yml' })).toEqual([
      'a.yml: cannot be read (EISDIR); check its path and permissions',
    ]);
    expect(refusal({ stage: '../prod' })).toEqual([
      '--stage "../prod": is not a stage; write letters and digits',
    ]);
  });

  it("may be the design's example", () => {
    const path = fileURLToPath(new URL('../fixtures/design.yml', import.meta.url));

    expect(load({ path }).config.services[0]?.endpoints).toHaveLength(3);
  });

  it('is refused above its largest size', () => {
    write('quorate.yml', `${HEAD}# ${'x'.repeat(5 * 1024 * 1024)}`);

    expect(refusal()).toEqual(['quorate.yml: is larger than 4194304 bytes; split it with include']);
  });
});

describe('lines', () => {
  it('are those of the key, the item, or the nearest key above', () => {
    write(
      'quorate.yml',
      `${HEAD.replace('home: eu-west-1', 'home: Ireland')}quorum: 2
services:
  app:
    ttl: 30
    check: { url: "https://{target}/" }
    endpoints:
      eu-west-1:
        address: 192.0.2.1
        weight: 256
      us-east-1: { address: 127.0.0.1, weight: 100 }
    names:
      - app.example.com
      - a..b
`,
    );

    expect(refusal().map((line) => line.split(': ')[0])).toEqual([
      'quorate.yml:2 home',
      'quorate.yml:7 quorum',
      'quorate.yml:10 services.app.ttl',
      'quorate.yml:15 services.app.endpoints.eu-west-1.weight',
      'quorate.yml:16 services.app.endpoints.us-east-1.address',
      'quorate.yml:19 services.app.names[1]',
    ]);
  });

  it('are given for what is missing, too', () => {
    write('quorate.yml', `${HEAD}services:\n  app:\n    names: [app.example.com]\n`);

    expect(refusal()[0]).toBe(
      'quorate.yml:8 services.app.endpoints: is missing; write at least one endpoint',
    );
  });

  it('are given for YAML that is none and keys that stand twice, beside other mistakes', () => {
    write('quorate.yml', `${HEAD}services:\n${serviceText('app')}${serviceText('app')}quorum: 2\n`);

    expect(refusal()).toEqual([
      'quorate.yml:14: the same key stands here twice; write each key once',
      'quorate.yml:20 quorum: 2 is no majority of 5 vantages, so up and down could both win; write 3 or more',
    ]);

    write('quorate.yml', `${HEAD}services: {\n`);

    expect(refusal()[0]).toMatch(
      /^quorate\.yml:\d+: is not YAML: .*; check the indentation and quotes$/,
    );
  });

  it('survive merge keys and anchors, but not a bomb of them', () => {
    const shared = serviceText('app')
      .replace('check: {', 'check: &check {')
      .concat(serviceText('web').replace('check: { url: "https://{target}/" }', 'check: *check'))
      .concat(
        serviceText('db').replace(
          'check: { url: "https://{target}/" }',
          'check: { <<: *check, fall: 4 }',
        ),
      );
    write('quorate.yml', `${HEAD}services:\n${shared}`);

    expect(load().config.services.map(({ endpoints }) => endpoints[0]?.check.fall)).toEqual([
      3, 3, 4,
    ]);

    write('quorate.yml', `${HEAD}services:\n${shared.replace('{target}', '{targt}')}`);

    expect(refusal().map((line) => line.split(': ')[0])).toEqual([
      'quorate.yml:10 services.app.check.url',
      'quorate.yml:16 services.web.check.url',
      'quorate.yml:22 services.db.check.url',
    ]);

    const bomb = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
    for (let level = 1; level < 9; level++) {
      bomb.push(
        `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(',')}]`,
      );
    }
    write('quorate.yml', `${bomb.join('\n')}\n`);

    expect(refusal()[0]).toContain('quorate.yml:1: cannot be read: Excessive alias count');
  });
});

describe('included files', () => {
  it('add their services, and their mistakes have their own lines', () => {
    write('quorate.yml', `${HEAD}include: [services/*.yml]\nservices:\n${serviceText('app')}`);
    write('services/web.yml', `services:\n${serviceText('web')}`);
    write('services/db.yml', `services:\n${serviceText('db')}`);

    const loaded = load();

    expect(loaded.config.services.map(({ id }) => id)).toEqual(['app', 'db', 'web']);
    expect(loaded.files.map((file) => file.slice(folder.length + 1))).toEqual([
      'quorate.yml',
      'services/db.yml',
      'services/web.yml',
    ]);

    write('services/web.yml', `services:\n${serviceText('web')}    ttl: 30\n`);

    expect(refusal()).toEqual([
      'services/web.yml:8 services.web.ttl: 30 is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
    ]);
  });

  it('may hold all services', () => {
    write('quorate.yml', `${HEAD}include: web.yml\n`);
    write('web.yml', `services:\n${serviceText('web')}`);

    expect(load().config.services.map(({ id }) => id)).toEqual(['web']);
  });

  it('may not repeat a service or say anything else', () => {
    write('quorate.yml', `${HEAD}include: [more.yml, text.yml]\nservices:\n${serviceText('app')}`);
    write('more.yml', `quorum: 3\nservices:\n${serviceText('app')}`);
    write('text.yml', 'just text\n');

    expect(refusal()).toEqual([
      'more.yml:1 quorum: does not belong into an included file; write services: and nothing else here',
      'text.yml:1: is not a map; write services: and nothing else here',
      'more.yml:3 services.app: stands in quorate.yml already (line 9); give it another name, or write it once',
    ]);
  });

  it('must be there', () => {
    write('quorate.yml', `${HEAD}include: [services/*.yml]\n`);

    expect(refusal()).toEqual(['include "services/*.yml": matches no file; correct or remove it']);
  });

  it('outside the folder are never opened', () => {
    write(
      'quorate.yml',
      `${HEAD}include: [../../etc/passwd, /etc/passwd]\nservices:\n${serviceText('app')}`,
    );

    expect(refusal()).toEqual([
      'quorate.yml:7 include[0]: "../../etc/passwd" leaves the folder of this file; write a path below it, such as services/*.yml',
      'quorate.yml:7 include[1]: "/etc/passwd" leaves the folder of this file; write a path below it, such as services/*.yml',
    ]);
  });
});
