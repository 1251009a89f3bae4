/**
 * Answers (or defaults) → the text of a first `quorate.yml`: short, commented, valid as it stands, observing.
 * What is still an example says so on its line.
 */
import { classifyAddress } from '../../shared/adapters/addresses.ts';

export type NewEndpoint = {
  readonly id: string;
  /** An address, or a host name (then the service has type CNAME). */
  readonly target: string;
};

export type NewFile = {
  readonly deployment: string;
  readonly vantages: readonly string[];
  /** Null: not known yet, an example stands in. */
  readonly zone: string | null;
  readonly service: string;
  readonly name: string;
  readonly url: string;
  /** Empty: two examples stand in. */
  readonly endpoints: readonly NewEndpoint[];
};

export const DEFAULT_VANTAGES = [
  'eu-west-1',
  'us-east-1',
  'ap-southeast-1',
  'eu-central-1',
  'us-west-2',
];
export const DEFAULT_DEPLOYMENT = 'quorate-prod';
export const EXAMPLE_NAME = 'app.example.com';
export const EXAMPLE_ZONE = 'Z0123456789ABCDEFGHIJ';
const EXAMPLE_ENDPOINTS: readonly NewEndpoint[] = [
  { id: 'eu-west-1', target: '198.51.100.10' },
  { id: 'us-east-1', target: '203.0.113.10' },
];
const COMMENT_COLUMN = 50;

export function newFileText(file: NewFile): string {
  const isExample = file.endpoints.length === 0;
  const endpoints = isExample ? EXAMPLE_ENDPOINTS : file.endpoints;
  const types = typesOf(endpoints);
  const vantages = file.vantages.join(', ');
  const allowed = allowedRanges(endpoints);
  const [home = ''] = file.vantages;
  const lines: readonly (string | readonly [string, string])[] = [
    '# yaml-language-server: $schema=./quorate.schema.json',
    '# What Quorate watches, from where, and how it may move DNS weights. Check it: quorate validate',
    [`deployment: ${file.deployment}`, 'names stacks and table, and stands in the _quorate record'],
    [`home: ${home}`, 'the region that owns the table; a vantage; never changed silently'],
    [`vantages: [${vantages}]`, 'where we look from, not where you serve'],
    ...(file.vantages.length >= 3
      ? [
          [
            `quorum: ${Math.floor(file.vantages.length / 2) + 1}`,
            'so many of them must agree before a weight moves',
          ] as const,
        ]
      : []),
    [
      'control-targets: [https://example.com/]',
      'outside AWS: tells a vantage that it is cut off itself',
    ],
    ...(allowed.length === 0
      ? []
      : [
          [
            `allow-addresses: [${allowed.map(quote).join(', ')}]`,
            isExample
              ? 'EXAMPLE: remove it with the addresses below'
              : 'private or documentation ranges are refused otherwise',
          ] as const,
        ]),
    'zones:',
    file.zone === null
      ? [
          `  main: { id: ${EXAMPLE_ZONE} }`,
          'EXAMPLE: your hosted zone; role: arn:… if it is in another account',
        ]
      : [`  main: { id: ${file.zone} }`, 'role: arn:… if it is in another account'],
    '',
    ['defaults:', 'merge into each service'],
    '  check:',
    ['    every: 10s', 'each vantage looks this often: 5s, 10s, 15s, 20s or 30s'],
    ['    timeout: 3s', 'for the whole answer, DNS and TLS included'],
    ['    fall: 3', 'failures in a row to vote down'],
    ['    rise: 5', 'passes in a row to vote up again'],
    '',
    'services:',
    `  ${file.service}:`,
    ['    mode: observe', 'decides and records, writes nothing; then: enforce'],
    [`    names: [${file.name}]`, 'one verdict and one change for all of them'],
    ...(types === 'A' ? [] : [`    type: ${types}`]),
    ['    ttl: 30s', 'of the records: what clients wait for after a change'],
    '    check:',
    [
      `      url: ${quoteUrl(file.url)}`,
      '{target} is each endpoint below; make it as deep as what you want to survive',
    ],
    [`      host: ${file.name}`, 'Host header, and the name on the certificate'],
    ['      # expect: { status: 200-299 }', 'default: 200-399 and 429; also body:, headers:'],
    '      watch:',
    ['        - { name: certificate, certificate: 21d }', 'shown and notified, never votes'],
    '    endpoints:',
    ...endpoints.map(
      (endpoint) =>
        [
          `      ${endpoint.id}: { ${wayOf(endpoint)}, weight: 100 }`,
          isExample ? 'EXAMPLE: what your records answer; or alias: { name: …, zone: … }' : '',
        ] as const,
    ),
    '    policy:',
    ['      velocity: 1 per 10m', 'regions that may lose their weight in that time'],
    ['      hold-down: 5m', 'a removed endpoint stays out at least this long'],
    ['      ramp: [10%, 50%, 100%]', 'then its weight comes back in these steps'],
    '      ramp-step: 2m',
  ];
  return `${lines.map((line) => (typeof line === 'string' ? line : commented(line))).join('\n')}\n`;
}

const commented = ([text, comment]: readonly [string, string]): string =>
  comment === '' ? text : `${text.padEnd(COMMENT_COLUMN)} # ${comment}`;

/** A colon would end the key. */
const quote = (text: string): string => (/[:{}#]/.test(text) ? `"${text}"` : text);
const quoteUrl = (url: string): string => (/: |#|^\{/.test(url) ? `"${url}"` : url);

const familyOf = ({ target }: NewEndpoint): 4 | 6 | null => classifyAddress(target)?.family ?? null;

function typesOf(endpoints: readonly NewEndpoint[]): string {
  const families = new Set(endpoints.map(familyOf));
  if (families.has(null)) return 'CNAME';
  if (!families.has(6)) return 'A';
  return families.has(4) ? '[A, AAAA]' : 'AAAA';
}

const wayOf = (endpoint: NewEndpoint): string =>
  familyOf(endpoint) === null ? `cname: ${endpoint.target}` : `address: ${quote(endpoint.target)}`;

/** Private and documentation addresses are refused unless their range is named. */
function allowedRanges(endpoints: readonly NewEndpoint[]): readonly string[] {
  const ranges = endpoints.flatMap(({ target }) => {
    const address = classifyAddress(target);
    return address?.range === 'private' || address?.range === 'documentation'
      ? [`${address.canonical}/${address.family === 4 ? 32 : 128}`]
      : [];
  });
  return [...new Set(ranges)];
}
