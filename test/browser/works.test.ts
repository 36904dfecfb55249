/** Work that a person shows to have done, work that somebody takes on, and an operator's takeover: in a real browser, without JavaScript. */

import { createHash } from 'node:crypto';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { approvalIntent, linkFor, newOrder, refundIntent, refundsOf, stack } from '../deployed/world.ts';
import {
  enterCode,
  expectNoSidewaysScroll,
  freeze,
  keep,
  linkTo,
  openContext,
  send,
  signIn,
  withBrowser,
} from './pages.ts';

const world = withBrowser();

async function open(link: string, javaScriptEnabled = false) {
  // Files go to S3, which is not the address of the pages.
  const { context, expectQuiet } = await openContext(world, { javaScriptEnabled }, s3);
  const page = await context.newPage();
  await page.goto(link);
  const done = async () => {
    expectQuiet();
    await context.close();
  };
  return { page, done };
}

/** Where the functions' S3 is: the stack's proxy, seen in the form. */
const s3 = (url: URL) => url.hostname === '127.0.0.1' && url.pathname.startsWith(`/${stack.outputs.MediaBucket}`);

const submit = (human_task: object) => world.agent.submit({ ...approvalIntent({ door: '7' }), human_task });

const axe = async (page: Page) => expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

describe('a manual action', () => {
  it('is completed with a file, which goes to S3 and whose link never does', async () => {
    const id = await submit({ title: 'Unlock door 7', task_type: 'manual_action' });
    const link = await linkFor(world.agent, id);
    const { page, done } = await open(link, true);
    await keep(page, 'manual-action');
    await expectNoSidewaysScroll(page);
    await axe(page);
    await page.getByRole('link', { name: 'Attach a file first' }).click();
    await axe(page);
    const posted: string[] = [];
    page.on('request', (request) => {
      if (s3(new URL(request.url())))
        posted.push(`${request.url()} ${JSON.stringify(request.headers())} ${request.postData()}`);
    });
    const bytes = Buffer.from('a photo of door 7 <b>');
    await page
      .getByLabel('File', { exact: true })
      .setInputFiles({ name: 'door <7>.jpg', mimeType: 'image/jpeg', buffer: bytes });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('heading', { name: 'Attach this file?' }).waitFor();
    expect(posted).toHaveLength(1);
    expect(posted.join()).not.toContain(link.split('/').at(-1));
    const hash = createHash('sha256').update(bytes).digest('hex');
    expect(await page.locator('main').innerText()).toContain(hash);
    expect(await page.locator('main').innerText()).toContain('door <7>.jpg');
    await axe(page);
    await keep(page, 'manual-action-file');
    await page.getByRole('button', { name: 'Attach' }).click();

    await page.getByRole('heading', { name: 'Unlock door 7' }).waitFor();
    expect(await page.locator('main').innerText()).toContain('door <7>.jpg');
    await page.getByRole('radio', { name: 'Completed' }).check();
    await page.getByLabel('In words').fill('Done at noon.');
    // What is refused keeps what was entered, and the file.
    await page.getByLabel('Address of a page').fill('javascript:alert(1)');
    await send(page);
    expect(await page.getByRole('alert').innerText()).toContain('https://');
    expect(await page.getByLabel('In words').inputValue()).toBe('Done at noon.');
    await page.getByLabel('Address of a page').fill('https://tickets.example/7');
    await send(page);
    await page.getByRole('heading', { name: 'Decided: completed' }).waitFor();
    expect(await page.getByRole('link', { name: 'https://tickets.example/7' }).getAttribute('rel')).toBe(
      'noreferrer noopener',
    );
    await axe(page);
    await keep(page, 'manual-action-decided');

    const { result } = await world.agent.reaches(id, 'COMPLETED');
    const { evidence } = result.task_result;
    expect(evidence).toMatchObject({
      text: 'Done at noon.',
      url: 'https://tickets.example/7',
      media: { sha256: hash, name: 'door <7>.jpg', bytes: bytes.length },
    });
    const { upload } = (await world.agent.call('GET', `/v1/media/${evidence.media.id}`)).body;
    expect(await (await fetch(upload.download_url)).text()).toBe(bytes.toString());
    await done();
  });

  it('takes a file in the inbox, without JavaScript: the session comes back from S3', async () => {
    const id = await submit({ title: 'Unlock door 7', task_type: 'manual_action' });
    await world.agent.reaches(id, 'WAITING');
    const { context, expectQuiet } = await openContext(world, { javaScriptEnabled: false }, s3);
    const page = await context.newPage();
    await signIn(page, 'ada@example.com');
    await page.goto(`${stack.baseUrl}/inbox/tasks/${world.agent.tenant}/${id}.1`);
    await page.getByRole('link', { name: 'Attach a file first' }).click();
    const photo = { name: 'door 7.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('a photo of door 7') };
    await page.getByLabel('File', { exact: true }).setInputFiles(photo);
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('heading', { name: 'Attach this file?' }).waitFor();
    expect(await page.getByRole('navigation').innerText()).toContain('Ada Example');
    await keep(page, 'inbox-file');
    await page.getByRole('button', { name: 'Attach' }).click();
    await page.getByRole('heading', { name: 'Unlock door 7' }).waitFor();
    await page.getByRole('radio', { name: 'Completed' }).check();
    await send(page);
    await page.getByRole('heading', { name: 'Decided: completed' }).waitFor();
    expectQuiet();
    await context.close();
    const { evidence } = (await world.agent.reaches(id, 'COMPLETED')).result.task_result;
    expect(evidence.media).toMatchObject({ name: 'door 7.jpg', bytes: photo.buffer.length });
  });

  it('takes a file without JavaScript, and none of another person or task', async () => {
    const [id, other] = [
      await submit({ title: 'Unlock', task_type: 'manual_action' }),
      await submit({ title: 'Lock', task_type: 'manual_action' }),
    ];
    const { page, done } = await open(await linkTo(world.agent, id, 'ada'));
    await page.getByRole('link', { name: 'Attach a file first' }).click();
    await page
      .getByLabel('File', { exact: true })
      .setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByRole('button', { name: 'Attach' }).click();
    await page.getByText('a.txt').waitFor();
    const file = new URL(page.url()).searchParams.get('file') ?? '';
    await done();

    for (const stranger of [await linkTo(world.agent, id, 'ben'), await linkTo(world.agent, other, 'ada')]) {
      const elsewhere = await open(`${stranger}?file=${file}`);
      expect(await elsewhere.page.locator('main').innerText()).not.toContain('a.txt');
      await elsewhere.page.getByRole('radio', { name: 'Completed' }).check();
      await send(elsewhere.page);
      expect(await elsewhere.page.getByRole('alert').innerText()).toContain('Show what was done');
      await elsewhere.done();
    }
  });
});

it('an assignment goes from one to the other, who takes it on', async () => {
  const id = await submit({ title: 'Who looks after the door?', task_type: 'assignment' });
  const first = await linkTo(world.agent, id, 'ada');
  const ada = await open(first, true);
  await axe(ada.page);
  await keep(ada.page, 'assignment');
  await expectNoSidewaysScroll(ada.page);
  await ada.page.getByRole('radio', { name: 'Assign' }).check();
  await send(ada.page);
  expect(await ada.page.getByRole('alert').innerText()).toBe('Choose who takes it on.');
  await ada.page.getByLabel('Who takes it on').selectOption({ label: 'Ben Example' });
  await send(ada.page);
  await ada.page.getByText('this waits for Ben Example').waitFor();
  await ada.done();
  expect((await world.agent.get(id)).pending_with).toMatchObject({ name: 'Ben Example' });

  const ben = await open(await linkTo(world.agent, id, 'ben'));
  await ben.page.getByText('Ada Example, step 1').waitFor();
  await ben.page.getByRole('radio', { name: 'Assign' }).check();
  await ben.page.getByLabel('Who takes it on').selectOption({ label: 'Ben Example (you)' });
  await send(ben.page);
  await ben.page.getByText('Assigned to').waitFor();
  await ben.done();
  expect((await world.agent.reaches(id, 'COMPLETED')).result).toMatchObject({
    task_result: { outcome: 'assigned', assignee: { id: 'ben', name: 'Ben Example' } },
  });
});

it('an operator freezes a refund, and ends it by hand: it is never paid', async () => {
  const id = await world.agent.submit(refundIntent(await newOrder(), 18_000));
  const before = await linkTo(world.agent, id, 'ada');
  for (const who of ['ada', 'olga']) {
    const refused = await freeze(world.agent, id, 'x', who);
    expect([refused.code, refused.stderr.trim()]).toEqual([
      1,
      'Nothing was frozen. Only a person who holds the role operators may freeze this.',
    ]);
  }
  const frozen = await freeze(world.agent, id, 'Wrong customer.', 'cleo@example.com');
  expect(frozen.stderr).toBe('');
  expect(frozen.code).toBe(0);
  const dead = await open(before);
  await dead.page.getByRole('heading', { name: 'This task is closed' }).waitFor();
  await dead.done();

  const { page, done } = await open(await linkTo(world.agent, id, 'cleo'));
  expect(await page.locator('main').innerText()).toContain('Frozen by cleo: Wrong customer.');
  await keep(page, 'takeover');
  await expectNoSidewaysScroll(page);
  await page.getByRole('radio', { name: 'Take over' }).check();
  await page.getByRole('radio', { name: 'completed' }).check();
  await page.getByLabel('Comment').fill('The bot had the wrong customer.');
  await send(page);
  expect(await page.getByRole('alert').allInnerTexts()).toContain('Say what was done.');
  await page.getByLabel('What was done by hand').fill('Paid by bank transfer.');
  await enterCode(page, 'cleo@example.com');
  await send(page);
  await page.getByRole('heading', { name: 'Decided: override_approved' }).waitFor();
  await done();

  const { result } = await world.agent.reaches(id, 'COMPLETED');
  expect(result.override).toEqual({
    by: 'cleo',
    done: 'Paid by bank transfer.',
    justification: 'The bot had the wrong customer.',
  });
  expect(await refundsOf(id)).toEqual([]);
  const again = await freeze(world.agent, id, 'x');
  expect([again.code, again.stderr.trim()]).toEqual([1, 'Nothing was frozen. This intent has ended: COMPLETED.']);
});
