import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Decision, Link, Task } from '../../core/model.ts';
import { pageAnswer } from '../../pages/security.ts';
import { approvalPage, deadPage, decidedPage, failurePage, stepOverPage, unknownPage } from '../../pages/task.ts';
import * as given from '../core/builders.ts';
import { waitingApproval, waitingRefund } from '../core/story.ts';

type Entered = NonNullable<NonNullable<Parameters<typeof approvalPage>[2]>['entered']>;

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</textarea></form><form action="https://evil.example">',
  '<a href="https://evil.example">approve here</a>',
  '</title><meta http-equiv="refresh" content="0;url=https://evil.example">',
  '\u202eevorppa\u202c ＜script＞ \u0000',
  '&lt;script&gt;',
];

const bodyOf = (page: string): string => page.replace(/<style>[\s\S]*?<\/style>/, '');

/** Every element of the page with its attributes: whatever could do something. */
const tagsOf = (page: string): string[] => bodyOf(page).match(/<[a-z!][^>]*>/gi) ?? [];

/** What somebody reads. */
const readOf = (page: string): string => bodyOf(page).replace(/<[^>]*>/g, '');

/** The form's hash is of the words; for a comparison it is taken from the other page. */
const unhashed = (other: string) => (tag: string) =>
  tag.includes('subject_hash') ? (tagsOf(other).find((one) => one.includes('subject_hash')) ?? '') : tag;

async function refundPage(over: Parameters<typeof waitingRefund>[0] = {}, entered?: Entered) {
  const { told, links } = await waitingRefund(over);
  const state = await told.seen();
  const link = (await told.store.findLink(links.ada as string)) as Link;
  return { state, link, page: approvalPage(state, link, { entered }) };
}

async function plainPage(over: Parameters<typeof waitingApproval>[0] = {}, entered?: Entered) {
  const { told, links } = await waitingApproval(over);
  const state = await told.seen();
  return { state, page: approvalPage(state, (await told.store.findLink(links.ada as string)) as Link, { entered }) };
}

describe('the page of a refund', () => {
  it('shows who asks, what will happen, why, the evidence with its source, the deadline and the whole hash', async () => {
    const { state, page } = await refundPage({ onBehalfOf: 'customer-7' });
    expect(page).toContain('customer-7 (nobody of the directory)');
    expect((await refundPage({ onBehalfOf: 'cleo' })).page).not.toContain('nobody of the directory');
    for (const shown of [
      given.agent,
      'customer-7',
      'Refund 180.00 EUR of order A-1042',
      '10000.00 EUR',
      '9820.00 EUR',
      'amount_needs_approval',
      'read_charge',
      'Mon, 23 Nov 2026',
      'arrived broken',
      'Ada Example',
      state.plan?.hash ?? '?',
    ])
      expect(readOf(page)).toContain(shown);
  });

  it('posts the hash that it shows', async () => {
    const { state, page } = await refundPage();
    expect(page).toContain(`<input type="hidden" name="subject_hash" value="${state.plan?.hash}">`);
    expect(page.match(/<form[^>]*>/g)).toEqual(['<form method="post" autocomplete="off">']);
  });
});

describe('the page of a plain approval', () => {
  it('says that nothing is executed, and shows the whole hash of what was asked', async () => {
    const { state, page } = await plainPage();
    expect(readOf(page)).toMatch(/Holdpoint itself (executes|carries out) nothing/);
    expect(readOf(page)).toContain(state.task?.subjectHash);
    expect(page).toContain(`name="subject_hash" value="${state.task?.subjectHash}"`);
  });

  it.each([1, 3, 10, 25])(
    'fits in an answer of Lambda, also where %i lists lie in each other again and again',
    async (nested) => {
      const nest = (levels: number, inner: string): string => `${'['.repeat(levels)}${inner}${']'.repeat(levels)}`;
      const one = `${nest(nested, '1')},`;
      const text = nest(30 - nested, `${one.repeat(Math.floor(130_000 / one.length))}1`);
      const { page } = await plainPage({ payload: { a: JSON.parse(text) } });
      expect(Buffer.byteLength(JSON.stringify({ body: page }))).toBeLessThan(6_291_556);
    },
  );

  it('offers what may be chosen, no more', async () => {
    const radios = (page: string) =>
      [...page.matchAll(/type="radio" name="outcome" value="(\w+)"/g)].map((match) => match[1]);
    expect(radios((await plainPage()).page)).toEqual(['approved', 'rejected']);
    const some = { title: 'x', task_type: 'review', allowed_outcomes: ['approved', 'rejected'] };
    expect(radios((await plainPage({ humanTask: some })).page)).toEqual(['approved', 'rejected']);
  });
});

describe('rule 3: no default choice, nothing that acts by itself', () => {
  it('nothing is chosen until somebody chooses', async () => {
    for (const { page } of [await refundPage(), await plainPage()]) {
      for (const tag of tagsOf(page)) expect(tag).not.toMatch(/ (checked|selected)[ >]/);
      expect(page).not.toMatch(/<script|autofocus|http-equiv|onload|formaction/i);
      expect(page.match(/<button/g)).toHaveLength(1);
    }
  });

  it('what somebody chose stays chosen where the rest was refused, and says why', async () => {
    const entered = {
      outcome: 'rejected',
      comment: '',
      status: 422,
      field: 'comment',
      message: 'Say why: a comment is needed.',
    };
    const { page } = await plainPage({}, entered);
    const [approve, reject] = tagsOf(page).filter((tag) => tag.includes('type="radio"'));
    expect(approve).not.toContain('checked');
    expect(reject).toContain('checked');
    expect(page).toContain('role="alert">Say why: a comment is needed.');
    expect(page).toContain('aria-invalid="true"');
  });
});

describe('the page of a chain', () => {
  const much = { payload: given.refundPayload({ amount_cents: 600_000 }) };

  it('says which step it is, who decided before, and after a decision whose is still needed', async () => {
    const { told, links } = await waitingRefund(much);
    const shown = async (hash: string) =>
      readOf(approvalPage(await told.seen(), (await told.store.findLink(hash)) as Link));
    expect(await shown(links.ada as string)).toContain('Step 1 of 2: refunds, then finance.');
    const { decision, waitsFor } = await told.decide(links.ada as string, { comment: 'it is broken' });
    const recorded = readOf(decidedPage(await told.seen(), decision, 'ada', waitsFor));
    expect(recorded).toContain('Nothing happens yet: this waits for Cleo Example.');
    const { cleo } = await told.mail();
    const page = await shown(cleo as string);
    for (const text of ['Step 2 of 2', 'Decided so far', 'Ada Example, step 1', 'it is broken'])
      expect(page).toContain(text);
    expect(readOf(stepOverPage((await told.state()).task as Task))).toContain('Now it waits for Cleo Example.');
  });

  it('says how many of a group it takes, and what a decision against does', async () => {
    const { state, link } = await refundPage();
    const text = (against: 'veto' | 'majority') => {
      const task = { ...(state.task as Task), chain: { steps: [{ role: 'refunds', need: 2 }], against } };
      return readOf(approvalPage({ ...state, task }, link));
    };
    expect(text('veto')).toContain('2 of 2 must approve, 0 decided so far. One decision against ends it.');
    expect(text('majority')).toContain('It ends once too few are left.');
  });

  it('keeps what earlier deciders wrote as text', async () => {
    for (const comment of hostile) {
      const { told, links } = await waitingRefund(much);
      await told.decide(links.ada as string, { comment });
      const { cleo } = await told.mail();
      const page = approvalPage(await told.seen(), (await told.store.findLink(cleo as string)) as Link);
      expect(page).not.toMatch(/<script|<img|<meta http-equiv/);
      // The evidence's, made by the tool, and the one to signing in.
      expect(page.match(/<a href="(https:\/\/provider\.example|\/inbox\/sign-in)[^>]*>/g)).toHaveLength(2);
      expect(page.match(/<a\b[^>]*>/g)).toHaveLength(2);
    }
  });
});

describe('rule 6: nothing secret in a title', () => {
  it('every page has the same', async () => {
    const { state, link, page } = await refundPage();
    const decision: Decision = {
      outcome: 'approved',
      reason: 'other',
      comment: '',
      at: given.start,
      by: { id: 'ada', name: 'Ada' },
      via: 'x',
      linkHash: 'h',
      step: 0,
    };
    const pages = [
      page,
      decidedPage(state, decision, 'ada'),
      deadPage('used', link),
      stepOverPage(state.task as Task),
      unknownPage(),
      failurePage(409, 'x'),
    ];
    for (const one of pages) {
      expect(one.match(/<title>.*<\/title>/g)).toEqual(['<title>Holdpoint</title>']);
      expect(one).not.toMatch(/og:|twitter:|name="description"/);
    }
  });
});

describe('rule 23: what an agent wrote is text', () => {
  it.each(hostile)('in every place where it is shown: %s', async (text) => {
    const asked = (words: string) => ({
      from: words,
      onBehalfOf: words,
      payload: { task: `${words} 1`, [words]: `${words} 2`, deep: { [words]: [words] } },
      humanTask: { title: words, description: `${words} 3` },
    });
    const entered = (words: string) => ({
      outcome: words,
      comment: words,
      status: 422,
      field: 'comment',
      message: words,
    });
    const attacked = (await plainPage(asked(text), entered(text))).page;
    expect(tagsOf(attacked)).toEqual(
      tagsOf((await plainPage(asked('calm'), entered('calm'))).page).map(unhashed(attacked)),
    );

    const refund = async (words: string) =>
      (
        await refundPage({
          payload: given.refundPayload({ order_id: words, reason: words }),
          humanTask: { title: words },
        })
      ).page;
    const attackedRefund = await refund(text);
    expect(tagsOf(attackedRefund)).toEqual(tagsOf(await refund('calm')).map(unhashed(attackedRefund)));
  });

  it('also in the record of a decision', async () => {
    const { state } = await refundPage();
    for (const text of hostile) {
      const by = { id: 'ada', name: text };
      const page = decidedPage(
        state,
        { outcome: 'approved', reason: text, comment: text, at: given.start, by, via: text, linkHash: 'h', step: 0 },
        'ben',
      );
      expect(page).not.toContain('<script');
      expect(page).not.toContain('<img');
      expect(page).not.toContain('<a ');
    }
  });

  it('nothing that is written becomes a link', async () => {
    const { page } = await plainPage({ payload: { task: 'https://evil.example www.evil.example' } });
    expect(readOf(page)).toContain('https://evil.example www.evil.example');
    expect(page).not.toMatch(/<a\b|href=/);
  });
});

describe('rule 4: opened again, a link shows what was decided', () => {
  const decision = (id: string): Decision => ({
    ...{
      outcome: 'rejected',
      reason: 'wrong_amount',
      comment: 'too much',
      at: '2026-11-20T14:05:00.000Z',
      linkHash: 'h',
      step: 0,
    },
    by: { id, name: id === 'ada' ? 'Ada Example' : 'Ben Example' },
    via: `link sent to ${id}@example.com`,
  });

  it('what, who, when, and no form', async () => {
    const { state } = await refundPage();
    const page = decidedPage(state, decision('ben'), 'ada');
    for (const shown of [
      'rejected',
      'Ben Example, by the link sent to ben@example.com',
      '20 Nov 2026',
      '14:05 UTC',
      'too much',
      'Wrong amount',
    ])
      expect(page).toContain(shown);
    expect(page).not.toMatch(/<form|\(you\)/);
    expect(decidedPage(state, decision('ada'), 'ada')).toContain('Ada Example (you)');
  });
});

describe('rule 21: a link that leads nowhere', () => {
  it.each([
    ['used', { usedAt: '2026-11-20T10:00:00.000Z' }, '20 Nov 2026, 10:00 UTC'],
    ['replaced', { replacedAt: '2026-11-21T10:00:00.000Z' }, '21 Nov 2026, 10:00 UTC'],
    ['expired', {}, '23 Nov 2026'],
    ['live', {}, 'This task is closed'],
  ] as const)('that is %s says so and when, without the plan', async (standing, over, shown) => {
    const { state, link } = await refundPage();
    const page = deadPage(standing, { ...link, ...over });
    expect(page).toContain(shown);
    for (const secret of ['A-1042', '180', state.plan?.hash ?? '', state.head.intentId, given.agent])
      expect(page).not.toContain(secret);
    expect(page).not.toContain('<form');
  });
});

describe('the headers of a page', () => {
  const { headers } = pageAnswer(200, '');

  it('allow this style and this form, and nothing else', async () => {
    const { page } = await refundPage();
    const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
    const hash = createHash('sha256').update(style).digest('base64');
    expect(headers?.['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
    );
    expect(page).not.toMatch(/ style="/);
  });

  it('tell no other site of the link', () => {
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'content-type': 'text/html; charset=utf-8',
    });
  });
});
