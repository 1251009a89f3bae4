/**
 * The validated file on its way into the functions: `stack.ts` keeps it when it has read `quorate.yml`,
 * the bundler fetches it. It does not pass through variables of serverless.yml: osls would read a `${`
 * inside it, in the body of a check for example, as one of its own.
 */
import { assert } from '../../shared/core/errors.ts';
import type { LoadedConfig } from '../config-file.ts';

let kept: string | undefined;

/** As `readPackagedConfig` in shared/wire.ts reads it. */
export function keepPackaged({ config, data }: LoadedConfig): void {
  kept = JSON.stringify({ packagedAt: config.packagedAt, data });
}

export function packagedText(): string {
  assert(kept !== undefined, 'a bundle is made before quorate.yml was read');
  return kept;
}
