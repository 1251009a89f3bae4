/**
 * The page in a real browser, over documents: hostile text stays text, nobody is kept out by how the page
 * is made, and what `quorate ui` guards.
 */
import { request as httpRequest } from 'node:http';
import naughtyStrings from 'big-list-of-naughty-strings' with { type: 'json' };
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openUi, type UiServer } from '../../scripts/ui/ui-server.ts';
import { seriousViolations } from './support/dashboard/axe.ts';
import { openBrowser, watchedPage, whereChromium } from './support/dashboard/browser.ts';
import * as documents from './support/dashboard/documents.ts';
import { HOSTILE } from './support/dashboard/hostile.ts';
import { type StubApi, stubApi } from './support/dashboard/stub-api.ts';

const NAUGHTY: readonly string[] = [...naughtyStrings, ...HOSTILE];
/** As many as the matrix has vantages. */
const PER_ENDPOINT = documents.VANTAGES.length;

whereChromium(() => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser.close());

  describe('text from outside', () => {
    it(`renders ${NAUGHTY.length} naughty strings inert, wherever text is shown`, async () => {
      expect(NAUGHTY.length).toBeGreaterThan(500);
      const api = stubApi(documents.status([naughtyService()]));
      await using served = await serving(api);
      await using watched = await watchedPage(browser);
      const { page, trouble } = watched;
      await page.addInitScript(
        "document.addEventListener('securitypolicyviolation', (e) => console.log('Content Security Policy: ' + e.violatedDirective))",
      );

      await page.goto(`${served.link}#/service/app`);
      await page
        .locator('.ballots li')
        .nth(NAUGHTY.length - 1)
        .waitFor();
      const shown = await page
        .locator('.ballots li')
        .evaluateAll((items) => items.map((item) => item.textContent ?? ''));
      const made = (await page.evaluate(ELEMENTS)) as Record<string, number>;
      await page.goto(`${served.url}/#/`);
      await page.locator('.order').first().waitFor();
      const onOverview = (await page.evaluate(ELEMENTS)) as Record<string, number>;
      const orders = await page
        .locator('.order')
        .evaluateAll((rows) => rows.map((row) => row.textContent ?? ''));

      expect(shown).toHaveLength(NAUGHTY.length);
      for (const [place, text] of NAUGHTY.entries()) {
        expect(shown[place]!.endsWith(`: ${asDom(text)}`) || text === '', text).toBe(true);
        expect(orders[place]!.includes(asDom(text)), text).toBe(true);
      }
      for (const elements of [made, onOverview]) {
        expect(elements).toMatchObject({ script: 1, img: 1, iframe: 0, foreign: 0, handlers: 0 });
      }
      expect(trouble).toEqual([]);
    });
  });

  describe('everybody can use it', () => {
    const states = ['light', 'dark', 'phone'] as const;
    it.each(states)('has no serious violation of accessibility: %s', async (state) => {
      const api = stubApi(documents.status(documents.badNight()));
      await using served = await serving(api);
      await using watched = await watchedPage(browser, {
        colorScheme: state === 'dark' ? 'dark' : 'light',
        ...(state === 'phone' ? { viewport: { width: 390, height: 844 }, isMobile: true } : {}),
      });
      const { page, trouble } = watched;
      const found: Record<string, readonly string[]> = {};

      await page.goto(served.link);
      await page.locator('.slo').waitFor();
      found.overview = await seriousViolations(page);
      await page.goto(`${served.url}/#/service/app`);
      await page.locator('.plot canvas').waitFor();
      found.service = await seriousViolations(page);
      await page.getByRole('button', { name: 'Drain eu-west-1 of app' }).click();
      found.form = await seriousViolations(page);
      await planned(page);
      found.plan = await seriousViolations(page);
      api.checksum = 'another';
      await page.getByRole('button', { name: /^Drain eu-west-1 of app for/ }).click();
      await page.getByText('changed it meanwhile').waitFor();
      found.meanwhile = await seriousViolations(page);
      await page.getByRole('button', { name: /^Drain eu-west-1 of app for/ }).click();
      await page.getByText('Route 53 has it').waitFor();
      found.done = await seriousViolations(page);
      const overflows = await page.evaluate(
        'document.documentElement.scrollWidth > document.documentElement.clientWidth',
      );

      expect(found).toEqual({
        overview: [],
        service: [],
        form: [],
        plan: [],
        meanwhile: [],
        done: [],
      });
      expect(overflows).toBe(false);
      expect(trouble).toEqual([]);
    });

    it('is worked by keys alone, and gives the focus back', async () => {
      const api = stubApi(documents.status(documents.badNight()));
      await using served = await serving(api);
      await using watched = await watchedPage(browser);
      const { page } = watched;
      await page.goto(served.link);
      await page.getByRole('heading', { level: 1 }).waitFor();

      await page.keyboard.press('Tab');
      const first = await focused(page);
      await page.getByRole('button', { name: 'Drain eu-west-1 of app' }).focus();
      await page.keyboard.press('Enter');
      // A person types when the field has the focus, and reads when the heading has it.
      await page.locator('dialog input:focus').waitFor();
      await page.keyboard.type('bad deploy 4711');
      const field = await focused(page);
      // Polling draws the page anew beneath it.
      await page.waitForResponse((response) => response.url().endsWith('/v1/status'));
      await page.keyboard.press('Enter');
      await page.getByText('Nothing has been changed yet').waitFor();
      await page.locator('#dialog-title:focus').waitFor();
      const heading = await focused(page);
      await page.keyboard.press('Escape');
      await page.locator('dialog').waitFor({ state: 'detached' });
      await page.locator('button:focus').waitFor();

      expect(first).toBe('To the services');
      expect(field).toBe('bad deploy 4711');
      expect(heading).toBe('Drain eu-west-1 of app');
      expect(await focused(page)).toBe('Drain eu-west-1 of app');
      expect(api.asked.filter(({ method }) => method !== 'GET')).toHaveLength(1);
    });
  });

  describe('two hundred services', () => {
    it('shows the wrong ones first and whole, finds any, and draws the rest in a line each', async () => {
      const many = Array.from({ length: 198 }, (_, n) => documents.service(`svc-${n}`));
      const [app, pay] = documents.badNight();
      const api = stubApi(documents.status([...many, app!, pay!]));
      await using served = await serving(api);
      await using watched = await watchedPage(browser);
      const { page } = watched;
      await page.goto(served.link);

      const heading = page.getByRole('heading', { level: 1 });
      await heading.waitFor();
      const cards = await page.locator('.service h3').allTextContents();
      const lines = await page.locator('.service-line').count();
      await page.getByRole('searchbox').fill('svc-17');
      await page.getByText('11 of 200 services').waitFor();

      expect(await heading.textContent()).toBe('Automation is on for 199 of 200 services');
      expect(cards).toEqual(['pay', 'app']);
      expect(lines).toBe(198);
    });
  });

  describe('quorate ui', () => {
    it('lets in only the browser that opened the printed URL, and only its own page', async () => {
      const api = stubApi(documents.status([documents.service('app')]));
      await using served = await serving(api);
      const port = Number(new URL(served.url).port);
      const own = { host: `127.0.0.1:${port}` };
      const way = await get(
        port,
        new URL(served.link).search ? `/${new URL(served.link).search}` : '/',
        own,
      );
      const cookie = String(way.headers['set-cookie']).split(';')[0] ?? '';
      const write = { origin: `http://127.0.0.1:${port}`, cookie, ...own };

      const answers = {
        page: (await get(port, '/', { ...own, cookie })).status,
        status: (await get(port, '/v1/status', { ...own, cookie })).status,
        order: (await get(port, '/v1/overrides', write, 'POST')).status,
        noSession: (await get(port, '/v1/status', own)).status,
        pageWithout: (await get(port, '/', own)).status,
        wrongToken: (await get(port, '/?token=x', own)).status,
        wrongCookie: (await get(port, '/v1/status', { ...own, cookie: `${cookie}x` })).status,
        rebound: (await get(port, '/v1/status', { host: `evil.test:${port}`, cookie })).status,
        reboundIn: (await get(port, new URL(served.link).search, { host: `evil.test:${port}` }))
          .status,
        foreign: (
          await get(port, '/v1/overrides', { ...write, origin: 'http://evil.test' }, 'POST')
        ).status,
        otherPort: (
          await get(port, '/v1/overrides', { ...write, origin: 'http://127.0.0.1:1' }, 'POST')
        ).status,
        noOrigin: (await get(port, '/v1/overrides', { ...own, cookie }, 'POST')).status,
        crossSite: (
          await get(port, '/v1/status', { ...own, cookie, 'sec-fetch-site': 'cross-site' })
        ).status,
      };

      expect(way.status).toBe(303);
      expect(String(way.headers['set-cookie'])).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
      expect(answers).toEqual({
        page: 200,
        status: 200,
        order: 412,
        noSession: 401,
        pageWithout: 401,
        wrongToken: 401,
        wrongCookie: 401,
        rebound: 421,
        reboundIn: 421,
        foreign: 403,
        otherPort: 403,
        noOrigin: 403,
        crossSite: 403,
      });
      expect(api.asked).toHaveLength(2);
    });
  });
});

/** Elements that hostile text could make, and attributes that would run something. */
const ELEMENTS = `({
  script: document.querySelectorAll('script').length,
  img: document.querySelectorAll('img').length,
  iframe: document.querySelectorAll('iframe, object, embed, svg, form, base, meta[http-equiv], style').length,
  foreign: [...document.querySelectorAll('body *')].filter((one) => one instanceof HTMLUnknownElement).length,
  handlers: [...document.querySelectorAll('*')].filter((one) =>
    [...one.attributes].some(({ name, value }) => /^on/i.test(name) || (/^(?:href|src|action|formaction|xlink:href)$/.test(name) && /^\\s*javascript:/i.test(value)))).length,
})`;

/** What JSON carries and a text node gives back: lone surrogates and CR are the parser's matter. */
const asDom = (text: string): string => text;

function naughtyService(): ReturnType<typeof documents.service> {
  const endpoints = Array.from({ length: Math.ceil(NAUGHTY.length / PER_ENDPOINT) }, (_, row) =>
    documents.endpoint(`endpoint-${row}`, {
      reason: { code: 'quorum-down', sentence: NAUGHTY[row] ?? '' },
      health: 'down',
      votes: documents.VANTAGES.flatMap((vantage, column) => {
        const detail = NAUGHTY[row * PER_ENDPOINT + column];
        return detail === undefined
          ? []
          : [documents.ballot(vantage, { vote: 'down', code: 'body', detail })];
      }),
    }),
  );
  return documents.service('app', {
    endpoints,
    reasons: NAUGHTY.map((sentence) => ({ code: 'drift', sentence })),
    orders: NAUGHTY.map((reason, n) =>
      documents.order({ id: `order-${n}`, reason, actor: reason }),
    ),
    trouble: NAUGHTY.join('\n'),
  });
}

const serving = (api: StubApi): Promise<UiServer> => openUi({ api, port: 0 });

async function planned(page: Page): Promise<void> {
  await page.getByLabel(/^why/).fill('bad deploy 4711');
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await page.getByText('Nothing has been changed yet').waitFor();
}

/** Its value, its label, or its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(`(() => {
    const { value, ariaLabel, textContent } = document.activeElement;
    return (value || ariaLabel || textContent || '').trim();
  })()`);

type Got = { readonly status: number; readonly headers: Readonly<Record<string, unknown>> };

/** `fetch` sets Host and Origin itself; a hostile client doesn't. */
function get(
  port: number,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const body = method === 'GET' ? '' : '{"kind":"drain","scope":{"service":"app"},"reason":"x"}';
    const sent = httpRequest(
      { host: '127.0.0.1', port, path: path.startsWith('/') ? path : `/${path}`, method, headers },
      (response) => {
        response.resume();
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}
