/**
 * `npm run screenshots`: plays a local world, brings the dashboard into its main states and writes one PNG
 * of each to docs/screenshots/. They are for the README and for looking at: whoever changes the page runs
 * this and looks. `npm run screenshots -- <folder>` writes elsewhere. It takes about four minutes, so that
 * charts have something to show, and wants a quiet machine: vantages that are starved do not vote.
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { epochMs } from '../shared/core/model.ts';
import { loadConfig } from './config-file.ts';
import { startWorld, type World } from './local/world.ts';
import type { WorldState } from './local/world-state.ts';
import { hasChromium, openBrowser } from './ui/browser.ts';

const DEMO = fileURLToPath(new URL('local/demo.yml', import.meta.url));
const FOLDER = fileURLToPath(new URL('../docs/screenshots/', import.meta.url));
const BLOCK = 91;
const DESKTOP = { width: 1100, height: 820 };
const PHONE = { width: 390, height: 844 };
const WAIT_MS = 150_000;

async function takeAll(browser: Browser, world: World): Promise<void> {
  const desk = await browser.newPage({ viewport: DESKTOP, colorScheme: 'light' });
  await open(desk, world.url);
  await take(desk, '1-all-is-well');

  await wish(desk, 'Drain ap-southeast-1 of app', 'bad deploy 4711');
  await desk.getByRole('button', { name: /^Drain ap-southeast-1 of app for/ }).waitFor();
  await take(desk, '2-drain-plan');
  await desk.getByRole('button', { name: /^Drain ap-southeast-1 of app for/ }).click();
  await desk.getByRole('button', { name: 'Close' }).click();
  await until(world, (state) => servedOf(state, 'ap-southeast-1') === 0);
  await desk.getByText('No order is in force.').waitFor({ state: 'detached' });
  await settled(desk);
  await take(desk, '3-order-in-force');
  await wish(desk, 'Undrain ap-southeast-1 of app', 'deploy 4712 is fine');
  await desk.getByRole('button', { name: /^Undrain ap-southeast-1$/ }).click();
  await desk.getByRole('button', { name: 'Close' }).click();
  await until(world, (state) => servedOf(state, 'ap-southeast-1') === 100);

  const lost = await world.addFault({ kind: 'region-down', region: 'us-east-1' });
  await desk.getByText('is down, out of DNS').first().waitFor({ timeout: WAIT_MS });
  await settled(desk);
  await take(desk, '4-region-lost', { isWhole: true });
  await desk.close();
  const phone = await browser.newPage({
    viewport: PHONE,
    colorScheme: 'light',
    deviceScaleFactor: 2,
    isMobile: true,
  });
  await open(phone, world.url);
  await phone.getByText('is down, out of DNS').first().waitFor({ timeout: WAIT_MS });
  await take(phone, '5-phone');
  await phone.close();
  await world.removeFault(lost.id);
  await until(world, (state) => servedOf(state, 'us-east-1') === 100);

  await world.addFault({
    kind: 'vantage-sees-down',
    vantage: 'us-west-2',
    service: 'app',
    endpoint: 'eu-west-1',
  });
  await until(world, (state) => endpointOf(state, 'eu-west-1')?.degraded === true);
  const service = await browser.newPage({ viewport: DESKTOP, colorScheme: 'light' });
  await service.goto(`${world.url}/#/service/app`);
  await service.locator('.matrix .split').waitFor({ timeout: WAIT_MS });
  await service.locator('.plot canvas').waitFor();
  await settled(service);
  await service.locator('.matrix .split').waitFor({ timeout: WAIT_MS });
  await take(service, '6-vantages-disagree', { isWhole: true });
  await service.emulateMedia({ colorScheme: 'dark' });
  await service.locator('.matrix .split').waitFor({ timeout: WAIT_MS });
  await take(service, '7-dark', { isWhole: true });
}

/** Up to the plan. */
async function wish(page: Page, button: string, why: string): Promise<void> {
  await page.getByRole('button', { name: button }).click();
  await page.getByLabel(/^why/).fill(why);
  await page.getByRole('button', { name: 'Show the plan' }).click();
}

async function open(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor();
}

/** Two turns of polling: what was under way has arrived. */
async function settled(page: Page): Promise<void> {
  for (let turn = 0; turn < 2; turn += 1) {
    await page.waitForResponse((response) => response.url().endsWith('/v1/status'));
  }
}

async function take(page: Page, name: string, { isWhole = false } = {}): Promise<void> {
  // Two frames: bars have moved, charts are drawn.
  await page.evaluate(
    `new Promise((done) => requestAnimationFrame(() => setTimeout(() => requestAnimationFrame(done), 500)))`,
  );
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: isWhole });
  console.log(`${name}.png`);
}

type Endpoint = WorldState['services'][number]['endpoints'][number];
const endpointOf = (state: WorldState, id: string): Endpoint | undefined =>
  state.services[0]?.endpoints.find(({ endpoint }) => endpoint === id);

const servedOf = (state: WorldState, id: string): number | null | undefined =>
  endpointOf(state, id)?.weight.served;

function until(world: World, test: (state: WorldState) => boolean): Promise<void> {
  const { promise, resolve: done, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (test(world.state())) done();
  };
  const timer = setInterval(look, 200);
  const limit = setTimeout(() => reject(new Error('the world did not get there')), WAIT_MS);
  look();
  return promise.finally(() => {
    clearInterval(timer);
    clearTimeout(limit);
  });
}

if (!hasChromium()) {
  console.error(
    'there is no /usr/bin/chromium: install it (apt-get install chromium), then try again',
  );
  process.exit(1);
}
const folder = resolve(process.argv[2] ?? FOLDER);
mkdirSync(folder, { recursive: true });

const { config } = loadConfig({
  path: DEMO,
  env: {},
  allowLoopback: true,
  packagedAt: epochMs(Date.now()),
});
await using world = await startWorld({ config, block: BLOCK });
await world.ready;
const browser = await openBrowser();
try {
  await takeAll(browser, world);
} finally {
  await browser.close();
}
process.exit(0);
