/** What else than a decision a person does with a task, on its page of the inbox: taken over, taken back, withdrawn, frozen. */

import type { Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { call, keyFor, newPerson, signedIn } from '../deployed/people.ts';
import { signIn as sessionOf, visitor } from '../deployed/person.ts';
import {
  approvalIntent,
  expectChain,
  mailsFor,
  newAgent,
  newOrder,
  records,
  refundIntent,
  refundsOf,
  stack,
} from '../deployed/world.ts';
import { enterCode, expectNoSidewaysScroll, keep, openContext, send, signIn, withBrowser } from './pages.ts';

const world = withBrowser();

/** An administrator, who is asked for nothing. */
const kim = { id: 'kim-of-moves', mail: 'kim-of-moves@example.com' };

beforeAll(async () => {
  await newPerson(kim.id, ['admins']);
});

async function waits(intent: object): Promise<string> {
  const id = await world.agent.submit(intent);
  await world.agent.reaches(id, 'WAITING');
  return id;
}

const pathOf = (id: string) => `/inbox/tasks/${world.agent.tenant}/${id}.1`;

/** The task's page, as somebody sees it who has signed in. */
async function open(id: string, mail: string): Promise<{ page: Page; done: () => Promise<void> }> {
  const { context, expectQuiet } = await openContext(world, { javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, mail);
  await page.goto(`${stack.baseUrl}${pathOf(id)}`);
  return {
    page,
    done: async () => {
      expectQuiet();
      await context.close();
    },
  };
}

const text = (page: Page) => page.locator('main').innerText();

it('an administrator takes a task over, and decides it', async () => {
  const id = await waits({ ...approvalIntent(), human_task: { title: 'Look at this', assignees: ['ada', 'ben'] } });
  const { page, done } = await open(id, kim.mail);
  expect(await text(page)).toContain('You are not asked to decide this. It waits for Ada Example, Ben Example.');
  await page.locator('summary', { hasText: 'Take over' }).press('Enter');
  await page.getByLabel('Note to them').fill('It hurries.');
  await keep(page, 'take-over');
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Take over' }).click();
  await page.getByRole('radio', { name: 'Approve' }).check();
  await send(page);
  await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
  await done();
  expect((await world.agent.reaches(id, 'COMPLETED')).result.task_result.decided_by).toBe(kim.id);
  const taken = (await records(world.agent, id)).find(({ action }) => action === 'task.taken_over');
  expect(taken?.actor.kind).toBe('person');
  await expectChain(world.agent, id);
});

it('whoever handed a task over takes it back', async () => {
  const id = await waits({ ...approvalIntent(), human_task: { title: 'Yours?', assignees: ['ada'] } });
  const ada = { ...(await keyFor(world.agent.tenant)), ...(await signedIn('ada')) };
  expect((await call('POST', `/v1/tasks/${id}.1/reassign`, ada, { to: 'ben' })).status).toBe(200);
  const { page, done } = await open(id, 'ada@example.com');
  expect(await text(page)).toContain('It waits for Ben Example.');
  await page.locator('summary', { hasText: 'Take back' }).press('Enter');
  await page.getByRole('button', { name: 'Take back' }).click();
  await page.getByRole('radio', { name: 'Reject' }).waitFor();
  expect(await page.getByText('Take it back').count()).toBe(0);
  await done();
  expect((await records(world.agent, id)).map(({ action }) => action)).toContain('task.taken_back');
});

it('the person that the agent acts for reads where it stands, and withdraws it', async () => {
  const id = await waits({ ...approvalIntent({ task: 'Book it?', secret: 'hush' }), on_behalf_of: kim.mail });
  const { page, done } = await open(id, kim.mail);
  await page.getByRole('heading', { name: 'Waits for a person' }).waitFor();
  expect(await text(page)).not.toContain('hush');
  expect(await page.getByRole('radio').count()).toBe(0);
  await page.locator('summary', { hasText: 'Withdraw' }).press('Enter');
  await keep(page, 'withdraw');
  await page.getByRole('button', { name: 'Withdraw' }).click();
  await page.getByText('It has ended as cancelled.').waitFor();
  await done();
  await world.agent.reaches(id, 'CANCELED');
});

it('an operator freezes a refund from its page, saying why, and ends it: it is never paid', async () => {
  const id = await waits(refundIntent(await newOrder(), 18_000));
  const { page, done } = await open(id, 'cleo@example.com');
  await page.locator('summary', { hasText: 'Freeze' }).press('Enter');
  await page.getByLabel('Why', { exact: true }).fill(' ');
  await page.getByRole('button', { name: 'Freeze' }).click();
  await page.getByRole('alert').filter({ hasText: 'Say why' }).waitFor();
  await page.getByLabel('Why', { exact: true }).fill('Wrong customer.');
  await keep(page, 'freeze');
  await page.getByRole('button', { name: 'Freeze' }).click();
  await page.getByText('Operators are asked now').waitFor();
  await mailsFor(world.agent, id, 3);
  await page.goto(`${stack.baseUrl}/inbox/tasks/${world.agent.tenant}/${id}.override`);
  expect(await text(page)).toContain('Wrong customer.');
  await page.getByRole('radio', { name: 'Reject' }).check();
  await page.getByLabel('Comment').fill('Not needed any more.');
  if ((await page.getByLabel('Code').count()) > 0) await enterCode(page, 'cleo@example.com');
  await send(page);
  await page.getByRole('heading', { name: 'Decided: rejected' }).waitFor();
  await done();
  await world.agent.reaches(id, 'FAILED');
  expect(await refundsOf(id)).toEqual([]);
});

it('each is nobody else’s: there is no such task for a stranger, and a forced form changes nothing', async () => {
  const id = await waits({ ...approvalIntent(), human_task: { title: 'Look', assignees: ['ada'] } });
  const ben = visitor(await sessionOf('ben'));
  expect((await ben.get(pathOf(id))).status).toBe(404);
  const ada = visitor(await sessionOf('ada'));
  const before = await records(world.agent, id);
  for (const action of ['take-over', 'take-back', 'recall', 'freeze']) {
    const form = [
      ['action', action],
      ['note', 'x'],
    ] as const;
    expect((await ben.post(pathOf(id), form)).status, action).toBe(404);
    // Asked for what is theirs already, taking back changes nothing and leads to the page.
    expect((await ada.post(pathOf(id), form)).status, action).toBe(
      { 'take-over': 403, 'take-back': 303, recall: 404, freeze: 403 }[action],
    );
    const strange = await ada.post(pathOf(id), form, { origin: 'https://evil.example' });
    expect(strange.status, action).toBe(403);
  }
  expect((await records(world.agent, id)).filter(({ action }) => action !== 'approver.notified')).toEqual(
    before.filter(({ action }) => action !== 'approver.notified'),
  );
});

it('by API a session alone does the same where the tenant is named', async () => {
  const admin = await signedIn(kim.id);
  const id = await waits({ ...approvalIntent(), human_task: { title: 'Look', assignees: ['ada'] } });
  const at = (what: string, tenant = world.agent.tenant) => `/v1/tasks/${id}.1${what}?tenant=${tenant}`;
  expect((await call('POST', `/v1/tasks/${id}.1/take-over`, admin, {})).status).toBe(404);
  expect((await call('POST', at('/take-over', 'acme/other'), admin, {})).status).toBe(404);
  expect((await call('GET', at(''), admin)).body.task).toMatchObject({ title: 'Look' });
  expect((await call('GET', `${at('')}&x=1`, admin)).status).toBe(422);
  expect((await call('GET', at(''), await signedIn('ben'))).status).toBe(404);
  expect((await call('POST', at('/take-over'), admin, {})).body).toMatchObject({ to: { id: kim.id } });

  const mine = await waits({ ...approvalIntent(), on_behalf_of: kim.id });
  const recall = `/v1/tasks/${mine}.1/recall?tenant=${world.agent.tenant}`;
  expect((await call('POST', recall, admin, {})).body).toMatchObject({ status: 'CANCELED' });
  await world.agent.reaches(mine, 'CANCELED');

  const key = await keyFor((await newAgent()).tenant);
  expect((await call('GET', at(''), { ...key, ...admin })).status).toBe(404);
});
