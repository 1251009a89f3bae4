/**
 * Function URLs of the last deployment, kept beside the checkout: `.quorate/<deployment>.json`. Up to three
 * per region: the function's own, which may do everything, and those of the aliases `override` and `read`.
 * Also which region answered last, so that a command at 3 a.m. doesn't wait for a dead one first.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type VantageId, vantageId } from '../../shared/core/model.ts';

/** Of one region. The own URL takes whatever the others take. */
export type ApiUrls = {
  readonly own: string;
  readonly override?: string;
  readonly read?: string;
};

type Urls = ReadonlyMap<VantageId, string>;

export type UrlCache = {
  /** The functions' own. */
  readonly read: () => Urls;
  readonly write: (own: Urls, aliases?: { readonly override?: Urls; readonly read?: Urls }) => void;
};

export type ApiUrlCache = UrlCache & {
  readonly readAll: () => ReadonlyMap<VantageId, ApiUrls>;
  readonly lastGood: () => VantageId | null;
  readonly keepLastGood: (region: VantageId) => void;
};

type CacheFile = {
  readonly own: Urls;
  readonly override: Urls;
  readonly read: Urls;
  readonly lastGood: VantageId | null;
};

const NOTHING: CacheFile = {
  own: new Map(),
  override: new Map(),
  read: new Map(),
  lastGood: null,
};

export function urlCache(folder: string, deployment: string): ApiUrlCache {
  const path = join(folder, '.quorate', `${deployment}.json`);
  const load = (): CacheFile => {
    try {
      const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
      const { urls, override, read, lastGood } = fieldsOf(file);
      return {
        own: urlsOf(urls),
        override: urlsOf(override),
        read: urlsOf(read),
        lastGood: typeof lastGood === 'string' ? vantageId(lastGood) : null,
      };
    } catch {
      // Only a convenience: it is written anew by each deployment.
      return NOTHING;
    }
  };
  const keep = ({ own, override, read, lastGood }: CacheFile): void => {
    mkdirSync(join(folder, '.quorate'), { recursive: true });
    const file = {
      format: 1,
      deployment,
      urls: Object.fromEntries(own),
      ...(override.size === 0 ? {} : { override: Object.fromEntries(override) }),
      ...(read.size === 0 ? {} : { read: Object.fromEntries(read) }),
      ...(lastGood === null ? {} : { lastGood }),
    };
    writeFileSync(path, `${JSON.stringify(file, null, 2)}\n`);
  };
  return {
    read: () => load().own,
    write: (own, { override = new Map(), read = new Map() } = {}) => {
      const { lastGood } = load();
      const isKnown = lastGood !== null && own.has(lastGood);
      keep({ own, override, read, lastGood: isKnown ? lastGood : null });
    },
    readAll: () => {
      const { own, override, read } = load();
      return new Map(
        [...own].map(([region, url]) => {
          const forOrders = override.get(region);
          const forLooking = read.get(region);
          const urls: ApiUrls = {
            own: url,
            ...(forOrders === undefined ? {} : { override: forOrders }),
            ...(forLooking === undefined ? {} : { read: forLooking }),
          };
          return [region, urls];
        }),
      );
    },
    lastGood: () => load().lastGood,
    keepLastGood: (region) => {
      const file = load();
      // Of URLs that were typed nothing is kept: they may be of another deployment.
      if (file.own.has(region) && file.lastGood !== region) keep({ ...file, lastGood: region });
    },
  };
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const urlsOf = (value: unknown): Urls =>
  new Map(
    Object.entries(fieldsOf(value)).flatMap(([region, url]) =>
      typeof url === 'string' ? [[vantageId(region), url] as const] : [],
    ),
  );
