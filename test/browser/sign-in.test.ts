/** Signing in with a mailed code, in a real browser; nothing of it needs JavaScript. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { AxeBuilder } from '@axe-core/playwright';
import { describe, expect, it } from 'vitest';
import { holdpoint } from '../clients/holdpoint.ts';
import {
  awsCalls,
  dynamo,
  linkFor,
  mailedCode,
  newOrder,
  people,
  refundIntent,
  rows,
  stack,
  tables,
} from '../deployed/world.ts';
import { enterCode, expectNoSidewaysScroll, keep, openContext, send, signIn, withBrowser } from './pages.ts';

const world = withBrowser();
const inbox = `${stack.baseUrl}/inbox`;

describe('signing in', () => {
  it('asks for the address, then for the code mailed to it; the cookie is the browser’s alone', async () => {
    const { context, expectQuiet } = await openContext(world, { javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(inbox);
    await page.waitForURL(`${inbox}/sign-in`);
    await keep(page, 'sign-in');
    await page.getByLabel('Your mail address').fill('Ada@Example.com');
    const code = await mailedCode('ada@example.com', () =>
      page.getByRole('button', { name: 'Send me a code' }).click(),
    );
    await page.getByLabel('Code').fill('00000000' === code ? '00000001' : '00000000');
    await page.getByRole('button', { name: 'Sign in' }).click();
    expect(await page.getByRole('alert').innerText()).toBe('This is not the code. 4 tries are left.');
    await keep(page, 'sign-in-code');
    await page.getByLabel('Code').fill(`${code.slice(0, 4)} ${code.slice(4)}`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(inbox);
    expect(await page.locator('main').textContent()).toContain('Ada Example');
    await keep(page, 'signed-in');

    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({
      name: '__Host-holdpoint',
      httpOnly: true,
      secure: true,
      sameSite: 'Strict',
      path: '/',
    });
    const hours = ((cookie?.expires ?? 0) - Date.now() / 1000) / 3600;
    expect(hours).toBeGreaterThan(7.9);
    expect(hours).toBeLessThanOrEqual(8);
    expect(JSON.stringify(await people())).not.toContain(cookie?.value);

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${inbox}/sign-in`);
    expect(await context.cookies()).toEqual([]);
    // The token is dead, not only forgotten.
    const again = await fetch(inbox, { headers: { cookie: `__Host-holdpoint=${cookie?.value}` }, redirect: 'manual' });
    expect(again.status).toBe(303);
    expectQuiet();
    await context.close();
  });

  it('is accessible, light and dark, narrow', async () => {
    const { context } = await openContext(world);
    const page = await context.newPage();
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${inbox}/sign-in`);
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      await page.getByLabel('Your mail address').fill('nobody@example.com');
      await page.getByRole('button', { name: 'Send me a code' }).click();
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').waitFor();
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      await expectNoSidewaysScroll(page);
    }
    await context.close();
  });
});

const post = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${inbox}${path}`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { origin: stack.baseUrl, ...headers },
    redirect: 'manual',
  });

describe('21: whether somebody is known', () => {
  /** The page without what is random or was entered, and which calls it took. */
  async function answered(mail: string) {
    const before = (await awsCalls()).length;
    const response = await post('/sign-in', { mail });
    const page = await response.text();
    const calls = (await awsCalls()).slice(before).filter(({ app }) => app === 'inbox');
    const signIn = /name="sign_in" value="([^"]+)"/.exec(page)?.[1] ?? '';
    return {
      signIn,
      status: response.status,
      page: page.replaceAll(mail, '').replaceAll(signIn, ''),
      headers: [...response.headers.keys()],
      calls: calls.map(({ action }) => action?.split('.').at(-1)),
    };
  }

  it('shows neither in the answer nor in the work that it takes, also when a code is entered', async () => {
    const [known, unknown] = [await answered('ben@example.com'), await answered('nobody@example.com')];
    expect({ ...unknown, signIn: '' }).toEqual({ ...known, signIn: '' });
    expect(known.calls).toContain('SendMessage');
    const enter = async (signIn: string) =>
      (await post('/sign-in/code', { sign_in: signIn, mail: '', code: '1' })).text();
    const of = (page: string) => page.replace(/name="sign_in" value="[^"]+"/, '');
    expect(of(await enter(unknown.signIn))).toBe(of(await enter(known.signIn)));
  });

  it('and only so many codes are mailed', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 11; i += 1) statuses.push((await post('/sign-in', { mail: 'many@example.com' })).status);
    expect(statuses).toEqual([...Array(10).fill(200), 422]);
  });
});

describe('forms of other sites', () => {
  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['a neighbour', { 'sec-fetch-site': 'same-site' }],
    ['nobody says which', { origin: 'null' }],
  ])('%s: neither begin nor end a session', async (_, headers) => {
    for (const path of ['/sign-in', '/sign-in/code', '/sign-out'])
      expect((await post(path, { mail: 'ada@example.com' }, headers)).status).toBe(403);
  });

  it('nor does anything but POST', async () => {
    for (const method of ['GET', 'HEAD', 'OPTIONS'])
      for (const path of ['/sign-in/code', '/sign-out'])
        expect((await fetch(`${inbox}${path}`, { method, redirect: 'manual' })).status).toBe(404);
  });
});

describe('who signed in', () => {
  const asked = async () => {
    const id = await world.agent.submit(refundIntent(await newOrder(), 600_00));
    return { id, link: await linkFor(world.agent, id), bens: await linkFor(world.agent, id, 'ben') };
  };

  it('decides by the mailed link without a code, where it was mailed to them', async () => {
    const { id, link, bens } = await asked();
    const { context } = await openContext(world, { javaScriptEnabled: false });
    const page = await context.newPage();
    await signIn(page, 'ada@example.com');
    // Ben's link in Ada's browser.
    await page.goto(bens);
    await page.getByRole('radio', { name: 'Approve' }).check();
    await send(page);
    expect(await page.getByRole('alert').innerText()).toContain('Enter the code');
    await page.goto(link);
    await page.getByRole('radio', { name: 'Approve' }).check();
    await send(page);
    await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
    expect((await rows(world.agent, id, 's#task#'))[0]?.decision.via).toBe(
      'link sent to ada@example.com, signed in with a code sent to ada@example.com',
    );
    await context.close();
  });

  it('is out once everything of theirs was revoked', async () => {
    const { context } = await openContext(world);
    const page = await context.newPage();
    await signIn(page, 'cleo@example.com');
    const Key = { pk: 'directory', sk: 'person#cleo' };
    const row = { TableName: tables.people, Key };
    const dir = mkdtempSync(join(tmpdir(), 'holdpoint-sign-in-'));
    writeFileSync(join(dir, 'local.json'), JSON.stringify({ emulatorUrl: stack.emulatorUrl, region: stack.region }));
    const revoked = await holdpoint(['people', 'revoke', 'cleo', '--local', dir]);
    rmSync(dir, { recursive: true });
    expect([revoked.stderr, revoked.code]).toEqual(['', 0]);
    await page.goto(inbox);
    await page.waitForURL(`${inbox}/sign-in`);
    await signIn(page, 'cleo@example.com');
    expect(page.url()).toBe(inbox);
    await dynamo.send(new UpdateCommand({ ...row, UpdateExpression: 'REMOVE revokedAt' }));
    await context.close();
  });
});

it.each([true, false])(
  'a code behind a link, JavaScript %s: asked for, entered, decided',
  async (javaScriptEnabled) => {
    const id = await world.agent.submit(refundIntent(await newOrder(), 600_00));
    const { context, expectQuiet } = await openContext(world, { javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(await linkFor(world.agent, id));
    await page.getByRole('radio', { name: 'Approve' }).check();
    await page.getByLabel('Reason', { exact: true }).selectOption('checked_evidence');
    await page.getByLabel('Comment').fill('Photos checked.');
    await enterCode(page, 'ada@example.com');
    expect(await page.getByLabel('Reason', { exact: true }).inputValue()).toBe('checked_evidence');
    expect(await page.getByRole('radio', { name: 'Approve' }).isChecked()).toBe(true);
    expect(await page.getByLabel('Comment').inputValue()).toBe('Photos checked.');
    await keep(page, `code-scripts-${javaScriptEnabled ? 'on' : 'off'}`);
    // Enter sends the decision, not another request for a code.
    await page.getByLabel('Code').press('Enter');
    await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
    await world.agent.reaches(id, 'COMPLETED');
    expectQuiet();
    await context.close();
  },
);
