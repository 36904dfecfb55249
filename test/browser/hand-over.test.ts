/** The second form of a task's page, in a browser without JavaScript. */

import { expect, it } from 'vitest';
import { approvalIntent, linkOf, mailsFor, stack } from '../deployed/world.ts';
import { keep, openContext, send, signIn, withBrowser } from './pages.ts';

const world = withBrowser();

it('hands a task over, by keyboard; the link says from then on who is asked', async () => {
  const { agent } = world;
  const id = await agent.submit({ ...approvalIntent(), human_task: { title: 'Look', assignees: ['ada'] } });
  const link = linkOf((await mailsFor(agent, id, 1))[0] as never);
  const { context, expectQuiet } = await openContext(world, { javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(link);
  expect(await page.getByLabel('To whom').isVisible()).toBe(false);
  await page.getByText('Hand over to somebody else').press('Enter');
  const names = await page.getByLabel('To whom').getByRole('option').allTextContents();
  // Other tests' people may be there as well.
  expect(names).toEqual(expect.arrayContaining(['Choose a person', 'Ben Example', 'Cleo Example']));
  expect(names).not.toContain('Ada Example');
  await page.getByLabel('To whom').selectOption('Cleo Example');
  await page.getByLabel('Note to them').fill('You know the customer.');
  await keep(page, 'hand-over');
  await page.getByRole('button', { name: 'Hand over' }).click();
  await page.getByRole('heading', { name: 'Handed over' }).waitFor();
  expect(await page.locator('main').textContent()).toContain('Cleo Example');

  await page.goto(link);
  await page.getByRole('heading', { name: 'You are no longer asked' }).waitFor();
  expect(await page.locator('form').count()).toBe(0);

  const mail = (await mailsFor(agent, id, 2)).find(({ to }) => to[0]?.startsWith('cleo'));
  await page.goto(linkOf(mail as never));
  expect(await page.locator('main').textContent()).toMatch(
    /Ada Example has handed this over to you[\s\S]*You know the customer\./,
  );
  await page.getByRole('radio', { name: 'Approve' }).check();
  await send(page);
  await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
  expect(await page.locator('main').textContent()).toContain('in the place of Ada Example');
  expectQuiet();
});

it('hands it over in the inbox, and takes it back; a remark is read by whoever decides', async () => {
  const { agent } = world;
  const id = await agent.submit({ ...approvalIntent(), human_task: { title: 'Look', assignees: ['ada'] } });
  await agent.reaches(id, 'WAITING');
  const { context, expectQuiet } = await openContext(world, { javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, 'ada@example.com');
  await page.goto(`${stack.baseUrl}/inbox/tasks/${agent.tenant}/${id}.1`);

  await page.getByText('Leave a remark').press('Enter');
  await page.getByLabel('Remark', { exact: true }).fill('Is the rollback ready?');
  await keep(page, 'inbox-remark');
  await page.getByRole('button', { name: 'Send remark' }).click();
  await page.getByText('Is the rollback ready?').waitFor();

  await page.getByText('Hand over to somebody else').press('Enter');
  await page.getByLabel('To whom').selectOption('Cleo Example');
  await page.getByLabel('Note to them').fill('You know the customer.');
  await keep(page, 'inbox-hand-over');
  await page.getByRole('button', { name: 'Hand over' }).click();
  await page.getByText('It waits for Cleo Example.').waitFor();
  await keep(page, 'inbox-handed-over');
  expect((await agent.get(id)).pending_with.name).toBe('Cleo Example');
  await page.locator('summary', { hasText: 'Take back' }).press('Enter');
  await page.getByRole('button', { name: 'Take back' }).click();

  await page.getByRole('radio', { name: 'Approve' }).check();
  await send(page);
  await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
  expect((await agent.reaches(id, 'COMPLETED')).result.task_result.decided_by).toBe('ada');
  expectQuiet();
  await context.close();
});
