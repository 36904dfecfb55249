/** An approver's way in a real browser: mailbox, mail, link, page, decision. Nothing of it needs JavaScript. */

import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { stack } from '../deployed/world.ts';
import { keep, openContext, send, waitingRefund, withBrowser } from './pages.ts';

const world = withBrowser();

const textOf = (page: Page) => page.locator('main').textContent();

describe.each([
  { scripts: 'off', javaScriptEnabled: false },
  { scripts: 'on', javaScriptEnabled: true },
])('with JavaScript $scripts', ({ scripts, javaScriptEnabled }) => {
  it('mailbox, mail, link, page, decision; opened again it shows the decision', async () => {
    const { id, mail, link, otherLink } = await waitingRefund(world);
    const { context, expectQuiet } = await openContext(world, { javaScriptEnabled });
    const page = await context.newPage();

    await page.goto(stack.mailboxUrl);
    await page.locator(`a[href="/mailbox/${mail.id}"]`).click();
    await page.getByRole('heading', { name: 'Refund: decision needed' }).waitFor();
    await keep(page, `mail-scripts-${scripts}`);

    // The link stands in the mail's HTML part, which the mailbox shows in a frame without scripts.
    await page.frameLocator('iframe').getByRole('link', { name: 'Review' }).click();
    await page.waitForURL(link);
    const intent = await world.agent.get(id);
    expect(await page.title()).toBe('Holdpoint');
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(intent.plan.objective);
    const read = await textOf(page);
    for (const text of [
      world.agent.address,
      'The parcel arrived damaged.',
      'amount_needs_approval',
      'read_charge',
      'low risk',
      'Decide before',
      'UTC',
      intent.plan_hash,
    ])
      expect(read).toContain(text);
    expect(await page.getByRole('row').allInnerTexts()).toEqual([
      '\tBefore\tAfter',
      'Charged\t1000.00 EUR\t1000.00 EUR',
      'Refunded\t0.00 EUR\t180.00 EUR',
      'Left of the charge\t1000.00 EUR\t820.00 EUR',
    ]);
    // Its own style is the only one that the page's policy lets in: choices are as wide as a thumb needs.
    expect((await page.locator('.choice').first().boundingBox())?.height).toBeGreaterThanOrEqual(44);
    expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
    await keep(page, `approval-scripts-${scripts}`);

    await page.getByRole('radio', { name: 'Approve' }).check();
    await page.getByLabel('Comment').fill('Photos checked.');
    await send(page);
    await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
    const decided = await textOf(page);
    expect(decided).toContain('Ada Example (you), by the link sent to ada@example.com');
    expect(decided).toContain('Photos checked.');
    await keep(page, `decided-scripts-${scripts}`);

    for (const again of [link, otherLink]) {
      await page.goto(again);
      expect(await textOf(page)).toMatch(/Decided: approved[\s\S]*Ada Example[\s\S]*Photos checked\./);
      expect(await page.locator('form').count()).toBe(0);
    }
    expect((await world.agent.reaches(id, 'COMPLETED')).result).toBeDefined();
    expectQuiet();
    await context.close();
  });

  it('a rejection without a comment is refused by the server, at the field, and what was entered is kept', async () => {
    const { id, link } = await waitingRefund(world);
    const { context, expectQuiet } = await openContext(world, { javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(link);
    const comment = page.getByLabel('Comment');
    // The browser's own check would say less, and in its own words.
    expect(await comment.getAttribute('required')).toBeNull();

    await page.getByRole('radio', { name: 'Reject' }).check();
    await comment.fill('   ');
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await send(page);
    expect((await answered).status()).toBe(422);

    const alert = page.getByRole('alert');
    await alert.waitFor();
    expect(await alert.textContent()).toBe('Say why: a comment is needed.');
    expect(await comment.getAttribute('aria-describedby')).toContain(await alert.getAttribute('id'));
    expect(await comment.getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByRole('radio', { name: 'Reject' }).isChecked()).toBe(true);
    expect(await comment.inputValue()).toBe('   ');
    // The page opens where the mistake is, also on a phone.
    expect(await page.locator('textarea:focus').count()).toBe(1);
    const { y = -1, height = 0 } = (await alert.boundingBox()) ?? {};
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y + height).toBeLessThanOrEqual(page.viewportSize()?.height ?? 0);
    expect((await world.agent.get(id)).status).toBe('WAITING');
    await keep(page, `refused-scripts-${scripts}`);

    await comment.fill('The customer kept the goods.');
    await send(page);
    await page.getByRole('heading', { name: 'Decided: rejected' }).waitFor();
    const { error } = await world.agent.reaches(id, 'FAILED');
    expect(error.details.decision).toMatchObject({ outcome: 'rejected', comment: 'The customer kept the goods.' });
    expectQuiet();
    await context.close();
  });
});

it('nothing is sent until an outcome was chosen', async () => {
  const { id, link } = await waitingRefund(world);
  const { context } = await openContext(world);
  const page = await context.newPage();
  await page.goto(link);
  const sent: string[] = [];
  page.on('request', (request) => sent.push(request.method()));
  await send(page);
  expect(await page.locator('input[name=outcome]:invalid').count()).toBe(2);
  expect(sent).toEqual([]);
  expect((await world.agent.get(id)).status).toBe('WAITING');
  await context.close();
});
