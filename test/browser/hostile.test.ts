/** Hostile text on real pages in a real browser: nothing of it runs, leads anywhere, or makes a page wider. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { approvalIntent, decide, linkOf, mailsFor, newOrder, refundIntent, stack } from '../deployed/world.ts';
import { hostile } from '../pages/hostile.ts';
import { expectFits, keep, openContext, withBrowser } from './pages.ts';

const world = withBrowser();

/** What the API takes: titles have 255 characters, descriptions 2,000, a body 128 KB. */
const intentWith = (words: string) => {
  const fits = (length: number) => words.slice(0, length).toWellFormed();
  const long = words.slice(0, 60_000).toWellFormed();
  return {
    ...approvalIntent({ task: long, [fits(100)]: fits(5000), deep: { [fits(100)]: [fits(1000)] } }),
    on_behalf_of: [...fits(25)].join(''),
    human_task: { title: fits(255), description: fits(2000), assignees: ['ada', fits(300)] },
  };
};

/** Had anything of it run, the page would have been left, or a dialog opened. */
async function expectCalm(page: Page, at: string, links: number): Promise<void> {
  expect(page.url()).toBe(at);
  expect(await page.locator('main').count()).toBe(1);
  expect(await page.locator('main a').count()).toBe(links);
  expect(await page.locator('img, iframe, script, object, embed, svg, link, base, video, audio').count()).toBe(0);
  expect(
    await page.evaluate(
      "[...document.querySelectorAll('*')].flatMap((e) => [...e.attributes]).filter((a) => a.name.startsWith('on')).length",
    ),
  ).toBe(0);
  await expectFits(page);
}

describe('rule 23: what an agent and others wrote, in Chromium with scripts on', () => {
  it.each(Object.entries(hostile))('%s: nothing of it runs, leads anywhere, or widens a page', async (kind, words) => {
    const id = await world.agent.submit(intentWith(words));
    const view = (await world.agent.get(id)).view_url as string;
    const [mail] = await mailsFor(world.agent, id, 1);
    if (!mail) throw new Error('ada is asked');
    const link = linkOf(mail);
    const { context, expectQuiet } = await openContext(world);
    const dialogs: string[] = [];
    context.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    const page = await context.newPage();
    await page.goto(link);
    await expectCalm(page, link, 0);
    // Pages that are miles long fit in no picture.
    if (words.length < 10_000) await keep(page, `hostile-${kind}`);
    await page.goto(view);
    await expectCalm(page, view, 0);
    await page.goto(`${stack.mailboxUrl}/${mail.id}`);
    expect(await page.frameLocator('iframe').locator('a').count()).toBe(1);
    expect(await page.frameLocator('iframe').locator('script, img, form').count()).toBe(0);
    // The decider's own words are shown to others too.
    await decide(link, 'rejected', `no ${words.slice(0, 1500).toWellFormed()}`);
    for (const address of [link, view]) {
      await page.goto(address);
      await expectCalm(page, address, 0);
    }
    expect(dialogs).toEqual([]);
    expectQuiet();
    await context.close();
  });

  it('the only link of a refund’s page is the evidence’s', async () => {
    const words = hostile.link ?? '';
    const order = await newOrder();
    const id = await world.agent.submit(refundIntent(order, 18_000, 'EUR', words));
    const [mail] = await mailsFor(world.agent, id);
    const link = linkOf(mail as NonNullable<typeof mail>);
    const { context, expectQuiet } = await openContext(world);
    const page = await context.newPage();
    await page.goto(link);
    const links = "[...document.querySelectorAll('a')].map((a) => [a.host, a.target, a.rel])";
    expect(await page.evaluate(links)).toEqual([['dashboard.stripe.com', '_blank', 'noopener noreferrer']]);
    await expectCalm(page, link, 1);
    expectQuiet();
    await context.close();
  });
});
