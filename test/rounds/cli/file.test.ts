import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../scripts/config-file.ts';
import { type Config, epochMs } from '../../../shared/core/model.ts';
import { shell } from './shell.ts';

const DESIGN = new URL('../../fixtures/design.yml', import.meta.url);
const SCHEMA = new URL('../../../quorate.schema.json', import.meta.url);

describe('quorate new', () => {
  it('writes a commented file that loads, and asks nothing', async () => {
    await using folder = await scratch();

    const { code, out, err } = await shell(['new'], { folder: folder.path });

    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('quorate.yml is written; it only observes.');
    await expect(read(folder.path)).toMatchFileSnapshot('../../golden/cli-new.yml');
    expect(loaded(folder.path).services.map(({ mode }) => mode)).toEqual(['observe']);
  });

  it('writes what the options say', async () => {
    await using folder = await scratch();
    const endpoints = ['eu=93.184.216.1', 'us=10.1.2.3'].flatMap((one) => ['--endpoint', one]);

    const { code } = await shell(
      [
        ...['new', '--deployment', 'shop', '--vantages', 'eu-west-1,us-east-1,eu-central-1'],
        ...['--name', 'Shop.example.com.', '--zone', 'Z111', '--url', 'http://{target}/up'],
        ...endpoints,
        ...['--stage', 'staging'],
      ],
      { folder: folder.path },
    );

    const config = loaded(folder.path, 'quorate.staging.yml');
    expect(code).toBe(0);
    expect(config).toMatchObject({
      deployment: 'shop',
      vantages: ['eu-west-1', 'us-east-1', 'eu-central-1'],
      zones: { main: { id: 'Z111' } },
      allowAddresses: ['10.1.2.3/32'],
      services: [
        {
          id: 'shop',
          names: ['shop.example.com'],
          types: ['A'],
          endpoints: [{ id: 'eu' }, { id: 'us' }],
        },
      ],
    });
  });

  it('writes CNAMEs for endpoints that are host names', async () => {
    await using folder = await scratch();

    await shell(['new', '--name', 'app.example.com', '--endpoint', 'eu=eu.example.net'], {
      folder: folder.path,
    });

    expect(loaded(folder.path).services[0]?.types).toEqual(['CNAME']);
  });

  it('asks for what no option said where somebody sits at the terminal', async () => {
    await using folder = await scratch();
    const answers = new Map([
      ['DNS name', 'www.example.com'],
      ['Its hosted', 'Z222'],
      ['Endpoints', 'eu=93.184.216.1, us=93.184.216.2'],
    ]);
    const asked: string[] = [];

    await shell(['new', '--deployment', 'shop'], {
      folder: folder.path,
      ask: async (question) => {
        asked.push(question);
        return [...answers].find(([start]) => question.startsWith(start))?.[1] ?? '';
      },
    });

    expect(asked).toEqual([
      'Regions to look from [eu-west-1,us-east-1,ap-southeast-1,eu-central-1,us-west-2]: ',
      'DNS name to steer [app.example.com]: ',
      'Its hosted zone id (empty: later): ',
      'Endpoints as id=address, with commas (empty: later): ',
    ]);
    expect(read(folder.path)).not.toContain('EXAMPLE');
    expect(loaded(folder.path)).toMatchObject({ deployment: 'shop', services: [{ id: 'www' }] });
  });

  it('never touches a file that is there', async () => {
    await using folder = await scratch();
    writeFileSync(join(folder.path, 'quorate.yml'), 'mine\n');

    expect(await shell(['new'], { folder: folder.path })).toEqual({
      code: 3,
      out: '',
      err: 'quorate.yml exists already and was not touched; edit it, or write another with --config or --stage\n',
    });
    expect(read(folder.path)).toBe('mine\n');
  });

  it.each([
    [
      ['--deployment', 'My Shop'],
      'quorate.yml:3 deployment: "My Shop" is not a deployment\'s name; write lower-case letters, digits and hyphens, at most 32',
    ],
    [
      ['--name', 'https://app.example.com'],
      'services.https---app.names[0]: "https://app.example.com" is a URL; write the DNS name alone',
    ],
    [
      ['--endpoint', 'eu=127.0.0.1', '--endpoint', 'us=93.184.216.2'],
      '"127.0.0.1" is a loopback address: each vantage would probe itself; write the address or name that your users reach',
    ],
    [
      ['--endpoint', 'eu=93.184.216.1', '--endpoint', 'us=2600:1f00::1'],
      'services.app.endpoints.us: can be probed over IPv6 only, and 0 of its vantages have IPv6; set network.<vantage>.ipv6: true in at least 3 of its vantages',
    ],
    [
      ['--endpoint', '198.51.100.1'],
      '--endpoint 198.51.100.1 is not an id and a target; write one such as --endpoint eu-west-1=198.51.100.10',
    ],
  ])('writes nothing with a wrong value: %j', async (args, sentence) => {
    await using folder = await scratch();

    const { code, out, err } = await shell(['new', ...args], { folder: folder.path });

    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(sentence);
    expect(() => read(folder.path)).toThrow('ENOENT');
  });
});

describe('quorate validate', () => {
  it('says what the file means in numbers', async () => {
    await using folder = await scratch(readFileSync(DESIGN, 'utf8'));

    const { code, out, err } = await shell(['validate'], { folder: folder.path });

    expect({ code, err }).toEqual({ code: 0, err: '' });
    await expect(out).toMatchFileSnapshot('../../golden/cli-validate.txt');
  });

  it('shows the merged service with the line that each value comes from', async () => {
    await using folder = await scratch(readFileSync(DESIGN, 'utf8'));

    const { out } = await shell(['validate', '--show', 'app'], { folder: folder.path });

    await expect(out).toMatchFileSnapshot('../../golden/cli-validate-show.txt');
  });

  it('names the line of an included file, of a merge key, and of a check of its own', async () => {
    await using folder = await scratch(INCLUDING);
    writeFileSync(join(folder.path, 'more.yml'), INCLUDED);

    const { out } = await shell(['validate', '--show', 'pay', '--json'], { folder: folder.path });

    const { values } = JSON.parse(out) as { readonly values: readonly Shown[] };
    const origin = (path: string): string | undefined =>
      values.find((value) => value.path === path)?.origin;
    expect(origin('names')).toBe('more.yml:3');
    expect(origin('ttl')).toBe('quorate.yml:8');
    expect(origin('quorum')).toBe('default');
    expect(origin('check.every')).toBe('quorate.yml:8');
    expect(origin('endpoints.eu.check.tcp')).toBe('more.yml:4');
    expect(origin('endpoints.us.check.tcp')).toBe('more.yml:7');
    expect(origin('endpoints.us.check.fall')).toBe('default');
  });

  it('tells all mistakes at once, with --json as a document, and exits 2', async () => {
    await using folder = await scratch(
      readFileSync(DESIGN, 'utf8')
        .replace('ttl: 30s', 'ttl: soon')
        .replace('weight: 50', 'weight: 500'),
    );

    const text = await shell(['validate'], { folder: folder.path });
    const json = await shell(['validate', '--json'], { folder: folder.path });

    const problems = [
      'quorate.yml:16 services.app.ttl: "soon" is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
      'quorate.yml:36 services.app.endpoints.on-prem.weight: 500 is not a Route 53 weight; write an integer from 0 to 255',
    ];
    expect(text).toEqual({ code: 2, out: '', err: `${problems.join('\n')}\n` });
    expect(json.code).toBe(2);
    expect(JSON.parse(json.out)).toEqual({ format: 1, valid: false, problems });
  });

  it('gives figures as one JSON document', async () => {
    await using folder = await scratch(readFileSync(DESIGN, 'utf8'));

    const { out } = await shell(['validate', '--json'], { folder: folder.path });

    expect(JSON.parse(out)).toMatchObject({
      format: 1,
      valid: true,
      figures: {
        vantages: 5,
        route53ReadsPerSecond: 0.017,
        tableWritesPerSecond: 0.5,
        policies: 1,
        perService: [
          {
            service: 'app',
            losses: [
              { lost: 1, left: 4, decides: 'with-one-to-spare' },
              { lost: 2, left: 3, decides: 'if-all-agree' },
              { lost: 3, left: 2, decides: 'no' },
            ],
            votedDownMs: { from: 20_000, to: 33_000 },
            records: 10,
            batchChanges: 22,
          },
        ],
      },
    });
  });

  it('suggests the nearest service', async () => {
    await using folder = await scratch(readFileSync(DESIGN, 'utf8'));

    const { code, err } = await shell(['validate', '--show', 'apps'], { folder: folder.path });

    expect({ code, err }).toEqual({
      code: 2,
      err: 'there is no service apps in the file; did you mean app?\n',
    });
  });
});

describe('quorate schema', () => {
  it('prints the JSON Schema as it ships', async () => {
    const { code, out } = await shell(['schema']);

    expect(code).toBe(0);
    expect(out).toBe(readFileSync(SCHEMA, 'utf8'));
  });
});

type Shown = { readonly path: string; readonly origin: string };

const INCLUDING = `deployment: shop
home: eu-west-1
vantages: [eu-west-1, us-east-1, eu-central-1]
control-targets: [https://example.com/]
allow-addresses: [192.0.2.0/24]
zones:
  main: { id: Z111 }
defaults: { ttl: 20s, check: { every: 20s } }
include: more.yml
`;
const INCLUDED = `services:
  pay:
    names: [pay.example.com]
    check: &asks { tcp: "{target}:443" }
    endpoints:
      eu: { address: 192.0.2.1, weight: 1 }
      us: { address: 192.0.2.2, weight: 1, check: { <<: *asks, rise: 9 } }
`;

async function scratch(text?: string): Promise<Awaited<ReturnType<typeof mkdtempDisposable>>> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'quorate-'));
  if (text !== undefined) writeFileSync(join(folder.path, 'quorate.yml'), text);
  return folder;
}

const read = (folder: string, file = 'quorate.yml'): string =>
  readFileSync(join(folder, file), 'utf8');

const loaded = (folder: string, file = 'quorate.yml'): Config =>
  loadConfig({ path: file, folder, env: {}, packagedAt: epochMs(1) }).config;
