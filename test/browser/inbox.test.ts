/** The inbox in a real browser, without JavaScript: list, filter, search, decide, a batch, away; by keyboard; for everybody. */

import { DeleteCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tasksOf } from '../../adapters/asked.ts';
import { newPerson } from '../deployed/people.ts';
import {
  type Agent,
  approvalIntent,
  dynamo,
  inGroups,
  newAgent,
  newOrder,
  refundIntent,
  stack,
  tables,
  waitFor,
} from '../deployed/world.ts';
import { axe, expectForEverybody, found } from './axe.ts';
import { keep, openContext, send, signIn, withBrowser } from './pages.ts';

const world = withBrowser();
let agent: Agent;
let context: BrowserContext;
let expectQuiet: () => void;
let ids: { refund: string; large: string; approvals: string[]; question: string };

const org = () => agent.tenant.split('/')[0] as string;
const pathOf = (id: string) => `${agent.tenant}/${id}.1`;
const inbox = (query = '') => `${stack.baseUrl}/inbox?q=${org()}${query}`;

/** A browser in which somebody has signed in, with the code that was mailed to them. */
async function signedIn(person: string) {
  const opened = await openContext(world, { javaScriptEnabled: false });
  const page = await opened.context.newPage();
  await signIn(page, `${person}@example.com`);
  await page.close();
  return opened;
}

const titles = (page: Page) => page.locator('.tasks h2').allInnerTexts();

beforeAll(async () => {
  agent = await newAgent(undefined, 'support-bot');
  const waits = async (intent: object) => {
    const id = await agent.submit(intent);
    await agent.reaches(id, 'WAITING');
    return id;
  };
  const question = { title: 'Which colour?', description: 'For the banner of the shop.', task_type: 'clarification' };
  ids = {
    refund: await waits(refundIntent(await newOrder(), 18_000)),
    large: await waits(refundIntent(await newOrder(1_000_000), 520_000)),
    approvals: await inGroups([1, 2, 3], (n) =>
      waits({ ...approvalIntent(), human_task: { title: `Send newsletter ${n}?`, description: 'To 12,000 people.' } }),
    ),
    question: await waits({ ...approvalIntent({}), human_task: { ...question, choices: ['red', 'blue'] } }),
  };
  await waitFor('all are listed', async () => {
    const only = (row: { tenant: string }) => row.tenant === agent.tenant;
    const { rows } = await tasksOf({ client: dynamo, table: tables.intents }, 'ada', { is: 'open', limit: 50, only });
    return rows.length === 6;
  });
  ({ context, expectQuiet } = await signedIn('ada'));
});
afterAll(() => context?.close());

it('lists what Ada is asked, the riskiest first, then by deadline; filters and searches on the server', async () => {
  const page = await context.newPage();
  await page.goto(inbox());
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('What you are asked');
  const all = await titles(page);
  expect(all).toHaveLength(6);
  expect(all[0]).toContain('5200.00 EUR');
  expect(await page.locator('.tasks li').first().textContent()).toMatch(/high risk Approval, decide before .* UTC/);

  await page.getByText('Filter and search').waitFor();
  await page.getByLabel('Kind').selectOption('clarification');
  await page.getByRole('button', { name: 'Show' }).click();
  expect(await titles(page)).toEqual(['Which colour?']);
  expect(await page.getByLabel('Kind').inputValue()).toBe('clarification');

  await page.getByLabel('Kind').selectOption('');
  await page.getByLabel('Search').fill(`${org()} NEWSLETTER 12,000`);
  await page.getByRole('button', { name: 'Show' }).click();
  expect((await titles(page)).sort()).toEqual(['Send newsletter 1?', 'Send newsletter 2?', 'Send newsletter 3?']);
  await keep(page, 'inbox-search');

  await page.getByLabel('Search').fill(org());
  await page.getByLabel('Risk').selectOption('high');
  await page.getByRole('button', { name: 'Show' }).click();
  expect(await titles(page)).toHaveLength(1);
  await page.getByLabel('Overdue only').check();
  await page.getByRole('button', { name: 'Show' }).click();
  expect(await page.locator('main').textContent()).toContain('Nothing fits.');
  expectQuiet();
  await page.close();
});

it('a task is decided on its page, and is then among the decided ones', async () => {
  const page = await context.newPage();
  await page.goto(inbox());
  await page.locator(`a[href="/inbox/tasks/${pathOf(ids.refund)}"]`).click();
  await page.getByRole('heading', { name: 'What happens if you approve' }).waitFor();
  await page.getByRole('button', { name: 'Send decision' }).waitFor();
  await keep(page, 'inbox-task');
  await page.getByRole('radio', { name: 'Reject' }).check();
  await send(page);
  await page.getByRole('alert').waitFor();
  await page.getByRole('radio', { name: 'Approve' }).check();
  await send(page);
  await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
  await agent.reaches(ids.refund, 'COMPLETED');

  await page.goto(`${stack.baseUrl}/inbox/tasks/${pathOf(ids.question)}`);
  await page.getByLabel('red').check();
  await send(page, 'Send answer');
  await page.getByRole('heading', { name: 'Decided: provided' }).waitFor();
  expect((await agent.reaches(ids.question, 'COMPLETED')).result.task_result.data).toEqual({ answer: 'red' });

  await page.getByRole('link', { name: 'Decided' }).click();
  await page.goto(`${stack.baseUrl}/inbox/done?q=${org()}`);
  expect(await titles(page)).toHaveLength(2);
  expect(await page.locator('main').textContent()).toMatch(/Which colour\?[\s\S]*provided[\s\S]*approved/);
  await keep(page, 'inbox-decided');
  expectQuiet();
  await page.close();
});

it('tasks of low risk are decided together, after one more look; a high one can not be chosen', async () => {
  const page = await context.newPage();
  await page.goto(inbox());
  expect(await page.locator(`input[value="${pathOf(ids.large)}"]`).count()).toBe(0);
  await page.getByLabel('Choose: Send newsletter 1?').check();
  await page.getByLabel('Choose: Send newsletter 2?').check();
  await keep(page, 'inbox-chosen');
  await page.getByRole('button', { name: 'Decide the chosen ones together' }).click();
  await page.getByRole('heading', { name: 'Decide 2 together' }).waitFor();
  const shown = (await page.locator('section code').allInnerTexts()).filter((text) => /^[0-9a-f]{64}$/.test(text));
  expect(shown).toHaveLength(2);
  for (const hash of shown) expect(hash).toMatch(/^[0-9a-f]{64}$/);
  await keep(page, 'inbox-batch');
  await page.getByRole('radio', { name: 'Approve' }).check();
  await page.getByLabel('Comment').fill('Both are fine.');
  await send(page, 'Send 2 decisions');
  await page.getByRole('heading', { name: 'What became of them' }).waitFor();
  expect(await page.getByText('Recorded: approved.').count()).toBe(2);
  await keep(page, 'inbox-batch-done');
  const [first, second, third] = ids.approvals as [string, string, string];
  for (const id of [first, second])
    expect((await agent.reaches(id, 'COMPLETED')).result.task_result.comment).toBe('Both are fine.');
  expect((await agent.get(third)).status).toBe('WAITING');
  expectQuiet();
  await page.close();
});

it('chooses how she is told, and to have low priority once a day, on her own page', async () => {
  const Key = { pk: 'directory', sk: 'person#wanda' };
  const wanda = { name: 'Wanda Example', mail: 'wanda@example.com', roles: [], timeZone: 'Europe/Berlin' };
  const Item = { ...Key, ...wanda, channels: [{ by: 'slack', member: 'U0123ABC' }] };
  await dynamo.send(new PutCommand({ TableName: tables.people, Item }));
  const hers = await signedIn('wanda');
  const page = await hers.context.newPage();
  await page.goto(`${stack.baseUrl}/inbox/me`);
  const [mail, slack] = [page.getByLabel('Mail to wanda@example.com'), page.getByLabel(/Slack, a direct message/)];
  expect([await mail.isChecked(), await slack.isChecked()]).toEqual([false, true]);
  await slack.uncheck();
  await page.getByRole('button', { name: 'Save how you are told' }).click();
  expect(await page.getByRole('alert').textContent()).toBe('Choose at least one.');
  // The browser opens the page at what is to be put right.
  expect(await page.locator('input[value=mail]:focus').count()).toBe(1);

  const { context: scripted } = await openContext(world);
  await scripted.addCookies(await hers.context.cookies());
  const refused = await scripted.newPage();
  await refused.goto(`${stack.baseUrl}/inbox/me`);
  await refused.getByLabel(/Slack, a direct message/).uncheck();
  await refused.getByRole('button', { name: 'Save how you are told' }).click();
  await refused.getByRole('alert').waitFor();
  expect((await axe(refused).analyze()).violations.map(found)).toEqual([]);
  await keep(refused, 'inbox-told-refused');
  await scripted.close();

  await page.keyboard.press('Space');
  expect(await mail.isChecked()).toBe(true);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('status').waitFor();
  expect([await mail.isChecked(), await slack.isChecked()]).toEqual([true, true]);

  expect(await page.locator('main').textContent()).toContain('The time is that of Europe/Berlin');
  await page.getByLabel('One mail a day').check();
  await page.getByLabel('At', { exact: true }).fill('07:30');
  await page.getByRole('button', { name: 'Save the daily mail' }).click();
  await page.getByRole('status').waitFor();
  await page.reload();
  expect([
    await page.getByLabel('One mail a day').isChecked(),
    await page.getByLabel('At', { exact: true }).inputValue(),
  ]).toEqual([true, '07:30']);
  await keep(page, 'inbox-told');
  hers.expectQuiet();
  await hers.context.close();
  await dynamo.send(new DeleteCommand({ TableName: tables.people, Key }));
});

it('somebody else sees none of it, and without the cookie there is nothing', async () => {
  const other = await signedIn(await newPerson('dora'));
  const page = await other.context.newPage();
  const answer = await page.goto(`${stack.baseUrl}/inbox/tasks/${pathOf(ids.large)}`);
  expect(answer?.status()).toBe(404);
  expect(await page.locator('main').textContent()).toContain('There is no such task for you.');
  await other.context.clearCookies();
  await page.goto(inbox());
  expect(new URL(page.url()).pathname).toBe('/inbox/sign-in');
  expect(await page.content()).not.toContain('newsletter');
  await other.context.close();
});

describe.each([
  { name: 'list', path: () => `/inbox?q=${org()}&risk=high`, says: /high risk/ },
  { name: 'list-with-boxes', path: () => `/inbox?q=${org()}`, says: /can be decided together/ },
  { name: 'decided', path: () => `/inbox/done?q=${org()}`, says: /What you have decided/ },
  { name: 'task', path: () => `/inbox/tasks/${pathOf(ids.large)}`, says: /What happens if you approve/ },
  { name: 'batch', path: () => `/inbox/batch?task=${pathOf(ids.approvals[2] ?? '')}`, says: /Decide 1 together/ },
  { name: 'away', path: () => '/inbox/me', says: /Say when you are away/ },
  { name: 'nothing', path: () => '/inbox/tasks/no/such/task.1', says: /Nothing here/ },
])('$name', ({ name, path, says }) => {
  it('axe finds nothing, light and dark, narrow and wide; nothing scrolls sideways, also enlarged', async () => {
    const { context: scripted } = await openContext(world);
    await scripted.addCookies(await context.cookies());
    const page = await scripted.newPage();
    await page.goto(`${stack.baseUrl}${path()}`);
    expect(await page.locator('main').textContent()).toMatch(says);
    await expectForEverybody(page, `inbox-${name}`);
    await scripted.close();
  });
});

it('a keyboard alone chooses and decides, and what has the focus is seen', async () => {
  const page = await context.newPage();
  await page.goto(inbox('&risk=low'));
  const box = `input[value="${pathOf(ids.approvals[2] ?? '')}"]`;
  for (let i = 0; i < 20 && (await page.locator(`${box}:focus-visible`).count()) === 0; i += 1)
    await page.keyboard.press('Tab');
  expect(await page.locator(`${box}:focus-visible`).count()).toBe(1);
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Decide 1 together' }).waitFor();
  for (let i = 0; i < 20 && (await page.locator('input[type=radio]:focus').count()) === 0; i += 1)
    await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('Tab');
  await page.keyboard.type('A');
  for (let i = 0; i < 5 && (await page.locator('button[type=submit]:focus').count()) === 0; i += 1)
    await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('Recorded: approved.').waitFor();
  await agent.reaches(ids.approvals[2] ?? '', 'COMPLETED');
  await page.close();
});
