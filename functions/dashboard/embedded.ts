/**
 * The built page, for the function that serves it. Packaging puts the files here (`embedPage` in
 * scripts/ui/build-page.ts replaces this module); as source it holds none, and whoever serves the page
 * from a checkout builds it.
 */
import type { PageAssets } from './page.ts';

export const PAGE: PageAssets | null = null;
