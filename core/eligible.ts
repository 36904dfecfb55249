/** Who may decide a question at all, whichever way they come to be asked: by role, by name, as manager, stand-in or delegate. */

import type { Directory, Person } from './directory.ts';

export interface Question {
  /** Whole address of the agent that asks; left out, no limits by agent apply. */
  agent?: string | undefined;
  /** Whom the agent acts for, by id, mail address or user name: never a decider. */
  onBehalfOf?: string | undefined;
  /** Their id as it was when the task was opened: a new mail address makes nobody somebody else. */
  requester?: string | undefined;
  /** The role that a decider must hold. */
  role?: string | undefined;
  region?: string | undefined;
  /** Ids of people who are not asked again. */
  except?: readonly string[] | undefined;
}

/** Whether `pattern` (`*` stands for anything but `/`) means this agent's address. */
export function agentMatches(pattern: string, address: string): boolean {
  const [wanted, given] = [pattern.split('/'), address.split('/')];
  return wanted.length === given.length && wanted.every((part, i) => partMatches(part, given[i] as string));
}

/** By hand, since a pattern of many `*` would keep a regular expression busy. */
function partMatches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  if (!text.startsWith(first)) return false;
  let left = text.slice(first.length);
  if (rest.length === 0) return left === '';
  const last = rest.pop() as string;
  for (const piece of rest) {
    const at = left.indexOf(piece);
    if (at < 0) return false;
    left = left.slice(at + piece.length);
  }
  return left.endsWith(last);
}

/** Whether a person may read what was decided in a tenant: as an auditor or administrator who is bound to no other agents than all of it. */
export const mayAudit = (person: Person, tenant: string, directory: Directory): boolean =>
  [directory.auditorRole, directory.adminRole].some((role) =>
    mayDecide(person, { role, agent: `agent://${tenant}/*` }, directory),
  );

const covers = (patterns: readonly string[] | undefined, agent: string | undefined): boolean =>
  patterns === undefined || agent === undefined || patterns.some((pattern) => agentMatches(pattern, agent));

/** Whether a person is the one that the agent acts for. */
export const isRequester = (person: Person, { onBehalfOf, requester }: Question, directory: Directory): boolean =>
  person.id === requester ||
  (onBehalfOf !== undefined && directory.named(onBehalfOf).some((named) => named.id === person.id));

/** The one test that everybody who is asked has passed, and passes again when they decide. */
export function mayDecide(person: Person, question: Question, directory: Directory): boolean {
  const { role, region, agent, except } = question;
  if (isRequester(person, question, directory) || except?.includes(person.id)) return false;
  if (region !== undefined && person.region !== region) return false;
  if (!covers(person.mayDecideFor, agent)) return false;
  return role === undefined || (person.roles.includes(role) && covers(directory.roleRule(role).mayDecideFor, agent));
}
