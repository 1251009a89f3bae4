/**
 * The words of `quorate.yml`: one schema per single value (with the sentence for what is wrong and what to
 * write instead), and the maps made of them. The reader takes values from these leaves and known keys from
 * these maps; the JSON Schema for editors is generated from the very same, so they can't disagree.
 */
import * as v from 'valibot';
import {
  DURATION_PATTERN,
  PERCENT_PATTERN,
  parseDuration,
  parsePercent,
  parseStatusRange,
  parseVelocity,
  parseWeekTime,
  STATUS_PATTERN,
  VELOCITY_PATTERN,
  WEEK_TIME_PATTERN,
} from './units.ts';

export const ENDPOINTS_MAX = 50;
export const CHECK_LEAVES_MAX = 16;
export const CHECK_DEPTH_MAX = 4;
export const TEXT_LENGTH_MAX = 1_000;
export const TIERS_MAX = 10;
export const TTL_SECONDS_MAX = 7 * 24 * 60 * 60;

export const DEPLOYMENT_NAME = /^[a-z][a-z0-9-]{0,31}$/;
export const SERVICE_NAME = /^[a-z][a-z0-9-]{0,62}$/;
export const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
/** The form of an AWS region's name: eu-west-1, us-gov-west-1, eusc-de-east-1. */
export const AWS_REGION = /^[a-z]{2,4}(?:-[a-z]{2,12}){1,3}-\d{1,2}$/;
const ZONE_ID = /^Z[A-Z0-9]{1,31}$/;
const BUS_ARN = /^arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:event-bus\/[\w./-]{1,256}$/;
const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,512}$/;
const POLICY_ARN = /^arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy\/[\w+=,.@/-]{1,512}$/;
const TOPIC_ARN = /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/;
const KMS_KEY = /^(?:arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/|alias\/)[\w/-]{1,256}$/;
const SSM_NAME = /^\/?[\w.-]+(?:\/[\w.-]+){0,14}$/;
const HEADER_TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** Visible ASCII, spaces and tabs within: no line break can add a header of its own. */
const HEADER_TEXT = /^[\x21-\x7e](?:[\t\x20-\x7e]{0,998}[\x21-\x7e])?$/;

const text = (pattern: RegExp, message: string) =>
  v.pipe(v.string(message), v.regex(pattern, message));
const integer = (from: number, to: number, message: string) =>
  v.pipe(v.number(message), v.integer(message), v.minValue(from, message), v.maxValue(to, message));
const converted = <T>(pattern: RegExp, convert: (text: string) => T | undefined, message: string) =>
  v.pipe(
    text(pattern, message),
    v.transform(convert),
    v.custom<T>((value) => value !== undefined, message),
  );
const described = <const S extends v.GenericSchema>(schema: S, words: string) =>
  v.pipe(schema, v.description(words));

export const duration = converted(
  DURATION_PATTERN,
  parseDuration,
  'is not a duration; write a number and a unit, such as 800ms, 10s, 5m or 21d',
);
export const percent = converted(
  PERCENT_PATTERN,
  (percentText) => {
    const parsed = parsePercent(percentText);
    return Number.isInteger(parsed) ? parsed : undefined;
  },
  'is not a whole percentage; write one from 0% to 100%',
);
const objective = converted(
  PERCENT_PATTERN,
  (percentText) => {
    const parsed = parsePercent(percentText);
    return parsed === 0 || parsed === 100 ? undefined : parsed;
  },
  'is not an objective; write a percentage above 0% and below 100%, such as 99.95%',
);
const weekTime = converted(
  WEEK_TIME_PATTERN,
  parseWeekTime,
  'is not a time of the week; write a day and a time in UTC, such as Tue 10:00',
);
const velocity = converted(
  VELOCITY_PATTERN,
  parseVelocity,
  'is not a velocity; write regions per window, such as 1 per 10m',
);
const STATUS = 'is not a status or range of them; write one such as 200 or 200-299';
export const status = v.pipe(
  v.union([integer(100, 599, STATUS), text(STATUS_PATTERN, STATUS)], STATUS),
  v.transform((value) => parseStatusRange(String(value))),
  v.custom<{ from: number; to: number }>((value) => value !== undefined, STATUS),
);
export const flag = v.boolean('is neither true nor false; write one of them, without quotes');
export const weightLeaf = integer(
  0,
  255,
  'is not a Route 53 weight; write an integer from 0 to 255',
);
export const count = (most: number) =>
  integer(1, most, `is not a count; write an integer from 1 to ${most}`);
export const regionName = text(
  AWS_REGION,
  "is not an AWS region's name; write one such as eu-west-1",
);
export const word = text(
  WORD,
  'is not a name that can be used here; write letters, digits, dots, underscores and hyphens, at most 63',
);
export const zoneId = text(
  ZONE_ID,
  'is not a hosted zone id; write one such as Z0123456789ABCDEFGHIJ',
);
/** Anything of one line: judged further by its reader. */
export const line = (example: string) =>
  text(/^[^\x00-\x1f\x7f]{1,1000}$/, `is not text on one line; write ${example}`);
export const headerText = text(
  HEADER_TEXT,
  'is not a header value; write visible ASCII on one line, in quotes, or { ssm: /path/of/parameter }',
);
export const headerToken = text(HEADER_TOKEN, 'is not a header name; write one such as x-probe');
export const ssmName = text(
  SSM_NAME,
  "is not a parameter's name; write one such as /quorate/app/token",
);
const secretMap = v.strictObject({ ssm: ssmName });
const bodyText = line('what the body must contain');
export const bodyMap = { contains: bodyText, matches: bodyText };
const oneOrMany = <const S extends v.GenericSchema>(schema: S) =>
  v.union([schema, v.array(schema)]);
const optional = v.exactOptional;

const body = v.union([
  bodyText,
  v.strictObject({ contains: bodyText }),
  v.strictObject({ matches: bodyText }),
]);
const statuses = oneOrMany(status);
export const expectEntries = {
  status: optional(described(statuses, 'Statuses that pass. Default: 200-399 and 429.')),
  body: optional(
    described(body, 'Text within the first 64 KiB, or { matches: RE2 regular expression }.'),
  ),
  headers: optional(described(v.record(headerToken, headerText), 'Answer headers, exact values.')),
  latency: optional(described(duration, 'Slower than this fails. Consider `watch` instead.')),
  certificate: optional(
    described(
      duration,
      'Days that must be left. Consider `watch` instead: draining renews nothing.',
    ),
  ),
};
export const watchEntries = {
  name: described(word, 'Names the condition in status and notifications.'),
  certificate: optional(described(duration, 'Days that should be left on the certificate.')),
  latency: optional(described(duration, 'An answer should take no longer.')),
  body: optional(body),
  status: optional(statuses),
};
export const method = v.picklist(
  ['GET', 'HEAD', 'POST', 'OPTIONS'],
  'is not a method that probes use; write GET, HEAD, POST or OPTIONS',
);
const url = line('a URL such as https://{target}/health');
const tcp = line('where to connect, such as "{target}:5432"');
export const hostLeaf = line('a host name such as app.example.com');
export const requestEntries = {
  url: optional(
    described(url, 'http or https. {target} {endpoint} {region} {name} are filled in.'),
  ),
  tcp: optional(described(tcp, 'A TCP connect passes: "{target}:5432".')),
  all: optional(described(v.array(v.lazy(() => checkNode)), 'Every one must pass.')),
  any: optional(described(v.array(v.lazy(() => checkNode)), 'One must pass.')),
  method: optional(described(method, 'Default: GET.')),
  host: optional(described(hostLeaf, 'Host header and SNI. Default: the first name.')),
  headers: optional(
    described(
      v.record(headerToken, v.union([headerText, secretMap])),
      'Sent with the request; a value may be { ssm: parameter }.',
    ),
  ),
  expect: optional(described(v.strictObject(expectEntries), 'What counts as healthy; it votes.')),
};
export const checkNode: v.GenericSchema = v.strictObject(requestEntries);
const fall = described(count(100), 'Consecutive failures to vote down. Default: 3.');
const rise = described(count(100), 'Consecutive passes to vote up again. Default: 5.');
export const endpointCheckEntries = {
  ...requestEntries,
  timeout: optional(described(duration, 'Deadline of one probe in all. Default: 3s.')),
  fall: optional(fall),
  rise: optional(rise),
  watch: optional(
    described(v.array(v.strictObject(watchEntries)), 'Shown and notified, never a vote.'),
  ),
};
export const checkEntries = {
  ...endpointCheckEntries,
  every: optional(described(duration, '5s, 10s, 15s, 20s or 30s. Default: 10s.')),
};
export const policyEntries = {
  velocity: optional(
    described(velocity, 'Regions that may be removed per window. Default: 1 per 10m.'),
  ),
  'hold-down': optional(described(duration, 'Shortest time before weight returns. Default: 5m.')),
  ramp: optional(
    described(
      v.array(percent),
      'Steps of the return, the last one 100%. Default: [10%, 50%, 100%].',
    ),
  ),
  'ramp-step': optional(described(duration, 'Time between two steps. Default: 2m.')),
  failback: optional(
    described(
      v.picklist(['auto', 'manual'], 'is not a way to fail back; write auto or manual'),
      'manual waits for an approval. Default: auto.',
    ),
  ),
  floor: optional(
    described(
      percent,
      'Share that automation must leave in service. Default: what is left after losing the heaviest region, at most 50%.',
    ),
  ),
  trickle: optional(
    described(percent, 'Share the next tier gets while an earlier one serves. Default: 0%.'),
  ),
  settle: optional(described(duration, 'Time for a change to be served. Default: 60s.')),
};
export const latencyObjectiveEntries = {
  under: described(duration, 'A bound that answers are counted by, such as 300ms.'),
  of: described(objective, 'Share of the answers that are to be as fast, such as 99%.'),
};
export const sloEntries = {
  availability: optional(described(objective, 'Share of the probes that pass, such as 99.95%.')),
  latency: optional(v.strictObject(latencyObjectiveEntries)),
  window: optional(described(duration, 'What the budget is for, 1d to 40d. Default: 30d.')),
};
export const mode = v.picklist(['observe', 'enforce'], 'is not a mode; write observe or enforce');
export const recordType = v.picklist(
  ['A', 'AAAA', 'CNAME'],
  'is not a record type that is steered; write A, AAAA or CNAME',
);
const target = line('a host name or an address');
export const addressEntries = { A: optional(target), AAAA: optional(target) };
export const aliasEntries = {
  name: target,
  zone: described(zoneId, "The alias target's own zone, such as a load balancer's."),
  'evaluate-target-health': optional(flag),
};
export const setIdentifier = text(
  /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/,
  'is not a set identifier; write 1 to 128 ASCII characters',
);
export const healthCheckId = text(
  /^[A-Za-z0-9-]{1,64}$/,
  'is not the id of a Route 53 health check; write its UUID',
);
export const endpointEntries = {
  region: optional(
    described(
      word,
      'Its failure domain. Default: its id if that names an AWS region, else itself alone.',
    ),
  ),
  address: optional(
    described(
      v.union([target, v.strictObject(addressEntries)]),
      'One address, or one for A and one for AAAA.',
    ),
  ),
  alias: optional(v.strictObject(aliasEntries)),
  cname: optional(target),
  weight: described(weightLeaf, '0 to 255.'),
  tier: optional(described(count(TIERS_MAX), '1 serves first. Default: 1.')),
  'set-identifier': optional(described(setIdentifier, 'Of its records. Default: its id.')),
  'health-check': optional(
    described(healthCheckId, 'A Route 53 health check kept on its records.'),
  ),
  probe: optional(
    described(oneOrMany(target), 'What is probed, where that is not what is served.'),
  ),
  check: optional(
    described(v.strictObject(endpointCheckEntries), "Merges over the service's check."),
  ),
};
export const sharedEntries = {
  mode: optional(
    described(mode, 'observe decides and records but never writes. Default: observe.'),
  ),
  zone: optional(described(word, 'A key of zones; not needed if there is only one.')),
  type: optional(described(oneOrMany(recordType), 'A, AAAA, [A, AAAA] or CNAME. Default: A.')),
  ttl: optional(described(duration, 'Default: 30s.')),
  check: optional(v.strictObject(checkEntries)),
  policy: optional(v.strictObject(policyEntries)),
  vantages: optional(described(v.array(regionName), 'A subset of vantages, with its own quorum.')),
  quorum: optional(described(count(100), 'Votes that decide. Default: majority.')),
  'accept-withheld': optional(
    described(flag, 'Accept a floor that withholds the loss of one region.'),
  ),
  slo: optional(
    described(
      v.union([objective, v.strictObject(sloEntries)]),
      'Availability objective, such as 99.95%, or { availability, latency: { under, of }, window }.',
    ),
  ),
};
export const objectiveLeaf = objective;
export const velocityLeaf = velocity;
const dnsNameLeaf = line('a DNS name such as app.example.com');
export const nameLeaf = dnsNameLeaf;
export const serviceEntries = {
  ...sharedEntries,
  names: described(
    oneOrMany(dnsNameLeaf),
    'One verdict, one batch, one fence (at the first name).',
  ),
  endpoints: v.record(word, v.strictObject(endpointEntries)),
};
export const zoneEntries = {
  id: zoneId,
  role: optional(
    described(
      text(ROLE_ARN, 'is not the ARN of a role; write arn:aws:iam::123456789012:role/name'),
      'To assume, for a zone in another account.',
    ),
  ),
};
const awsId = (prefix: string) =>
  text(
    new RegExp(`^${prefix}-[0-9a-f]{8,17}$`),
    `is not an id of this kind; write one such as ${prefix}-0123456789abcdef0`,
  );
export const subnet = awsId('subnet');
export const securityGroup = awsId('sg');
export const networkEntries = {
  subnets: v.array(subnet),
  'security-groups': v.array(securityGroup),
  ipv6: optional(flag),
};
export const tagText = line('text of at most 256 characters');
export const awsEntries = {
  tags: optional(v.record(v.string(), tagText)),
  'permissions-boundary': optional(
    text(POLICY_ARN, 'is not the ARN of a policy; write arn:aws:iam::123456789012:policy/name'),
  ),
  'kms-key': optional(text(KMS_KEY, 'is not a KMS key; write its ARN or alias/name')),
};
const hook = v.union([line('an https URL or { ssm: /path/of/parameter }'), secretMap]);
export const notifyEntries = {
  sns: optional(
    text(TOPIC_ARN, 'is not the ARN of a topic; write arn:aws:sns:eu-west-1:123456789012:name'),
  ),
  webhook: optional(described(hook, 'Slack-compatible; better kept in { ssm: parameter }.')),
  heartbeat: optional(described(hook, 'Called while all is well: its silence is the alarm.')),
  events: optional(
    described(
      text(
        BUS_ARN,
        'is not the ARN of an event bus; write arn:aws:events:eu-west-1:123456789012:event-bus/name',
      ),
      'The EventBridge bus that gets an event per change of an incident.',
    ),
  ),
};
export const drillEntries = {
  region: described(word, 'The region of endpoints that is drained.'),
  for: described(duration, 'How long it stays out of service, 2m to 2h.'),
  at: described(weekTime, 'Every week at this time, in UTC, such as Tue 10:00.'),
};
export const includeLeaf = line('a file or pattern such as services/*.yml');
export const deploymentLeaf = text(
  DEPLOYMENT_NAME,
  "is not a deployment's name; write lower-case letters, digits and hyphens, at most 32",
);
export const fileEntries = {
  deployment: described(deploymentLeaf, 'Names stacks and table, and is in the fence.'),
  home: described(regionName, 'The region whose stack owns the table; a vantage.'),
  vantages: described(v.array(regionName), 'Where we look from, not where you serve.'),
  quorum: sharedEntries.quorum,
  zones: v.record(word, v.strictObject(zoneEntries)),
  defaults: optional(
    described(
      v.strictObject(sharedEntries),
      'Maps merge into each service, anything else replaces.',
    ),
  ),
  services: optional(
    v.record(text(SERVICE_NAME, 'is not a name; write a word'), v.strictObject(serviceEntries)),
  ),
  include: optional(described(oneOrMany(includeLeaf), 'More files with services.')),
  'allow-addresses': optional(
    described(
      oneOrMany(line('a CIDR such as 10.0.0.0/8')),
      'Private and documentation ranges that may be probed and served.',
    ),
  ),
  'control-targets': optional(
    described(
      oneOrMany(line('a URL or host:port')),
      'Outside AWS: if all control targets fail, the vantage is isolated.',
    ),
  ),
  network: optional(
    described(
      v.record(regionName, v.strictObject(networkEntries)),
      'A VPC per vantage: own egress address, private targets, IPv6.',
    ),
  ),
  aws: optional(v.strictObject(awsEntries)),
  notify: optional(v.strictObject(notifyEntries)),
  drills: optional(
    described(v.array(v.strictObject(drillEntries)), 'Drains that are rehearsed every week.'),
  ),
};
export const configFile = v.strictObject(fileEntries);
/** A file that `include` names: services and nothing else. */
export const INCLUDED_KEYS = ['services'] as const;
