/** A name server as a person types it → where to ask, or a sentence that says how to write it. */
import { QuorateError } from '../../shared/core/errors.ts';
import type { ServerAddress } from './dns-look.ts';

/** `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:53`, `2001:db8::1` */
export function serverAddress(text: string): ServerAddress {
  const [, inner, plain, digits] =
    /^(?:\[([^\]]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host =
    inner ?? plain ?? (/^[0-9a-f:]+$/i.test(text) && text.includes('::') ? text : undefined);
  const port = digits === undefined ? 53 : Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw new QuorateError(
    'BAD_REQUEST',
    `--server ${text} is not a name server; write an address and perhaps a port, such as 192.0.2.53:53`,
  );
}
