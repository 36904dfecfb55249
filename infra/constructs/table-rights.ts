import type { Grantee } from './node-function.ts';
import type { Tables } from './tables.ts';

/**
 * Rights on the tables, by what a function does with them. A transaction needs the single action of each of its parts.
 * Nobody may update or delete an audit record (that none is put over another is the commit's condition), or write
 * `Control`, but two functions that keep accounts and keys, and the count of subscriptions, and can't write a stop, and the one that
 * stops agents, which can write nothing else.
 */

/** Commits: reads the state, puts head, events, rows and one audit record. */
export function commitIntents(to: Grantee, tables: Tables): void {
  readIntents(to, tables);
  bearIntents(to, tables);
}

/** Takes intents in: puts what is new. */
export function bearIntents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:PutItem'], [tables.intents.tableArn, tables.audit.tableArn]);
}

/** Takes intents in, and does nothing else to any. */
export function submitIntents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:PutItem'], [tables.intents.tableArn]);
  to.allow(['dynamodb:PutItem'], [tables.audit.tableArn]);
}

/** Reads the state and events of intents. */
export function readIntents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], [tables.intents.tableArn]);
}

/** Lists intents: finds their ids, and reads their heads and requests. */
export function listIntents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], tables.listIndexArns);
  to.allow(['dynamodb:BatchGetItem'], [tables.intents.tableArn]);
}

/** Lists the intents of an agent, in the same way. */
export function listOwnIntents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], tables.ownListIndexArns);
  to.allow(['dynamodb:BatchGetItem'], [tables.intents.tableArn]);
}

/** Knows whether a stop stands: takes in, decides, acts or lists only where none does. */
export function heedStops(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:ConditionCheckItem'], [tables.control.tableArn]);
}

/** Knows callers by their API keys. */
export function knowKeys(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.control.tableArn]);
}

/** Knows whether anybody listens to a tenant; whoever knows keys can. */
export function knowListeners(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.control.tableArn]);
}

/** Counts the requests of keys. */
export function countRequests(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:UpdateItem'], [tables.meters.tableArn]);
}

/** Reserves in budgets, and lists that one is used up. */
export function spendBudgets(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query', 'dynamodb:UpdateItem', 'dynamodb:PutItem'], [tables.meters.tableArn]);
}

/** Keeps what agents tell of themselves, stops them and sets their caps: rows of stops of agents alone. */
export function keepMesh(to: Grantee, tables: Tables): void {
  listAccounts(to, tables);
  to.allow(['dynamodb:BatchGetItem'], [tables.control.tableArn]);
  to.allow(['dynamodb:PutItem', 'dynamodb:DeleteItem'], [tables.control.tableArn], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['stop#agent#*'] },
  });
  to.allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem', 'dynamodb:PutItem'], [tables.meters.tableArn]);
}

/** Lists a tenant's service accounts. */
export function listAccounts(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], [tables.control.tableArn]);
}

/** Makes and ends service accounts and their keys, nicks, invites and payload schemas: rows of theirs alone. */
export function keepAccounts(to: Grantee, tables: Tables): void {
  listAccounts(to, tables);
  to.allow(['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'], [tables.control.tableArn], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['accounts#*', 'key#*', 'users#*', 'invites#*', 'schemas#*'] },
  });
}

/** Makes service accounts, which without a key open nothing. */
export function makeAccounts(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:PutItem'], [tables.control.tableArn], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['accounts#*'] },
  });
}

/** Reads the directory. */
export function readDirectory(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], [tables.people.tableArn]);
}

/** Changes whom the directory has, as an identity provider says. */
export function writeDirectory(to: Grantee, tables: Tables): void {
  readDirectory(to, tables);
  to.allow(['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], [tables.people.tableArn]);
}

/** Knows people by their sessions. */
export function knowSessions(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.people.tableArn]);
}

/** Signs people in and out. */
export function keepSessions(to: Grantee, tables: Tables): void {
  knowSessions(to, tables);
  to.allow(['dynamodb:PutItem', 'dynamodb:DeleteItem'], [tables.people.tableArn]);
}

/** Lists what people are asked. */
export function listAsked(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], [tables.askedIndexArn]);
}

/** Notes what people wish: when they are away, how they are told. */
export function keepWishes(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:UpdateItem'], [tables.people.tableArn]);
}

/** Makes, mails and takes one-time codes. */
export function keepCodes(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [tables.people.tableArn]);
}

/** Finds links by their hash. */
export function findLinks(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.intents.tableArn]);
}

/** Finds files that are evidence. */
export function findMedia(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.intents.tableArn]);
}

/** Finds what an Idempotency-Key was answered. */
export function findAnswers(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.intents.tableArn]);
}

/** Keeps what is known of files: finds the caller or the link, the task, and the file's rows, and puts those. */
export function keepMedia(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], [tables.intents.tableArn]);
}

/** Marks the links that newer ones replace. */
export function replaceLinks(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:UpdateItem'], [tables.intents.tableArn]);
}

/** Collects what is owed for people's digests, finds it again, pays each once, and keeps what it has listed. */
export function keepDigests(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:UpdateItem', 'dynamodb:PutItem'], [tables.intents.tableArn]);
  to.allow(['dynamodb:Query'], [tables.askedIndexArn]);
  to.allow(['dynamodb:PutItem'], [tables.people.tableArn]);
}

/** Finds what a digest has listed. */
export function findDigests(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.intents.tableArn]);
}

/** Removes what is no longer owed: outbox rows. */
export function settleOwed(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:DeleteItem'], [tables.intents.tableArn]);
}

/** Finds what is overdue, and takes owed rows for a while. */
export function takeOverdue(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], [tables.dueIndexArn]);
  to.allow(['dynamodb:UpdateItem'], [tables.intents.tableArn]);
}

/** Finds the heads that have changed, and reads where their chains end. */
export function findChanged(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], [tables.hoursIndexArn]);
  to.allow(['dynamodb:BatchGetItem'], [tables.intents.tableArn]);
}

/** Finds decisions, and reads the chains that they stand in. */
export function readDecisions(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], [tables.audit.tableArn, tables.decisionsIndexArn]);
}

/** Reads the records of tool calls. */
export function readEffects(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.effects.tableArn]);
}

/** Starts and settles tool calls. */
export function commitEffects(to: Grantee, tables: Tables): void {
  readEffects(to, tables);
  to.allow(['dynamodb:PutItem'], [tables.effects.tableArn]);
}

/** Puts entries into mailboxes, each once; looks whether they are bound, and can't bind them. */
export function fillMailboxes(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.mailboxes.tableArn]);
  to.allow(['dynamodb:PutItem'], [tables.mailboxes.tableArn], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['*#mailbox#*'] },
  });
}

/** Opens agents' inboxes: reads mailboxes, finds what was sent a moment ago, and puts in what is owed and not there yet. */
export function openInboxes(to: Grantee, tables: Tables): void {
  fillMailboxes(to, tables);
  to.allow(['dynamodb:Query'], [tables.mailboxes.tableArn, tables.listedToIndexArn]);
}

/** Reads mailboxes. */
export function readMailboxes(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem', 'dynamodb:Query'], [tables.mailboxes.tableArn]);
}

/** Takes places for requests that wait. */
export function takePlaces(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:UpdateItem'], [tables.mailboxes.tableArn], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['held#*'] },
  });
}

/** Rows of `Intents` that owe the pushing of a mailbox, one for each. */
const ofPushes = { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['*#push:*'] } };

/** Owes the pushing of mailboxes. */
export function owePushes(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:UpdateItem'], [tables.intents.tableArn], ofPushes);
}

/** Has what is owed to a mailbox worked off at once. */
export function hurryPushes(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:UpdateItem', 'dynamodb:DeleteItem'], [tables.intents.tableArn], ofPushes);
}

/** Pays for the pushing of a mailbox: knows whether it is owed. */
export function payPushes(to: Grantee, tables: Tables): void {
  hurryPushes(to, tables);
  to.allow(['dynamodb:GetItem'], [tables.intents.tableArn]);
  keepBindings(to, tables);
}

/** Binds mailboxes, and notes how far each is pushed: beside the mailboxes, never in them. */
export function keepBindings(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem', 'dynamodb:Query'], [tables.mailboxes.tableArn]);
  to.allow(['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'], [tables.mailboxes.tableArn], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['*#binding#*'] },
  });
}

/** Looks whether an intent has gone on. */
export function watchHeads(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.intents.tableArn]);
}

/** Makes an intent a part of another that is open. */
export function joinParents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:ConditionCheckItem'], [tables.intents.tableArn]);
}

/** Keeps subscriptions, and their count; takes in events and queues them. */
export function keepSubscriptions(to: Grantee, tables: Tables): void {
  to.allow(
    ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
    [tables.webhooks.tableArn],
  );
  to.allow(['dynamodb:UpdateItem'], [tables.control.tableArn], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['listens#*'] },
  });
}

/** Finds who wants an event, and keeps it for them. */
export function keepEvents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query', 'dynamodb:PutItem'], [tables.webhooks.tableArn]);
}

/** Reads what is to be sent and to whom, and notes what became of it. */
export function noteCallbacks(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], [tables.webhooks.tableArn]);
}
