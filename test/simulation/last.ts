/** What must hold when faults are over and everything has come to rest. */

import { verifyChain } from '../../core/audit.ts';
import { chainOf } from '../../core/commit.ts';
import { HoldpointError } from '../../core/errors.ts';
import { decide } from '../../core/rules/decide.ts';
import { axpTerminal } from '../core/axp.ts';
import type { Ghost } from './ghosts.ts';
import { answerTo } from './people.ts';
import { nothingLost } from './push-invariants.ts';
import type { World } from './world.ts';

type AtLast = (world: World, ghost: Ghost) => string | undefined | Promise<string | undefined>;

/** After faults stop, every intent ends in bounded time. */
const allEnded: AtLast = (_world, { head }) =>
  axpTerminal.includes(head.status) ? undefined : `is still ${head.status}, due ${head.dueAt}`;

/** What is owed is paid, or no longer owed. */
const nothingOwed: AtLast = ({ memory }, { head }) => {
  const owed = memory.outbox(head).map((row) => row.key);
  return owed.length === 0 ? undefined : `owes ${owed}`;
};

/** No execution waits for what can't come any more. */
const noRunWaits: AtLast = ({ machines, sim }, { head }) => {
  const run = machines.live().find((one) => one.about === head.intentId);
  return run && `${run.name} still ${sim.moments.find(({ process }) => process === run)?.what}`;
};

/** The record of all this can be checked by anybody. */
const chainVerifies: AtLast = ({ memory }, { head }) => {
  const tip = { seq: head.auditSeq, hash: head.auditHash };
  const { faults } = verifyChain(chainOf(head), memory.records(head), tip);
  return faults.length === 0 ? undefined : faults.map(({ seq, fault }) => `record ${seq} ${fault}`).join(', ');
};

/** What the table says of the call is what the provider did. */
const effectIsTrue: AtLast = ({ provider }, { head, effect }) => {
  const paid = provider.of(`${head.intentId}.1`).length;
  if (!effect) return paid === 0 ? undefined : `paid ${paid} times without a call`;
  return (effect.state === 'SUCCEEDED') === (paid === 1) ? undefined : `${effect.state}, paid ${paid} times`;
};

/** Completed means paid exactly once; a no, of a person or of the policy, means never. */
const endIsTrue: AtLast = ({ provider }, { head, plan, task }) => {
  const paid = provider.of(`${head.intentId}.1`).length;
  // What was done by hand, the provider doesn't know.
  if (head.frozen) return undefined;
  if (head.status === 'COMPLETED' && plan) return paid === 1 ? undefined : `completed, paid ${paid} times`;
  const refused =
    plan?.verdict === 'denied' || (plan?.verdict === 'approval' && task?.decision?.outcome !== 'approved');
  return refused && paid > 0 ? `${head.status} without approval, and paid` : undefined;
};

/** Old mails lie around for ever: no link of an ended intent decides anything. */
const noLinkDecides: AtLast = async (world, { head }) => {
  const type = world.typeOfIntent(head);
  for (const { link, ...mail } of world.people.mails.filter((one) => one.link.intentId === head.intentId)) {
    const state = await world.memory.load(head, { linkHash: link.hash });
    const context = { now: head.createdAt, newId: world.sim.newId };
    try {
      const asked = { ...answerTo(state?.task, 'for', world.sim.random), subjectHash: mail.subjectHash };
      const answer =
        type && decide(state, { by: 'link', and: 'with a code' }, asked, type, world.people.directory, context);
      if (answer && !('done' in answer)) return `the link of ${link.personId} still decides`;
    } catch (error) {
      if (!(error instanceof HoldpointError)) throw error;
    }
  }
  return undefined;
};

/** Who was told that a decision counts was told the truth. */
const toldTheTruth: AtLast = ({ people }, { head, task, earlier }) => {
  const votes = [...earlier, ...(task ? [task] : [])].flatMap((one) => one.votes);
  const kept = votes.map((vote) => JSON.stringify(vote));
  const lies = people.told.filter(
    ({ link, decided }) => link.intentId === head.intentId && !kept.includes(JSON.stringify(decided.decision)),
  );
  return lies.length === 0 ? undefined : `${lies[0]?.link.personId} was told of another decision`;
};

/** One Idempotency-Key makes one intent, and every answer names it. */
const oneIntentPerKey: AtLast = ({ agents, ghosts }, { head }) => {
  const asked = agents.asked.filter(({ answers }) => answers.has(head.intentId));
  const several = asked.find(({ answers }) => answers.size > 1);
  if (several) return `${several.key} was answered with ${[...several.answers]}`;
  const unknown = agents.asked.flatMap(({ answers }) => [...answers]).find((id) => !ghosts.all.has(id));
  return unknown && `an agent was given ${unknown}, which is not stored`;
};

/** What readers get is what was committed last. */
const readAsCommitted: AtLast = async ({ memory }, { head }) =>
  JSON.stringify((await memory.load(head))?.head) === JSON.stringify(head) ? undefined : 'the stored head is another';

/** Who asked for an answer has it, once. */
const answered: AtLast = ({ mailroom }, { head, request }) => {
  if (request?.replyTo === undefined || !axpTerminal.includes(head.status)) return undefined;
  const box = { tenant: head.tenant, address: request.replyTo };
  const answers = mailroom.all(box).filter(({ deliveryId }) => deliveryId === `${head.intentId}.reply`);
  return answers.length === 1 ? undefined : `${answers.length} answers in the mailbox of ${request.replyTo}`;
};

const atLast = [
  allEnded,
  nothingOwed,
  noRunWaits,
  chainVerifies,
  effectIsTrue,
  endIsTrue,
  noLinkDecides,
  toldTheTruth,
  oneIntentPerKey,
  readAsCommitted,
  answered,
];

/** Holds the world at rest against all of it. */
export async function judge(world: World): Promise<void> {
  for (const [intentId, ghost] of world.ghosts.all)
    for (const holds of atLast) {
      const fault = await holds(world, ghost);
      if (fault !== undefined) world.sim.broke(holds.name, intentId, fault);
    }
  const numbers = world.workers.desks.flatMap(({ key: { tenant, agent: address } }) => {
    const entries = world.mailroom.all({ tenant, address });
    const ids = new Set(entries.map(({ deliveryId }) => deliveryId));
    return ids.size === entries.length && entries.every(({ seq }, i) => seq === i + 1) ? [] : [address];
  });
  if (numbers.length > 0) world.sim.broke('wholeMailboxes', undefined, `${numbers} misses something, or has it twice`);
  await nothingLost(world);
  // Parts of procedures are asked for by nobody.
  const asked = [...world.ghosts.all.values()].filter(({ head }) => head.stepOf === undefined).length;
  if (asked > world.agents.asked.length)
    world.sim.broke('oneIntentPerKey', undefined, `${asked} intents of ${world.agents.asked.length} keys`);
}
