import { describe, expect, it } from 'vitest';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { digestMessage, entryFor } from '../../functions/mail/digest-message.ts';
import { messageFor } from '../../functions/mail/message.ts';
import * as given from '../core/builders.ts';
import { overdueApproval, waitingApproval, waitingRefund } from '../core/story.ts';

const link = 'https://decide.example/a/MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI';
const contracts = given.refundType.tools;

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** What somebody reads of the HTML: no tags, one space between words. */
const readOf = (html: string): string =>
  unescaped(html.replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();

async function refundMail(over: Parameters<typeof waitingRefund>[0] = {}, why: 'assigned' | 'reminder' = 'assigned') {
  const { told } = await waitingRefund(over);
  const state = await told.seen();
  return { state, mail: mailOf(messageFor(state, link, contracts, why)) };
}

async function approvalMail(humanTask: { title: string; description?: string }) {
  const { told } = await waitingApproval({ humanTask });
  return mailOf(messageFor(await told.seen(), link, [], 'assigned'));
}

describe('an approver’s mail', () => {
  it('says who asks, what will happen, why, until when, and the plan’s first 12 characters', async () => {
    const { state, mail } = await refundMail({ onBehalfOf: 'customer-7' });
    const expected = [
      `Asked by: ${given.agent}`,
      'On behalf of: customer-7 (nobody of the directory)',
      'Request: Refund 180.00 EUR of order A-1042',
      'Refunded: 0.00 EUR → 180.00 EUR',
      'Left of the charge: 10000.00 EUR → 9820.00 EUR',
      'amount_cents: 18000',
      'Why you: Above 50.00 EUR a person of the role refunds decides. (amount_needs_approval)',
      'Decide before: Mon, 23 Nov 2026, 09:00 UTC',
      `Plan: ${state.plan?.hash.slice(0, 12)}`,
    ];
    const lines = mail.text.split('\n');
    for (const line of expected) expect(lines).toContain(line);
    expect(mail.text).not.toContain(state.plan?.hash);
  });

  it('says that operators would follow, and to them why they are asked', async () => {
    const { told } = await overdueApproval();
    await told.escalate({ rung: 1, token: 'token-2' }, given.directoryWithOperators);
    const mail = mailOf(messageFor(await told.seen(), link, [], 'assigned'));
    expect(mail.text.split('\n')[0]).toBe(
      'Nobody decided in time what an agent asks: nothing more of it is executed. It waits for somebody to end it by hand.',
    );
    for (const line of [
      'Request: Nobody decided in time: Look',
      'Why you: Nobody decided this in time: nothing more is executed. (nobody_decided)',
    ])
      expect(mail.text.split('\n')).toContain(line);
    const ladder = { expire: { after_seconds: 3600, opens: 'override' as const } };
    const before = await refundMail({ humanTask: { title: 'Look', ladder } });
    expect(before.mail.text).toContain('Decide before: Fri, 20 Nov 2026, 10:00 UTC; then operators take over\n');
  });

  it('says which step of a chain it is, and what was decided before', async () => {
    const { told, links } = await waitingRefund({ payload: given.refundPayload({ amount_cents: 600_000 }) });
    const stepLine = async () =>
      mailOf(messageFor(await told.seen(), link, contracts, 'assigned')).text.match(/^Step: .*$/m)?.[0];
    expect(await stepLine()).toBe('Step: 1 of 2');
    await told.decide(links.ada as string);
    expect(await stepLine()).toBe('Step: 2 of 2; so far: approved by Ada Example');
    expect((await refundMail()).mail.text).not.toMatch(/^Step:/m);
  });

  it('says the same as text and as HTML, word for word', async () => {
    for (const why of ['assigned', 'reminder'] as const) {
      const { mail } = await refundMail({ payload: given.refundPayload({ order_id: `<b>"A" & 'B'</b>` }) }, why);
      // The HTML wraps the word Review in the link; the text writes the link below it.
      const asText = mail.text.replace(/\s+/g, ' ').trim();
      expect(readOf(mail.html).replace('Review :', 'Review:')).toBe(asText);
    }
  });

  it('takes what will happen from the plan, and the agent’s own words for no more than that', async () => {
    const { mail } = await refundMail({ humanTask: { title: 'Tiny refund', description: 'Just one cent' } });
    expect(mail.text).toContain('Request: Refund 180.00 EUR of order A-1042');
    expect(mail.text).toContain('In its words: Just one cent');
  });

  it('masks what the tool’s contract calls sensitive', async () => {
    const reason = 'Jane Doe, born 1970-01-01';
    const { mail } = await refundMail({ payload: given.refundPayload({ reason }) });
    for (const part of Object.values(mail)) expect(part).not.toContain('Jane');
    expect(mail.text).toMatch(/^reason: ••••$/m);
  });

  it('calls a reminder one, in its subject too', async () => {
    const { mail } = await refundMail({}, 'reminder');
    expect(mail.subject).toBe('Reminder: Refund: decision needed');
    expect(mail.text).toContain('replaces the one before');
    expect((await refundMail()).mail.subject).toBe('Refund: decision needed');
  });
});

describe('rule 2: one neutral link', () => {
  it('once in the text, once to click in the HTML, and nothing that decides', async () => {
    const { mail } = await refundMail();
    expect(mail.text.split(link)).toHaveLength(2);
    expect([...mail.html.matchAll(/href="([^"]*)"/g)].map((match) => match[1])).toEqual([link]);
    expect(mail.html).not.toMatch(/<(img|form|script|button|input|link|style)\b/);
    expect(mail.text).not.toMatch(/\b(approve|reject)\b/i);
  });

  it.each([
    'see https://evil.example/approve now',
    'HTTP://EVIL.EXAMPLE/a/x',
    'mailto:eve@evil.example or www.evil.example',
    '<a href="https://evil.example">click</a>',
    '"><a href=https://evil.example>click</a>',
    'ftp://evil.example',
    'log in at evil-approvals.example/a/x',
  ])('none is made of what an agent wrote: %s', async (description) => {
    const mail = await approvalMail({ title: 'Look', description });
    const others = (text: string) => text.replaceAll(link, '').replaceAll('agent://', '');
    expect([...mail.html.matchAll(/<a\b/g)]).toHaveLength(1);
    for (const part of [mail.text, mail.html])
      expect(others(part)).not.toMatch(/(https?|ftp):\/\/|mailto:|www\.|\.example/i);
  });
});

it('rule 8: nothing secret stands in a fragment: no address of the mail has one', async () => {
  const { mail } = await refundMail();
  for (const part of [mail.text, mail.html]) expect(part).not.toMatch(/https?:\/\/[^\s"<]*#/);
});

describe('a text that is long', () => {
  it('is cut, and says so: mail programs cut long mails, and the link stands below', async () => {
    const { told } = await waitingApproval({ payload: { task: 'x'.repeat(100_000) } });
    const mail = mailOf(messageFor(await told.seen(), link, [], 'assigned'));
    expect(mail.text).toContain('… (100000 characters; the page shows all)');
    expect(mail.html.length).toBeLessThan(10_000);
  });
});

describe('one line for each fact', () => {
  it.each(['\n', '\r\n', '\u2028', '\u2029', '\u0085', '\v', '\0'])(
    'no line can be forged with %j',
    async (breaker) => {
      const description = `Harmless${breaker}Plan: 000000000000${breaker}Decide before: never`;
      const mail = await approvalMail({ title: `Look${breaker}Bcc: eve@evil.example`, description });
      const plain = await approvalMail({ title: 'Look', description: 'Harmless' });
      const lines = mail.text.split(/[\n\r\u2028\u2029\u0085\v\f\0]/);
      expect(lines).toHaveLength(plain.text.split('\n').length);
      expect(lines.filter((line) => /^(Plan|Decide before): (0|never)/.test(line))).toEqual([]);
      expect(mail.subject).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
    },
  );

  it('nor its order be turned round by characters that nobody sees', async () => {
    const mail = await approvalMail({ title: 'Look', description: 'pay \u202e005\u202c \u2066x\u2069 \u200b' });
    expect(mail.text).not.toMatch(/\p{Cf}/u);
    expect(mail.html).not.toMatch(/\p{Cf}/u);
  });
});

describe('the subject', () => {
  it('names the task and what is needed, never the amount, the order or a person', async () => {
    const { mail } = await refundMail();
    expect(mail.subject).not.toMatch(/180|A-1042|customer|ada/i);
  });

  it('is bounded whatever the title, still says what is needed, and breaks no character', async () => {
    const { subject } = await approvalMail({ title: '🙂'.repeat(127) });
    expect([...subject].length).toBeLessThanOrEqual(100 + ': decision needed'.length);
    expect(subject).toMatch(/…: decision needed$/);
    expect(subject.isWellFormed()).toBe(true);
  });
});

describe('a task in a digest', () => {
  const other = `${link.slice(0, -1)}Q`;
  const digestOf = async (over: Parameters<typeof waitingRefund>[0] = {}) => {
    const { told } = await waitingRefund(over);
    const state = await told.seen();
    const question = await waitingApproval({
      humanTask: { title: 'See https://evil.example', description: 'Go\nnow' },
    });
    const entries = [
      entryFor(state, link, contracts, 'assigned'),
      entryFor(await question.told.seen(), other, [], 'reminder'),
    ];
    return { state, mail: mailOf(digestMessage(entries)) };
  };

  it('says what would happen in a line, who asks, until when, and the plan’s first 12 characters', async () => {
    const { state, mail } = await digestOf({ onBehalfOf: 'customer-7' });
    const lines = mail.text.split('\n');
    for (const line of [
      '1. Refund',
      `Asked by: ${given.agent}`,
      'On behalf of: customer-7 (nobody of the directory)',
      'What would happen: Refund 180.00 EUR of order A-1042',
      'Decide before: Mon, 23 Nov 2026, 09:00 UTC',
      `Plan: ${state.plan?.hash.slice(0, 12)}`,
    ])
      expect(lines).toContain(line);
    expect(mail.text).not.toContain(state.plan?.hash);
  });

  it('rule 19: masks what a tool calls sensitive', async () => {
    const { mail } = await digestOf();
    expect(mail.text).toMatch(/^With: .*amount_cents: 18000; currency: EUR; reason: ••••$/m);
    for (const part of [mail.text, mail.html]) expect(part).not.toContain('arrived broken');
  });

  it('rules 2 and 22: has one link, neutral; an agent’s words are one line without any', async () => {
    const { mail } = await digestOf();
    expect(mail.text.match(/https?:\/\/\S+/g)).toEqual([link, other]);
    expect([...mail.html.matchAll(/<a href="([^"]+)">([^<]*)<\/a>/g)].map((m) => [m[1], m[2]])).toEqual([
      [link, 'Review 1'],
      [other, 'Review 2'],
    ]);
    expect(mail.text).toContain('2. Reminder: See https[:]//evil[.]example\n');
    expect(mail.text).toContain('What would happen: Go now\n');
  });

  it('says the same as text and as HTML, and is cut where it is long', async () => {
    const { mail } = await digestOf({
      payload: given.refundPayload({ reason: 'x' }),
      from: `agent://acme/shop/${'y'.repeat(400)}`,
    });
    const words = (text: string) =>
      text
        .replace(/Review( \d)?:/g, 'Review:')
        .replace(/\s+/g, ' ')
        .trim();
    expect(words(readOf(mail.html).replaceAll(' :', ':'))).toBe(words(mail.text));
    expect(Math.max(...mail.text.split('\n').map((line) => line.length))).toBeLessThan(350);
  });
});
