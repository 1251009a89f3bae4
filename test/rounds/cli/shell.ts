/**
 * The command line in process: arguments in, exit code and what was printed out. Ports are fakes; nothing
 * reads the machine's environment or its files unless a folder is given.
 */

import type { Terminal } from '../../../scripts/cli/cli.ts';
import { run } from '../../../scripts/cli/run.ts';
import type { QuorumWorld } from '../../fakes/quorum-world.ts';

export type Printed = { readonly code: number; readonly out: string; readonly err: string };

export async function shell(
  args: readonly string[],
  changes: Partial<Terminal> = {},
): Promise<Printed> {
  let out = '';
  let err = '';
  const code = await run(args, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    env: {},
    isTty: false,
    columns: 120,
    signal: new AbortController().signal,
    folder: '/nowhere',
    ...changes,
  });
  return { code, out, err };
}

/** The command line of an operator in this world: its first region's replica, and its zones. */
export const inWorld = (world: QuorumWorld): Partial<Terminal> => {
  const { deps } = world.region(0);
  return {
    overrides: {
      config: world.config,
      clock: world.clock,
      ids: deps.ids,
      store: deps.store,
      zone: deps.zone,
    },
  };
};
