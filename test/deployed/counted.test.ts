/** What price/house.ts follows by hand is what a deployed run does: the same calls to AWS, by function and action. */

import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { intentTypeOf } from '../../intents/index.ts';
import type { ProxiedCall } from '../../local/fault-rules.ts';
import { follow } from '../../price/follow.ts';
import { answered, type PathName, pathNames, paths } from '../../price/paths.ts';
import {
  type Agent,
  awsCalls,
  decide,
  linkFor,
  mailsFor,
  newAgent,
  newOrder,
  rows,
  settled,
  statesEntered,
  waitFor,
} from './world.ts';

/** Both people of the directory hold both roles. */
const recipients = 2;

/** A key is read once in five minutes and container, whatever the number of intents. */
const notCounted = 'GetSecretValue';

const actionOf = ({ action, path }: ProxiedCall): string =>
  action?.split('.').at(-1) ?? (/\/invocations$/.test(path) ? 'Invoke' : path);

/** They work for all tests at once: what is overdue, receivers of other tests that have gone, waits that their clients have left. */
const others: readonly (string | null)[] = ['sweep', 'callbacks', 'streams'];

/** By function and action. */
function counted(calls: ProxiedCall[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const call of calls.filter(({ app }) => !others.includes(app))) {
    const name = `${call.app} ${actionOf(call)}`;
    if (actionOf(call) !== notCounted) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** One intent from its submission until nothing is owed, as the price has it: one look at the page, one at the result. */
async function run(name: PathName, agent: Agent): Promise<void> {
  const { type, payload, asks } = paths[name];
  const order = type === 'intent.refund.v1' ? { order_id: await newOrder(1_000_000) } : {};
  const declared = intentTypeOf(type) !== undefined;
  const to = declared ? {} : { to_agent: agent.address };
  const id = await agent.submit({ intent_type: type, payload: { ...payload, ...order }, ...to });
  if (!declared) {
    await waitFor('it is delivered and awaited', async () => {
      const [delivery] = await rows(agent, id, 's#delivery');
      return delivery?.token !== undefined && delivery.arrived.length > 0;
    });
    const headers = { 'idempotency-key': 'answer' };
    const { status } = await agent.call('POST', `/v1/intents/${id}/resume`, { body: answered, headers });
    expect(status).toBe(200);
  }
  if (asks) {
    await mailsFor(agent, id, recipients);
    await decide(await linkFor(agent, id));
  }
  // Paid is the start only when the run is there.
  await settled(agent, id);
  await statesEntered(declared ? type : 'delegation', id);
  await settled(agent, id);
  await agent.get(id);
}

/** A commit that is refused, a message that comes twice, and what files before this one left to be done only add calls. */
const tries = 8;

/** The calls of the first run that made those expected, or of the last of all tries. */
async function callsOf(name: PathName, expected: Record<string, number>): Promise<Record<string, number>> {
  const agent = await newAgent();
  let calls: Record<string, number> = {};
  for (let attempt = 0; attempt < tries && !isDeepStrictEqual(calls, expected); attempt += 1) {
    const before = (await awsCalls()).length;
    await run(name, agent);
    calls = counted((await awsCalls()).slice(before));
  }
  return calls;
}

it.each(pathNames)('%s', async (name) => {
  const { awsCalls: expected } = await follow(paths[name], recipients);
  expect(await callsOf(name, expected)).toEqual(expected);
});
