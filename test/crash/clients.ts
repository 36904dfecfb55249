/** What an agent and an approver do; they ask again where a server failed or did not answer. */

import { expect } from 'vitest';
import { linkOf, mails, post, subjectHashIn } from '../deployed/world.ts';
import type { Case } from './case.ts';
import { reach } from './time.ts';

const maxRepeats = 4;

/** Repeats what answered with a server's error, or not at all. */
async function stubbornly<T extends { status: number }>(one: Case, ask: () => Promise<T>): Promise<T> {
  for (let repeat = 0; ; repeat += 1) {
    const answer = await ask().catch(() => undefined);
    if (answer && answer.status < 500) return answer;
    if (repeat === maxRepeats) throw new Error(`asked in vain: ${JSON.stringify(answer)}`);
    one.repeats += 1;
  }
}

const traced = ({ mark }: Case) => ({ 'x-trace-id': mark });

export async function submit(one: Case): Promise<string> {
  const headers = { ...traced(one), 'idempotency-key': one.mark };
  const body = one.path.intent(one.mark);
  const answer = await stubbornly(one, () => one.agent.call('POST', '/v1/intents', { body, headers }));
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.body.intent_id;
}

export async function read(one: Case): Promise<void> {
  const path = `/v1/intents/${one.intentId}`;
  const answer = await stubbornly(one, () => one.agent.call('GET', path, { headers: traced(one) }));
  expect(answer.body.intent.status).toBe(one.path.ends);
}

async function open(one: Case, link: string) {
  const page = await stubbornly(one, async () => {
    const response = await fetch(link, { headers: traced(one) });
    return { status: response.status, text: await response.text() };
  });
  expect(page.status, page.text).toBe(200);
  return page.text;
}

export async function decide(one: Case, outcome: string): Promise<void> {
  const count = one.path.reminded ? 2 : 1;
  const found = await reach(one, `${count} mails`, async () => {
    const sent = await mails(one.mark);
    const reminder = sent.findLast(({ subject }) => subject.startsWith('Reminder'));
    return one.path.reminded ? reminder : sent.at(-1);
  });
  const link = linkOf(found);
  const form = { subject_hash: subjectHashIn(await open(one, link)), outcome, comment: 'As agreed.' };
  const answer = await stubbornly(one, () => post(link, form, traced(one)));
  expect(answer.status, answer.page).toBe(200);
  expect(answer.page).toContain(`Decided: ${outcome}`);
}
