/** The port to secrets, for the functions whose configuration may name some. */
import { SSMClient } from '@aws-sdk/client-ssm';
import { ssmSecrets } from './adapters/ssm-secrets.ts';
import type { Secrets } from './ports.ts';
import { endpointOf, once, type Wired, type WireOverrides } from './wire.ts';

export const wireSecrets = (
  { client, clock, settings }: Wired,
  overrides: Pick<WireOverrides, 'secrets'>,
): (() => Secrets) =>
  once(
    () =>
      overrides.secrets ??
      ssmSecrets(
        client((common) => new SSMClient({ ...common, ...endpointOf(settings.endpoints.ssm) })),
        clock,
      ),
  );
