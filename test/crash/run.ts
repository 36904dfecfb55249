/** One intent on its way, with one thing broken; at its end all must be well. */

import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import {
  control,
  effect,
  expectChain,
  linkOf,
  mails,
  newAgent,
  newCharge,
  owed,
  records,
  refundsOf,
  statesEntered,
  until,
} from '../deployed/world.ts';
import { type Broken, type Case, headOf, seenOf } from './case.ts';
import { decide, read, submit } from './clients.ts';
import { orderOf, type Path, sweepEvent } from './paths.ts';
import { reach, redeliver } from './time.ts';
import type { Seen, WatchOrder } from './watch.ts';

export interface Ended {
  seen: Seen;
  /** How it got there, in a few words. */
  how: string[];
}

export const repeatedByClient = 'its client repeats';

/** Marks of intents whose records of the stream `dispatch` could not send on, and parked. */
export const parked = new Set<string>();

/** Resolves with how it ended, where all is well; rejects where anything isn't, or where what was to break didn't. */
export async function run(path: Path, broken: Broken = {}): Promise<Ended> {
  const mark = randomBytes(6).toString('hex');
  const agent = await newAgent(`org-${mark}/main`);
  if (path.name.startsWith('refund')) await newCharge(100_000, 'eur', orderOf(mark));
  const { fault, repeat } = broken;
  const order: WatchOrder = {
    mark,
    sweeps: path.only === sweepEvent,
    faults: [...(fault ? [fault] : []), ...(path.anyway ?? [])],
    ...(repeat && { repeat }),
  };
  if (order.faults.some(({ point }) => point.startsWith('dispatch'))) parked.add(mark);
  await control('watch', order);
  try {
    const one: Case = { path, mark, agent, broken, intentId: '', repeats: 0, sweeps: 0 };
    one.intentId = await submit(one);
    if (path.decision) await decide(one, path.decision);
    await reach(one, 'its end', async () => /^(COMPLETED|FAILED|TIMED_OUT|CANCELED)$/.test((await headOf(one)).status));
    await reach(one, 'that nothing is owed', async () => (await owed(agent, one.intentId)).length === 0);
    await redeliver(one);
    await read(one);
    const seen = await until('what was called again has ended', 60, async () => {
      const now = await seenOf(one);
      return now.open === 0 ? now : undefined;
    });
    if (fault || repeat) expect(seen.hits > 0 || sweptTwice(one, seen), 'nothing was broken').toBe(true);
    await control('unwatch', { mark });
    return { seen, how: await wellEnded(one) };
  } finally {
    await control('unwatch', { mark });
  }
}

const sweptTwice = ({ broken }: Case, { calls }: Seen): boolean =>
  broken.repeat?.event === sweepEvent && calls.some(({ event }) => event === sweepEvent);

async function wellEnded(one: Case): Promise<string[]> {
  const { path, agent, intentId } = one;
  const at = await headOf(one);
  const chain = await records(agent, intentId);
  const paid = await effect(agent, intentId);
  const actions = chain.map(({ action }) => action);
  expect(at.status).toBe(path.ends);
  expect(at.openEffects).toBe(0);
  expect(await refundsOf(intentId)).toHaveLength(path.refunds);
  expect(paid?.state).toBe(path.refunds ? 'SUCCEEDED' : undefined);
  expect(actions.filter((action) => action === 'task.decided')).toHaveLength(path.decision ? 1 : 0);
  expect(await owed(agent, intentId)).toEqual([]);
  await expectChain(agent, intentId);
  for (let generation = 1; generation <= at.generation; generation += 1)
    await statesEntered(at.type, intentId, generation);
  const sent = await mails(one.mark);
  const due = mailsOf(path);
  expect(sent.length).toBeGreaterThanOrEqual(due);
  expect(sent.some(({ subject }) => subject.startsWith('Reminder'))).toBe(path.reminded === true);
  for (const mail of sent) expect(await (await fetch(linkOf(mail))).text()).toContain('Decided: ');
  return howOf(one, at.generation, actions, paid?.attempt ?? 0, sent.length - due);
}

const howOf = (one: Case, generation: number, actions: string[], attempt: number, spareMails: number): string[] => [
  ...(one.repeats > 0 ? [repeatedByClient] : []),
  ...(one.sweeps > 0 ? ['swept'] : []),
  ...(generation > 1 ? [`generation ${generation}`] : []),
  ...(actions.includes('effect.looked_up') ? ['looked up'] : []),
  ...(attempt > 1 ? [`attempt ${attempt}`] : []),
  ...(spareMails > 0 ? [`${spareMails} spare mail${spareMails > 1 ? 's' : ''}`] : []),
];

const mailsOf = ({ decision, reminded }: Path): number => (decision ? 1 : 0) + (reminded ? 1 : 0);
