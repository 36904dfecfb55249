/** The people who may decide. */

import type { Approver } from './model.ts';

export interface Person extends Omit<Approver, 'as'> {
  roles: readonly string[];
  /** Ids of people: whom a task escalates to, and who stands in. */
  manager?: string | undefined;
  backup?: string | undefined;
  region?: string | undefined;
  /** IANA name, e.g. `Europe/Berlin`; UTC without one. */
  timeZone?: string | undefined;
  hours?: WorkingHours | undefined;
  away?: Absence | undefined;
  /** How to tell them that they are asked; mail where nothing is said. */
  channels?: readonly Channel[] | undefined;
  /** ISO 8601: links and sessions made until then are dead. */
  revokedAt?: string | undefined;
}

/** One way to reach a person. A webhook is named; its address is a secret of the deployment. */
export type Channel =
  | { by: 'mail' }
  /** A direct message of the deployment's Slack app to a member, e.g. `U0123ABC`. */
  | { by: 'slack'; member: string }
  /** Must lead to a place that only this person reads. */
  | { by: 'slack_webhook' | 'teams'; webhook: string };

/** In the person's own time zone. */
export interface WorkingHours {
  /** 1 (Monday) to 7. */
  days: readonly number[];
  /** `HH:MM`; `from` is before `to`. */
  from: string;
  to: string;
}

/** Out of office: tasks go to the delegate by themselves. */
export interface Absence {
  /** ISO 8601, UTC. */
  from: string;
  until: string;
  /** Id of a person. */
  delegate?: string | undefined;
}

export class Directory {
  readonly #people: readonly Person[];
  constructor(people: readonly Person[]) {
    this.#people = people;
  }

  /** By id or mail address (case does not matter there). */
  find(idOrMail: string): Person | undefined {
    const wanted = idOrMail.toLowerCase();
    return this.#people.find((p) => p.id === idOrMail || p.mail.toLowerCase() === wanted);
  }

  get everybody(): readonly Person[] {
    return this.#people;
  }

  withRole(role: string): Person[] {
    return this.#people.filter((p) => p.roles.includes(role));
  }
}

/**
 * Who is asked: the named people that the directory knows, else everybody of the role; never the person the agent acts for.
 * Where a policy asks for the role (`roleNeeded`), naming people only narrows it: whoever doesn't hold it is not asked.
 * Names that are not taken come back as `ignored` and are never mailed.
 */
export function approversFor(
  directory: Directory,
  wish: {
    role: string;
    roleNeeded?: boolean;
    assignees?: readonly string[] | undefined;
    notifyEmail?: string | undefined;
    onBehalfOf?: string | undefined;
    /** Ids of people who are not asked again. */
    except?: readonly string[];
  },
): { approvers: Approver[]; ignored: string[] } {
  const requester =
    wish.onBehalfOf === undefined ? undefined : (directory.find(wish.onBehalfOf)?.id ?? wish.onBehalfOf);
  const named = [...(wish.assignees ?? []), ...(wish.notifyEmail === undefined ? [] : [wish.notifyEmail])];
  const taken = (name: string) => {
    const person = directory.find(name);
    return wish.roleNeeded && !person?.roles.includes(wish.role) ? undefined : person;
  };
  const known = named.flatMap((name) => taken(name) ?? []);
  const ignored = named.filter((name) => !taken(name));
  const as = known.length > 0 && !wish.roleNeeded ? ('named' as const) : ('role' as const);
  const chosen = known.length > 0 ? known : directory.withRole(wish.role);
  const never = [requester, ...(wish.except ?? [])];
  const unique = new Map(
    chosen.filter((p) => !never.includes(p.id)).map(({ id, name, mail }) => [id, { id, name, mail, as }]),
  );
  return { approvers: [...unique.values()], ignored };
}
