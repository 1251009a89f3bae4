/** Chromium for tests of the page: what it must never do is noted from the first moment on. */

import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { CHROMIUM } from '../../../../scripts/ui/browser.ts';
import { whereInstalled } from '../engine-process.ts';

export { openBrowser } from '../../../../scripts/ui/browser.ts';

/** Announced where it is absent; a failure where CI promised it. */
export const whereChromium = (tests: () => void): void =>
  whereInstalled('chromium', [CHROMIUM], tests);

export type Watched = {
  readonly page: Page;
  /** Dialogs, errors of scripts, violations of the policy: none of them ever. */
  readonly trouble: string[];
} & AsyncDisposable;

export async function watchedPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, ...options });
  const page = await context.newPage();
  const trouble: string[] = [];
  page.on('dialog', (dialog) => {
    trouble.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const text = message.text();
    if (/Content Security Policy|Trusted ?Type|TrustedHTML/i.test(text)) trouble.push(text);
  });
  return {
    page,
    trouble,
    [Symbol.asyncDispose]: () => context.close(),
  };
}
