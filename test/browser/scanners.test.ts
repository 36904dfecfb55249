/**
 * Programs that open mail before people do. One follows every link and runs every script; one also fills in and submits
 * whatever form it meets, with all that page and mail offer. Numbers are those of docs/approval-mail.md.
 */

import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { maxAsks } from '../../core/code.ts';
import { codeIn } from '../../local/approver.ts';
import type { Mail } from '../../local/mailbox.ts';
import { camera, still } from '../deployed/snapshot.ts';
import {
  approvalIntent,
  linkOf,
  mails,
  mailsFor,
  newOrder,
  post,
  records,
  refundIntent,
  refundsOf,
  rows,
} from '../deployed/world.ts';
import { openContext, withBrowser } from './pages.ts';

const world = withBrowser();

const asked = async (cents: number) => {
  const id = await world.agent.submit(refundIntent(await newOrder(1_000_000), cents));
  return { id, sent: await mailsFor(world.agent, id) };
};

const linksIn = ({ text, html }: Mail): string[] => [...new Set(`${text} ${html}`.match(/https?:\/\/[^\s"'<>]+/g))];

describe('1, 4, 6: a scanner that opens every link of every mail, runs all scripts and submits nothing', () => {
  it('changes nothing', async () => {
    const snapshot = await camera();
    const cases = [await asked(180_00), await asked(600_00), await asked(6_000_00)];
    const plain = await world.agent.submit(approvalIntent({ task: 'Deploy?', see: 'https://evil.example/' }));
    const all = [...cases.flatMap(({ sent }) => sent), ...(await mailsFor(world.agent, plain))];
    const before = await still(snapshot);

    const { context } = await openContext(world, { javaScriptEnabled: true });
    const page = await context.newPage();
    const opened: string[] = [];
    for (const mail of all) {
      for (const link of linksIn(mail)) {
        for (const method of ['HEAD', 'OPTIONS', 'GET']) await context.request.fetch(link, { method });
        await page.goto(link, { waitUntil: 'networkidle' });
        opened.push(link);
        // And where those pages lead; the provider's own pages are not to be reached from here.
        const further = await Promise.all((await page.locator('a').all()).map((one) => one.getAttribute('href')));
        for (const next of further.map((one) => new URL(one ?? '', link)))
          if (next.origin === new URL(link).origin) await page.goto(next.href, { waitUntil: 'networkidle' });
      }
    }
    expect(opened.length).toBe(all.length);
    expect(await still(snapshot)).toEqual(before);
    await context.close();
    // The links are still good.
    expect(await (await fetch(linkOf(all[0] as Mail))).text()).toContain('<form');
  });
});

/** All that could be a code: every number and word of the page and of the mail with the link, and what scanners make up. */
const guesses = async (page: Page, mail: Mail): Promise<string[]> => {
  const fields = await page.locator('input[type=hidden]').all();
  const hidden = await Promise.all(fields.map((field) => field.inputValue()));
  const read = [await page.locator('body').innerText(), hidden, mail.subject, mail.text].join(' ');
  const found = read.match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  const digits = read.match(/\d+/g) ?? [];
  const joined = found.join('').match(/\d{8}/g) ?? [];
  return [...new Set(['12345678', '00000000', 'test', ...joined, ...digits, ...found])];
};

/** Fills every field with a text that fits, tries a radio and sends the form by a button. */
async function submit(page: Page, radio: number, button: number, text: string): Promise<void> {
  const radios = page.getByRole('radio');
  if ((await radios.count()) > radio) await radios.nth(radio).check();
  await page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true");
  for (const field of await page.locator('input[type=text], input[type=email], textarea').all()) await field.fill(text);
  for (const choice of await page.locator('select').all()) await choice.selectOption({ index: 1 });
  await page.getByRole('button').nth(button).click();
  await page.waitForLoadState();
}

describe('3: a scanner that fills in every form and submits it with every button', () => {
  let cases: { risk: string; id: string; mail: Mail }[];
  beforeAll(async () => {
    const of = async (risk: string, cents: number, to: string) => {
      const { id, sent } = await asked(cents);
      const mail = sent.find((one) => one.to.includes(to));
      if (!mail) throw new Error(`no mail to ${to}`);
      return { risk, id, mail };
    };
    // One each: who was asked for so many codes is given no more for a while.
    cases = [await of('medium', 600_00, 'ada@example.com'), await of('high', 6_000_00, 'ben@example.com')];
  });

  it.each(['medium', 'high'])('decides nothing at %s risk', async (risk) => {
    const { id, mail } = cases.find((one) => one.risk === risk) as (typeof cases)[number];
    const before = [await rows(world.agent, id), await records(world.agent, id)];
    const { context } = await openContext(world, { javaScriptEnabled: true });
    const page = await context.newPage();
    await page.goto(linkOf(mail));
    const tried = await guesses(page, mail);
    expect(tried.length).toBeGreaterThan(50);
    const codesBefore = (await mails()).filter((one) => codeIn(one)).length;
    await page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true");
    // To decide, to have a code mailed, to hand over.
    expect(await page.getByRole('button').count()).toBe(3);
    const alerts = new Set<string>();
    // Every radio with every button, as a browser sends them.
    for (const radio of [0, 1])
      for (const button of [2, 1, 0]) {
        await submit(page, radio, button, tried[0] ?? '');
        for (const alert of await page.getByRole('alert').allInnerTexts()) alerts.add(alert);
      }
    // Every word in every field; and again it presses the button that has a new code mailed, for five more tries each time.
    const fields = { subject_hash: await page.locator('[name=subject_hash]').inputValue() };
    for (let i = 0; i < tried.length; i += 5) {
      await post(linkOf(mail), { ...fields, outcome: 'approved', action: 'code' });
      await Promise.all(
        tried.slice(i, i + 5).map(async (text) => {
          const form = { ...fields, outcome: i % 2 === 0 ? 'approved' : 'rejected', comment: text, code: text };
          const { page: answered } = await post(linkOf(mail), form);
          alerts.add(/role="alert">([^<]*)</.exec(answered)?.[1] ?? 'no alert');
        }),
      );
    }
    expect([...alerts].join('\n')).toMatch(/This is not the code/);
    expect([...alerts].join('\n')).toMatch(/wrong too often/);
    expect(alerts).not.toContain('no alert');
    expect((await mails()).filter((one) => codeIn(one)).length - codesBefore).toBeLessThanOrEqual(maxAsks);
    expect([await rows(world.agent, id), await records(world.agent, id)]).toEqual(before);
    expect((await world.agent.get(id)).status).toBe('WAITING');
    expect(await refundsOf(id)).toEqual([]);
    await context.close();
  });

  it('is told no code by the page, and mails no link with one', async () => {
    const codes = (await mails()).filter((mail) => codeIn(mail) !== undefined);
    expect(codes.length).toBeGreaterThan(0);
    for (const mail of codes) expect(linksIn(mail)).toEqual([]);
  });

  it('does decide at low risk: that is what the docs say of it', async () => {
    const { id, sent } = await asked(180_00);
    const { context } = await openContext(world);
    const page = await context.newPage();
    await page.goto(linkOf(sent[0] as Mail));
    await submit(page, 0, 0, 'Looks good');
    await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
    await world.agent.reaches(id, 'COMPLETED');
    await context.close();
  });
});
