/** The people who may decide. */

import { sameName } from './behalf.ts';
import { type Calendar, defaultCalendar, type WorkingHours } from './calendar.ts';
import { type Asks, neededOf } from './chain.ts';
import type { Digest } from './digest.ts';
import { mayDecide, type Question } from './eligible.ts';
import type { Approver, AskedFor } from './model.ts';

export interface Person extends Omit<Approver, 'as' | 'role' | 'for'> {
  roles: readonly string[];
  /** Another name that an identity provider knows them by. */
  userName?: string | undefined;
  /** Ids of people: whom a task escalates to, and who stands in. */
  manager?: string | undefined;
  backup?: string | undefined;
  region?: string | undefined;
  hours?: WorkingHours | undefined;
  away?: Absence | undefined;
  /** Patterns of addresses: they decide only what these agents ask. */
  mayDecideFor?: readonly string[] | undefined;
  /** How they can be told that they are asked, as an administrator has set it up; mail where nothing is said. */
  channels?: readonly Channel[] | undefined;
  /** Which of these, and mail, they want themselves, by name; see `core/channels.ts`. */
  wants?: readonly string[] | undefined;
  /** What is of low priority comes in one mail a day. */
  digest?: Digest | undefined;
  /** ISO 8601: links and sessions made until then are dead. */
  revokedAt?: string | undefined;
  /** After a revoke: what they were asked before it may be sent to them again. */
  mailAgain?: boolean | undefined;
}

/** One way to reach a person. A webhook is named; its address is a secret of the deployment. */
export type Channel =
  | { by: 'mail' }
  /** A direct message of the deployment's Slack app to a member, e.g. `U0123ABC`. */
  | { by: 'slack'; member: string }
  /** Must lead to a place that only this person reads. */
  | { by: 'slack_webhook' | 'teams'; webhook: string };

/** Out of office: tasks go to the delegate (without one, to the backup) by themselves. */
export interface Absence {
  /** ISO 8601, UTC. */
  from: string;
  until: string;
  /** Id of a person. */
  delegate?: string | undefined;
}

export interface RoleRule {
  /** Patterns of addresses: whoever is asked for this role decides only what these agents ask. */
  mayDecideFor?: readonly string[] | undefined;
}

export interface DirectoryRules {
  /** The role whose holders may take over any task. */
  admins?: string | undefined;
  /** The role whose holders, beside those, may read every decision. */
  auditors?: string | undefined;
  roles?: Readonly<Record<string, RoleRule>> | undefined;
  /** For people who don't say when they work. */
  calendar?: Calendar | undefined;
}

/**
 * A transaction holds 100 items. Where a step of a chain follows another, one of them ends what up to this many are asked,
 * asks as many others, and owes each a mail: three for each, and some fifteen beside.
 */
export const maxAsked = 25;

/** An absent person's delegate may be absent too, and so on; not further than this. */
const maxStandInHops = 3;

export class Directory {
  readonly #people: readonly Person[];
  readonly #rules: DirectoryRules;
  constructor(people: readonly Person[], rules: DirectoryRules = {}) {
    this.#people = people;
    this.#rules = rules;
  }

  /** By id or mail address (case does not matter there). */
  find(idOrMail: string): Person | undefined {
    const wanted = idOrMail.toLowerCase();
    return this.#people.find((p) => p.id === idOrMail || p.mail.toLowerCase() === wanted);
  }

  /** Everybody that a name may mean: an id, a mail address, a user name. */
  named(name: string): Person[] {
    const names = ({ id, mail, userName }: Person) => [id, mail, ...(userName === undefined ? [] : [userName])];
    return this.#people.filter((p) => names(p).some((one) => sameName(one, name)));
  }

  get everybody(): readonly Person[] {
    return this.#people;
  }

  get adminRole(): string {
    return this.#rules.admins ?? 'admins';
  }

  get auditorRole(): string {
    return this.#rules.auditors ?? 'auditors';
  }

  get calendar(): Calendar {
    return this.#rules.calendar ?? defaultCalendar;
  }

  withRole(role: string): Person[] {
    return this.#people.filter((p) => p.roles.includes(role));
  }

  roleRule(role: string): RoleRule {
    const rules = this.#rules.roles ?? {};
    return (Object.hasOwn(rules, role) && rules[role]) || {};
  }

  managerOf({ manager }: Person): Person | undefined {
    return manager === undefined ? undefined : this.find(manager);
  }

  backupOf({ backup }: Person): Person | undefined {
    return backup === undefined ? undefined : this.find(backup);
  }

  /**
   * Who acts for a person at a time: themselves unless they are out of office, else the first along their delegates who is
   * there and `may`. Undefined where nobody stands in.
   */
  standInFor(person: Person, at: string, may: (person: Person) => boolean = () => true): Person | undefined {
    let now: Person | undefined = person;
    const seen = new Set<string>();
    for (let hop = 0; now && hop <= maxStandInHops && !seen.has(now.id); hop += 1) {
      if (!isAway(now, at) && may(now)) return now;
      seen.add(now.id);
      const next: string | undefined = now.away?.delegate ?? now.backup;
      now = next === undefined ? undefined : this.find(next);
    }
    return undefined;
  }
}

/** Whether a person is out of office at a time. */
export const isAway = ({ away }: Person, at: string): boolean =>
  away !== undefined && Date.parse(away.from) <= Date.parse(at) && Date.parse(at) < Date.parse(away.until);

interface Wish extends Omit<Question, 'role' | 'region'> {
  assignees?: readonly string[] | undefined;
  notifyEmail?: string | undefined;
  /** Naming people only narrows the role: whoever doesn't hold it is not asked. */
  roleNeeded?: boolean;
  /** How many of those asked must decide for it; default 1. */
  need?: number | 'all';
  /** When they are asked, ISO 8601: whoever is out of office then is stood in for. */
  now?: string;
}

/** Because of a role, the step's or another, or by name. */
export type AskedAs = Pick<Approver, 'as' | 'role'>;

/** A person as a task keeps them. */
export const approverOf = ({ id, name, mail, timeZone }: Person, { as, role }: AskedAs): Approver => ({
  id,
  name,
  mail,
  as,
  ...(role === undefined ? {} : { role }),
  ...(timeZone === undefined ? {} : { timeZone }),
});

/**
 * Who is asked. Of a role: the named people that the directory knows, else everybody who holds it. A step that asks one person
 * or somebody's manager asks nobody else. Never the person the agent acts for, and nobody who may not decide for this agent.
 * Names that are not taken come back as `ignored` and are never mailed.
 */
export function approversFor(directory: Directory, wish: Wish & Asks): { approvers: Approver[]; ignored: string[] } {
  const byRole = 'role' in wish;
  const named = [...(wish.assignees ?? []), ...(wish.notifyEmail === undefined ? [] : [wish.notifyEmail])];
  const taken = (name: string) => {
    const person = byRole ? directory.find(name) : undefined;
    if (!person || !byRole || !wish.roleNeeded) return person;
    return mayDecide(person, { role: wish.role, region: wish.region }, directory) ? person : undefined;
  };
  const known = named.flatMap((name) => taken(name) ?? []);
  const ignored = named.filter((name) => !taken(name));
  const asRole = byRole && (known.length === 0 || wish.roleNeeded === true);
  const bounds: Question = asRole ? wish : { ...wish, role: undefined, region: undefined };
  const may = (person: Person) => mayDecide(person, bounds, directory);
  const asked = [...new Set(known.length > 0 ? known : meantBy(wish, wish.onBehalfOf, directory))].filter(may);
  return { approvers: withStandIns(asked, { as: asRole ? 'role' : 'named' }, directory, wish, may), ignored };
}

/** Whom a step means, before anything is said against them. */
function meantBy(asks: Asks, onBehalfOf: string | undefined, directory: Directory): Person[] {
  if ('role' in asks) return directory.withRole(asks.role);
  if ('person' in asks) return [directory.find(asks.person)].flatMap((one) => one ?? []);
  const requesters = onBehalfOf === undefined ? [] : directory.named(onBehalfOf);
  return requesters.flatMap((one) => directory.managerOf(one) ?? []);
}

/**
 * Whoever is out of office is stood in for by somebody who may decide it. A stand-in who is asked anyway has one vote still: then
 * the absent person is left out where enough are left, and asked all the same where the step needs them.
 */
export function withStandIns(
  asked: readonly Person[],
  as: AskedAs,
  directory: Directory,
  wish: Pick<Wish, 'now' | 'need'>,
  may: (person: Person) => boolean,
): Approver[] {
  const { now, need = 1 } = wish;
  if (now === undefined) return asked.map((person) => approverOf(person, as));
  const absent = asked.filter((person) => isAway(person, now));
  const present = asked.filter((person) => !absent.includes(person));
  const approvers = new Map(present.map((person) => [person.id, approverOf(person, as)]));
  const needed = neededOf({ need }, asked.length);
  let left = asked.length;
  for (const person of absent) {
    const standIn = directory.standInFor(person, now, may);
    const there = standIn && approvers.get(standIn.id);
    if (!standIn || (there && left <= needed)) {
      approvers.set(person.id, approverOf(person, as));
      continue;
    }
    if (there) left -= 1;
    const { id, name } = person;
    const mine: AskedFor = { id, name, because: 'away', ...(there ? { also: true } : {}) };
    approvers.set(standIn.id, { ...(there ?? approverOf(standIn, as)), for: there?.for ?? mine });
  }
  return [...approvers.values()];
}
