/** What an approver is told: one neutral link, the plan's short hash. */

import type { Task } from '../../core/model.ts';
import { type Action, shortHash } from '../../core/plan.ts';
import { deadlineOf, isTakenOverAfter } from '../../core/rules/common.ts';
import type { MailOrder } from '../../core/rules/link.ts';
import { progressOf } from '../../core/rules/steps.ts';
import type { Shown } from '../../core/shown.ts';
import { firstOf, shortened } from '../../core/text.ts';
import { maskArgs, type ToolContract } from '../../core/tools.ts';
import { visible } from '../../core/visible.ts';
import { timeWithUtc } from '../../pages/time.ts';
import { revisedLines } from './revised.ts';

/** What a person is told, in its parts; each channel puts them together. Everything is one line of plain text. */
export interface Message {
  subject: string;
  lead: string;
  /** Label and value. */
  facts: [string, string][];
  /** The whole address of the person's page, where there is something to do. */
  link?: string;
  /** Of a digest, which goes by mail alone. */
  entries?: readonly Entry[];
  closing: string;
}

/** One task of a digest. */
export interface Entry {
  title: string;
  facts: [string, string][];
  link: string;
}

/** Longest piece of an agent's text in a subject, characters. */
const maxSubjectText = 100;

export const cut = (text: string): string => shortened(text, maxSubjectText);

/** One line of plain text: no control or line separator characters, so nothing can be forged into a header or a line. */
export const oneLine = (text: string): string => visible(text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')).trim();

/** Mail programs make links of addresses in text, also of names of hosts alone; only ours may be one. */
export const unlinked = (text: string): string =>
  text
    .replace(/\b(https?|ftp):\/\//gi, '$1[:]//')
    .replace(/\bmailto:/gi, 'mailto[:]')
    .replace(/(?<=[\p{L}\p{N}-])\.(?=\p{L}{2})/gu, '[.]');

/** Longest fact, characters: mail programs cut long mails, and our link stands below. Only a payload's text is longer. */
const maxFactLength = 2000;

export const withinFact = (text: string): string =>
  text.length > maxFactLength
    ? `${firstOf(text, maxFactLength)} … (${text.length} characters; the page shows all)`
    : text;

/** What the person is to give. */
const wanted = (task: Task | undefined): string => (task?.asks ? 'answer' : 'decision');

/** In the reader's zone, named in full: a mail is read far from the page. */
const when = (iso: string, zone: string): string => `${timeWithUtc(iso, zone)}${zone === 'UTC' ? '' : `, ${zone}`}`;

/** Who is asked: their time zone, and their id where they may be asked in somebody's place. */
export interface Reader {
  zone?: string;
  personId?: string;
}

/** What the mail says, line by line; `contracts` tell which arguments are masked. */
function lines(
  state: Shown,
  contracts: readonly ToolContract[],
  why: MailOrder['why'],
  { zone = 'UTC', personId }: Reader,
) {
  const { head, plan, task } = state;
  const open = task as Task;
  const facts: [string, string][] = [
    ['Asked by', head.from],
    ...behalfLine(head, open),
    // An agent's own words never stand for what the plan says.
    ['Request', plan?.plan.objective ?? open.description],
    ...(plan && open.description !== plan.plan.objective
      ? [[descriptionOf(open), open.description] as [string, string]]
      : []),
    ...(plan?.plan.actions ?? []).flatMap((action) => actionLines(action, contracts)),
    ...revisedLines(state, contracts),
    ['Why you', open.why.map((rule) => `${rule.says} (${rule.reason})`).join(' ')],
    ...inPlaceLines(open, personId),
    ...stepLines(open),
    ['Decide before', `${when(deadlineOf(open), zone)}${isTakenOverAfter(open) ? '; then operators take over' : ''}`],
    [plan ? 'Plan' : 'Request hash', shortHash(open.subjectHash)],
  ];
  return {
    lead: (why === 'assigned' && takeoverLead(open)) || leads[why](wanted(open)),
    facts: plain(facts),
  };
}

/** A name that the directory doesn't know keeps nobody from deciding: whoever is asked should see that. */
const behalfLine = ({ onBehalfOf }: Shown['head'], { requester }: Task): [string, string][] =>
  onBehalfOf === undefined
    ? []
    : [['On behalf of', requester === undefined ? `${onBehalfOf} (nobody of the directory)` : onBehalfOf]];
const plain = (facts: [string, string][]): [string, string][] => {
  const text = (given: string) => unlinked(oneLine(withinFact(given)));
  return facts.map(([label, value]) => [text(label), text(value)]);
};

/** The same in a few lines, for a digest. */
export function inBrief(
  { head, plan, task }: Shown,
  contracts: readonly ToolContract[],
  { zone = 'UTC', personId }: Reader,
): [string, string][] {
  const open = task as Task;
  const given = (plan?.plan.actions ?? []).flatMap((action) => actionLines(action, contracts));
  return plain([
    ['Asked by', head.from],
    ...behalfLine(head, open),
    ['What would happen', plan?.plan.objective ?? open.description],
    ...(given.length > 0 ? [['With', given.map((line) => line.join(': ')).join('; ')] as [string, string]] : []),
    ...(open.revision > 1 ? [['Revision', `${open.revision} of at most ${open.rounds}`] as [string, string]] : []),
    ...inPlaceLines(open, personId),
    ['Decide before', when(deadlineOf(open), zone)],
    [plan ? 'Plan' : 'Request hash', shortHash(open.subjectHash)],
  ]);
}

/** In whose place somebody is asked, and what they say to it. */
function inPlaceLines(task: Task, personId: string | undefined): [string, string][] {
  const other = task.approvers.find((one) => one.id === personId)?.for;
  if (!other) return [];
  const why = other.because === 'away' ? 'who is out of office' : 'who has handed this over to you';
  return [
    ['In the place of', `${other.name}, ${why}`],
    ...(other.note ? [['Their note', other.note] as [string, string]] : []),
  ];
}

const replaces = 'This mail replaces the one before.';

/** Beside a plan: what the task's description is. */
const descriptionOf = ({ takeover }: Task): string =>
  takeover === 'overdue' ? 'Overdue' : takeover ? 'Frozen' : 'In its words';

function takeoverLead({ takeover }: Task): string | undefined {
  if (!takeover) return undefined;
  const why = takeover === 'overdue' ? 'Nobody decided in time what an agent asks' : 'An operator froze an intent';
  return `${why}: nothing more of it is executed. It waits for somebody to end it by hand.`;
}

const leads: Record<MailOrder['why'], (wanted: string) => string> = {
  assigned: (what) => `An agent asks for your ${what}.`,
  reminder: (what) => `This still waits for your ${what}. ${replaces}`,
  final: (what) => `This still waits for your ${what}, and nobody will remind you again. ${replaces}`,
  escalated: (what) => `This waits for a ${what}, which now comes to you: nobody who was asked before has given it.`,
};

/** Which step of several this is, and what was decided before it. */
function stepLines(task: Task): [string, string][] {
  const { step, steps } = progressOf(task);
  if (steps === 1) return [];
  const before = task.votes.map((vote) => `${vote.outcome} by ${vote.by.name}`).join(', ');
  return [['Step', `${step} of ${steps}${before === '' ? '' : `; so far: ${before}`}`]];
}

function actionLines(action: Action, contracts: readonly ToolContract[]): [string, string][] {
  const sensitive = contracts.find((c) => c.name === action.tool)?.sensitive ?? [];
  return [
    ...action.changes
      .filter((c) => c.before !== c.after)
      .map((c): [string, string] => [c.what, `${c.before} → ${c.after}`]),
    ...Object.entries(maskArgs(action.args, sensitive)).map(([key, value]): [string, string] => [key, String(value)]),
  ];
}

const prefixes: Record<MailOrder['why'], string> = {
  assigned: '',
  reminder: 'Reminder: ',
  final: 'Last reminder: ',
  escalated: 'Escalated to you: ',
};

export const closingFor = (many: boolean): string =>
  many
    ? 'Opening a page decides nothing: you choose there. Do not forward this mail; the links in it are yours.'
    : 'Opening the page decides nothing: you choose there. Do not forward this mail; the link in it is yours.';

/** In one line, for a subject. */
export const titleOf = ({ task }: Shown): string => cut(unlinked(oneLine(task?.title ?? '')) || 'Decision');

/** `link`: the whole address of the approver's page; `zone`: the approver's. */
export function messageFor(
  state: Shown,
  link: string,
  contracts: readonly ToolContract[],
  why: MailOrder['why'],
  reader: Reader = {},
): Message {
  const { lead, facts } = lines(state, contracts, why, reader);
  return {
    subject: `${prefixes[why]}${titleOf(state)}: ${wanted(state.task)} needed`,
    lead,
    facts,
    link,
    closing: closingFor(false),
  };
}
