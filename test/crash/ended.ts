/** What must be true of every case at its end, whatever was broken. */

import { expect } from 'vitest';
import { webhookIdOf } from '../../core/binding.ts';
import { machineOf } from '../../core/delegation.ts';
import { verified } from '../deployed/receiver.ts';
import {
  type Agent,
  effect,
  expectChain,
  linkOf,
  mails,
  records,
  refundsOf,
  rows,
  statesEntered,
} from '../deployed/world.ts';
import { toldOnBus } from './bus.ts';
import { type Case, familyOf, hasEnded, headOf, hooksOf } from './case.ts';
import { entriesOf } from './clients.ts';
import { owedIn, pushesOf } from './time.ts';

export const repeatedByClient = 'its client repeats';
export const swept = 'swept';

/** Whether all that was to be told outside was told, on the bus and to the subscription. */
export async function allIsTold(one: Case): Promise<boolean> {
  const { path, agent, intentId } = one;
  const events = await rows(agent, intentId, 'event#');
  if (path.onBus) {
    const told = new Set((await toldOnBus(intentId)).map(({ seq }) => seq));
    if (!events.every(({ seq }) => told.has(seq))) return false;
  }
  const wanted = events.filter(({ type }) => path.told?.includes(type));
  return new Set((await hooksIn(one)).map(({ id }) => id)).size >= wanted.length;
}

/** Throws where anything is not well; gives how it got there. */
export async function wellEnded(one: Case): Promise<string[]> {
  const { path, agent, intentId, worker } = one;
  const at = await headOf(one, intentId);
  expect(at.status).toBe(path.ends);
  expect(at.openEffects).toBe(0);
  expect(await owedIn(one)).toEqual([]);
  const generations = await Promise.all((await familyOf(one)).map((id) => intentEnded(one, id)));
  const actions = (await records(agent, intentId)).map(({ action }) => action);
  for (const [action, times] of Object.entries(path.recorded))
    expect(
      actions.filter((each) => each === action),
      action,
    ).toHaveLength(times);

  const paid = await effect(agent, intentId);
  expect(await refundsOf(intentId)).toHaveLength(path.refunds ?? 0);
  expect(paid?.state).toBe(path.refunds ? 'SUCCEEDED' : undefined);

  if (path.delivered !== undefined) await mailboxIs(worker, path.delivered);
  if (path.replied !== undefined) await mailboxIs(agent, path.replied);
  for (const pushes of await pushesOf(one)) expect(pushes).toMatchObject({ seq: path.delivered });
  const spareMails = await mailsAre(one);
  const spareHooks = await hooksAre(one);
  return [
    ...(one.repeats > 0 ? [repeatedByClient] : []),
    ...(one.sweeps > 0 ? [swept] : []),
    ...(Math.max(...generations) > 1 ? [`generation ${Math.max(...generations)}`] : []),
    ...(actions.includes('effect.looked_up') ? ['looked up'] : []),
    ...(paid && paid.attempt > 1 ? [`attempt ${paid.attempt}`] : []),
    ...spare(spareMails, 'mail'),
    ...spare(spareHooks, 'webhook'),
  ];
}

const spare = (count: number, what: string): string[] =>
  count > 0 ? [`${count} spare ${what}${count > 1 ? 's' : ''}`] : [];

/** Its record verifies, its events have no gap and one end, and none of its runs goes on. Gives how many runs it had. */
async function intentEnded(one: Case, intentId: string): Promise<number> {
  const { agent } = one;
  const head = await headOf(one, intentId);
  expect(hasEnded(head)).toBe(true);
  await expectChain(agent, intentId);
  const events = await rows(agent, intentId, 'event#');
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1));
  expect(events.filter(({ status }) => status === head.status)).toHaveLength(1);
  for (let generation = 1; generation <= head.generation; generation += 1)
    await statesEntered(machineOf(head), intentId, generation);
  return head.generation;
}

/** Numbered without a gap, and nothing twice. */
async function mailboxIs(of: Agent, count: number): Promise<void> {
  const entries = await entriesOf(of);
  expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
  expect(new Set(entries.map(({ deliveryId }) => deliveryId)).size).toBe(count);
}

/** Each was sent, and the link in every one that asks shows the decision. Gives how many came more than once. */
async function mailsAre({ path, mark }: Case): Promise<number> {
  const sent = await mails(mark);
  const due = path.mails ?? 0;
  expect(sent.length).toBeGreaterThanOrEqual(due);
  expect(sent.some(({ subject }) => subject.startsWith('Reminder'))).toBe(path.reminded === true);
  const asking = sent.filter(({ subject }) => !subject.startsWith('For your information'));
  for (const mail of asking) expect(await (await fetch(linkOf(mail))).text()).toContain('Decided: ');
  return sent.length - due;
}

/** The webhooks that came, each by its signature. */
async function hooksIn(one: Case): Promise<{ id: string; type: string; data: { intent_id: string } }[]> {
  const { got } = await hooksOf(one);
  return got.map((each) => ({ id: each.headers['webhook-id'] ?? '', ...verified(each, one.secret) }));
}

/** All that there was to push or to tell, and nothing else; the same has the same id. Gives how many came more than once. */
async function hooksAre(one: Case): Promise<number> {
  const { path, agent, worker, intentId } = one;
  const got = await hooksIn(one);
  const ids = new Set(got.map(({ id }) => id));
  for (const { data } of got) expect(data.intent_id).toBe(intentId);
  if (path.told) {
    const events = await rows(agent, intentId, 'event#');
    const wanted = events.filter(({ type }) => path.told?.includes(type)).map(({ type }) => type);
    expect(ids.size).toBe(wanted.length);
    expect([...new Set(got.map(({ type }) => type))].sort()).toEqual([...new Set(wanted)].sort());
  } else if ((await pushesOf(one)).length > 0)
    expect([...ids].sort()).toEqual((await entriesOf(worker)).map(webhookIdOf).sort());
  else expect(ids.size).toBe(0);
  return got.length - ids.size;
}
