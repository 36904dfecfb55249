/** Hostile text in every field that is shown: on the approver's pages, in their mail, on the requester's page. */

import { describe, expect, it } from 'vitest';
import type { IntentState, Link } from '../../core/model.ts';
import { mailOf } from '../../functions/mail/channels/mail.ts';
import { messageFor } from '../../functions/mail/message.ts';
import { approvalPage, decidedPage, stepOverPage } from '../../pages/task.ts';
import { viewPage } from '../../pages/view.ts';
import { faultsOfMarkup, faultsOfText } from '../abuse/answers.ts';
import * as given from '../core/builders.ts';
import { type Story, story, waitingApproval, waitingRefund } from '../core/story.ts';
import { hostile } from './hostile.ts';

const address = 'https://decide.example/a/MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI';
const contracts = given.refundType.tools;

/** Everything that somebody reads of an intent with a task, by name. */
async function shown(told: Story, words: string): Promise<Record<string, string>> {
  const state = await told.seen();
  const { task } = state;
  if (!task) throw new TypeError('somebody is asked');
  const link: Link = (await told.store.findLink(Object.values(task.links)[0] ?? '')) as Link;
  const events = await told.store.events(told.ref, 0, 200);
  const entered = {
    outcome: words,
    comment: words,
    status: 422,
    field: 'comment',
    message: words,
    texts: () => [words],
  };
  const vote = {
    outcome: 'approved',
    comment: words,
    at: told.now(),
    by: { id: 'x', name: words },
    via: words,
    step: 0,
    reason: 'unspecified',
  };
  const mail = (why: 'assigned' | 'reminder') => mailOf(messageFor(state, address, contracts, why));
  return {
    task: approvalPage(state, link, { events }),
    refused: approvalPage(state, link, { entered, events }),
    voted: approvalPage({ ...state, task: { ...task, votes: [vote] } }, link, { events }),
    decided: decidedPage(state, { ...vote, data: { [key(words)]: words } }, 'ada', words, events),
    stepOver: stepOverPage({ ...task, approvers: [{ id: 'x', name: words, mail: words, as: 'role' }] }),
    view: viewPage(named(state, words), events, contracts, told.now()),
    mail: mail('assigned').html,
    text: mail('assigned').text,
    subject: mail('reminder').subject,
  };
}

/** Names of people too come from somewhere. */
const named = (state: IntentState, name: string): IntentState =>
  state.task
    ? { ...state, task: { ...state.task, approvers: state.task.approvers.map((one) => ({ ...one, name })) } }
    : state;

const key = (words: string): string => [...words].slice(0, 30).join('');

const intents: Record<string, (words: string) => Promise<Story>> = {
  'a plain approval': async (words) => {
    const asked = {
      from: words,
      onBehalfOf: words,
      payload: { task: words, [key(words)]: words, deep: { [key(words)]: [words] } },
      humanTask: { title: words, description: words, assignees: [words] },
    };
    return (await waitingApproval(asked)).told;
  },
  'a refund': async (any) => {
    // Longer ones are refused when the intent is submitted.
    const words = any.slice(0, 200).toWellFormed();
    const value = given.charge({ charge_id: words, url: `https://provider.example/${words}` });
    const asked = {
      payload: given.refundPayload({ order_id: words, reason: words }),
      humanTask: { title: words, description: words },
    };
    return (await waitingRefund(asked, value)).told;
  },
  'a form': async (words) => {
    const label = { title: words, description: words };
    const form_schema = {
      type: 'object' as const,
      ...label,
      properties: {
        text: { type: 'string' as const, ...label },
        choice: { type: 'string' as const, enum: [words, 'other'], ...label },
        list: { type: 'array' as const, items: { type: 'string' as const }, ...label },
        group: { type: 'object' as const, ...label, properties: { yes: { type: 'boolean' as const, ...label } } },
      },
    };
    const told = await story({ humanTask: { title: words, task_type: 'form', form_schema } });
    await told.escalate();
    await told.mail();
    return told;
  },
  'a question with choices': async (words) => {
    const told = await story({ humanTask: { title: words, task_type: 'clarification', choices: [words, 'other'] } });
    await told.escalate();
    await told.mail();
    return told;
  },
};

const pages = ['task', 'refused', 'voted', 'decided', 'stepOver', 'view'] as const;
const tagsOf = (page: string): string[] =>
  page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .match(/<\/?[a-z][^>]*>/gi)
    ?.map((tag) => tag.replace(/="[^"]*"/g, '')) ?? [];

/** The longest take a while on a busy machine. */
const timeout = 60_000;

describe.each(Object.entries(intents))('rule 23: hostile text in every field of %s', (_, make) => {
  it.each(Object.keys(hostile))('%s: is text, and everybody sees what is there', { timeout }, async (kind) => {
    const words = hostile[kind] ?? '';
    const [bad, calm] = [await shown(await make(words), words), await shown(await make('calm'), 'calm')];
    for (const name of pages) {
      const page = bad[name] ?? '';
      expect(faultsOfMarkup(page), name).toEqual([]);
      expect(
        tagsOf(page).filter((tag) => !allowed(calm[name]).has(tag)),
        name,
      ).toEqual([]);
      expect(Buffer.byteLength(JSON.stringify({ body: page })), name).toBeLessThan(6_291_556);
    }
    for (const part of ['mail', 'text', 'subject'] as const) {
      expect(faultsOfText(bad[part] ?? ''), part).toEqual([]);
      expect((bad[part] ?? '').length, part).toBeLessThan(40_000);
    }
    expect((bad.mail ?? '').match(/<a\b/g)).toHaveLength(1);
    expect(tagsOf(bad.mail ?? '').length).toBeLessThanOrEqual(tagsOf(calm.mail ?? '').length + 12);
    expect(bad.subject).toMatch(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u);
  });
});

/** Elements that the calm page has, and those that a text that is too long for a heading adds. */
const allowed = (page = ''): Set<string> => new Set([...tagsOf(page), ...extra]);
const extra = ['<p class>', '</p>'];

describe('rule 23: the only link of a page', () => {
  const linkIn = async (url: string) => {
    const { told } = await waitingRefund({}, given.charge({ url }));
    return (await shown(told, 'x')).task?.match(/<a\b[^>]*>[^<]*/g) ?? [];
  };

  it('is the evidence’s, made by the tool, over https; it says where it leads and tells that place nothing', async () => {
    expect(await linkIn('https://dashboard.stripe.com/payments/ch_1?a=1&b="2"')).toEqual([
      '<a href="https://dashboard.stripe.com/payments/ch_1?a=1&amp;b=%222%22" target="_blank" rel="noopener noreferrer">Open dashboard.stripe.com in a new tab',
    ]);
  });

  it.each([
    'http://provider.example/ch_1',
    'javascript:alert(1)//https://x',
    'data:text/html,x',
    '/a/relative',
    'https://user:pass@evil.example/',
    'https://',
    '',
  ])('is none: %s', async (url) => expect(await linkIn(url)).toEqual([]));

  it('shows the letters of a host that is not what it seems', async () => {
    expect((await linkIn('https://раураl.com/'))[0]).toContain('Open xn--');
  });
});
