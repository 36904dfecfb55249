/** Coming back from an issuer of another site, in a real browser: the session's cookie is Strict, and still the inbox opens. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Door } from '../abuse/doors.ts';
import { clientId, eventOf, openInbox } from '../oidc/inbox.ts';
import { startIssuer } from '../oidc/issuer.ts';
import { startChromium } from './chromium.ts';

vi.mock('../../adapters/lambda/tables.ts', async (original) => ({
  ...(await original<object>()),
  openStore: (await import('../oidc/inbox.ts')).openMemory,
}));

let browser: Browser;
let issuer: Awaited<ReturnType<typeof startIssuer>>;
let server: Server;
let base: string;
/** Paths that were asked for, with whether a session came along. */
const seen: { path: string; site: unknown; withSession: boolean }[] = [];

beforeAll(async () => {
  let inbox: Door | undefined;
  server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', base);
    const headers = request.headers as Record<string, string>;
    seen.push({
      path: url.pathname,
      site: headers['sec-fetch-site'],
      withSession: /__Host-holdpoint=/.test(headers.cookie ?? ''),
    });
    const event = eventOf(request.method ?? 'GET', url, headers);
    const answer = await inbox?.handler(event, { getRemainingTimeInMillis: () => 30_000 });
    const cookies = answer?.cookies ?? [];
    response.writeHead(answer?.statusCode ?? 500, { ...(answer?.headers as object), 'set-cookie': cookies });
    response.end(answer?.body);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  issuer = await startIssuer({ host: 'localhost', clientId });
  inbox = await openInbox(base, issuer.issuer);
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await issuer?.close();
  server?.closeAllConnections();
  server?.close();
});

it.each([true, false])('JavaScript %s', async (javaScriptEnabled) => {
  issuer.wish({ claims: { email: 'ada@example.com', email_verified: true } });
  const context = await browser.newContext({ javaScriptEnabled });
  const page = await context.newPage();
  await page.goto(`${base}/inbox/sign-in`);
  seen.length = 0;
  await page.getByRole('link', { name: /^Sign in with localhost/ }).click();
  await page.waitForURL(`${base}/inbox`);
  expect(await page.locator('main').textContent()).toContain('Ada Example');
  const back = seen.find(({ path }) => path.endsWith('/back'));
  expect(back?.site).toBe('cross-site');
  expect(seen.find(({ path }) => path === '/inbox')).toMatchObject({ site: 'same-origin', withSession: true });
  const kept = (await context.cookies(base)).map(({ name, sameSite }) => [name, sameSite]);
  expect(kept).toEqual([['__Host-holdpoint', 'Strict']]);
  await context.close();
});
