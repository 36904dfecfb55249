/** Bugs that are planted one at a time, to prove that the simulation can fail: text of the product, and what stands there instead. */

import { agentPlants } from './agent-plants.ts';
import type { ProfileName } from './profiles.ts';

export interface Plant {
  /** What somebody would have done wrong. */
  says: string;
  file: string;
  find: string;
  put: string;
  /** What shows it sooner than any life would. */
  profile?: ProfileName;
  /** A life that shows it, lived before all others: where rules have changed, another one does. */
  shownBy?: number;
  /** Invariants of which one shows it. */
  breaks: string[];
}

export const plants: Record<string, Plant> = {
  ...agentPlants,
  firstStepConcludes: {
    says: 'the first step of a chain concludes it',
    file: 'core/rules/consequence.ts',
    find: 'const last = voted.task.step === voted.task.chain.steps.length - 1;',
    put: 'const last = true;',
    shownBy: 98,
    breaks: ['startedRightly'],
  },
  staleInbox: {
    says: 'what somebody else decided stays in an inbox',
    file: 'core/asked.ts',
    find: '...done, ...over]',
    put: '...done]',
    breaks: ['inInboxes'],
  },
  lostUpdate: {
    says: 'the store takes a commit on a head that has changed since',
    file: 'core/testing/memory-store.ts',
    find: 'return holds(commit) ? undefined : changed;',
    put: 'return undefined;',
    breaks: ['gapless', 'chained', 'finalEnd', 'decidedOnce', 'lifecycle'],
  },
  lateOwner: {
    says: 'whoever called may settle, also when another has taken the call over',
    file: 'core/rules/effect.ts',
    find: "if (was.owner !== call.owner) throw new OutcomeUnknownError('Another invocation has taken this call over.');",
    put: '',
    profile: 'frozenCalls',
    breaks: ['settledByOwner'],
  },
  closedTaskDecides: {
    says: 'a decision does not ask whether the task is open',
    file: 'core/rules/decide.ts',
    find: "if (task.status !== 'open' || isTerminal(head.status))",
    put: "if (task.status === 'closed')",
    breaks: ['decidedOnce', 'noDefect', 'noLinkDecides'],
  },
  lateDecision: {
    says: 'a decision does not ask for the deadline',
    file: 'core/rules/decide.ts',
    find: 'Date.parse(deadlineOf(task)) <= Date.parse(now))',
    put: 'false)',
    profile: 'lastMoments',
    breaks: ['decidedOnce'],
  },
  deadNewest: {
    says: 'a mail of a step that is over counts as the newest',
    file: 'core/rules/link.ts',
    find: ' || (stored ?? link).step < task.step',
    put: '',
    shownBy: 98,
    breaks: ['liveLink'],
  },
  bareLink: {
    says: 'a link alone decides, whatever depends on it',
    file: 'core/rules/decide.ts',
    find: "if (needsMore(task, door)) throw new Conflict('code_needed', 'Enter the code that is mailed to you, or sign in.');",
    put: '',
    shownBy: 83,
    breaks: ['shownEnough'],
  },
  asksRequester: {
    says: 'an escalation also asks who asked for it',
    file: 'core/rules/escalation.ts',
    find: '!never.has(one.id) && mayDecideIt(one)',
    put: '!never.has(one.id)',
    shownBy: 259,
    breaks: ['neverRequester'],
  },
  climbsEarly: {
    says: 'a ladder is climbed before its time',
    file: 'core/rules/rung.ts',
    find: 'const passed = task.ladder.filter((rung) => Date.parse(rung.at) <= now).length;',
    put: 'const passed = task.ladder.length - 1;',
    breaks: ['eachRungOnce'],
  },
  deafRun: {
    says: 'a wake is never owed',
    file: 'core/rules/wake.ts',
    find: "if (!state || !task) return { do: 'drop' };",
    put: "return { do: 'drop' };",
    shownBy: 13,
    breaks: ['awake'],
  },
  callsAgain: {
    says: 'an open call is made again without looking it up',
    file: 'core/rules/effect.ts',
    find: 'return takeOver(effect, call, action, context);',
    put: 'return start(state, call, action, effect.attempt + 1, context);',
    breaks: ['startedRightly', 'paidOnce'],
  },
  callsTooLate: {
    says: 'a function that was frozen still calls the provider',
    file: 'adapters/lambda/use-tool.ts',
    find: 'Date.parse(context().now) > Date.parse(callBy(effect, tool))',
    put: 'false',
    profile: 'frozenCalls',
    breaks: ['paidOnce', 'paidUnderCall', 'startedRightly'],
  },
  looksTooEarly: {
    says: 'an absence is believed before the call is certain to show',
    file: 'core/rules/effect.ts',
    find: 'if (Date.parse(lookupFrom(effect, call.tool)) > Date.parse(context.now))',
    put: 'if (false)',
    profile: 'earlyLooks',
    breaks: ['paidOnce', 'paidUnderCall', 'effectIsTrue', 'startedRightly'],
  },
  endsOverOpenCall: {
    says: 'a run that breaks ends its intent over an open tool call',
    file: 'core/rules/common.ts',
    find: 'if (head.openEffects > 0)',
    put: 'if (head.openEffects > 9)',
    shownBy: 32,
    breaks: ['wholeEnd', 'finalEnd', 'effectIsTrue'],
  },
  overdueForgotten: {
    says: 'operators are to be asked, and nobody holds the intent for them',
    file: 'core/rules/expiry.ts',
    find: 'head: { frozen: true, dueAt: dueIn(context.now, stepGraceSeconds) },',
    put: 'head: { dueAt: dueIn(context.now, stepGraceSeconds) },',
    breaks: ['overdueWaits'],
  },
  overdueUnasked: {
    says: 'a run that is gone before it has asked the operators is never missed',
    file: 'core/rules/expiry.ts',
    find: 'head: { frozen: true, dueAt: dueIn(context.now, stepGraceSeconds) },',
    put: 'head: { frozen: true, dueAt: dueIn(context.now, 1e9) },',
    breaks: ['allEnded'],
  },
  ignoredStop: {
    says: 'a tool call does not ask for stops',
    file: 'core/rules/effect.ts',
    find: 'stops: stopsFor(head, { tool: action.tool }),',
    put: '',
    shownBy: 48,
    breaks: ['notStopped'],
  },
  forgottenMail: {
    says: 'a mail is taken for sent before it is',
    file: 'functions/mail/pay.ts',
    find: 'await store.putLink(link);',
    put: 'await store.putLink(link); await store.settle(row, row.key);',
    breaks: ['mailed'],
  },
  forgottenDigest: {
    says: 'what a digest is going to list is taken for listed',
    file: 'functions/mail/digest.ts',
    find: 'return void open.push(owed);',
    put: 'return store.settle(row, row.key).then(() => void open.push(owed));',
    breaks: ['mailed'],
  },
  lateDigest: {
    says: 'a task waits for a digest whatever comes before it',
    file: 'core/digest.ts',
    find: 'Date.parse(next.at) < at + digestLeadSeconds * 1000',
    put: 'false',
    breaks: ['neverTooLate'],
  },
  noSweep: {
    says: 'a silent run is never revived',
    file: 'functions/sweep/mend.ts',
    find: 'for (const { pk } of heads) await attempt(revive(refOf(pk)));',
    put: 'void revive;',
    breaks: ['allEnded'],
  },
  agentForgotten: {
    says: 'an agent that never answers is waited for without end',
    file: 'functions/sweep/mend.ts',
    find: 'if (isTooLate(task, at.now))',
    put: 'if (false)',
    shownBy: 91,
    breaks: ['allEnded'],
  },
  firstPayload: {
    says: 'what was sent back is planned with its first payload',
    file: 'core/testing/memory-store.ts',
    find: 'request: options.request ? controlled(requests.get(n), controls) : undefined,',
    put: 'request: options.request ? controlled(requests.get(1), controls) : undefined,',
    shownBy: 139,
    breaks: ['plannedAsAsked'],
  },
  oldGeneration: {
    says: 'a superseded run may still commit',
    file: 'core/rules/common.ts',
    find: 'if (found.head.generation !== generation)',
    put: 'if (found.head.generation < generation)',
    breaks: ['currentRun'],
  },
  stretchedHead: {
    says: 'the head holds more than it may',
    file: 'adapters/rows.ts',
    find: '...(wish ? { wish: { status: wish.status } } : {}),',
    put: '...(wish ? { wish } : {}), note: "x".repeat(100),',
    shownBy: 71,
    breaks: ['smallHead'],
  },
};
