/** Every page, for everybody: axe, light and dark, on a phone and at a desk, with a keyboard alone, enlarged. */

import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../core/hash.ts';
import {
  approvalIntent,
  decide,
  dynamo,
  inGroups,
  linkIn,
  mailedCode,
  mails,
  mailsFor,
  newOrder,
  refundIntent,
  stack,
  tables,
} from '../deployed/world.ts';
import { asked } from './asked.ts';
import { expectForEverybody, found } from './axe.ts';
import { enterCode, freeze, height, linkTo, openContext, send, waitingRefund, widths, withBrowser } from './pages.ts';

const world = withBrowser();
let context: BrowserContext;
let links: Record<string, string>;
let mailId: string;

const rejectWithoutComment = async (page: Page) => {
  await page.getByRole('radio', { name: 'Reject' }).check();
  await send(page);
  await page.getByRole('alert').waitFor();
};

/** The browser's own checks would say less. */
const sendWrongForm = async (page: Page) => {
  await page.evaluate("document.querySelector('form').noValidate = true");
  await page.getByLabel('Parcels').fill('12');
  await send(page, 'Send form');
  await page.getByRole('alert').first().waitFor();
};

const askForCode = async (page: Page) => {
  await enterCode(page, 'ada@example.com');
  await page.getByRole('status').waitFor();
};

const wrongCode = async (page: Page) => {
  await page.getByRole('radio', { name: 'Approve' }).check();
  await page.getByLabel('Code').fill('0');
  await send(page);
  await page.getByRole('alert').waitFor();
};

const approve = async (page: Page) => {
  await page.getByRole('radio', { name: 'Approve' }).check();
  await page.getByLabel('Comment').fill('Photos checked.');
  await send(page);
  await page.getByRole('heading', { name: 'Decided: approved' }).waitFor();
};

/** Sends a choice that needs more than was entered. */
const sendOnly = (choice: string) => async (page: Page) => {
  await page.getByRole('radio', { name: choice }).check();
  await send(page);
  await page.getByRole('alert').first().waitFor();
};

/** Something long and deep to read, with a word that has no place to break. */
const question = {
  task: 'Deploy v2 to production?',
  risk_level: 'high',
  changes: ['api: 14 commits', 'billing: 2 commits'],
  build: 'x'.repeat(200),
};

/** The link as it is some time later: its row says so. */
async function madeLater(link: string, field: 'expiresAt' | 'replacedAt'): Promise<string> {
  await dynamo.send(
    new UpdateCommand({
      TableName: tables.intents,
      Key: { pk: `link#${sha256(link.split('/').at(-1) ?? '')}`, sk: 'link' },
      UpdateExpression: 'SET #field = :past',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeNames: { '#field': field },
      ExpressionAttributeValues: { ':past': new Date(Date.now() - 60_000).toISOString() },
    }),
  );
  return link;
}

/** Asked of one person where that is enough: nothing is mailed that no page needs. */
const ofAda = (humanTask: object) => ({ ...humanTask, assignees: ['ada'] });

/** What is submitted, and whose page is looked at. The large refund is chained, the takeover begins as a refund. */
async function openAll(): Promise<Record<string, { id: string; link: string }>> {
  const { agent } = world;
  const approval = { ...approvalIntent(), human_task: ofAda({ title: 'Deploy' }) };
  const refund = async (cents = 18_000) => refundIntent(await newOrder(cents * 1.5), cents);
  const all: [name: string, intent: object | (() => Promise<object>), whose?: string][] = [
    ...Object.entries(asked).map(([kind, task]): [string, object, string] =>
      kind === 'override'
        ? [kind, { ...approvalIntent(), human_task: task }, 'cleo']
        : [kind, { ...approvalIntent({ parcel: 'P-1' }), human_task: ofAda(task) }, 'ada'],
    ),
    ['open', refund],
    ['decided', refund],
    ['ended', refund],
    ['chain', () => refund(600_000)],
    ['frozen', refund],
    ['plain', { ...approvalIntent(question), human_task: ofAda({ title: 'Deploy v2 to production?' }) }],
    ['replaced', approval],
    ['expired', approval],
  ];
  // A few at a time: each waits only for the one mail that it needs, and those before it are sent by then.
  const opened = await inGroups(
    all,
    async ([name, intent, whose = 'ada']) => {
      const id = await agent.submit(typeof intent === 'function' ? await intent() : intent);
      return [name, { id, link: await linkTo(agent, id, whose) }] as const;
    },
    3,
  );
  return Object.fromEntries(opened);
}

beforeAll(async () => {
  ({ context } = await openContext(world));
  const { agent } = world;
  const all = await openAll();
  const at = (name: string) => all[name] ?? expect.fail(`${name} was not opened`);
  mailId = (await mailsFor(agent, at('open').id, 1)).find(({ text }) => linkIn(text) === at('open').link)?.id ?? '';

  const { id: chain, link: first } = at('chain');
  const stepOver = await linkTo(agent, chain, 'ben');
  await decide(first, 'approved', 'Photos checked.');
  const second = await linkTo(agent, chain, 'cleo');

  await decide(at('ended').link);
  await agent.reaches(at('ended').id, 'COMPLETED');

  const frozen = await freeze(agent, at('frozen').id, 'Wrong customer.');
  expect([frozen.stderr, frozen.code]).toEqual(['', 0]);

  links = {
    ...Object.fromEntries(Object.entries(all).map(([name, { link }]) => [name, link])),
    stepOver,
    voted: first,
    chain: second,
    takeover: await linkTo(agent, at('frozen').id, 'cleo'),
    file: at('work').link.replace('/a/', '/files/'),
    viewWaiting: (await agent.get(at('open').id)).view_url,
    viewChain: (await agent.get(chain)).view_url,
    viewEnded: (await agent.get(at('ended').id)).view_url,
    expired: await madeLater(at('expired').link, 'expiresAt'),
    replaced: await madeLater(at('replaced').link, 'replacedAt'),
  };
});
afterAll(() => context?.close());

const at = (name: string) => () => links[name] ?? '';

const pages: { name: string; address: () => string; says: RegExp; act?: (page: Page) => Promise<unknown> }[] = [
  { name: 'approval', address: at('open'), says: /What happens if you approve/ },
  { name: 'approval-refused', address: at('open'), act: rejectWithoutComment, says: /a comment is needed/ },
  { name: 'approval-details', address: at('open'), act: openDetails, says: /amount_cents/ },
  { name: 'plain-approval', address: at('plain'), says: /Deploy v2 to production\?/ },
  { name: 'code-asked', address: at('plain'), act: askForCode, says: /on its way to ada@example.com/ },
  { name: 'code-refused', address: at('plain'), act: wrongCode, says: /This is not the code/ },
  { name: 'decided', address: at('decided'), act: approve, says: /Decided: approved/ },
  { name: 'replaced', address: at('replaced'), says: /A newer mail replaced this link/ },
  { name: 'expired', address: at('expired'), says: /This link has expired/ },
  { name: 'unknown', address: () => `${stack.baseUrl}/a/unknown`, says: /Nothing here/ },
  { name: 'confirmation', address: at('confirmation'), says: /Has the parcel arrived/ },
  { name: 'form', address: at('form'), says: /When may it come/ },
  { name: 'form-refused', address: at('form'), act: sendWrongForm, says: /Not more than 9/ },
  { name: 'clarification', address: at('clarification'), says: /What colour/ },
  { name: 'clarification-choices', address: at('choices'), says: /Which colour/ },
  { name: 'review', address: at('review'), says: /Is this mail good to send/ },
  { name: 'review-refused', address: at('review'), act: sendOnly('Ask for changes'), says: /a comment is needed/ },
  { name: 'manual-action', address: at('work'), says: /What shows that it was done/ },
  { name: 'manual-action-refused', address: at('work'), act: sendOnly('Completed'), says: /Show what was done/ },
  { name: 'manual-action-file', address: at('file'), says: /At most 10 MB/ },
  { name: 'assignment', address: at('assignment'), says: /Who takes it on/ },
  { name: 'assignment-refused', address: at('assignment'), act: sendOnly('Assign'), says: /Choose who takes it on/ },
  { name: 'override', address: at('override'), says: /The bot repeats itself/ },
  { name: 'takeover', address: at('takeover'), says: /Frozen by cleo: Wrong customer\./ },
  { name: 'takeover-refused', address: at('takeover'), act: sendOnly('Take over'), says: /a comment is needed/ },
  { name: 'chain', address: at('chain'), says: /Decided so far/ },
  { name: 'chain-voted', address: at('voted'), says: /Nothing happens yet/ },
  { name: 'chain-step-over', address: at('stepOver'), says: /This step is over/ },
  { name: 'ended', address: at('ended'), says: /Read back: it is what was asked for/ },
  { name: 'view', address: at('viewWaiting'), says: /Waits for a person/ },
  { name: 'view-chain', address: at('viewChain'), says: /Step 2 of 2/ },
  { name: 'view-ended', address: at('viewEnded'), says: /Completed/ },
  { name: 'view-unknown', address: () => `${stack.baseUrl}/r/unknown`, says: /Nothing here/ },
  { name: 'mailbox', address: () => stack.mailboxUrl, says: /Mailbox/ },
  { name: 'mail', address: () => `${stack.mailboxUrl}/${mailId}`, says: /Refund: decision needed/ },
  { name: 'mail-missing', address: () => `${stack.mailboxUrl}/0`, says: /No such mail/ },
];

async function openDetails(page: Page): Promise<void> {
  await page.getByText('Exact arguments of').click();
  await page.locator('details[open]').waitFor();
}

describe.each(pages)('$name', ({ name, address, act, says }) => {
  it('axe finds nothing in light and dark, narrow and wide; nothing scrolls sideways, also enlarged', async () => {
    const page = await context.newPage();
    await page.goto(address());
    await act?.(page);
    expect(await page.locator('main').textContent()).toMatch(says);

    await expectForEverybody(page, name);
    await page.close();
  });
});

it('axe finds nothing in the mail itself', async () => {
  const page = await context.newPage();
  const mail = (await mails()).find((one) => one.id === mailId);
  await page.setContent(mail?.html ?? '');
  // A mail has a subject instead of a title, and no landmarks.
  const wcag = new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']);
  const { violations } = await wcag.disableRules('document-title').analyze();
  expect(violations.map(found)).toEqual([]);
  await page.close();
});

describe('with a keyboard alone', () => {
  const expectFocus = async (page: Page, selector: string) => {
    const at = page.locator(`${selector}:focus-visible`);
    expect(await at.count(), selector).toBe(1);
    expect(await page.evaluate('getComputedStyle(document.activeElement).outline')).toMatch(/solid 3px/);
    const { y = -1, height: tall = 0 } = (await at.boundingBox()) ?? {};
    expect(y).toBeGreaterThanOrEqual(0);
    expect(y + tall).toBeLessThanOrEqual(height);
  };
  it('every control is reached in the order of reading, seen, and a decision can be sent', async () => {
    const { link } = await waitingRefund(world);
    const page = await context.newPage();
    await page.setViewportSize({ width: widths.phone, height });
    await page.goto(link);
    for (const control of ['summary', 'a', 'input[value=approved]', 'select', 'textarea', 'button']) {
      await page.keyboard.press('Tab');
      await expectFocus(page, control);
    }
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.type('The customer kept the goods.');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.type('W');
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Space');
    await page.keyboard.press('ArrowDown');
    await expectFocus(page, 'input[value=rejected]');
    for (const control of ['select', 'textarea', 'button']) {
      await page.keyboard.press('Tab');
      await expectFocus(page, control);
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Decided: rejected' }).waitFor();
    expect(await page.locator('main').textContent()).toContain('The customer kept the goods.');
    await page.close();
  });

  it('a form is filled in and sent', async () => {
    const id = await world.agent.submit({ ...approvalIntent({ parcel: 'P-1' }), human_task: ofAda(asked.form) });
    const page = await context.newPage();
    await page.setViewportSize({ width: 320, height });
    await page.goto(await linkTo(world.agent, id, 'ada'));
    const next = async (selector: string) => {
      await page.keyboard.press('Tab');
      await expectFocus(page, selector);
    };
    await next('[name="/when"]');
    await page.keyboard.type('12242026');
    // A date has parts of its own, and what opens a calendar.
    while ((await page.locator('[name="/parcels"]:focus').count()) === 0) await page.keyboard.press('Tab');
    await page.keyboard.type('2');
    await next('[name="/fragile"]');
    await page.keyboard.press('Space');
    await next('[name="/address/street"]');
    await page.keyboard.type('Main Street 1');
    await next('[name="/address/country"]');
    await next('[name="/extras"]');
    await page.keyboard.press('Space');
    await next('[name="/extras"]');
    await next('textarea');
    await next('select');
    await page.keyboard.type('M');
    await next('textarea');
    await next('button');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Decided: submitted' }).waitFor();
    const { result } = await world.agent.reaches(id, 'COMPLETED');
    expect(result.task_result.data).toEqual({
      when: '2026-12-24',
      parcels: 2,
      fragile: true,
      address: { street: 'Main Street 1' },
      extras: ['photo'],
    });
    await page.close();
  });

  /** On to the next control of this kind, which is then seen. */
  const tabTo = async (page: Page, selector: string) => {
    for (let i = 0; i < 30 && (await page.locator(`${selector}:focus`).count()) === 0; i += 1)
      await page.keyboard.press('Tab');
    await expectFocus(page, selector);
  };

  /** What each newer kind takes, with no key but these; then its button sends it. */
  const kinds: { kind: keyof typeof asked; fill: (page: Page) => Promise<unknown>; decided: string }[] = [
    {
      kind: 'review',
      fill: async (page) => {
        await page.keyboard.press('Space');
        await page.keyboard.press('ArrowDown');
        await expectFocus(page, 'input[value=changes_requested]');
        await tabTo(page, '#reason');
        await page.keyboard.type('F');
        await tabTo(page, '#comment');
        await page.keyboard.type('Say what it costs.');
      },
      decided: 'changes_requested',
    },
    {
      kind: 'work',
      fill: async (page) => {
        await page.keyboard.press('Space');
        await tabTo(page, '[name=evidence_text]');
        await page.keyboard.type('Unlocked at noon.');
        await tabTo(page, '[name=evidence_url]');
        await tabTo(page, 'a[href^="/files/"]');
        await tabTo(page, '#reason');
        await page.keyboard.type('D');
      },
      decided: 'completed',
    },
    {
      kind: 'assignment',
      fill: async (page) => {
        await page.keyboard.press('Space');
        await tabTo(page, '#assignee');
        await page.keyboard.type('Ada');
        await tabTo(page, '#reason');
        await page.keyboard.type('R');
      },
      decided: 'assigned',
    },
  ];
  it.each(kinds)('$kind is decided', async ({ kind, fill, decided }) => {
    const id = await world.agent.submit({ ...approvalIntent({ parcel: 'P-1' }), human_task: ofAda(asked[kind]) });
    const page = await context.newPage();
    await page.setViewportSize({ width: widths.phone, height });
    await page.goto(await linkTo(world.agent, id, 'ada'));
    await tabTo(page, 'input[name=outcome]');
    await fill(page);
    await tabTo(page, 'button[type=submit]');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: `Decided: ${decided}` }).waitFor();
    await page.close();
  });

  it('a takeover is sent, with a code that is asked for on the way', async () => {
    const id = await world.agent.submit(refundIntent(await newOrder(), 18_000));
    await linkTo(world.agent, id, 'ada');
    expect((await freeze(world.agent, id, 'Wrong order.')).code).toBe(0);
    const page = await context.newPage();
    await page.setViewportSize({ width: widths.phone, height });
    await page.goto(await linkTo(world.agent, id, 'cleo'));
    await tabTo(page, 'input[name="/how"]');
    await page.keyboard.press('ArrowDown');
    await expectFocus(page, 'input[name="/how"][value=canceled]');
    await tabTo(page, 'input[name=outcome]');
    await page.keyboard.press('Space');
    await tabTo(page, '#reason');
    await page.keyboard.type('T');
    await tabTo(page, '#comment');
    await page.keyboard.type('The bot had the wrong order.');
    await tabTo(page, 'button[value=code]');
    const code = await mailedCode('cleo@example.com', () => page.keyboard.press('Enter'));
    await page.getByRole('status').waitFor();
    await expectFocus(page, '#code');
    await page.keyboard.type(code);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Decided: override_approved' }).waitFor();
    await world.agent.reaches(id, 'CANCELED');
    await page.close();
  });

  it('from the mailbox to the page', async () => {
    const { link, mail } = await waitingRefund(world);
    const page = await context.newPage();
    await page.goto(stack.mailboxUrl);
    await page.keyboard.press('Tab');
    await expectFocus(page, 'a');
    await page.locator(`a[href="/mailbox/${mail.id}"]`).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Refund: decision needed' }).waitFor();
    // The frame's own link comes first, then the text part's.
    await page.frameLocator('iframe').getByRole('link', { name: 'Review' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(link);
    await page.close();
  });
});
