/**
 * The dashboard's files as an HTTP server gives them out: a path in, headers and text out. The one place
 * that says what the page may load and run: files of its own origin, nothing inline, nothing from
 * elsewhere, and no string is ever made into markup or script (Trusted Types).
 */
export type PageAsset = { readonly type: string; readonly body: string; readonly etag: string };
/** Path → file; `/` is the page. */
export type PageAssets = Readonly<Record<string, PageAsset>>;

export const PAGE_HEADERS = {
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export type PageAnswer = {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** Undefined: the page has no such file. */
export function pageAnswer(
  assets: PageAssets,
  path: string,
  ifNoneMatch?: string,
): PageAnswer | undefined {
  const asset = Object.hasOwn(assets, path) ? assets[path] : undefined;
  if (asset === undefined) return undefined;
  const headers = { ...PAGE_HEADERS, etag: asset.etag };
  if (ifNoneMatch === asset.etag) return { status: 304, headers, body: '' };
  return { status: 200, headers: { ...headers, 'content-type': asset.type }, body: asset.body };
}
