/** What happened to an intent, in order, for people: from its events and its task. Pages and clients show it. */

import type { Json, JsonObject } from './json.ts';
import type { Decision, IntentEvent, IntentState, Task, Told } from './model.ts';

export interface Moment {
  at: string;
  /** `submitted`, `asked`, …; of an event that this version does not know, the event's own name. */
  what: string;
  label: string;
  /** Whole sentences; names and ids in them are whatever somebody chose. */
  says: string[];
  /** How the person was known, e.g. `link sent to anna@example.com`. */
  via?: string;
  /** A person's own words. */
  quote?: string;
  /** Whose messages were accepted because of this. */
  told?: Told[];
}

type Draft = Omit<Moment, 'at'> | undefined;

/** What a timeline is made of; `plan` has the words of the rules that fired. */
export type Story = Pick<IntentState, 'head' | 'plan' | 'task'>;

/** Moments in the order they happened. An event that says nothing to people has none. */
export function timelineOf(story: Story, events: readonly IntentEvent[]): Moment[] {
  const shown = new Set<Decision>();
  const moments = events.flatMap((event) => {
    // One commit may make several events; its decision stands once, before them.
    const made = story.task?.votes.find((one) => one.at === event.at && one.by.id === event.actor);
    const vote = made && !shown.has(made) ? made : undefined;
    if (vote) shown.add(vote);
    return [
      ...withTime(event.at, vote ? voted(vote) : decided(decisionIn(event), story.task)),
      ...withTime(event.at, momentOf(event, story)),
    ];
  });
  return withTold(moments, story.task?.told ?? []);
}

/** The same for readers who must not learn where anybody is reached. */
export const withoutAddresses = (moments: readonly Moment[]): Moment[] =>
  moments.map(({ via, ...moment }) => ({
    ...moment,
    says: moment.says.map(withoutMail),
    ...(via === undefined ? {} : { via: viaWithoutAddress(via) }),
  }));

/** `link sent to slack:U0123ABC` → `link sent to them`. */
const viaWithoutAddress = (via: string): string => {
  const at = via.indexOf(' sent to ');
  return withoutMail(at === -1 ? via : `${via.slice(0, at)} sent to them`);
};

/** Word by word, so that no text however long takes long. */
const withoutMail = (sentence: string): string =>
  sentence
    .split(' ')
    .map((word) => (word.includes('@') ? `(address)${word.endsWith('.') ? '.' : ''}` : word))
    .join(' ');

const withTime = (at: string, draft: Draft): Moment[] => (draft ? [{ at, ...draft }] : []);

/** A decision stands in the event that it made: of a task that goes on or of an action, or of the end it is the result of. */
function decisionIn({ details, data }: IntentEvent): JsonObject | undefined {
  const error = objectIn(details.error);
  const found = details.decision ?? objectIn(error?.details)?.decision ?? data?.task_result;
  return objectIn(found);
}

const voted = ({ by, outcome, comment, via }: Decision): Draft => ({
  ...decidedMoment(by.name, outcome, comment),
  via,
});

/** Of a task that is there no more: as agents read it, without how the person was known. */
function decided(told: JsonObject | undefined, task: Task | undefined): Draft {
  if (!told) return undefined;
  const id = String(told.decided_by);
  const known = [...(task?.approvers ?? []), ...(task?.decision ? [task.decision.by] : [])];
  const name = known.find((one) => one.id === id)?.name ?? id;
  return decidedMoment(name, String(told.outcome), String(told.comment ?? ''));
}

const decidedMoment = (name: string, outcome: string, comment: string): Omit<Moment, 'at'> => ({
  ...moment('decided', 'Decided', `${name}: ${outcome}.`),
  ...(comment === '' ? {} : { quote: comment }),
});

const moment = (what: string, label: string, ...says: string[]): Omit<Moment, 'at'> => ({ what, label, says });

function momentOf(event: IntentEvent, story: Story): Draft {
  const beside = besides[String(event.details.state)];
  if (beside) return beside(event);
  const known = byType[event.type];
  return known ? known(event, story) : moment(event.type, event.type);
}

/** What moves no intent: agents write to each other, or set anew what happens while nobody answers. Their words are for agents. */
const besides: { [state: string]: ((event: IntentEvent) => Draft) | undefined } = {
  REPLIED: ({ actor }) => moment('replied', 'Message between agents', `By ${actor}.`),
  CONTROLS_SET: ({ actor }) => moment('set_anew', 'Times or tries set anew', `By ${actor}.`),
  POLICY_SET: ({ actor }) => moment('set_anew', 'Policy of the intent set anew', `By ${actor}.`),
};

const byType: { [type: string]: ((event: IntentEvent, story: Story) => Draft) | undefined } = {
  'intent.created': () => undefined,
  'intent.submitted': (_, { head }) => moment('submitted', 'Submitted', `By ${head.from}.`, ...behalf(head)),
  'intent.in_progress': (event, story) => inProgress(event, story),
  'intent.waiting': ({ waitingReason, details }) => {
    if (waitingReason === 'WAITING_FOR_TOOL') return lookedUp;
    const remark = objectIn(details.comment);
    return remark && { ...moment('commented', 'Remark', `By ${remark.name}.`), quote: String(remark.text) };
  },
  'intent.human_task_assigned': (event) => moment('asked', 'Asked', ...asked(event)),
  'intent.reminder': () => moment('reminded', 'Reminded'),
  'intent.escalated': (event) => takenOver(event) ?? moment('escalated', 'Escalated', ...asked(event)),
  'intent.transfer': (event) =>
    moment(
      'passed_on',
      'Passed on',
      ...asked(event),
      ...(event.details.to_agent ? [`To ${event.details.to_agent}.`] : []),
    ),
  'intent.delivered': () => moment('delivered', 'Delivered'),
  'intent.acknowledged': () => moment('acknowledged', 'Acknowledged by the agent'),
  'intent.delivery_failed': () => moment('delivery_failed', 'Delivery failed'),
  'intent.timeout': ({ status }) =>
    moment(
      'deadline_over',
      'Deadline over',
      `${status === 'WAITING' ? 'Nobody decided' : 'The agent did not answer'} in time.`,
    ),
  'intent.completed': () => moment('completed', 'Completed'),
  'intent.failed': ({ details }) => moment('failed', 'Ended without success', ...messageIn(details)),
  'intent.canceled': ({ details }) => moment('canceled', 'Cancelled', ...messageIn(details)),
  'intent.timed_out': () => moment('timed_out', 'Timed out'),
};

const lookedUp: Draft = {
  what: 'looked_up',
  label: 'Outcome unknown',
  says: ['The tool did not answer clearly. The call is looked up before anything else.'],
};

const behalf = ({ onBehalfOf }: Story['head']): string[] =>
  onBehalfOf === undefined ? [] : [`On behalf of ${onBehalfOf}.`];

/** Steps of the run, by the state that they name. */
function inProgress({ details }: IntentEvent, story: Story): Draft {
  const state = String(details.state ?? 'IN_PROGRESS');
  if (state === 'POLICY_CHECK') return moment('checked', 'Checked', ...checked(details, story));
  if (state === 'EXECUTE_ACTION') return execution(details);
  if (state === 'VERIFY')
    return details.verified === true
      ? moment('verified', 'Verified', 'Read back: it is what was asked for.')
      : moment('verified', 'Not verified', 'Read back: it is not what was asked for. A person must look.');
  if (state === 'ESCALATE_TO_HUMAN') return undefined;
  if (state === 'REVISED') return moment('resumed', 'Resumed', `The agent sent revision ${details.revision}.`);
  return moment(state.toLowerCase(), state);
}

const outcomes: Record<string, string> = {
  allowed: 'Allowed without a person.',
  approval: 'A person must decide.',
  denied: 'Denied.',
};

/** Rules in their own words where the plan has them; their reason codes always. */
function checked({ outcome, reasons }: JsonObject, { plan }: Story): string[] {
  const codes = Array.isArray(reasons) ? reasons.map(String) : [];
  const said = codes.map((code) => {
    const rule = plan?.fired.find((one) => one.reason === code);
    return rule ? `${rule.says} (${code})` : `${code}.`;
  });
  return [...said, ...(outcomes[String(outcome)] ? [outcomes[String(outcome)] as string] : [])];
}

function execution({ effect, tool, attempt }: JsonObject): Draft {
  if (effect === 'SUCCEEDED') return moment('executed', 'Executed', 'The tool has done it.');
  if (effect === 'FAILED') return moment('executed', 'Not executed', 'The tool refused or failed.');
  const again = Number(attempt) > 1 ? ` Attempt ${attempt}: the one before it provably did not happen.` : '';
  return moment('executing', 'Execution begun', `Tool ${tool}.${again}`);
}

/** An operator stopped it for good, in their words; or nobody had decided in time. */
function takenOver(event: IntentEvent): Draft {
  const { details } = event;
  if (details.override !== true) return undefined;
  if (details.reason === 'nobody_decided' && details.frozen_by === undefined)
    return moment('taken_over', 'Operators take over', 'Nothing more is executed: one of them ends it by hand.');
  const says = moment('frozen', 'Frozen', `By ${details.frozen_by}: nothing more is executed.`);
  return { ...says, quote: String(details.reason) };
}

/** Who is asked, by name, and which of several steps it is. */
function asked({ details, pendingWith }: IntentEvent): string[] {
  const named = [details.approvers ?? details.to].flat().flatMap((one) => objectIn(one ?? null)?.name ?? []);
  const names = named.length > 0 ? named.join(', ') : pendingWith?.name;
  const { step, steps } = objectIn(details.progress) ?? {};
  return [...(names ? [`${names}.`] : []), ...(Number(steps) > 1 ? ofTotal('Step', step ?? null, steps ?? null) : [])];
}

const ofTotal = (what: string, n: Json | undefined, total?: Json): string[] =>
  n === undefined ? [] : [`${what} ${n}${total === undefined ? '' : ` of ${total}`}.`];

function messageIn({ error }: JsonObject): string[] {
  const message = objectIn(error)?.message;
  return typeof message === 'string' && message !== '' ? [message] : [];
}

const objectIn = (value: Json | undefined): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;

/** What a message follows from. */
const asks: Record<Told['why'], readonly string[]> = {
  assigned: ['asked', 'passed_on'],
  reminder: ['reminded'],
  final: ['reminded'],
  escalated: ['escalated'],
};

/** Each message stands with the last moment before it that it can follow from. */
function withTold(moments: Moment[], told: readonly Told[]): Moment[] {
  const shown = moments.map((one) => ({ ...one, told: [] as Told[] }));
  for (const message of told) {
    const cause = shown.findLast((one) => asks[message.why].includes(one.what) && one.at <= message.at);
    (cause ?? shown.at(-1))?.told.push(message);
  }
  return shown.map(({ told: messages, ...one }) => (messages.length === 0 ? one : { ...one, told: messages }));
}
