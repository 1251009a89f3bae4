/**
 * Who may use a page that gives orders with the operator's credentials. In: a request's headers; out: why it
 * is refused, or nothing. A foreign page can reach 127.0.0.1 by a name of its own (DNS rebinding) or by a
 * form (CSRF), and other users of the machine can open its port: so Host and Origin must be ours, and with
 * a session every request carries what only the printed URL gives.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';

export type Refused = {
  readonly status: 401 | 403 | 421;
  readonly detail: string;
  readonly help: string;
};
type Header = (name: string) => string | undefined;

export type Guard = {
  /** Of a request for what the page shows or does. */
  readonly refusalOf: (method: string, header: Header) => Refused | null;
  /** Of a request for the page's own files: whoever follows a link to them comes from elsewhere. */
  readonly fileRefusalOf: (header: Header) => Refused | null;
  /** The cookie's value if this token is the printed one. */
  readonly cookieFor: (token: string) => string | null;
  /** What stands behind `?token=`; null: no session is asked for. */
  readonly token: string | null;
};

const LOOPBACK_NAMES = ['127.0.0.1', 'localhost'];
const SECRET_BYTES = 32;

/** `portOf` is asked late: a server on a free port knows its own only once it listens. */
export function openGuard(options: {
  readonly portOf: () => number;
  readonly hasSession: boolean;
}): Guard {
  const { portOf, hasSession } = options;
  const token = randomBytes(SECRET_BYTES).toString('base64url');
  const session = randomBytes(SECRET_BYTES).toString('base64url');
  const cookieName = (): string => `quorate-ui-${portOf()}`;
  const hosts = (): readonly string[] => LOOPBACK_NAMES.map((name) => `${name}:${portOf()}`);

  const hostRefusal = (header: Header): Refused | null =>
    hosts().includes(header('host') ?? '') ? null : WRONG_HOST;
  const sessionRefusal = (header: Header): Refused | null => {
    if (!hasSession) return null;
    const given = cookieIn(header('cookie') ?? '', cookieName());
    return given !== undefined && isSame(given, session) ? null : NO_SESSION;
  };

  return {
    token: hasSession ? token : null,
    cookieFor: (given) =>
      hasSession && isSame(given, token)
        ? `${cookieName()}=${session}; Path=/; HttpOnly; SameSite=Strict`
        : null,
    refusalOf(method, header) {
      const origin = header('origin');
      const site = header('sec-fetch-site');
      const isOwn = origin === undefined || hosts().some((one) => origin === `http://${one}`);
      if (!isOwn || (site !== undefined && site !== 'same-origin' && site !== 'none')) {
        return hostRefusal(header) ?? FOREIGN;
      }
      // A browser names where a write comes from; what is no browser has no business with a session.
      if (hasSession && method !== 'GET' && origin === undefined) return FOREIGN;
      return hostRefusal(header) ?? sessionRefusal(header);
    },
    fileRefusalOf: (header) => hostRefusal(header) ?? sessionRefusal(header),
  };
}

const WRONG_HOST: Refused = {
  status: 421,
  detail: 'this page answers at its own address on this machine only',
  help: 'open the URL that was printed, with 127.0.0.1 in it',
};
const FOREIGN: Refused = {
  status: 403,
  detail: 'another page asked for this, and only this page itself may',
  help: 'open the URL that was printed, in a tab of its own',
};
const NO_SESSION: Refused = {
  status: 401,
  detail: 'this browser has no session with this page',
  help: 'open the URL that `quorate ui` printed, with its token',
};

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function cookieIn(header: string, name: string): string | undefined {
  const prefix = `${name}=`;
  return header
    .split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(prefix))
    ?.slice(prefix.length);
}
