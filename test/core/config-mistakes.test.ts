/** Wrong configurations, each with the very sentences that it gets (after file and line). */
import { describe, expect, it } from 'vitest';
import { problemText } from '../../shared/core/config.ts';
import { baseConfig, FIVE, type Plants, parsed, planted } from '../fixtures/config-base.ts';

const endpoints = (count: number): unknown =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `e${index}`,
      { address: `192.0.2.${index + 1}`, weight: 1 },
    ]),
  );

const cnames = (count: number): unknown =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `e${index}`,
      { cname: `${`e${index}`.padEnd(60, 'x')}.${'y'.repeat(60)}.example.net`, weight: 1 },
    ]),
  );

const manyNames = (count: number): readonly string[] =>
  Array.from(
    { length: count },
    (_, index) => `${'n'.repeat(60)}.${'m'.repeat(30)}${index}.example.com`,
  );

const tags = (count: number): unknown =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, 'x']));

const requests = (count: number): unknown =>
  Array.from({ length: count }, (_, index) => ({ tcp: `{target}:${index + 1}` }));

type Row = readonly [title: string, plants: Plants, says: readonly string[]];

const MISTAKES: readonly Row[] = [
  [
    "a deployment's name with capitals",
    { deployment: 'Quorate Prod' },
    [
      `deployment: "Quorate Prod" is not a deployment's name; write lower-case letters, digits and hyphens, at most 32`,
    ],
  ],
  [
    'a missing deployment',
    { deployment: undefined },
    ['deployment: is missing; name it, such as quorate-prod'],
  ],
  [
    'an unknown key at the top',
    { vantage: ['eu-west-1'] },
    ['vantage: is not a known key here; did you mean vantages?'],
  ],
  [
    'a home that is no vantage',
    { home: 'eu-west-3' },
    [
      'home: "eu-west-3" is not one of the vantages; write eu-west-1, us-east-1, ap-southeast-1, eu-central-1 or us-west-2, or add it there',
    ],
  ],
  [
    'a missing home',
    { home: undefined },
    ['home: is missing; write the vantage whose stack owns the table'],
  ],
  [
    'a home that is no region',
    { home: 'Ireland' },
    [`home: "Ireland" is not an AWS region's name; write one such as eu-west-1`],
  ],
  [
    'missing vantages',
    { vantages: undefined },
    ['vantages: is missing; write at least three AWS regions'],
  ],
  [
    'no vantages',
    { vantages: [] },
    ['vantages: is empty; write [eu-west-1, us-east-1, ap-southeast-1]'],
  ],
  [
    'a vantage listed twice',
    { vantages: [...FIVE, 'us-east-1'] },
    ['vantages[5]: "us-east-1" is listed twice; write each vantage once'],
  ],
  [
    'a vantage that is no region',
    { vantages: [...FIVE, 'Frankfurt'] },
    [`vantages[5]: "Frankfurt" is not an AWS region's name; write one such as eu-west-1`],
  ],
  [
    'vantages as a map',
    { vantages: { a: 1 } },
    ["vantages: a map is not an AWS region's name; write one such as eu-west-1"],
  ],
  [
    'more vantages than there are regions',
    { vantages: Array.from({ length: 31 }, () => 'eu-west-1') },
    ['vantages: has 31 entries, more than 30; write [eu-west-1, us-east-1, ap-southeast-1]'],
  ],
  [
    'a quorum of half the vantages',
    { vantages: FIVE.slice(0, 4), quorum: 2 },
    ['quorum: 2 is no majority of 4 vantages, so up and down could both win; write 3 or more'],
  ],
  [
    'a quorum above the vantages',
    { quorum: 6 },
    ['quorum: 6 is more than the 5 vantages there are; write one from 3 to 5'],
  ],
  ['a quorum of 0', { quorum: 0 }, ['quorum: 0 is not a count; write an integer from 1 to 100']],
  [
    'a quorum in quotes',
    { quorum: '3' },
    ['quorum: "3" is not a count; write an integer from 1 to 100'],
  ],
  [
    'two vantages in enforce',
    { vantages: FIVE.slice(0, 2) },
    [
      'services.app.mode: is enforce with 2 of the 3 vantages it needs at least; add vantages or write mode: observe',
    ],
  ],
  [
    'one vantage without a word about it',
    { vantages: FIVE.slice(0, 1) },
    [
      'services.app.mode: is enforce with 1 of the 3 vantages it needs at least; add vantages or write mode: observe',
    ],
  ],
  [
    "one vantage, in an endpoint's own region",
    { vantages: FIVE.slice(0, 1), quorum: 1 },
    [
      "services.app.endpoints.eu-west-1: lies in eu-west-1, the only vantage's own region, and nothing is down without a vote from outside; add vantages",
    ],
  ],
  [
    'missing zones',
    { zones: undefined },
    ['zones: is missing; write { main: { id: Z0123456789ABCDEFGHIJ } }'],
  ],
  ['no zones', { zones: {} }, ['zones: has no zone; write main: { id: Z0123456789ABCDEFGHIJ }']],
  [
    'a zone as text',
    { 'zones.main': 'Z0123456789ABCDEFGHIJ' },
    ['zones.main: "Z0123456789ABCDEFGHIJ" is not a map; write { id: Z0123456789ABCDEFGHIJ }'],
  ],
  [
    'a zone id of another kind',
    { 'zones.main.id': 'example.com' },
    [
      'zones.main.id: "example.com" is not a hosted zone id; write one such as Z0123456789ABCDEFGHIJ',
    ],
  ],
  [
    'a zone without id',
    { 'zones.main': {} },
    ['zones.main.id: is missing; write the hosted zone id'],
  ],
  [
    'a zone twice',
    { 'zones.other': { id: 'Z0123456789ABCDEFGHIJ' }, 'services.app.zone': 'main' },
    ['zones.other.id: is Z0123456789ABCDEFGHIJ, the zone main too; write each zone once'],
  ],
  [
    'a role that is no ARN',
    { 'zones.main.role': 'admin' },
    [
      'zones.main.role: "admin" is not the ARN of a role; write arn:aws:iam::123456789012:role/name',
    ],
  ],
  [
    'two zones and a service that names none',
    { 'zones.other': { id: 'Z1' } },
    ['services.app.zone: is missing; write one of main or other'],
  ],
  [
    'an unknown zone',
    { 'services.app.zone': 'mian' },
    ['services.app.zone: "mian" is not one of the zones; write main'],
  ],
  [
    'zones as a list',
    { zones: [{ id: 'Z1' }] },
    ['zones: a list is not a map; write zones: { main: { id: Z0123456789ABCDEFGHIJ } }'],
  ],
  [
    "a zone's name with a slash",
    { 'zones.a/b': { id: 'Z2' } },
    [
      'zones.a/b: is not a name that can be used here; write letters, digits, dots, underscores and hyphens, at most 63',
    ],
  ],
  [
    'missing services',
    { services: undefined },
    ['services: is missing; write at least one service'],
  ],
  ['no services', { services: {} }, ['services: has no service; write at least one']],
  [
    'services left empty',
    { services: null },
    [
      'services: nothing is not a map; write services: { app: { names: [app.example.com], endpoints: … } }',
    ],
  ],
  [
    "a service's name with a dot",
    { services: { 'app.example': baseConfig().services.app } },
    [
      'services.app.example: is not a name that can be used here; write lower-case letters, digits and hyphens, beginning with a letter, at most 63',
    ],
  ],
  [
    'a service as text',
    { 'services.app': 'app.example.com' },
    ['services.app: "app.example.com" is not a map; write names, check and endpoints'],
  ],
  [
    'an unknown key of a service',
    { 'services.app.tll': '30s' },
    ['services.app.tll: is not a known key here; did you mean ttl?'],
  ],
  [
    'an unknown mode',
    { 'services.app.mode': 'enforced' },
    ['services.app.mode: "enforced" is not a mode; write observe or enforce'],
  ],
  [
    'missing names',
    { 'services.app.names': undefined },
    ['services.app.names: is missing; write [app.example.com]'],
  ],
  [
    'no names',
    { 'services.app.names': [] },
    ['services.app.names: is empty; write [app.example.com]'],
  ],
  [
    'a name as a URL',
    { 'services.app.names': 'https://app.example.com' },
    ['services.app.names: "https://app.example.com" is a URL; write the DNS name alone'],
  ],
  [
    'a wildcard name',
    { 'services.app.names': ['*.example.com'] },
    ['services.app.names[0]: "*.example.com" is a wildcard, which is not steered; write each name'],
  ],
  [
    'a name with an empty label',
    { 'services.app.names': ['app..example.com'] },
    [
      'services.app.names[0]: "app..example.com" is not a DNS name; write one such as app.example.com',
    ],
  ],
  [
    'a name of one label',
    { 'services.app.names': ['localhost'] },
    ['services.app.names[0]: "localhost" is not a DNS name; write one such as app.example.com'],
  ],
  [
    'a name with a space',
    { 'services.app.names': ['app example.com'] },
    [
      'services.app.names[0]: "app example.com" is not a DNS name; write one such as app.example.com',
    ],
  ],
  [
    'an international name',
    { 'services.app.names': ['bücher.example'] },
    [
      'services.app.names[0]: "bücher.example" is not ASCII; write an international name in its xn-- form',
    ],
  ],
  [
    'a name that is too long',
    { 'services.app.names': [`${'abcdefghi.'.repeat(25)}com`] },
    [
      'services.app.names[0]: "abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.abcdefghi.…" has 253 characters, at most 244 leave room for the _quorate record; write a shorter name',
    ],
  ],
  [
    'a name that is a number',
    { 'services.app.names': [42] },
    ['services.app.names[0]: 42 is not text on one line; write a DNS name such as app.example.com'],
  ],
  [
    'a name twice, differently written',
    { 'services.app.names': ['app.example.com', 'App.Example.COM.'] },
    ['services.app.names[1]: "App.Example.COM." is listed twice; write each name once'],
  ],
  [
    "a name of Quorate's own record",
    { 'services.app.names': ['_quorate.example.com'] },
    [
      `services.app.names[0]: "_quorate.example.com" is where Quorate keeps its own record; write your service's name`,
    ],
  ],
  [
    'an unknown record type',
    { 'services.app.type': 'MX' },
    ['services.app.type: "MX" is not a record type that is steered; write A, AAAA or CNAME'],
  ],
  [
    'a record type twice',
    { 'services.app.type': ['A', 'A'] },
    ['services.app.type: lists A twice; write it once'],
  ],
  [
    'CNAME beside A',
    { 'services.app.type': ['A', 'CNAME'] },
    ['services.app.type: has CNAME beside an address type, which DNS forbids; write one of them'],
  ],
  [
    'addresses in a CNAME service',
    { 'services.app.type': 'CNAME' },
    [
      'services.app.endpoints.eu-west-1.address: cannot answer for a service of type CNAME; write cname: here',
      'services.app.endpoints.us-east-1.address: cannot answer for a service of type CNAME; write cname: here',
    ],
  ],
  [
    'a TTL without a unit',
    { 'services.app.ttl': 30 },
    [
      'services.app.ttl: 30 is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
    ],
  ],
  [
    'a TTL of 0',
    { 'services.app.ttl': '0s' },
    ['services.app.ttl: "0s" is not a TTL; write whole seconds from 1s to 7d, such as 30s'],
  ],
  [
    'a TTL of half a second',
    { 'services.app.ttl': '500ms' },
    ['services.app.ttl: "500ms" is not a TTL; write whole seconds from 1s to 7d, such as 30s'],
  ],
  [
    'an unknown vantage of a service',
    { 'services.app.vantages': ['eu-west-1', 'us-east-1', 'us-west-1'] },
    [
      'services.app.vantages[2]: "us-west-1" is not a vantage of this deployment; did you mean us-west-2?',
    ],
  ],
  [
    'a quorum that is no majority of a subset',
    { 'services.app.vantages': FIVE.slice(0, 4), 'services.app.quorum': 2 },
    [
      'services.app.quorum: 2 is no majority of 4 vantages, so up and down could both win; write 3 or more',
    ],
  ],
  [
    'accept-withheld in quotes',
    { 'services.app.accept-withheld': 'yes' },
    [
      'services.app.accept-withheld: "yes" is neither true nor false; write one of them, without quotes',
    ],
  ],
  [
    'an objective of 100%',
    { 'services.app.slo': '100%' },
    [
      'services.app.slo: "100%" is not an objective; write a percentage above 0% and below 100%, such as 99.95%',
    ],
  ],
  [
    'missing endpoints',
    { 'services.app.endpoints': undefined },
    ['services.app.endpoints: is missing; write at least one endpoint'],
  ],
  [
    'no endpoints',
    { 'services.app.endpoints': {} },
    ['services.app.endpoints: has no endpoint; write at least one'],
  ],
  [
    'endpoints as a list',
    { 'services.app.endpoints': [{ address: '192.0.2.1' }] },
    [
      'services.app.endpoints: a list is not a map; write endpoints: { eu-west-1: { address: 198.51.100.20, weight: 100 } }',
    ],
  ],
  [
    "an endpoint's id with a space",
    { 'services.app.endpoints.eu west': { address: '192.0.2.3', weight: 1 } },
    [
      'services.app.endpoints.eu west: is not a name that can be used here; write letters, digits, dots, underscores and hyphens, at most 63',
    ],
  ],
  [
    '51 endpoints',
    { 'services.app.endpoints': endpoints(51) },
    ['services.app.endpoints: has 51 endpoints, more than 50; split the service'],
  ],
  [
    'an endpoint left empty',
    { 'services.app.endpoints.eu-west-1': null },
    [
      'services.app.endpoints.eu-west-1: nothing is not a map; write { address: 198.51.100.20, weight: 100 }',
    ],
  ],
  [
    'an unknown key of an endpoint',
    { 'services.app.endpoints.eu-west-1.wieght': 1 },
    ['services.app.endpoints.eu-west-1.wieght: is not a known key here; did you mean weight?'],
  ],
  [
    'a missing weight',
    { 'services.app.endpoints.eu-west-1.weight': undefined },
    [
      'services.app.endpoints.eu-west-1.weight: is missing; write weight: 100, or another from 0 to 255',
    ],
  ],
  [
    'a weight of 256',
    { 'services.app.endpoints.eu-west-1.weight': 256 },
    [
      'services.app.endpoints.eu-west-1.weight: 256 is not a Route 53 weight; write an integer from 0 to 255',
    ],
  ],
  [
    'a negative weight',
    { 'services.app.endpoints.eu-west-1.weight': -1 },
    [
      'services.app.endpoints.eu-west-1.weight: -1 is not a Route 53 weight; write an integer from 0 to 255',
    ],
  ],
  [
    'half a weight',
    { 'services.app.endpoints.eu-west-1.weight': 0.5 },
    [
      'services.app.endpoints.eu-west-1.weight: 0.5 is not a Route 53 weight; write an integer from 0 to 255',
    ],
  ],
  [
    'a weight in quotes',
    { 'services.app.endpoints.eu-west-1.weight': '100' },
    [
      'services.app.endpoints.eu-west-1.weight: "100" is not a Route 53 weight; write an integer from 0 to 255',
    ],
  ],
  [
    'all weights 0',
    { 'services.app.endpoints.eu-west-1.weight': 0, 'services.app.endpoints.us-east-1.weight': 0 },
    [
      'services.app.endpoints: has only weights of 0, and Route 53 answers all records alike then; give one of them weight',
    ],
  ],
  [
    'a tier with weights of 0 only',
    { 'services.app.endpoints.eu-west-1': { address: '192.0.2.1', weight: 0, tier: 2 } },
    [
      'services.app.endpoints: has only weights of 0 in tier 2, and Route 53 answers all records alike then; give one of them weight',
    ],
  ],
  [
    'no tier 1',
    { 'services.app.endpoints.eu-west-1.tier': 2, 'services.app.endpoints.us-east-1.tier': 2 },
    [
      'services.app.endpoints: goes up to tier 2 and has nothing in tier 1; number the tiers from 1 without gaps',
    ],
  ],
  [
    'a gap between tiers',
    { 'services.app.endpoints.eu-west-1.tier': 3 },
    [
      'services.app.endpoints: goes up to tier 3 and has nothing in tier 2; number the tiers from 1 without gaps',
    ],
  ],
  [
    'tier 0',
    { 'services.app.endpoints.eu-west-1.tier': 0 },
    ['services.app.endpoints.eu-west-1.tier: 0 is not a count; write an integer from 1 to 10'],
  ],
  [
    'a set identifier twice',
    { 'services.app.endpoints.eu-west-1.set-identifier': 'us-east-1' },
    [
      'services.app.endpoints.us-east-1: is the set identifier of eu-west-1 too; give each endpoint its own',
    ],
  ],
  [
    'a set identifier with a line break',
    { 'services.app.endpoints.eu-west-1.set-identifier': 'a\nb' },
    [
      'services.app.endpoints.eu-west-1.set-identifier: "a?b" is not a set identifier; write 1 to 128 ASCII characters',
    ],
  ],
  [
    'a health check by name',
    { 'services.app.endpoints.eu-west-1.health-check': 'my check' },
    [
      'services.app.endpoints.eu-west-1.health-check: "my check" is not the id of a Route 53 health check; write its UUID',
    ],
  ],
  [
    'a region that is no word',
    { 'services.app.endpoints.eu-west-1.region': 'eu west' },
    [
      'services.app.endpoints.eu-west-1.region: "eu west" is not a name that can be used here; write letters, digits, dots, underscores and hyphens, at most 63',
    ],
  ],
  [
    'nothing to answer with',
    { 'services.app.endpoints.eu-west-1.address': undefined },
    [
      'services.app.endpoints.eu-west-1: has nothing to answer with; write one of address, alias or cname',
    ],
  ],
  [
    'an address and a cname',
    { 'services.app.endpoints.eu-west-1.cname': 'a.example.net' },
    [
      'services.app.endpoints.eu-west-1: has address and cname; write one of address, alias or cname',
    ],
  ],
  [
    'an address as a URL',
    { 'services.app.endpoints.eu-west-1.address': 'https://192.0.2.1/' },
    [
      'services.app.endpoints.eu-west-1.address: "https://192.0.2.1/" is not an IPv4 or IPv6 address; write one such as 198.51.100.20',
    ],
  ],
  [
    'a host name as address',
    { 'services.app.endpoints.eu-west-1.address': 'lb.example.net' },
    [
      'services.app.endpoints.eu-west-1.address: "lb.example.net" is a host name; write an address, alias:, or cname: with type: CNAME',
    ],
  ],
  [
    'a loopback address',
    { 'services.app.endpoints.eu-west-1.address': '127.0.0.1' },
    [
      'services.app.endpoints.eu-west-1.address: "127.0.0.1" is a loopback address: each vantage would probe itself; write the address or name that your users reach',
    ],
  ],
  [
    'a metadata address',
    { 'services.app.endpoints.eu-west-1.address': '169.254.169.254' },
    [
      'services.app.endpoints.eu-west-1.address: "169.254.169.254" is a metadata address: it hands out credentials and is never probed; write the address or name that your users reach',
    ],
  ],
  [
    'a link-local address',
    { 'services.app.endpoints.eu-west-1.address': '169.254.1.1' },
    [
      'services.app.endpoints.eu-west-1.address: "169.254.1.1" is a link-local address, which is never probed; write the address or name that your users reach',
    ],
  ],
  [
    'the unspecified address',
    { 'services.app.endpoints.eu-west-1.address': '0.0.0.0' },
    [
      'services.app.endpoints.eu-west-1.address: "0.0.0.0" is the unspecified address; write the address or name that your users reach',
    ],
  ],
  [
    'a multicast address',
    { 'services.app.endpoints.eu-west-1.address': '224.0.0.1' },
    [
      'services.app.endpoints.eu-west-1.address: "224.0.0.1" is a multicast address; write the address or name that your users reach',
    ],
  ],
  [
    'a reserved address',
    { 'services.app.endpoints.eu-west-1.address': '255.255.255.255' },
    [
      'services.app.endpoints.eu-west-1.address: "255.255.255.255" is a reserved address; write the address or name that your users reach',
    ],
  ],
  [
    'a private address',
    { 'services.app.endpoints.eu-west-1.address': '10.0.0.1' },
    [
      'services.app.endpoints.eu-west-1.address: "10.0.0.1" is a private address; write a public one, or add its range to allow-addresses if your vantages reach it by `network`',
    ],
  ],
  [
    'a documentation address outside allow-addresses',
    { 'services.app.endpoints.eu-west-1.address': '203.0.113.1' },
    [
      'services.app.endpoints.eu-west-1.address: "203.0.113.1" is an address reserved for documentation; write a real one, or add its range to allow-addresses',
    ],
  ],
  [
    'a short form of an address',
    { 'services.app.endpoints.eu-west-1.address': '127.1' },
    [
      'services.app.endpoints.eu-west-1.address: "127.1" is not an IPv4 or IPv6 address; write one such as 198.51.100.20',
    ],
  ],
  [
    'an octal address',
    { 'services.app.endpoints.eu-west-1.address': '0300.0.2.1' },
    [
      'services.app.endpoints.eu-west-1.address: "0300.0.2.1" is not an IPv4 or IPv6 address; write one such as 198.51.100.20',
    ],
  ],
  [
    'an address as a number',
    { 'services.app.endpoints.eu-west-1.address': 3221225985 },
    [
      'services.app.endpoints.eu-west-1.address: 3221225985 is not text on one line; write a host name or an address',
    ],
  ],
  [
    'an IPv6 address in a service of type A',
    { 'services.app.endpoints.eu-west-1.address': '2606:4700::1' },
    [
      'services.app.endpoints.eu-west-1.address: "2606:4700::1" is never answered, the service has type A; write type: [A, AAAA] or leave it out',
    ],
  ],
  [
    'an IPv4 address under AAAA',
    {
      'services.app.type': ['A', 'AAAA'],
      'services.app.endpoints.eu-west-1.address': { A: '192.0.2.1', AAAA: '192.0.2.9' },
      'services.app.endpoints.us-east-1.address': { A: '192.0.2.2', AAAA: '2606:4700::2' },
    },
    [
      'services.app.endpoints.eu-west-1.address.AAAA: "192.0.2.9" is an IPv4 address; write it under A',
    ],
  ],
  [
    'an empty map of addresses',
    { 'services.app.endpoints.eu-west-1.address': {} },
    [
      'services.app.endpoints.eu-west-1.address: has nothing to answer with; write { A: 198.51.100.20 }',
    ],
  ],
  [
    'a type that no endpoint answers',
    { 'services.app.type': ['A', 'AAAA'] },
    ['services.app.endpoints: has no AAAA record with weight; add one, or leave AAAA out of type'],
  ],
  [
    'an alias without zone',
    {
      'services.app.endpoints.eu-west-1': {
        alias: { name: 'lb.eu-west-1.elb.amazonaws.com' },
        weight: 1,
      },
    },
    [
      "services.app.endpoints.eu-west-1.alias.zone: is missing; write the target's own hosted zone id",
    ],
  ],
  [
    'an alias to an address',
    { 'services.app.endpoints.eu-west-1': { alias: { name: '192.0.2.1', zone: 'Z1' }, weight: 1 } },
    [
      'services.app.endpoints.eu-west-1.alias.name: "192.0.2.1" is an address; write a DNS name, or address:',
    ],
  ],
  [
    'an alias without name',
    { 'services.app.endpoints.eu-west-1': { alias: { zone: 'Z1' }, weight: 1 } },
    ["services.app.endpoints.eu-west-1.alias.name: is missing; write the load balancer's DNS name"],
  ],
  [
    'an alias as text',
    { 'services.app.endpoints.eu-west-1': { alias: 'lb.example.net', weight: 1 } },
    [
      'services.app.endpoints.eu-west-1.alias: "lb.example.net" is not a map; write alias: { name: …, zone: Z… }',
    ],
  ],
  [
    "an alias to the service's own name",
    {
      'services.app.endpoints.eu-west-1': {
        alias: { name: 'app.example.com.', zone: 'Z1' },
        weight: 1,
      },
    },
    [
      'services.app.endpoints.eu-west-1.alias.name: "app.example.com." is a name of this very service; write the name behind it',
    ],
  ],
  [
    'an alias to an internal load balancer',
    {
      'allow-addresses': undefined,
      'services.app.endpoints': {
        'eu-west-1': {
          alias: { name: 'internal-app-1.eu-west-1.elb.amazonaws.com', zone: 'Z1' },
          weight: 1,
        },
      },
    },
    [
      'services.app.endpoints.eu-west-1: serves internal-app-1.eu-west-1.elb.amazonaws.com, an internal load balancer with private addresses; write probe: with a public one, or network and allow-addresses',
    ],
  ],
  [
    'a cname in a service of type A',
    { 'services.app.endpoints.eu-west-1': { cname: 'a.example.net', weight: 1 } },
    [
      'services.app.endpoints.eu-west-1.cname: cannot answer for a service of type A; write type: CNAME, or address:',
    ],
  ],
  [
    'a cname that is an address',
    {
      'services.app.type': 'CNAME',
      'services.app.endpoints': {
        a: { cname: '192.0.2.1', weight: 1 },
        b: { cname: 'b.example.net', weight: 1 },
      },
    },
    ['services.app.endpoints.a.cname: "192.0.2.1" is an address; write a DNS name, or address:'],
  ],
  [
    'an AAAA service without IPv6',
    {
      'services.app.type': 'AAAA',
      'services.app.endpoints': { a: { address: '2606:4700::1', weight: 1 } },
    },
    [
      'services.app.type: is AAAA alone, and 0 of its vantages have IPv6; set network.<vantage>.ipv6: true in at least 3 of its vantages',
    ],
  ],
  [
    'an endpoint that only IPv6 reaches',
    {
      'services.app.type': ['A', 'AAAA'],
      'services.app.endpoints.us-east-1.address': { A: '192.0.2.2', AAAA: '2606:4700::2' },
      'services.app.endpoints.eu-west-1.probe': '2606:4700::1',
    },
    [
      'services.app.endpoints.eu-west-1: can be probed over IPv6 only, and 0 of its vantages have IPv6; set network.<vantage>.ipv6: true in at least 3 of its vantages',
    ],
  ],
  [
    'a probe target with a port',
    { 'services.app.endpoints.eu-west-1.probe': 'lb.example.net:8443' },
    [
      'services.app.endpoints.eu-west-1.probe: "lb.example.net:8443" has a port; write the host alone and put the port into check.url',
    ],
  ],
  [
    'a probe target as a URL',
    { 'services.app.endpoints.eu-west-1.probe': 'https://lb.example.net' },
    [
      'services.app.endpoints.eu-west-1.probe: "https://lb.example.net" is a URL; write the host alone and put the rest into check.url',
    ],
  ],
  [
    'a probe of localhost',
    { 'services.app.endpoints.eu-west-1.probe': 'localhost.' },
    [
      'services.app.endpoints.eu-west-1.probe: "localhost." is a loopback address: each vantage would probe itself; write the address or name that your users reach',
    ],
  ],
  [
    'a probe of an address in hexadecimal',
    { 'services.app.endpoints.eu-west-1.probe': '0x7f.0.0.1' },
    [
      'services.app.endpoints.eu-west-1.probe: "0x7f.0.0.1" is neither a DNS name nor an address; write one such as app.example.com',
    ],
  ],
  [
    'five probe targets',
    { 'services.app.endpoints.eu-west-1.probe': ['a.b', 'c.d', 'e.f', 'g.h', 'i.j'] },
    [
      'services.app.endpoints.eu-west-1.probe: has 5 entries, more than 4; write one host name or address',
    ],
  ],
  [
    'too many elements for one batch',
    { 'services.app.names': manyNames(10), 'services.app.endpoints': endpoints(50) },
    [
      'services.app: needs 1002 elements in one change batch, Route 53 takes 1000; write fewer names or endpoints',
    ],
  ],
  [
    'too many characters for one batch',
    {
      'services.app.type': 'CNAME',
      'services.app.names': manyNames(2),
      'services.app.endpoints': cnames(49),
    },
    [
      'services.app: needs 34068 characters of values in one change batch, Route 53 takes 32000; write fewer names or endpoints',
    ],
  ],
  [
    'names beyond one IAM policy',
    { 'services.app.names': manyNames(60) },
    [
      'services.app.names: need an IAM policy of 7286 characters, 6144 are the limit; write fewer names',
    ],
  ],
  [
    'a missing check',
    { 'services.app.check': undefined },
    ['services.app.check: is missing; write check: { url: https://{target}/health }'],
  ],
  [
    'a check as text',
    { 'services.app.check': 'https://{target}/' },
    [
      'services.app.check: "https://{target}/" is not a map; write check: { url: https://{target}/health }',
    ],
  ],
  [
    'a check that asks nothing',
    { 'services.app.check': { every: '10s' } },
    [
      'services.app.check: does not say what to ask; write url: https://{target}/health or tcp: "{target}:443"',
    ],
  ],
  [
    'a check with url and tcp',
    { 'services.app.check.tcp': '{target}:443' },
    ['services.app.check: has url and tcp; write only one of them'],
  ],
  [
    'an interval of 7 s',
    { 'services.app.check.every': '7s' },
    [
      'services.app.check.every: "7s" is not an interval that rounds keep; write 5s, 10s, 15s, 20s or 30s',
    ],
  ],
  [
    "an endpoint's own interval",
    { 'services.app.endpoints.eu-west-1.check': { every: '5s' } },
    [
      "services.app.endpoints.eu-west-1.check.every: is the service's alone: all its endpoints are probed in one round; move it to the service's check",
    ],
  ],
  [
    'a timeout as long as the interval',
    { 'services.app.check.timeout': '10s' },
    ['services.app.check.timeout: "10s" is not shorter than every (10s); write a timeout below it'],
  ],
  [
    'a timeout of 0',
    { 'services.app.check.timeout': '0s' },
    ['services.app.check.timeout: "0s" leaves no time to answer; write 3s'],
  ],
  [
    'fall 0',
    { 'services.app.check.fall': 0 },
    ['services.app.check.fall: 0 is not a count; write an integer from 1 to 100'],
  ],
  [
    'rise 0',
    { 'services.app.check.rise': 0 },
    ['services.app.check.rise: 0 is not a count; write an integer from 1 to 100'],
  ],
  [
    'a URL without a scheme',
    { 'services.app.check.url': '{target}/health' },
    [
      'services.app.check.url: "{target}/health" is not a URL; write one such as https://{target}/health',
    ],
  ],
  [
    'a file URL',
    { 'services.app.check.url': 'file:///etc/passwd' },
    [
      'services.app.check.url: "file:///etc/passwd" has the scheme file; only http and https are probed, or write tcp: "{target}:5432"',
    ],
  ],
  [
    'a gopher URL',
    { 'services.app.check.url': 'gopher://{target}:70/' },
    [
      'services.app.check.url: "gopher://{target}:70/" has the scheme gopher; only http and https are probed, or write tcp: "{target}:5432"',
    ],
  ],
  [
    'a URL with a user name',
    { 'services.app.check.url': 'https://user:secret@{target}/' },
    [
      'services.app.check.url: "https://user:secret@{target}/" has a user name in it; put credentials into headers with ssm',
    ],
  ],
  [
    'a URL to localhost',
    { 'services.app.check.url': 'http://localhost:9001/2018-06-01/runtime/invocation/next' },
    [
      'services.app.check.url: "http://localhost:9001/2018-06-01/runtime/invocation/next" has the host localhost, which is a loopback address: each vantage would probe itself; write the address or name that your users reach',
    ],
  ],
  [
    'a URL to loopback',
    { 'services.app.check.url': 'http://127.0.0.1:9001/' },
    [
      'services.app.check.url: "http://127.0.0.1:9001/" has the host 127.0.0.1, which is a loopback address: each vantage would probe itself; write the address or name that your users reach',
    ],
  ],
  [
    'a URL to a decimal address',
    { 'services.app.check.url': 'http://2130706433/' },
    [
      'services.app.check.url: "http://2130706433/" has a host that is another way to write 127.0.0.1; write it plainly',
    ],
  ],
  [
    'a URL to an octal address',
    { 'services.app.check.url': 'http://0177.0.0.1/' },
    [
      'services.app.check.url: "http://0177.0.0.1/" has a host that is another way to write 127.0.0.1; write it plainly',
    ],
  ],
  [
    'a URL to a hexadecimal address',
    { 'services.app.check.url': 'http://0x7f000001/' },
    [
      'services.app.check.url: "http://0x7f000001/" has a host that is another way to write 127.0.0.1; write it plainly',
    ],
  ],
  [
    'a URL to a short address',
    { 'services.app.check.url': 'http://127.1/' },
    [
      'services.app.check.url: "http://127.1/" has a host that is another way to write 127.0.0.1; write it plainly',
    ],
  ],
  [
    'a URL to a mapped address',
    { 'services.app.check.url': 'http://[::ffff:169.254.169.254]/latest/' },
    [
      'services.app.check.url: "http://[::ffff:169.254.169.254]/latest/" has the host [::ffff:169.254.169.254], which is a metadata address: it hands out credentials and is never probed; write the address or name that your users reach',
    ],
  ],
  [
    'a URL with IDN dots',
    { 'services.app.check.url': 'http://169。254。169。254/' },
    [
      'services.app.check.url: "http://169。254。169。254/" has a host that is another way to write 169.254.169.254; write it plainly',
    ],
  ],
  [
    'a URL with full-width digits',
    { 'services.app.check.url': 'http://１２７.0.0.1/' },
    [
      'services.app.check.url: "http://１２７.0.0.1/" has a host that is another way to write 127.0.0.1; write it plainly',
    ],
  ],
  [
    'a URL to NAT64 of a private address',
    { 'services.app.check.url': 'http://[64:ff9b::a00:1]/' },
    [
      'services.app.check.url: "http://[64:ff9b::a00:1]/" has the host [64:ff9b::a00:1], which is a private address; write a public one, or add its range to allow-addresses if your vantages reach it by `network`',
    ],
  ],
  [
    'a URL with a space',
    { 'services.app.check.url': 'https://{target}/a b' },
    [
      'services.app.check.url: "https://{target}/a b" has characters that a URL may not have; encode them with %, or check the placeholders',
    ],
  ],
  [
    'a URL with a backslash',
    { 'services.app.check.url': 'https://{target}\\@evil.example/' },
    [
      'services.app.check.url: "https://{target}\\@evil.example/" has a user name in it; put credentials into headers with ssm',
    ],
  ],
  [
    'a URL with an impossible port',
    { 'services.app.check.url': 'https://{target}:99999/' },
    [
      'services.app.check.url: "https://{target}:99999/" is not a URL; write one such as https://{target}/health',
    ],
  ],
  [
    'an unknown placeholder',
    { 'services.app.check.url': 'https://{targt}/health' },
    [
      'services.app.check.url: "https://{targt}/health" has the unknown placeholder {targt}; did you mean {target}?',
    ],
  ],
  [
    'a placeholder of another language',
    { 'services.app.check.url': 'https://{target}/{{id}}' },
    [
      'services.app.check.url: "https://{target}/{{id}}" has the unknown placeholder {id}; known are {target}, {endpoint}, {region} or {name}',
    ],
  ],
  [
    'a URL that is none with an address in it',
    { 'services.app.check.url': 'https://www.{target}/' },
    [
      'services.app.check.url: "https://www.{target}/" is of no use once an address stands for {target}; write https://{target}/health',
    ],
  ],
  [
    'a Host header with a scheme',
    { 'services.app.check.host': 'https://app.example.com' },
    [
      'services.app.check.host: "https://app.example.com" is not a Host header; write a host name without scheme or port',
    ],
  ],
  [
    'a Host header with a line break',
    { 'services.app.check.host': 'app.example.com\r\nx: y' },
    [
      'services.app.check.host: "app.example.com??x: y" is not text on one line; write a host name such as app.example.com',
    ],
  ],
  [
    'an unknown method',
    { 'services.app.check.method': 'DELETE' },
    [
      'services.app.check.method: "DELETE" is not a method that probes use; write GET, HEAD, POST or OPTIONS',
    ],
  ],
  [
    'headers as a list',
    { 'services.app.check.headers': ['x-probe: 1'] },
    ['services.app.check.headers: a list is not a map; write headers as name: value'],
  ],
  [
    'a header value with a line break',
    { 'services.app.check.headers': { 'x-probe': 'a\r\nHost: evil' } },
    [
      'services.app.check.headers.x-probe: "a??Host: evil" is not a header value; write visible ASCII on one line, in quotes, or { ssm: /path/of/parameter }',
    ],
  ],
  [
    'a header name with a colon',
    { 'services.app.check.headers': { 'x-probe:': 'a' } },
    [
      'services.app.check.headers.x-probe:: "x-probe:" is not a header name; write one such as x-probe',
    ],
  ],
  [
    'a header value that is a number',
    { 'services.app.check.headers': { 'x-probe': 1 } },
    [
      'services.app.check.headers.x-probe: 1 is not a header value; write visible ASCII on one line, in quotes, or { ssm: /path/of/parameter }',
    ],
  ],
  [
    'a Host header among the headers',
    { 'services.app.check.headers': { Host: 'a.example.com' } },
    [
      'services.app.check.headers.Host: is a header that the probe sets itself; write host: beside headers',
    ],
  ],
  [
    'a header that the client sets',
    { 'services.app.check.headers': { 'Content-Length': '0' } },
    [
      'services.app.check.headers.Content-Length: is a header that the probe sets itself; leave it out',
    ],
  ],
  [
    'a header twice',
    { 'services.app.check.headers': { 'x-probe': 'a', 'X-Probe': 'b' } },
    ['services.app.check.headers.X-Probe: is the same header twice; write it once'],
  ],
  [
    'an unknown key beside ssm',
    { 'services.app.check.headers': { 'x-probe': { ssm: '/a', version: 2 } } },
    ['services.app.check.headers.x-probe.version: is not a known key here; known are ssm'],
  ],
  [
    "a parameter's name with a space",
    { 'services.app.check.headers': { 'x-probe': { ssm: '/a b' } } },
    [
      `services.app.check.headers.x-probe.ssm: "/a b" is not a parameter's name; write one such as /quorate/app/token`,
    ],
  ],
  [
    'an unknown condition',
    { 'services.app.check.expect': { statuses: 200 } },
    ['services.app.check.expect.statuses: is not a known key here; did you mean status?'],
  ],
  [
    'a status of 99',
    { 'services.app.check.expect': { status: 99 } },
    [
      'services.app.check.expect.status: 99 is not a status or range of them; write one such as 200 or 200-299',
    ],
  ],
  [
    'a range of statuses that descends',
    { 'services.app.check.expect': { status: ['299-200'] } },
    [
      'services.app.check.expect.status[0]: "299-200" is not a status or range of them; write one such as 200 or 200-299',
    ],
  ],
  [
    'no statuses',
    { 'services.app.check.expect': { status: [] } },
    ['services.app.check.expect.status: is empty; write [200-299, 429]'],
  ],
  [
    'expect as text',
    { 'services.app.check.expect': '200' },
    ['services.app.check.expect: "200" is not a map; write expect: { status: [200-299] }'],
  ],
  [
    'a pattern that does not compile',
    { 'services.app.check.expect': { body: { matches: '(ok' } } },
    [
      'services.app.check.expect.body.matches: "(ok" is not a regular expression (error parsing regexp: missing closing ): `(ok`); write RE2 syntax, without look-around or back-references',
    ],
  ],
  [
    'a pattern with a look-ahead',
    { 'services.app.check.expect': { body: { matches: '(?=ok)' } } },
    [
      'services.app.check.expect.body.matches: "(?=ok)" is not a regular expression (error parsing regexp: invalid or unsupported Perl syntax: `(?=`); write RE2 syntax, without look-around or back-references',
    ],
  ],
  [
    'a body with two conditions',
    { 'services.app.check.expect': { body: { matches: 'a', contains: 'b' } } },
    ['services.app.check.expect.body: needs either contains or matches; write one of them'],
  ],
  [
    'an empty body condition',
    { 'services.app.check.expect': { body: '' } },
    [
      'services.app.check.expect.body: "" is not text on one line; write what the body must contain',
    ],
  ],
  [
    'a body condition that is a number',
    { 'services.app.check.expect': { body: { contains: 1 } } },
    [
      'services.app.check.expect.body.contains: 1 is not text on one line; write what the body must contain',
    ],
  ],
  [
    'a body expected from HEAD',
    { 'services.app.check.method': 'HEAD', 'services.app.check.expect': { body: 'ok' } },
    [
      'services.app.check.expect.body: can never match, an answer to HEAD has no body; write method: GET',
    ],
  ],
  [
    'expected headers as text',
    { 'services.app.check.expect': { headers: 'x: y' } },
    ['services.app.check.expect.headers: "x: y" is not a map; write headers as name: value'],
  ],
  [
    'an expected header without value',
    { 'services.app.check.expect': { headers: { 'x-version': null } } },
    [
      'services.app.check.expect.headers.x-version: nothing is not a header value; write visible ASCII on one line, in quotes, or { ssm: /path/of/parameter }',
    ],
  ],
  [
    'certificate days over http',
    {
      'services.app.check.url': 'http://{target}/',
      'services.app.check.expect': { certificate: '21d' },
    },
    [
      'services.app.check.expect.certificate: "21d" can never hold, http shows no certificate; write an https URL',
    ],
  ],
  [
    'certificate days in hours',
    { 'services.app.check.expect': { certificate: '36h' } },
    ['services.app.check.expect.certificate: "36h" is not a number of days; write one such as 21d'],
  ],
  [
    'a latency without unit',
    { 'services.app.check.expect': { latency: 800 } },
    [
      'services.app.check.expect.latency: 800 is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
    ],
  ],
  [
    'watch as a map',
    { 'services.app.check.watch': { certificate: '21d' } },
    [
      'services.app.check.watch: is not a list of at most 20 conditions; write - { name: certificate, certificate: 21d }',
    ],
  ],
  [
    'a watch condition without name',
    { 'services.app.check.watch': [{ latency: '1s' }] },
    ['services.app.check.watch[0].name: is missing; name the condition, such as name: certificate'],
  ],
  [
    'a watch condition without condition',
    { 'services.app.check.watch': [{ name: 'slow' }] },
    [
      'services.app.check.watch[0]: has 0 conditions; write exactly one of certificate, latency, body or status',
    ],
  ],
  [
    'a watch condition with two',
    { 'services.app.check.watch': [{ name: 'slow', latency: '1s', certificate: '21d' }] },
    [
      'services.app.check.watch[0]: has 2 conditions; write exactly one of certificate, latency, body or status',
    ],
  ],
  [
    'two watch conditions of one name',
    {
      'services.app.check.watch': [
        { name: 'slow', latency: '1s' },
        { name: 'slow', latency: '2s' },
      ],
    },
    ['services.app.check.watch[1].name: is "slow" a second time; give each condition its own name'],
  ],
  [
    'a watch condition that is text',
    { 'services.app.check.watch': ['certificate'] },
    [
      'services.app.check.watch[0]: "certificate" is not a map; write { name: certificate, certificate: 21d }',
    ],
  ],
  [
    'a TCP check without port',
    { 'services.app.check': { tcp: '{target}' } },
    [
      'services.app.check.tcp: "{target}" is not a host and a port; write one such as "{target}:5432"',
    ],
  ],
  [
    'a TCP check of loopback',
    { 'services.app.check': { tcp: '[::1]:22' } },
    [
      'services.app.check.tcp: "[::1]:22" is a loopback address: each vantage would probe itself; write the address or name that your users reach',
    ],
  ],
  [
    'a TCP check with headers',
    { 'services.app.check': { tcp: '{target}:22', headers: { a: 'b' } } },
    ['services.app.check.headers: means nothing to a TCP connect; leave it out or write url:'],
  ],
  [
    'a TCP check that expects a status',
    { 'services.app.check': { tcp: '{target}:22', expect: { status: 200 } } },
    ['services.app.check.expect.status: means nothing to a TCP connect; expect latency or nothing'],
  ],
  [
    'all: as a map',
    { 'services.app.check': { all: { url: 'https://{target}/' } } },
    [
      'services.app.check.all: is not a list; write one request per line, each with a leading hyphen',
    ],
  ],
  [
    'all: left empty',
    { 'services.app.check': { all: [] } },
    ['services.app.check.all: has 0 requests; write 1 to 16'],
  ],
  [
    'any: with an entry that asks nothing',
    { 'services.app.check': { any: [{ tcp: '{target}:22' }, { method: 'GET' }] } },
    [
      'services.app.check.any[1]: does not say what to ask; write url: https://{target}/health or tcp: "{target}:443"',
    ],
  ],
  [
    'any: with an unknown key',
    { 'services.app.check': { any: [{ tpc: '{target}:22' }] } },
    ['services.app.check.any[0].tpc: is not a known key here; did you mean tcp?'],
  ],
  [
    'any: with text in it',
    { 'services.app.check': { any: ['{target}:22'] } },
    [
      'services.app.check.any[0]: "{target}:22" is not a map; write a request such as { url: https://{target}/health }',
    ],
  ],
  [
    'lists nested too deep',
    { 'services.app.check': { all: [{ any: [{ all: [{ any: [{ tcp: '{target}:1' }] }] }] }] } },
    [
      'services.app.check.all[0].any[0].all[0].any: is nested deeper than 3 lists; write it flatter',
    ],
  ],
  [
    '17 requests in one check',
    { 'services.app.check': { all: [{ any: requests(9) }, { any: requests(8) }] } },
    ['services.app.check: asks 17 requests, more than 16; write fewer'],
  ],
  [
    'a velocity without window',
    { 'services.app.policy': { velocity: '1' } },
    [
      'services.app.policy.velocity: "1" is not a velocity; write regions per window, such as 1 per 10m',
    ],
  ],
  [
    'a velocity of 0',
    { 'services.app.policy': { velocity: '0 per 10m' } },
    [
      'services.app.policy.velocity: "0 per 10m" is not a velocity; write regions per window, such as 1 per 10m',
    ],
  ],
  [
    'a velocity per nothing',
    { 'services.app.policy': { velocity: '1 per 0s' } },
    [
      'services.app.policy.velocity: "1 per 0s" has a window outside 1s to 24h; write one such as 1 per 10m',
    ],
  ],
  [
    'a hold-down shorter than its evidence',
    { 'services.app.policy': { 'hold-down': '80s' } },
    [
      'services.app.policy.hold-down: "80s" is not longer than max(3 × every, 20s) + settle = 1m30s, so votes from before a change could undo it; write 5m, or more than 1m30s',
    ],
  ],
  [
    'a settle time longer than the hold-down',
    { 'services.app.policy': { settle: '10m' } },
    [
      'services.app.policy.settle: "10m" is too long for the hold-down of 5m, which must exceed max(3 × every, 20s) + settle = 10m30s; write a longer hold-down',
    ],
  ],
  [
    'a hold-down beyond its cap',
    { 'services.app.policy': { 'hold-down': '2h' } },
    [
      'services.app.policy.hold-down: "2h" is longer than the cap of 60m to which relapses double it; write at most 1h',
    ],
  ],
  [
    'a ramp that descends',
    { 'services.app.policy': { ramp: ['50%', '10%', '100%'] } },
    [
      'services.app.policy.ramp: is [50%, 10%, 100%], which does not ascend to 100%; write [10%, 50%, 100%]',
    ],
  ],
  [
    'a ramp that ends below 100%',
    { 'services.app.policy': { ramp: ['10%', '50%'] } },
    [
      'services.app.policy.ramp: is [10%, 50%], which does not ascend to 100%; write [10%, 50%, 100%]',
    ],
  ],
  [
    'a ramp of numbers',
    { 'services.app.policy': { ramp: [10, 100] } },
    [
      'services.app.policy.ramp[0]: 10 is not a whole percentage; write one from 0% to 100%',
      'services.app.policy.ramp[1]: 100 is not a whole percentage; write one from 0% to 100%',
    ],
  ],
  [
    'a ramp step of 0',
    { 'services.app.policy': { 'ramp-step': '0s' } },
    ['services.app.policy.ramp-step: "0s" leaves no time to look; write 2m'],
  ],
  [
    'an unknown way to fail back',
    { 'services.app.policy': { failback: 'never' } },
    ['services.app.policy.failback: "never" is not a way to fail back; write auto or manual'],
  ],
  [
    'a trickle of most traffic',
    { 'services.app.policy': { trickle: '60%' } },
    ['services.app.policy.trickle: "60%" is more than half of the traffic; write at most 50%'],
  ],
  [
    'a floor above 100%',
    { 'services.app.policy': { floor: '120%' } },
    ['services.app.policy.floor: "120%" is not a whole percentage; write one from 0% to 100%'],
  ],
  [
    'a floor that can never hold',
    { 'services.app.policy': { floor: '60%' } },
    [
      'services.app.policy.floor: "60%" can never hold: losing eu-west-1 leaves 50%, and no region may be lost; write a lower floor, or accept-withheld: true',
    ],
  ],
  [
    'a floor that withholds the loss of one region',
    { 'services.app.endpoints.eu-west-1.weight': 200, 'services.app.policy': { floor: '50%' } },
    [
      'services.app.policy.floor: "50%" withholds the loss of a single region: losing eu-west-1 leaves 33%; write a lower floor, or accept-withheld: true',
    ],
  ],
  [
    'an unknown key of a policy',
    { 'services.app.policy': { holddown: '5m' } },
    ['services.app.policy.holddown: is not a known key here; did you mean hold-down?'],
  ],
  [
    'a policy left empty',
    { 'services.app.policy': null },
    ['services.app.policy: nothing is not a map; write policy: { hold-down: 5m }'],
  ],
  [
    'two services with one name and type',
    {
      'services.web': {
        ...baseConfig().services.app,
        endpoints: { a: { address: '192.0.2.7', weight: 1 } },
      },
    },
    [
      'services.web.names[0]: "app.example.com" is steered by service app already; give each service names of its own',
    ],
  ],
  [
    'two services that would share a fence',
    {
      'services.web': {
        ...baseConfig().services.app,
        type: 'CNAME',
        endpoints: { a: { cname: 'a.example.net', weight: 1 } },
      },
    },
    [
      'services.web.names[0]: "app.example.com" is steered by service app already; give each service names of its own',
    ],
  ],
  [
    'an unknown key under defaults',
    { defaults: { names: ['a.example.com'] } },
    [
      'defaults.names: is not a known key here; known are mode, zone, type, ttl, check, policy, vantages, quorum, accept-withheld or slo',
    ],
  ],
  [
    'a mistake under defaults that every service overrides',
    {
      defaults: { ttl: 5, check: { fall: 0 } },
      'services.app.ttl': '20s',
      'services.app.check.fall': 3,
    },
    [
      'defaults.ttl: 5 is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
      'defaults.check.fall: 0 is not a count; write an integer from 1 to 100',
    ],
  ],
  [
    'defaults as text',
    { defaults: 'none' },
    ['defaults: "none" is not a map; write defaults: { check: { every: 10s } }'],
  ],
  [
    'an include that leaves the folder',
    { include: ['../other.yml'] },
    [
      'include[0]: "../other.yml" leaves the folder of this file; write a path below it, such as services/*.yml',
    ],
  ],
  [
    'a bad CIDR',
    { 'allow-addresses': ['192.0.2.0/24', '10.0.0.0/33'] },
    [
      'allow-addresses[1]: "10.0.0.0/33" is not a CIDR; write one such as 10.0.0.0/8 or fd12:3456::/32',
    ],
  ],
  [
    'a CIDR that opens loopback',
    { 'allow-addresses': ['192.0.2.0/24', '127.0.0.0/8'] },
    [
      'allow-addresses[1]: "127.0.0.0/8" opens a loopback range, which stays shut; only private and documentation ranges can be allowed',
    ],
  ],
  [
    'a control target without port',
    { 'control-targets': ['example.com'] },
    [
      'control-targets[0]: "example.com" is not a host and a port; write one such as https://example.com/ or example.com:443',
    ],
  ],
  [
    'a control target on the metadata address',
    { 'control-targets': ['http://169.254.169.254/'] },
    [
      'control-targets[0]: "http://169.254.169.254/" has the host 169.254.169.254, which is a metadata address: it hands out credentials and is never probed; write the address or name that your users reach',
    ],
  ],
  [
    'a network of no vantage',
    {
      'network.eu-west-2': {
        subnets: ['subnet-0123456789abcdef0'],
        'security-groups': ['sg-0123456789abcdef0'],
      },
    },
    ['network.eu-west-2: is not a vantage; did you mean eu-west-1?'],
  ],
  [
    'a network without subnets',
    { 'network.eu-west-1': { 'security-groups': ['sg-0123456789abcdef0'] } },
    ['network.eu-west-1.subnets: is missing; write at least one'],
  ],
  [
    'a subnet by name',
    { 'network.eu-west-1': { subnets: ['public'], 'security-groups': ['sg-0123456789abcdef0'] } },
    [
      'network.eu-west-1.subnets[0]: "public" is not an id of this kind; write one such as subnet-0123456789abcdef0',
    ],
  ],
  [
    'an unknown key under aws',
    { aws: { tag: { team: 'dns' } } },
    ['aws.tag: is not a known key here; did you mean tags?'],
  ],
  [
    'a tag that begins with aws:',
    { aws: { tags: { 'aws:team': 'dns' } } },
    [
      'aws.tags.aws:team: is not a name that can be used here; write at most 128 letters, digits and _.:/=+@-, not beginning with aws:',
    ],
  ],
  [
    'a boundary that is no ARN',
    { aws: { 'permissions-boundary': 'developers' } },
    [
      'aws.permissions-boundary: "developers" is not the ARN of a policy; write arn:aws:iam::123456789012:policy/name',
    ],
  ],
  [
    'a topic that is no ARN',
    { notify: { sns: 'alerts' } },
    [
      'notify.sns: "alerts" is not the ARN of a topic; write arn:aws:sns:eu-west-1:123456789012:name',
    ],
  ],
  [
    'a webhook in the clear',
    { notify: { webhook: 'http://hooks.example.com/a' } },
    ['notify.webhook: "http://hooks.example.com/a" is sent in the clear; write an https URL'],
  ],
  [
    'a webhook to the metadata address',
    { notify: { webhook: 'https://169.254.169.254/' } },
    [
      'notify.webhook: "https://169.254.169.254/" has the host 169.254.169.254, which is a metadata address: it hands out credentials and is never probed; write the address or name that your users reach',
    ],
  ],
  [
    'an event bus that is no ARN',
    { notify: { events: 'default' } },
    [
      'notify.events: "default" is not the ARN of an event bus; write arn:aws:events:eu-west-1:123456789012:event-bus/name',
    ],
  ],
  [
    'an objective without a promise',
    { 'services.app.slo': { window: '7d' } },
    [
      'services.app.slo: promises nothing; write availability: 99.95% or latency: { under: 300ms, of: 99% }',
    ],
  ],
  [
    'an unknown key of an objective',
    { 'services.app.slo': { avail: '99.95%', latency: { under: '300ms', of: '99%' } } },
    ['services.app.slo.avail: is not a known key here; known are availability, latency or window'],
  ],
  [
    'an objective over an hour, and one over a year',
    {
      'services.app.slo': { availability: '99%', window: '1h' },
      'services.web.slo': { availability: '99%', window: '365d' },
      'services.web.names': ['web.example.com'],
      'services.web.check': { url: 'https://{target}/' },
      'services.web.endpoints': { 'eu-west-1': { address: '192.0.2.9', weight: 1 } },
    },
    [
      'services.app.slo.window: "1h" is no window that is kept; write 1d to 40d, such as 30d',
      'services.web.slo.window: "365d" is no window that is kept; write 1d to 40d, such as 30d',
    ],
  ],
  [
    'an objective whose window has no unit',
    { 'services.app.slo': { availability: '99%', window: 30 } },
    [
      'services.app.slo.window: 30 is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
    ],
  ],
  [
    'a latency that is not counted',
    { 'services.app.slo': { latency: { under: '250ms', of: '99%' } } },
    [
      'services.app.slo.latency.under: "250ms" is no bound that answers are counted by; write 200ms or 300ms',
    ],
  ],
  [
    'a latency below and one above all that is counted',
    {
      'services.app.slo': { latency: { under: '10s', of: '99%' } },
      'services.web.slo': { latency: { under: '5ms', of: '99%' } },
      'services.web.names': ['web.example.com'],
      'services.web.check': { url: 'https://{target}/' },
      'services.web.endpoints': { 'eu-west-1': { address: '192.0.2.9', weight: 1 } },
    },
    [
      'services.app.slo.latency.under: "10s" is no bound that answers are counted by; write 7s500ms',
      'services.web.slo.latency.under: "5ms" is no bound that answers are counted by; write 10ms',
    ],
  ],
  [
    'a latency without its share',
    { 'services.app.slo': { latency: { under: '300ms' } } },
    ['services.app.slo.latency.of: is missing; write a share such as 99%'],
  ],
  [
    'a latency without its bound',
    { 'services.app.slo': { latency: { of: '99%' } } },
    ['services.app.slo.latency.under: is missing; write a bound such as 300ms'],
  ],
  [
    'objectives in the defaults that no service can use',
    {
      defaults: { slo: { window: 30, availability: 'high', latency: { under: 1, of: 2 } } },
      'services.app.slo': '99%',
    },
    [
      'defaults.slo.availability: "high" is not an objective; write a percentage above 0% and below 100%, such as 99.95%',
      'defaults.slo.window: 30 is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
      'defaults.slo.latency.under: 1 is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
      'defaults.slo.latency.of: 2 is not an objective; write a percentage above 0% and below 100%, such as 99.95%',
    ],
  ],
  [
    'a latency as text',
    { 'services.app.slo': { latency: '300ms' } },
    ['services.app.slo.latency: "300ms" is not a map; write { under: 300ms, of: 99% }'],
  ],
  [
    'drills as a map',
    { drills: { region: 'eu-west-1' } },
    [
      'drills: is not a list; write at most 50 such as [{ region: eu-west-1, for: 10m, at: Tue 10:00 }]',
    ],
  ],
  [
    'more drills than a week holds',
    { drills: Array.from({ length: 51 }, () => 'x') },
    [
      'drills: has 51 entries; write at most 50 such as [{ region: eu-west-1, for: 10m, at: Tue 10:00 }]',
    ],
  ],
  [
    'a drill as text',
    { drills: ['eu-west-1'] },
    ['drills[0]: "eu-west-1" is not a map; write { region: eu-west-1, for: 10m, at: Tue 10:00 }'],
  ],
  [
    'an empty drill',
    { drills: [{}] },
    [
      'drills[0].region: is missing; write the region to drain',
      'drills[0].for: is missing; write how long, such as 10m',
      'drills[0].at: is missing; write when, such as Tue 10:00',
    ],
  ],
  [
    'an unknown key of a drill',
    { drills: [{ region: 'eu-west-1', for: '10m', at: 'Tue 10:00', because: 'x' }] },
    ['drills[0].because: is not a known key here; known are region, for or at'],
  ],
  [
    'a drill of a region without endpoints',
    { drills: [{ region: 'us-est-1', for: '10m', at: 'Tue 10:00' }] },
    [
      'drills[0].region: "us-est-1" is no region that a service has endpoints in; did you mean us-east-1?',
    ],
  ],
  [
    'a drill of a region far from any',
    {
      'services.app.endpoints.eu-west-1.region': 'dublin',
      drills: [{ region: 'eu-west-1', for: '10m', at: 'Tue 10:00' }],
    },
    [
      'drills[0].region: "eu-west-1" is no region that a service has endpoints in; write one of dublin or us-east-1',
    ],
  ],
  [
    'a drill of a second, and one of a day',
    {
      drills: [
        { region: 'eu-west-1', for: '1s', at: 'Tue 10:00' },
        { region: 'us-east-1', for: '1d', at: 'Thu 10:00' },
      ],
    },
    [
      'drills[0].for: "1s" is no length for a drill; write 2m to 2h, such as 10m',
      'drills[1].for: "1d" is no length for a drill; write 2m to 2h, such as 10m',
    ],
  ],
  [
    'a drill every day',
    { drills: [{ region: 'eu-west-1', for: '10m', at: '10:00' }] },
    [
      'drills[0].at: "10:00" is not a time of the week; write a day and a time in UTC, such as Tue 10:00',
    ],
  ],
  [
    'a drill without a length of its own',
    { drills: [{ region: 'eu-west-1', for: 600, at: 'Tue 24:00' }] },
    [
      'drills[0].for: 600 is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
      'drills[0].at: "Tue 24:00" is not a time of the week; write a day and a time in UTC, such as Tue 10:00',
    ],
  ],
  [
    'drills that overlap, over the end of the week too',
    {
      drills: [
        { region: 'eu-west-1', for: '10m', at: 'Sat 23:55' },
        { region: 'us-east-1', for: '10m', at: 'Sat 23:45' },
        { region: 'us-east-1', for: '10m', at: 'Sun 00:04' },
        { region: 'us-east-1', for: '10m', at: 'Sun 00:14' },
      ],
    },
    ['drills[2]: overlaps the drill of eu-west-1 at Sat 23:55; let one end before the next begins'],
  ],
  [
    'notify as a list',
    { notify: ['sns'] },
    ['notify: a list is not a map; write notify: { sns: arn:aws:sns:… }'],
  ],
  [
    'a vantage of a service that is far from any',
    { 'services.app.vantages': ['eu-west-1', 'us-east-1', 'af-south-1'] },
    [
      'services.app.vantages[2]: "af-south-1" is not a vantage of this deployment; write some of eu-west-1, us-east-1, ap-southeast-1, eu-central-1 or us-west-2',
    ],
  ],
  [
    'a set identifier twice, both written',
    {
      'services.app.endpoints.eu-west-1.set-identifier': 'x',
      'services.app.endpoints.us-east-1.set-identifier': 'x',
    },
    [
      'services.app.endpoints.us-east-1.set-identifier: "x" is the set identifier of eu-west-1 too; give each endpoint its own',
    ],
  ],
  [
    'a type with weight in tier 2 only',
    {
      'services.app.type': ['A', 'AAAA'],
      'services.app.endpoints.us-east-1': {
        address: { A: '192.0.2.2', AAAA: '2606:4700::2' },
        weight: 1,
        tier: 2,
      },
    },
    [
      'services.app.endpoints: has in tier 1 no AAAA record with weight; add one, or leave AAAA out of type',
    ],
  ],
  [
    'an IPv6 address where the template has brackets of its own',
    {
      'services.app.type': ['A', 'AAAA'],
      'services.app.endpoints.us-east-1.address': { A: '192.0.2.2', AAAA: '2606:4700::2' },
      'services.app.check': { tcp: '[{target}]:443' },
    },
    [
      'services.app.check.tcp: "[{target}]:443" is of no use once an address stands for {target}; write "{target}:5432"',
    ],
  ],
  [
    'a mistyped address',
    { 'services.app.endpoints.us-east-1': { adress: '192.0.2.2', weight: 1 } },
    ['services.app.endpoints.us-east-1.adress: is not a known key here; did you mean address?'],
  ],
  [
    'a mistyped url',
    { 'services.app.check': { ulr: 'https://{target}/' } },
    ['services.app.check.ulr: is not a known key here; did you mean url?'],
  ],
  [
    'a mistyped weight',
    { 'services.app.endpoints.us-east-1': { address: '192.0.2.2', wieght: 1 } },
    ['services.app.endpoints.us-east-1.wieght: is not a known key here; did you mean weight?'],
  ],
  [
    'mistyped names',
    { 'services.app.names': undefined, 'services.app.name': 'app.example.com' },
    ['services.app.name: is not a known key here; did you mean names?'],
  ],
  [
    'a cname that is a number',
    { 'services.app.type': 'CNAME', 'services.app.endpoints': { a: { cname: 5, weight: 1 } } },
    ['services.app.endpoints.a.cname: 5 is not text on one line; write a host name or an address'],
  ],
  [
    'an address that is a list',
    { 'services.app.endpoints.us-east-1.address': ['192.0.2.2'] },
    [
      'services.app.endpoints.us-east-1.address: a list is not text on one line; write a host name or an address',
    ],
  ],
  [
    'watched days that are none',
    { 'services.app.check.watch': [{ name: 'certificate', certificate: '1h' }] },
    [
      'services.app.check.watch[0].certificate: "1h" is not a number of days; write one such as 21d',
    ],
  ],
  [
    'a watched latency without unit',
    { 'services.app.check.watch': [{ name: 'slow', latency: 800 }] },
    [
      'services.app.check.watch[0].latency: 800 is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
    ],
  ],
  [
    'a watched body that is a number',
    { 'services.app.check.watch': [{ name: 'text', body: 5 }] },
    ["services.app.check.watch[0].body: 5 is not a map; write text, or { matches: '…' }"],
  ],
  [
    'a watched status that is none',
    { 'services.app.check.watch': [{ name: 'code', status: 'ok' }] },
    [
      'services.app.check.watch[0].status: "ok" is not a status or range of them; write one such as 200 or 200-299',
    ],
  ],
  [
    'a watch condition whose name is none',
    { 'services.app.check.watch': [{ name: '', latency: '1s' }] },
    [
      'services.app.check.watch[0].name: "" is not a name that can be used here; write letters, digits, dots, underscores and hyphens, at most 63',
    ],
  ],
  ['51 tags', { aws: { tags: tags(51) } }, ['aws.tags: has 51 tags; write at most 50']],
  [
    'a tag that is a number',
    { aws: { tags: { team: 7 } } },
    ['aws.tags.team: 7 is not text on one line; write text of at most 256 characters'],
  ],
  [
    'a tag that is too long',
    { aws: { tags: { team: 'x'.repeat(257) } } },
    [
      'aws.tags.team: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" is longer than 256 characters; write less',
    ],
  ],
  [
    'a network as text',
    { 'network.eu-west-1': 'vpc-1' },
    ['network.eu-west-1: "vpc-1" is not a map; write { subnets: […], security-groups: […] }'],
  ],
  [
    'a network far from any vantage',
    { 'network.af-south-1': { subnets: ['subnet-01234567'], 'security-groups': ['sg-01234567'] } },
    [
      'network.af-south-1: is not a vantage; write one of eu-west-1, us-east-1, ap-southeast-1, eu-central-1 or us-west-2',
    ],
  ],
  [
    'headers with an empty value',
    { 'services.app.check.headers': { 'x-probe': '' } },
    [
      'services.app.check.headers.x-probe: "" is not a header value; write visible ASCII on one line, in quotes, or { ssm: /path/of/parameter }',
    ],
  ],
  [
    'a floor with which a policy is wrong',
    { 'services.app.policy': { floor: '60%', ramp: 'slow', failback: 'x' } },
    [
      'services.app.policy.failback: "x" is not a way to fail back; write auto or manual',
      'services.app.policy.ramp: "slow" is not a whole percentage; write one from 0% to 100%',
    ],
  ],
  [
    'a floor beside endpoints without weight',
    {
      'services.app.policy': { floor: '60%' },
      'services.app.endpoints': { a: { address: '192.0.2.1' } },
    },
    ['services.app.endpoints.a.weight: is missing; write weight: 100, or another from 0 to 255'],
  ],
  [
    'a URL that is the same for all endpoints',
    { 'services.app.check.url': 'https://app.example.com/health' },
    [
      'services.app.endpoints.us-east-1: is asked exactly as eu-west-1 is, so one answer would judge both; write {target}, {endpoint} or {region} into what is asked',
    ],
  ],
  [
    'an objective of 120%',
    { 'services.app.slo': '120%' },
    [
      'services.app.slo: "120%" is not an objective; write a percentage above 0% and below 100%, such as 99.95%',
    ],
  ],
  [
    'an IPv6 flag in quotes',
    {
      'network.eu-west-1': {
        subnets: ['subnet-01234567'],
        'security-groups': ['sg-01234567'],
        ipv6: 'yes',
      },
    },
    ['network.eu-west-1.ipv6: "yes" is neither true nor false; write one of them, without quotes'],
  ],
];

const sentencesOf = (data: unknown): readonly string[] => {
  const result = parsed(data);
  return 'problems' in result ? result.problems.map(problemText) : [];
};

describe('wrong configurations', () => {
  it.each(MISTAKES)('refuses %s', (_title, plants, says) => {
    const sentences = sentencesOf(planted(plants));

    expect(sentences).toEqual(says.map((text) => `quorate.yml:7 ${text}`));
  });

  it('says nothing about the configuration they are planted into', () => {
    expect(sentencesOf(baseConfig())).toEqual([]);
  });

  it('gives every one of them a remedy', () => {
    const silent = MISTAKES.filter(([, , says]) => says.some((text) => !/; ./.test(text)));

    expect(silent).toEqual([]);
    expect(MISTAKES.length).toBeGreaterThan(70);
  });
});
