/** What only those who probe have: the prober, with the secrets that a probe's headers may name. */
import { addressPolicy } from './adapters/address-policy.ts';
import { httpProber } from './adapters/http-prober.ts';
import type { Prober, Secrets } from './ports.ts';
import { AIDS, type Env, once, type Wired, type WireOverrides, wire } from './wire.ts';
import { wireSecrets } from './wire-secrets.ts';

export type ProbeWired = Wired & {
  readonly prober: () => Prober;
  readonly secrets: () => Secrets;
};

export function wireProbe(
  env: Env,
  functionName: string,
  overrides: WireOverrides = {},
): ProbeWired {
  const wired = wire(env, functionName, overrides);
  const { clock, config, release, settings } = wired;
  const secrets = wireSecrets(wired, overrides);
  const prober = once(
    () =>
      overrides.prober ??
      httpProber({
        clock,
        secrets: secrets(),
        userAgent: `Quorate/${release} (vantage ${settings.vantage})`,
        isAllowed: addressPolicy(AIDS, {
          allowAddresses: config.allowAddresses,
          allowLoopback: false,
        }),
        ...overrides.probing,
      }),
  );
  return { ...wired, secrets, prober };
}
