/**
 * The dashboard in a real browser, over a whole local world: what an operator sees and does when a region
 * is lost, when two act at once, and when the region that answers goes away.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../scripts/config-file.ts';
import { startWorld, type World } from '../../scripts/local/world.ts';
import type { WorldState } from '../../scripts/local/world-state.ts';
import { epochMs } from '../../shared/core/model.ts';
import { openBrowser, watchedPage, whereChromium } from './support/dashboard/browser.ts';

const DEMO = new URL('../../scripts/local/demo.yml', import.meta.url).pathname;
const BLOCK = 93;
const WAIT_MS = 90_000;

whereChromium(() => {
  let browser: Browser;
  let world: World;

  beforeAll(async () => {
    const { config } = loadConfig({
      path: DEMO,
      env: {},
      allowLoopback: true,
      packagedAt: epochMs(Date.now()),
    });
    [browser, world] = await Promise.all([openBrowser(), startWorld({ config, block: BLOCK })]);
    await world.ready;
  });
  afterAll(async () => {
    await browser.close();
    await world[Symbol.asyncDispose]();
  });

  describe('an operator', () => {
    it('drains an endpoint after seeing the plan, sees DNS follow, and restores it', async () => {
      await using watched = await openPage(browser, world);
      const { page, trouble } = watched;

      await ask(page, 'Drain ap-southeast-1 of app', 'bad deploy 4711');
      const plan = await page.locator('dialog .moved').textContent();
      const beforeActing = servedOf(world.state(), 'ap-southeast-1');
      await page.getByRole('button', { name: /^Drain ap-southeast-1 of app for 1 hour$/ }).click();
      await page.getByText('Route 53 has it').waitFor();
      await page.getByRole('button', { name: 'Close' }).click();
      await until(world, (state) => servedOf(state, 'ap-southeast-1') === 0);
      const row = page.locator('.endpoint', { hasText: 'ap-southeast-1' });
      await row.getByText('in DNS 0').waitFor();
      const why = await row.locator('.reason').first().textContent();
      const orderShown = await page.locator('.order').textContent();

      await ask(page, 'Undrain ap-southeast-1 of app', 'deploy 4712 is fine');
      await page.getByRole('button', { name: 'Undrain ap-southeast-1', exact: true }).click();
      await page.getByText('Route 53 has it').waitFor();
      await page.getByRole('button', { name: 'Close' }).click();
      await page.getByText('No order is in force.').waitFor();
      await until(world, (state) => servedOf(state, 'ap-southeast-1') === 100);
      await row.getByText('in DNS 100').waitFor();

      expect(plan).toMatch(/ap-southeast-1.*100.*0/);
      expect(beforeActing).toBe(100);
      expect(why).toMatch(/drained by local, .* left .*: bad deploy 4711/);
      expect(orderShown).toContain('bad deploy 4711');
      expect(trouble).toEqual([]);
    });

    it('is told when another one was faster, and sends nothing over it', async () => {
      await using first = await openPage(browser, world);
      await using second = await openPage(browser, world);

      await ask(first.page, 'Drain ap-southeast-1 of app', 'first');
      await ask(second.page, 'Drain ap-southeast-1 of app', 'second');
      await first.page.getByRole('button', { name: /^Drain ap-southeast-1 of app for/ }).click();
      await first.page.getByText('Route 53 has it').waitFor();
      const refused = second.page.waitForResponse((answer) => answer.status() === 412);
      await second.page.getByRole('button', { name: /^Drain ap-southeast-1 of app for/ }).click();
      await refused;
      await second.page.getByText('changed it meanwhile, so nothing was sent').waitFor();
      await second.page.locator('.order', { hasText: 'first' }).waitFor();
      const reasons = await second.page.locator('.order').allTextContents();
      const planNow = await second.page.locator('dialog .result').textContent();
      await second.page.keyboard.press('Escape');
      await first.page.getByRole('button', { name: 'Close' }).click();
      await ask(first.page, 'Undrain ap-southeast-1 of app', 'over');
      await first.page.getByRole('button', { name: 'Undrain ap-southeast-1', exact: true }).click();
      await first.page.getByText('Route 53 has it').waitFor();

      expect(reasons).toHaveLength(1);
      expect(reasons.join()).not.toContain('second');
      expect(planNow).toMatch(/Generation \d+ → \d+/);
    });
  });

  describe('a region loss', () => {
    it('is broken, seen first on the page, and healed there', async () => {
      await until(world, (state) => servedOf(state, 'ap-southeast-1') === 100);
      await using watched = await openPage(browser, world);
      const { page, trouble } = watched;

      await page.getByRole('combobox', { name: 'what happens' }).selectOption('region-down');
      await page.getByRole('combobox', { name: 'to', exact: true }).selectOption('us-east-1');
      await page.getByRole('button', { name: 'Break it' }).click();
      // Of pay, whose second tier had no weight to lose, the page may say so first.
      await page.getByText(/^app: us-east-1 is down, out of DNS/).waitFor();
      // The page tells the commit; the name servers follow it once the change is INSYNC.
      await until(world, (state) => servedOf(state, 'us-east-1') === 0);
      const first = await page.locator('.service').first().textContent();
      const row = page
        .locator('.service', { hasText: 'app.example.test' })
        .locator('.endpoint', { hasText: 'us-east-1' });
      const sentence = await row.locator('.reason').first().textContent();
      const votes = await row.getByRole('img', { name: /^votes/ }).getAttribute('aria-label');
      await page.getByRole('button', { name: /^Heal fault/ }).click();
      await page.getByText('Nothing is broken.').waitFor();

      expect(first).toContain('us-east-1');
      expect(sentence).toMatch(/^down: .* us-east-1 fail \(.*\) since .*Z, quorum is 3 of 5$/);
      expect(votes).toMatch(/eu-west-1 down/);
      expect(trouble).toEqual([]);
    });

    it('of the region that answers is failed over and said', async () => {
      await using watched = await openPage(browser, world);
      const { page, trouble } = watched;
      const answering = await page.locator('.age').textContent();

      const { id } = await world.addFault({ kind: 'vantage-down', vantage: 'eu-west-1' });
      await page.getByText('answers now; before it was eu-west-1').waitFor();
      const then = await page.locator('.age').textContent();
      await world.removeFault(id);

      expect(answering).toContain('eu-west-1 answers');
      expect(then).not.toContain('eu-west-1');
      expect(trouble).toEqual([]);
    });
  });
});

async function openPage(browser: Browser, world: World): ReturnType<typeof watchedPage> {
  const watched = await watchedPage(browser);
  watched.page.setDefaultTimeout(WAIT_MS);
  await watched.page.goto(world.url);
  await watched.page.getByRole('heading', { level: 1 }).waitFor();
  return watched;
}

/** Up to the plan. */
async function ask(page: Page, button: string, why: string): Promise<void> {
  await page.getByRole('button', { name: button }).click();
  await page.getByLabel(/^why/).fill(why);
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await page.getByText('Nothing has been changed yet').waitFor();
}

const servedOf = (state: WorldState, id: string): number | null | undefined =>
  state.services[0]?.endpoints.find(({ endpoint }) => endpoint === id)?.weight.served;

function until(world: World, test: (state: WorldState) => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = (): void => {
    if (test(world.state())) resolve();
  };
  const stop = world.onEvent(look);
  const limit = setTimeout(
    () => reject(new Error(JSON.stringify(world.state().services[0]))),
    WAIT_MS,
  );
  look();
  return promise.finally(() => {
    stop();
    clearTimeout(limit);
  });
}
