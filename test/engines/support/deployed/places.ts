/**
 * The places of the deployed world: three regions, and the addresses of what is served there. They are
 * private addresses on the loopback device of a network namespace that the test makes for itself (host.ts):
 * a packaged function refuses 127.0.0.1, whatever its configuration says, and here it runs unchanged.
 */
export const HOME = 'eu-west-1';
export const REGIONS = [HOME, 'us-east-1', 'ap-southeast-1'] as const;
export type Region = (typeof REGIONS)[number];

export const ADDRESSES: Readonly<Record<Region, string>> = {
  'eu-west-1': '10.111.0.1',
  'us-east-1': '10.111.0.2',
  'ap-southeast-1': '10.111.0.3',
};
/** What the vantages ask to learn whether they are cut off themselves. */
export const CONTROL_ADDRESS = '10.111.0.250';
export const NETWORK = '10.111.0.0/24';
export const HEALTH_PORT = 8080;
/** Inside the namespace nobody else can have it. */
export const MINISTACK_PORT = 4566;

export const DEPLOYMENT = 'quorate-e2e';
/** MiniStack takes an access key of twelve digits for the account itself. */
export const ACCOUNT = '111122223333';
