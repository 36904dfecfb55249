/** The local AWS loses every open run when it restarts, as a disaster would: what was waiting goes on from the table. */

import { beforeAll, expect, it } from 'vitest';
import {
  type Agent,
  approvalIntent,
  decide,
  effect,
  expectChain,
  head,
  inGroups,
  linkOf,
  mailsFor,
  makeOverdue,
  newAgent,
  newOrder,
  owed,
  refundIntent,
  refundsOf,
  restartEmulator,
  sweep,
  until,
} from './world.ts';

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

const approvals = 90;
const refunds = 10;

it('a hundred approvals wait over a restart, and all are decided afterwards', { timeout: 300_000 }, async () => {
  const intents = [
    ...Array.from({ length: approvals }, (_, n) => async () => approvalIntent({ n })),
    ...Array.from({ length: refunds }, () => async () => refundIntent(await newOrder(), 18_000)),
  ];
  const ids = await inGroups(intents, async (intent) => agent.submit(await intent()));
  const links = await inGroups(ids, async (id) => linkOf((await mailsFor(agent, id)).at(-1) as never));

  await restartEmulator();

  const answers = await inGroups(links, (link) => decide(link));
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
  // What the restart swallowed is still owed; the minute's sweep would find it.
  await until('nothing is owed any more', 120, async () => {
    const left = (await inGroups(ids, async (id) => ((await owed(agent, id)).length > 0 ? id : undefined))).filter(
      (id) => id !== undefined,
    );
    for (const id of left) await makeOverdue(agent, id, 'outbox#').catch(() => undefined);
    if (left.length > 0) await sweep();
    return left.length === 0;
  });
  const ended = await inGroups(ids, (id) => agent.reaches(id, 'COMPLETED', 'FAILED', 'TIMED_OUT'));
  expect(ended.map((intent) => intent.status)).toEqual(ids.map(() => 'COMPLETED'));
  for (const id of ids.slice(approvals)) {
    expect(await refundsOf(id)).toHaveLength(1);
    expect((await effect(agent, id))?.state).toBe('SUCCEEDED');
    // One is enough; a wake that is delivered twice may start one more.
    expect((await head(agent, id))?.generation).toBeGreaterThanOrEqual(2);
  }
  await inGroups(ids, (id) => expectChain(agent, id));
});

it('one that waits on, undecided, is taken up by the next generation', async () => {
  const id = await agent.submit(approvalIntent());
  const link = linkOf((await mailsFor(agent, id))[0] as never);
  await restartEmulator();
  await makeOverdue(agent, id, 's#head');
  await sweep();
  await until('the second generation', 30, async () => (await head(agent, id))?.generation === 2);
  expect((await decide(link)).status).toBe(200);
  expect((await agent.reaches(id, 'COMPLETED')).result.approved).toBe(true);
});
