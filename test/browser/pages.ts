/** What the browser tests share: one Chromium, contexts of it, how pages are looked at, and screenshots. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { holdpoint, type Ran } from '../clients/holdpoint.ts';
import {
  type Agent,
  linkOf,
  mailedCode,
  mailsFor,
  newAgent,
  newOrder,
  refundIntent,
  stack,
  waitFor,
} from '../deployed/world.ts';
import { startChromium } from './chromium.ts';

const screenshots = resolve(import.meta.dirname, '../../.holdpoint/screenshots');

/** A phone's and a desk's width, CSS pixels. */
export const widths = { phone: 360, desk: 1280 } as const;
export const height = 800;

/** In the full run each page is looked at in each way, and what was seen is kept: `LOOKS=all`. */
const allLooks = process.env.LOOKS === 'all';
const schemes = { light: 'phone', dark: 'desk' } as const;
/** In light and dark, narrow and wide; else each of the four once. */
export const looks = Object.entries(schemes).flatMap(([scheme, usual]) =>
  Object.entries(widths)
    .filter(([device]) => allLooks || device === usual)
    .map(([device, width]) => ({ colorScheme: scheme as keyof typeof schemes, device, width })),
);

export interface World {
  browser: Browser;
  agent: Agent;
}

/** One Chromium and one agent for a file; the browser and whatever it started end with it. */
export function withBrowser(): World {
  const world = {} as World;
  beforeAll(async () => {
    mkdirSync(screenshots, { recursive: true });
    world.agent = await newAgent(undefined, 'support-bot');
    world.browser = await startChromium();
  });
  afterAll(() => world.browser?.close());
  return world;
}

/** A context whose pages must ask nobody but the stack, and must not complain. */
export async function openContext(
  { browser }: World,
  options: BrowserContextOptions = {},
  /** Where else they may ask. */
  also: (url: URL) => boolean = () => false,
): Promise<{ context: BrowserContext; expectQuiet: () => void }> {
  const context = await browser.newContext({ viewport: { width: widths.phone, height }, ...options });
  const strangers = new Set<string>();
  const complaints: string[] = [];
  context.on('request', (request) => {
    const url = new URL(request.url());
    const { origin, protocol } = url;
    if (protocol !== 'about:' && protocol !== 'data:' && origin !== stack.baseUrl && !also(url))
      strangers.add(request.url());
  });
  context.on('console', (message) => {
    // A refused form is answered with 422, which Chromium notes; anything else it notes is a mistake of the page.
    if (['error', 'warning'].includes(message.type()) && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  const expectQuiet = () =>
    expect({ strangers: [...strangers], complaints }).toEqual({ strangers: [], complaints: [] });
  return { context, expectQuiet };
}

/** Keeps what somebody sees, whole, as `.holdpoint/screenshots/<name>.png`, where all is looked at. */
export async function keep(page: Page, name: string): Promise<void> {
  if (allLooks) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
}

/** A refund that waits for a person, with Ada's mail and link, and Ben's link. */
export async function waitingRefund({ agent }: World) {
  const id = await agent.submit(refundIntent(await newOrder(), 18_000));
  const mails = await mailsFor(agent, id);
  const to = (name: string) => {
    const mail = mails.find((one) => one.to.some((address) => address.startsWith(name)));
    if (!mail) throw new Error(`no mail to ${name}`);
    return mail;
  };
  return { id, mail: to('ada'), link: linkOf(to('ada')), otherLink: linkOf(to('ben')) };
}

/** The newest link that was mailed to somebody for an intent; waits for theirs alone, however many others are mailed. */
export const linkTo = (agent: Agent, id: string, name: string): Promise<string> =>
  waitFor(`a mail to ${name} for ${id}`, async () => {
    const mails = await mailsFor(agent, id, 1);
    const mail = mails.findLast((one) => one.to.some((address) => address.startsWith(name)));
    return mail && linkOf(mail);
  });

/** Freezes an intent at the command line, by default in the name of the operator. */
export async function freeze(agent: Agent, id: string, reason: string, by = 'cleo'): Promise<Ran> {
  const dir = mkdtempSync(join(tmpdir(), 'holdpoint-freeze-'));
  writeFileSync(join(dir, 'local.json'), JSON.stringify({ emulatorUrl: stack.emulatorUrl, region: stack.region }));
  const which = ['--tenant', agent.tenant, '--local', dir];
  const ran = await holdpoint(['override', 'start', id, '--reason', reason, '--by', by, ...which]);
  rmSync(dir, { recursive: true });
  return ran;
}

/** Sends a decision, with a reason where none is chosen yet: without one a browser sends nothing. */
export async function send(page: Page, button = 'Send decision'): Promise<void> {
  const reason = page.getByLabel('Reason', { exact: true });
  if ((await reason.inputValue()) === '') await reason.selectOption('other');
  await page.getByRole('button', { name: button }).click();
}

/** Has a code mailed, and types it where the page asks for it. */
export async function enterCode(page: Page, to: string): Promise<void> {
  const button = page.getByRole('button', { name: /^Send me a/ });
  await page.getByLabel('Code').fill(await mailedCode(to, () => button.click()));
}

/** Signs a person in with a mailed code. */
export async function signIn(page: Page, mail: string): Promise<void> {
  await page.goto(`${stack.baseUrl}/inbox/sign-in`);
  await page.getByLabel('Your mail address').fill(mail);
  await enterCode(page, mail);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`${stack.baseUrl}/inbox`);
}

/** Nothing has to be pushed sideways to be read, in the page or in a mail that it shows. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const where = `${page.url()} at ${page.viewportSize()?.width}`;
  const [content, room] = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  expect(content, where).toBeLessThanOrEqual(room);
  // No script runs in the mail's frame, not even ours.
  for (const cell of await page.frameLocator('iframe').locator('td').all()) {
    const { x, width } = (await cell.boundingBox()) ?? { x: 0, width: 0 };
    expect(x + width, where).toBeLessThanOrEqual(room);
  }
}

/** Nothing scrolls sideways or is cut at any width, also enlarged; leaves the page so. */
export async function expectFits(page: Page): Promise<void> {
  // 320: WCAG 2.2, 1.4.10 (1280 at 400 %). 640: a desk at 200 %.
  for (const width of [320, widths.phone, 640, widths.desk]) {
    await page.setViewportSize({ width, height });
    await expectNoSidewaysScroll(page);
  }
  // WCAG 2.2, 1.4.4: text alone at 200 %, on a phone.
  await page.setViewportSize({ width: widths.phone, height });
  await page.evaluate("document.documentElement.style.fontSize = '200%'");
  await expectNoSidewaysScroll(page);
  await expectNothingCut(page);
}

/** No box hides a part of its text. */
async function expectNothingCut(page: Page): Promise<void> {
  const cut = await page.evaluate<string[]>(`[...document.querySelectorAll('main *')]
    .filter((box) => getComputedStyle(box).overflow === 'hidden' && box.scrollWidth > box.clientWidth)
    .map((box) => box.outerHTML.slice(0, 80))`);
  expect(cut).toEqual([]);
}
