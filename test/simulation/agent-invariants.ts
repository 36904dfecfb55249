/** What must hold at every commit of what agents are asked, claim, answer and pass on. As those beside: each says what is wrong. */

import { isTerminal } from '../../core/lifecycle.ts';
import type { Claim } from '../../core/model.ts';
import type { Ghost } from './ghosts.ts';
import type { OfCommit, OfSettling } from './invariants.ts';

const live = (claim: Claim | undefined, at: string): Claim | undefined =>
  claim && Date.parse(claim.until) > Date.parse(at) ? claim : undefined;

/** Exactly one works on it: nobody gets it, or has it taken away, while a claim is good. */
const oneClaim: OfCommit = (was, { record, writes: { delivery } }) => {
  const held = live(was?.delivery?.claim, record.at);
  if (!held || !delivery || delivery.claim?.token === held.token) return undefined;
  return `${record.action} at ${record.at}, while ${held.token} is held until ${held.until}`;
};

/** Whoever holds an older token must never look like whoever holds the newest. */
const fenceRises: OfCommit = (was, { writes: { delivery } }) => {
  const before = was?.delivery;
  if (!before || !delivery) return undefined;
  if (delivery.fence < before.fence) return `${before.fence} → ${delivery.fence}`;
  const { claim } = delivery;
  if (!claim || claim.token === before.claim?.token) return undefined;
  return claim.token > before.fence && claim.token === delivery.fence ? undefined : `token ${claim.token} again`;
};

const isAnswer = (action: string): boolean => action.startsWith('agent.') && action !== 'agent.too_late';

/** While somebody has claimed it, nobody else answers, nor whoever had it before. */
const holderAnswers: OfCommit = (was, { record }, { by }) => {
  if (!isAnswer(record.action) && record.action !== 'claim.renewed') return undefined;
  const held = live(was?.delivery?.claim, record.at);
  return !held || by.fence === held.token ? undefined : `${record.action} under ${by.fence}, ${held.token} holds it`;
};

/** Only to whom it was given, handed on or escalated is it theirs to answer. */
const receiverAnswers: OfCommit = (was, { record }) => {
  if (!isAnswer(record.action) && !record.action.startsWith('claim.')) return undefined;
  if (record.actor.kind !== 'agent' || !was?.delivery) return undefined;
  return was.delivery.to.includes(String(record.actor.id)) ? undefined : `${record.action} by ${record.actor.id}`;
};

/** Given out as often as it may be, each time after a lease was lost. */
const attemptsCount: OfCommit = (was, { record, writes: { delivery } }) => {
  const before = was?.delivery;
  if (!before || !delivery || delivery.attempt === before.attempt) return undefined;
  if (delivery.attempt !== before.attempt + 1) return `attempt ${delivery.attempt} after ${before.attempt}`;
  if (record.action !== 'claim.lost') return `attempt ${delivery.attempt} by ${record.action}`;
  return delivery.attempt <= delivery.maxAttempts
    ? undefined
    : `attempt ${delivery.attempt} of ${delivery.maxAttempts}`;
};

/** Reminders and escalations of an agent, as of people: each once, in order, never before its time. */
const deliveryRungs: OfCommit = (was, { record, writes: { delivery } }) => {
  const before = was?.delivery;
  if (!before || !delivery) return undefined;
  if (JSON.stringify(before.ladder) !== JSON.stringify(delivery.ladder)) return 'the ladder is another';
  if (delivery.rung === before.rung) return undefined;
  if (delivery.rung < before.rung) return `rung ${delivery.rung} after ${before.rung}`;
  const rungs = before.ladder.slice(before.rung, delivery.rung);
  const told = (record.data.rungs ?? []) as { at: string }[];
  if (told.map(({ at }) => at).join() !== rungs.map(({ at }) => at).join()) return `recorded ${JSON.stringify(told)}`;
  const early = rungs.find(({ at }) => Date.parse(at) > Date.parse(record.at));
  return early && `${early.do} of ${early.at} at ${record.at}`;
};

/** An agent has all of its time. */
const agentInTime: OfCommit = (was, { record }) => {
  if (record.action !== 'delivery.expired') return undefined;
  const end = was?.delivery?.ladder.at(-1)?.at ?? record.at;
  return Date.parse(record.at) < Date.parse(end) ? `expired before ${end}` : undefined;
};

/** What counts as delivered is in the mailbox under the number that is told, and counts once. */
const arrivedTruly: OfCommit = (was, { head, record, writes: { delivery } }, { mailroom }) => {
  if (record.action !== 'intent.delivered') return undefined;
  const { delivery_id: id, to_agent: address, mailbox_seq: seq } = record.data as Record<string, string | number>;
  if (was?.delivery?.arrived.includes(String(id))) return `${id} arrives again`;
  if (!delivery?.arrived.includes(String(id))) return `${id} is not noted`;
  const entry = mailroom.all({ tenant: head.tenant, address: String(address) }).find((one) => one.seq === seq);
  return entry?.deliveryId === id ? undefined : `${id} is not at ${seq} of ${address}`;
};

/** Nothing begins as a part of what has ended: nobody would withdraw it any more. */
const partOfOpen: OfCommit = (_was, { writes: { parent } }, { ghosts }) => {
  const head = parent === undefined ? undefined : ghosts.get(parent)?.head;
  return head && (isTerminal(head.status) || head.wish) ? `its parent is ${head.status}` : undefined;
};

/** What is withdrawn with parts that are open owes their end. */
const partsOwed: OfCommit = (was, { head, record, owed }, { ghosts }) => {
  if (record.action !== 'intent.canceled' && record.action !== 'task.recalled') return undefined;
  const open = [...ghosts.values()].find((one) => one.parent === head.intentId && !isTerminal(one.head.status));
  const owes = owed.some(({ key }) => key === 'cancel#parts') || was?.owed.has('cancel#parts');
  return open && !owes ? `nobody withdraws ${open.head.intentId}` : undefined;
};

/** A stop takes effect at once: nothing new is taken in, claimed, answered or begun under it. */
const workStops: OfCommit = (_was, { head, record }, { stops }) => {
  const begins = ['intent.submitted', 'step.begun'].includes(record.action) || record.action === 'claim.granted';
  if (!begins && !isAnswer(record.action)) return undefined;
  const agents = [head.from, ...(record.actor.kind === 'agent' ? [record.actor.id] : [])];
  const stop = stops.find(
    ({ kind, ...of }) =>
      kind === 'everything' ||
      (kind === 'agent' ? agents : [{ tenant: head.tenant, type: head.type, tool: '' }[kind]]).includes(
        (of as { id: string }).id,
      ),
  );
  return stop && `${record.action} under a stop on ${stop.kind}`;
};

/** A part that has ended is told to the procedure that waits for it. */
const partHeard: OfCommit = (was, { head, owed }) => {
  const ends = head.stepOf !== undefined && isTerminal(head.status) && !isTerminal(was?.head.status ?? 'CREATED');
  return ends && !owed.some(({ key }) => key === 'wake#procedure') ? 'its procedure hears nothing' : undefined;
};

export const ofAgents = [
  oneClaim,
  fenceRises,
  holderAnswers,
  receiverAnswers,
  attemptsCount,
  deliveryRungs,
  agentInTime,
  arrivedTruly,
  partOfOpen,
  partsOwed,
  partHeard,
  workStops,
];

const isOff = ({ head }: Ghost): boolean => isTerminal(head.status) || head.frozen === true;

/** What was owed to a mailbox is in it, unless its intent is over, or operators have it. */
const arrived: OfSettling = (ghost, key, { mailroom, body }) => {
  if (!key.startsWith('deliver#') || body.lease !== undefined) return undefined;
  const { tenant, intentId } = ghost.head;
  if (body.reply === true) {
    const to = ghost.request?.replyTo ?? '';
    return mailroom.holds(tenant, to, `${intentId}.reply`) ? undefined : `the answer to ${to} is not there`;
  }
  const { to, deliveryId } = (body.thread ?? body) as { to: string; deliveryId: string };
  if (mailroom.holds(tenant, to, deliveryId) || (isOff(ghost) && body.thread === undefined)) return undefined;
  return `${deliveryId} is not in the mailbox of ${to}`;
};

/** Whoever has claimed something and dies is missed. */
const watchedLease: OfSettling = (ghost, _key, { body }) => {
  const { token, renewals } = (body.lease ?? {}) as { token?: number; renewals?: number };
  const claim = ghost.delivery?.claim;
  const stands = claim !== undefined && claim.token === token && claim.renewals === renewals;
  return stands && !isOff(ghost) ? `nobody watches the claim ${token}` : undefined;
};

/** Whatever is a part of what was withdrawn is withdrawn too, unless it was over first or operators have it. */
const partsFollow: OfSettling = ({ head }, key, { ghosts }) => {
  if (key !== 'cancel#parts') return undefined;
  const parts = [...ghosts.values()].filter(({ parent }) => parent === head.intentId);
  const left = parts.find((part) => !isOff(part) && !part.head.wish);
  return left && `${left.head.intentId} goes on as ${left.head.status}`;
};

export const ofSettlingForAgents = [arrived, watchedLease, partsFollow];
