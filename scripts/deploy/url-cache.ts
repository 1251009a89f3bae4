/** Function URLs of the last deployment, kept beside the checkout: `.quorate/<deployment>.json`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type VantageId, vantageId } from '../../shared/core/model.ts';

export type UrlCache = {
  readonly read: () => ReadonlyMap<VantageId, string>;
  readonly write: (urls: ReadonlyMap<VantageId, string>) => void;
};

export function urlCache(folder: string, deployment: string): UrlCache {
  const path = join(folder, '.quorate', `${deployment}.json`);
  return {
    read: () => {
      try {
        const file: unknown = JSON.parse(readFileSync(path, 'utf8'));
        const urls = typeof file === 'object' && file !== null && 'urls' in file ? file.urls : {};
        return new Map(
          Object.entries(urls ?? {}).flatMap(([region, url]) =>
            typeof url === 'string' ? [[vantageId(region), url] as const] : [],
          ),
        );
      } catch {
        // Only a convenience: it is written anew by each deployment.
        return new Map();
      }
    },
    write: (urls) => {
      mkdirSync(join(folder, '.quorate'), { recursive: true });
      const text = JSON.stringify(
        { format: 1, deployment, urls: Object.fromEntries(urls) },
        null,
        2,
      );
      writeFileSync(path, `${text}\n`);
    },
  };
}
