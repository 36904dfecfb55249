/** What must hold at every commit, whatever happens. Each says what is wrong, or nothing; its name is what a failing seed prints. */

import { itemBytes } from '../../adapters/item-size.ts';
import { headItem } from '../../adapters/rows.ts';
import type { Asked } from '../../core/asked.ts';
import { genesisHash } from '../../core/audit.ts';
import type { SealedCommit } from '../../core/commit.ts';
import { hashOf } from '../../core/hash.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Head, Link, Task } from '../../core/model.ts';
import { marksOf } from '../../core/personal.ts';
import { deadlineOf } from '../../core/rules/common.ts';
import { waitsInVain } from '../../core/rules/escalate.ts';
import { axpAllows, axpTerminal } from '../core/axp.ts';
import { ofAgents, ofSettlingForAgents } from './agent-invariants.ts';
import type { Facts, Ghost } from './ghosts.ts';
import type { Mailroom } from './mailroom.ts';
import { digested } from './people.ts';
import { ofProcedures } from './procedure-invariants.ts';

export type OfCommit = (was: Ghost | undefined, commit: SealedCommit, facts: Facts) => string | undefined;

const ended = (head: Head | undefined): boolean => head !== undefined && axpTerminal.includes(head.status);
const isOpen = (state: string | undefined): boolean => state === 'STARTED' || state === 'UNKNOWN';

/** Clients act on statuses, and AXP allows only these ways between them. */
const lifecycle: OfCommit = (was, { head, events }) => {
  let from: string | undefined = was?.head.status;
  for (const { status } of events) {
    if (from === undefined ? status !== 'CREATED' : !axpAllows(from, status) && (from !== status || ended(was?.head)))
      return `${from} → ${status}`;
    from = status;
  }
  return from === head.status ? undefined : `events end in ${from}, the head says ${head.status}`;
};

/** A reader who asks for what came after n must miss nothing and see nothing twice. */
const gapless: OfCommit = (was, { head, events, record }) => {
  const first = (was?.head.seq ?? 0) + 1;
  if (events.some((event, i) => event.seq !== first + i))
    return `events ${events.map((e) => e.seq)} after ${first - 1}`;
  if (head.seq !== first - 1 + events.length) return `the head counts ${head.seq} events`;
  return record.seq === (was?.head.auditSeq ?? 0) + 1 ? undefined : `record ${record.seq} after ${was?.head.auditSeq}`;
};

/** Each record proves the one before it; a commit that breaks the chain can't be told from tampering. */
const chained: OfCommit = (was, { head, record: { hash, ...record } }) => {
  if (record.prev !== (was?.head.auditHash ?? genesisHash)) return 'does not follow the record before it';
  return hash === hashOf(record) && head.auditHash === hash ? undefined : 'the record is not what its hash says';
};

/** What names a person can be erased: it stands beside the record, which proves it and holds none of it. */
const namesNobody: OfCommit = (was, { record, personal, writes }) => {
  const text = JSON.stringify(record);
  const people = (writes.task ?? was?.task)?.approvers.flatMap(({ id, name, mail }) => [id, name, mail]) ?? [];
  const told = [...personal.map(({ value }) => value), ...people].find((one) => text.includes(JSON.stringify(one)));
  if (told !== undefined && told !== '') return `${record.action} holds ${JSON.stringify(told)}`;
  const mark = marksOf(record, personal).find(({ is }) => is !== 'open');
  return mark && `${record.action} ${mark.at} is ${mark.is}`;
};

/** Every update is billed for the whole head, and the second kilobyte doubles the price. */
const smallHead: OfCommit = (_was, { head }) => {
  const bytes = itemBytes(headItem(head));
  return bytes < 1024 ? undefined : `${bytes} bytes`;
};

/** What keeps an intent from ending over an open tool call must count right. */
const countedEffects: OfCommit = (was, { head, writes }) => {
  const open = isOpen((writes.effect?.row ?? was?.effect)?.state) ? 1 : 0;
  return head.openEffects === open ? undefined : `counts ${head.openEffects}, ${open} is open`;
};

/** Whoever has read how it ended has read the last word. */
const finalEnd: OfCommit = (was, { head, events, writes }) => {
  if (!ended(was?.head)) return undefined;
  if (events.length > 0 || head.status !== was?.head.status) return `${was?.head.status} is followed by ${head.status}`;
  return writes.outcome || writes.effect || writes.plan ? 'something is written after the end' : undefined;
};

/** An end says how it came, leaves nothing open, and nobody is asked any more. */
const wholeEnd: OfCommit = (was, { head, writes }) => {
  if (!ended(head) || ended(was?.head)) return undefined;
  if (!writes.outcome) return 'there is no outcome';
  if (head.openEffects > 0) return 'a tool call is open';
  if (head.dueAt !== undefined || head.wish) return 'the head still waits for something';
  return (writes.task ?? was?.task)?.status === 'open' ? 'the task is still open' : undefined;
};

/** A person's word counts once, in time, and nobody changes it. */
const decidedOnce: OfCommit = (was, { record, writes }) => {
  const after = writes.task;
  const before = was?.task?.taskId === after?.taskId ? was?.task : undefined;
  if (before?.decision && after && JSON.stringify(before.decision) !== JSON.stringify(after.decision))
    return 'the decision is changed';
  if (record.action !== 'task.decided') return after?.decision && !before?.decision ? 'undecided by whom?' : undefined;
  if (before?.status !== 'open' || ended(was?.head)) return `the task was ${before?.status}`;
  return Date.parse(record.at) < Date.parse(deadlineOf(before)) ? undefined : 'the deadline was over';
};

/** Programs open links, too: where much depends on it, whoever decides has shown more than a link. */
const shownEnough: OfCommit = (_was, { writes }) => {
  const { task } = writes;
  if (!task || task.risk === 'low') return undefined;
  const bare = task.votes.find(({ via }) => !/, (with a code sent|signed in)/.test(via));
  return bare && `${bare.by.id} decided by a link alone, at ${task.risk} risk`;
};

const sameStep = (one: Task, other: Task): boolean => one.taskId === other.taskId && one.step === other.step;

/** Each rung happens once, in its order, and never before its time. */
const eachRungOnce: OfCommit = (was, { record, writes }) => {
  const [before, after] = [was?.task, writes.task];
  if (!before || !after || !sameStep(before, after) || before.rung === after.rung) return undefined;
  if (after.rung < before.rung) return `rung ${after.rung} after ${before.rung}`;
  if (after.status !== 'open') return before.status === 'open' ? undefined : 'a task that is over climbs';
  const rungs = (record.data.rungs ?? []) as { rung: number; at: string }[];
  const due = before.ladder.slice(before.rung, after.rung).map(({ at }, i) => `${before.rung + i + 1} ${at}`);
  if (rungs.map(({ rung, at }) => `${rung} ${at}`).join() !== due.join()) return `recorded ${JSON.stringify(rungs)}`;
  const early = rungs.find(({ at }) => Date.parse(at) > Date.parse(record.at));
  return early && `rung ${early.rung} before its time`;
};

/** Nothing ends too soon, and times once stored are kept. */
const deadlineHolds: OfCommit = (was, { record, writes }) => {
  const [before, after] = [was?.task, writes.task];
  if (!before || !after || !sameStep(before, after)) return undefined;
  if (JSON.stringify(before.ladder) !== JSON.stringify(after.ladder)) return 'the ladder is another';
  if (after.status !== 'expired' || before.status === 'expired') return undefined;
  return Date.parse(record.at) < Date.parse(deadlineOf(before)) ? 'expired before its deadline' : undefined;
};

/** Whoever asks for something is never asked to allow it, nor anybody twice. */
const neverRequester: OfCommit = (_was, { head, writes }) => {
  const asked = writes.task?.approvers ?? [];
  if (asked.some(({ id, mail }) => id === head.onBehalfOf || mail === head.onBehalfOf)) return 'the requester is asked';
  return new Set(asked.map(({ id }) => id)).size === asked.length ? undefined : 'somebody is asked twice';
};

/** Who has decided, or is not asked, is owed no link; nor is anybody once it is decided. */
const mailsOnlyTheAsked: OfCommit = (was, { owed, writes }) => {
  const task = writes.task ?? was?.task;
  const wrong = owed.find(({ kind, body }) => {
    if (kind !== 'mail' || 'notice' in body) return false;
    const asked = task?.status === 'open' && task.approvers.some(({ id }) => id === body.personId);
    return !asked || task.votes.some(({ by, step }) => by.id === body.personId && step === task.step);
  });
  return wrong && `a link is owed to ${wrong.body.personId}`;
};

/** The link that counts as somebody's newest is one by which they can decide. */
const liveLink: OfCommit = (was, { record, writes: { link, task = was?.task } }) => {
  if (record.action !== 'approver.notified' || task?.status !== 'open') return undefined;
  if (!link || task.links[link.personId] !== link.hash) return undefined;
  return link.taskId === task.taskId && link.step === task.step
    ? undefined
    : `the newest link of ${link.personId} is of step ${link.step}, at step ${task.step}`;
};

/** Each step of the chain was approved by as many as it needs, nobody counts twice, and nobody was against it. */
const agreed = ({ chain, votes }: Task): boolean =>
  new Set(votes.map((vote) => vote.by.id)).size === votes.length &&
  chain.steps.every(({ need }, i) => votes.filter((vote) => vote.step === i).length >= Number(need)) &&
  votes.every((vote) => vote.outcome === 'approved');

/** Nothing is executed but what policy allows or a person approved, as it was shown. */
const startedRightly: OfCommit = (was, { writes }) => {
  const row = writes.effect?.row;
  if (row?.state !== 'STARTED') return undefined;
  if (ended(was?.head)) return 'the intent has ended';
  const { plan, task, effect, payments } = was as Ghost;
  if (plan?.verdict === 'denied') return 'the policy denied it';
  const approved = task?.decision?.outcome === 'approved' && task.subjectHash === plan?.hash;
  if (plan?.verdict === 'approval' && !approved) return 'nobody has approved it';
  if (plan?.of && task && !agreed(task)) return 'somebody who must agree has not';
  if (effect && effect.state !== 'UNKNOWN') return `the call before it is ${effect.state}`;
  return payments.length > 0 ? 'the provider has paid already' : undefined;
};

/** A plan is made of what the agent asked last. */
const plannedAsAsked: OfCommit = (was, { writes }) => {
  const args = writes.plan?.plan.actions[0]?.args;
  const asked = was?.request?.payload;
  return args && asked && args.amount_cents !== asked.amount_cents ? `plans ${args.amount_cents}` : undefined;
};

/** What is executed is what each of those who approved it was mailed, and nothing of a revision before or after. */
const executedAsShown: OfCommit = (was, { writes }, { mails }) => {
  const row = writes.effect?.row;
  const { plan, task } = was ?? {};
  if (row?.state !== 'STARTED' || plan?.verdict !== 'approval') return undefined;
  if (row.requestHash !== hashOf(plan.plan.actions[0]?.args)) return 'other arguments than planned';
  const shownTo = (hash: string | undefined) => mails.find(({ link }) => link.hash === hash)?.subjectHash;
  const blind = task?.votes.find((vote) => shownTo(vote.linkHash) !== plan.hash);
  return blind && `${blind.by.id} was shown something else`;
};

/** What an operator has frozen is never called, whatever was approved before. */
const notFrozen: OfCommit = (was, { writes }) =>
  writes.effect?.row.state === 'STARTED' && was?.head.frozen ? 'an operator has frozen it' : undefined;

/** Where a ladder's end asks operators, it ends nothing, unless a call is open; and nothing else goes on so. */
const overdueWaits: OfCommit = (was, { head, record, writes }) => {
  const { task } = writes;
  if (record.action !== 'task.expired' || !task) return undefined;
  const last = task.ladder.at(-1);
  const asks = last?.do === 'expire' && last.opens === 'override' && was?.head.openEffects === 0;
  if (asks !== (head.frozen === true && !ended(head) && !was?.head.frozen))
    return `${head.status}, ${asks ? 'operators are not waited for' : 'nobody would be asked'}`;
  return asks && task.takeover ? 'an override is followed by another' : undefined;
};

/** Only a person who was asked to take it over, the end of their time, or a failure ends what is frozen. */
const endedByHand: OfCommit = (was, { head, record, writes }) => {
  if (!was?.head.frozen || ended(was.head) || !ended(head)) return undefined;
  if (head.status === 'FAILED' || head.status === 'TIMED_OUT' || was.head.wish) return undefined;
  const decided = record.action === 'task.decided' && writes.task?.takeover && record.data.override === true;
  return decided ? undefined : `${record.action} ended it as ${head.status}`;
};

/** A stop takes effect at once: no call is begun under it. */
const notStopped: OfCommit = (_was, { head, writes }, { stops }) => {
  const row = writes.effect?.row;
  if (row?.state !== 'STARTED') return undefined;
  const names: Record<string, string> = { tenant: head.tenant, type: head.type, agent: head.from, tool: row.tool };
  const stop = stops.find((target) => target.kind === 'everything' || names[target.kind] === target.id);
  return stop && `a stop stands on ${stop.kind}`;
};

/** Only a greater generation follows, one at a time: else two runs would both believe they may commit. */
const oneGeneration: OfCommit = (was, { head }) => {
  const before = was?.head.generation ?? head.generation;
  return head.generation === before || head.generation === before + 1 ? undefined : `${before} → ${head.generation}`;
};

/** What a superseded run still does counts for nothing, but for the truth about a call that it has made. */
const currentRun: OfCommit = (was, { record }, { by: { generation } }) => {
  // A part is born under the condition that its procedure is open: which of its runs does it, is the same.
  if (generation === undefined || !was) return undefined;
  if (record.action === 'effect.settled' || record.action === 'effect.unknown') return undefined;
  const current = was.head.generation;
  return generation === current ? undefined : `${record.action} by generation ${generation} in the time of ${current}`;
};

/** Whoever has lost a call to another can't know any more what became of it. */
const settledByOwner: OfCommit = (was, { record }, { by }) => {
  if (record.action !== 'effect.settled' && record.action !== 'effect.unknown') return undefined;
  return was?.effect?.owner === by.owner ? undefined : `${record.action} by another invocation than the owner`;
};

/** Where nobody is owed anything by an intent that waits, nobody would ever look at it again. */
const watched: OfCommit = (_was, { head }) =>
  ended(head) || head.dueAt !== undefined ? undefined : 'an open intent has no time by which it must go on';

/** Who is waited for finds it in their inbox, with its deadline; nobody else does; who decided finds that. */
const inInboxes: OfCommit = (was, { head, writes, asked }) => {
  const task = writes.task ?? was?.task;
  const rows = new Map([...(was?.asked ?? []), ...asked.map((row) => [`${row.taskId}#${row.personId}`, row] as const)]);
  // What was decided of an earlier task stays with who decided it.
  const ofPast = (row: Asked) => row.is === 'done' && row.taskId !== task?.taskId;
  const listed = (is: string) =>
    [...rows.values()].filter((row) => row.is === is && !ofPast(row)).map((row) => row.personId);
  const waits = task?.status === 'open' && !ended(head) ? task : undefined;
  const decided = (task?.votes ?? []).map((vote) => vote.by.id);
  const asks = waits?.approvers.filter(({ id }) => !decided.includes(id)).map(({ id }) => id) ?? [];
  if (listed('open').sort().join() !== asks.sort().join()) return `${asks} are waited for, ${listed('open')} find it`;
  if ([...rows.values()].some((row) => row.is === 'open' && row.deadline !== waits?.ladder.at(-1)?.at))
    return 'an inbox has another deadline';
  return listed('done').sort().join() === decided.sort().join()
    ? undefined
    : `${decided} decided, not ${listed('done')}`;
};

export const ofCommits: OfCommit[] = [
  lifecycle,
  gapless,
  chained,
  namesNobody,
  smallHead,
  countedEffects,
  finalEnd,
  wholeEnd,
  decidedOnce,
  shownEnough,
  eachRungOnce,
  deadlineHolds,
  neverRequester,
  mailsOnlyTheAsked,
  liveLink,
  startedRightly,
  plannedAsAsked,
  executedAsShown,
  notStopped,
  notFrozen,
  overdueWaits,
  endedByHand,
  oneGeneration,
  currentRun,
  settledByOwner,
  watched,
  inInboxes,
  ...ofAgents,
  ...ofProcedures,
];

/** Who was mailed, whether somebody has ever left the directory, and what is in mailboxes. */
export interface Post {
  mails: { link: Link }[];
  somebodyLeft: boolean;
  mailroom: Pick<Mailroom, 'holds'>;
}

/** `body`: what the row says. */
export type OfSettling = (
  ghost: Ghost,
  key: string,
  post: Post & { body: JsonObject; ghosts: ReadonlyMap<string, Ghost> },
) => string | undefined;

/**
 * Every approver is mailed, unless the task, or somebody's part in it, was over first, others are asked instead, or they had
 * left. A digest lists a task once, whatever else is owed about it.
 */
const mailed: OfSettling = ({ task, head }, key, { mails, body: { personId: to }, somebodyLeft }) => {
  if (
    somebodyLeft ||
    !key.startsWith('mail#') ||
    key.startsWith('mail#notice#') ||
    task?.status !== 'open' ||
    !task.approvers.some(({ id }) => id === to) ||
    task.votes.length > 0 ||
    ended(head)
  )
    return undefined;
  const sent = mails.filter(({ link }) => link.taskId === task.taskId && link.personId === to);
  const listed = task.priority === 'low' && digested.has(String(to));
  const told = sent.some(({ link }) => listed || `mail#${link.linkId}` === key);
  return told ? undefined : 'settled without a mail';
};

/** Of what no person is waited for. */
const ofOthers = /^wake#(delivery|step|ends|procedure)/;

/** A person's wake is owed until a step has gone past the wait, or a later run goes on without it. (Not one that only says: look again.) */
const awake: OfSettling = ({ task, head, effect, owed, procedure }, key) => {
  if (!key.startsWith('wake#') || ofOthers.test(key) || key.includes('#again#') || ended(head) || effect)
    return undefined;
  if ([...owed.keys()].some((other) => other.startsWith('wake#'))) return undefined;
  // Its run is at another step by now.
  if (procedure && procedure.now?.task !== task?.taskId) return undefined;
  return !task || waitsInVain(task, head.generation) ? undefined : 'settled while the run waits';
};

export const ofSettling: OfSettling[] = [mailed, awake, ...ofSettlingForAgents];

/** A row that waits, and until when (epoch ms). */
type OfCollecting = (ghost: Ghost, row: { body: JsonObject }, at: number) => string | undefined;

/** Who reads a digest reads it before others are asked instead, and before it is too late. */
const neverTooLate: OfCollecting = ({ task }, { body }, at) => {
  if (task?.taskId !== body.taskId || task?.approvers.every(({ id }) => id !== body.personId)) return undefined;
  const next = task?.ladder.slice(task.rung).find((rung) => rung.do !== 'remind' || rung.final);
  return next && Date.parse(next.at) <= at ? `waits for a digest after ${next.do} at ${next.at}` : undefined;
};

export const ofCollecting = [neverTooLate];

type OfPayment = (ghost: Ghost | undefined, all: number) => string | undefined;

/** The promise that all of this is for. */
const paidOnce: OfPayment = (_ghost, all) => (all > 1 ? `paid ${all} times` : undefined);

/** Money moves only under an open call. */
const paidUnderCall: OfPayment = (ghost) =>
  isOpen(ghost?.effect?.state) ? undefined : `paid while the call is ${ghost?.effect?.state ?? 'not recorded'}`;

export const ofPayments = [paidOnce, paidUnderCall];
