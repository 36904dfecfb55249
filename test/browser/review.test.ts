/** A review in a real browser, without JavaScript: changes asked for, the answer read beside what it was, approved. */

import { AxeBuilder } from '@axe-core/playwright';
import { expect, it } from 'vitest';
import { approvalIntent, linkFor, mailsFor, waitFor } from '../deployed/world.ts';
import { expectNoSidewaysScroll, height, keep, openContext, send, widths, withBrowser } from './pages.ts';

const world = withBrowser();

const first = { campaign: 'Winter', text: 'Buy now!', audience: { list: 'all', limit: 5000 } };

async function reviewed() {
  const id = await world.agent.submit({
    ...approvalIntent(first),
    human_task: { title: 'Newsletter', task_type: 'review' },
  });
  return { id, link: await linkFor(world.agent, id) };
}

async function answered(id: string) {
  await world.agent.reaches(id, 'IN_PROGRESS');
  const payload = { campaign: 'Winter', text: 'Buy now for 10 EUR!', audience: { list: 'customers' } };
  const { status } = await world.agent.call('POST', `/v1/intents/${id}/resume`, { body: { payload } });
  expect(status).toBe(200);
  await mailsFor(world.agent, id, 4);
  return linkFor(world.agent, id);
}

it('asks for changes, reads what changed, and approves', async () => {
  const { id, link } = await reviewed();
  const { context, expectQuiet } = await openContext(world, { javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(link);
  expect(await page.getByRole('radio').count()).toBe(3);
  await page.getByRole('radio', { name: 'Ask for changes' }).check();
  // A reason of another decision is refused at its field, and what was entered is kept.
  await page.getByLabel('Reason', { exact: true }).selectOption({ label: 'Against policy' });
  await page.getByLabel('Comment').fill('Say what it costs.');
  await keep(page, 'review-ask');
  await send(page);
  expect(await page.getByRole('alert').textContent()).toBe('This is no reason for that decision.');
  expect(await page.getByLabel('Comment').inputValue()).toBe('Say what it costs.');
  expect(await page.getByRole('radio', { name: 'Ask for changes' }).isChecked()).toBe(true);
  await page.getByLabel('Reason', { exact: true }).selectOption({ label: 'Something is missing' });
  await send(page);
  await page.getByRole('heading', { name: 'Decided: changes_requested' }).waitFor();
  expect(await page.locator('main').textContent()).toContain('Something is missing');

  const newer = await answered(id);
  await page.goto(link);
  await page.getByRole('heading', { name: 'What would happen has changed' }).waitFor();
  expect(await page.locator('form').count()).toBe(0);
  await page.goto(newer);
  expect(await page.getByRole('row').allInnerTexts()).toEqual([
    '\tBefore\tNow',
    'Text\tBuy now!\tBuy now for 10 EUR!',
    'Audience.list\tall\tcustomers',
    'Audience.limit\t5000\t(not there)',
  ]);
  expect(await page.locator('main').textContent()).toContain('Say what it costs.');
  await keep(page, 'review-again');
  await page.setViewportSize({ width: widths.phone, height });
  await expectNoSidewaysScroll(page);
  await page.getByRole('radio', { name: 'Approve' }).check();
  await page.getByLabel('Reason', { exact: true }).selectOption({ label: 'As expected' });
  await send(page);
  await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
  const done = await world.agent.reaches(id, 'COMPLETED');
  expect(done.result.task_result).toMatchObject({ outcome: 'approved', reason_code: 'as_expected', revision: 2 });
  expectQuiet();
  await context.close();
});

it('is accessible, the first time and with what changed, in light and dark', async () => {
  const { id, link } = await reviewed();
  const { context } = await openContext(world, { javaScriptEnabled: true });
  const page = await context.newPage();
  const check = async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    }
  };
  await page.goto(link);
  await check();
  await page.getByRole('radio', { name: 'Ask for changes' }).check();
  await page.getByLabel('Comment').fill('Say what it costs.');
  await send(page);
  await page.goto(await answered(id));
  await waitFor('the page of what changed', async () => (await page.getByRole('table').count()) > 0);
  await check();
  await context.close();
});
