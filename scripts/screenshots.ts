/**
 * `npm run screenshots`: plays a local world, brings the dashboard into its main states and writes one PNG
 * of each to docs/screenshots/. They are for the README and for looking at: whoever changes the page runs
 * this and looks. `npm run screenshots -- <folder>` writes elsewhere.
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
/** One page at a time: each asks as often as an operator's would, of a world in this same process.
 *  Charts need some minutes: here a minute takes 30 s. */
const SPEED = 2;
const BLOCK = 91;
const DESKTOP = { width: 1100, height: 820 };
const PHONE = { width: 390, height: 844 };
const WAIT_MS = 150_000;
const CHART_POINTS = 5;

async function takeAll(browser: Browser, world: World): Promise<void> {
  const desk = await browser.newPage({ viewport: DESKTOP, colorScheme: 'light' });
  await open(desk, world.url);
  await take(desk, '1-all-is-well');

  const misled = await world.addFault({
    kind: 'vantage-sees-down',
    vantage: 'us-west-2',
    service: 'app',
    endpoint: 'eu-west-1',
  });
  await desk.goto(`${world.url}/#/service/app`);
  await until(world, (state) => endpointOf(state, 'eu-west-1')?.degraded === true);
  await desk.locator('.matrix .split').waitFor();
  await pointsCounted(world);
  await desk.reload();
  await desk.locator('.plot canvas').waitFor();
  await take(desk, '2-vantages-disagree', { isWhole: true });
  await world.removeFault(misled.id);

  await desk.goto(`${world.url}/#/`);
  await until(world, (state) => endpointOf(state, 'eu-west-1')?.degraded === false);
  await desk.getByRole('button', { name: 'Drain ap-southeast-1 of app' }).click();
  await desk.getByLabel(/^why/).fill('bad deploy 4711');
  await desk.getByRole('button', { name: 'Show the plan' }).click();
  const act = desk.getByRole('button', { name: /^Drain ap-southeast-1 of app for/ });
  await act.waitFor();
  await take(desk, '3-drain-plan');
  await act.click();
  await desk.getByRole('button', { name: 'Close' }).click();
  await until(world, (state) => endpointOf(state, 'ap-southeast-1')?.weight.served === 0);
  await desk.getByText('bad deploy 4711').first().waitFor();
  await take(desk, '4-order-in-force');
  await desk.getByRole('button', { name: 'Undrain ap-southeast-1 of app' }).click();
  await desk.getByLabel(/^why/).fill('deploy 4712 is fine');
  await desk.getByRole('button', { name: 'Show the plan' }).click();
  await desk.getByRole('button', { name: /^Undrain ap-southeast-1$/ }).click();
  await desk.getByRole('button', { name: 'Close' }).click();
  await until(world, (state) => endpointOf(state, 'ap-southeast-1')?.weight.served === 100);

  await world.addFault({ kind: 'region-down', region: 'us-east-1' });
  await until(world, (state) => endpointOf(state, 'us-east-1')?.weight.served === 0);
  await desk.getByText('is down, out of DNS').first().waitFor();
  await settled(desk);
  await take(desk, '5-region-lost', { isWhole: true });
  await desk.close();

  const phone = await browser.newPage({
    viewport: PHONE,
    colorScheme: 'light',
    deviceScaleFactor: 2,
    isMobile: true,
  });
  await open(phone, world.url);
  await phone.getByText('is down, out of DNS').first().waitFor();
  await take(phone, '6-phone');
  await phone.close();

  const dark = await browser.newPage({ viewport: DESKTOP, colorScheme: 'dark' });
  await dark.goto(`${world.url}/#/service/app`);
  await dark.locator('.plot canvas').waitFor();
  await settled(dark);
  await take(dark, '7-dark', { isWhole: true });
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

/** So many minutes are counted that a chart has a line. */
async function pointsCounted(world: World): Promise<void> {
  for (;;) {
    const response = await fetch(`${world.url}/v1/services/app/latency?span=minute`);
    const { series = [] } = (await response.json()) as { series?: { points: unknown[] }[] };
    if (Math.max(0, ...series.map(({ points }) => points.length)) >= CHART_POINTS) return;
    await new Promise((done) => setTimeout(done, 1_000));
  }
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
await using world = await startWorld({ config, speed: SPEED, block: BLOCK });
await world.ready;
const browser = await openBrowser();
try {
  await takeAll(browser, world);
} finally {
  await browser.close();
}
process.exit(0);
