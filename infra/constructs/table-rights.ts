import type { Grantee } from './node-function.ts';
import type { Tables } from './tables.ts';

/**
 * Rights on the tables, by what a function does with them. A transaction needs the single action of each of its parts.
 * Nobody may update or delete an audit record (that none is put over another is the commit's condition), or write
 * `Control`, but the one function that keeps accounts and keys, which can't write a stop.
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

/** Reads the state and events of intents. */
export function readIntents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], [tables.intents.tableArn]);
}

/** Lists intents: finds their ids, and reads their heads and requests. */
export function listIntents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], tables.listIndexArns);
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

/** Lists a tenant's service accounts. */
export function listAccounts(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:Query'], [tables.control.tableArn]);
}

/** Makes and ends service accounts and their keys: rows of theirs alone. */
export function keepAccounts(to: Grantee, tables: Tables): void {
  listAccounts(to, tables);
  to.allow(['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'], [tables.control.tableArn], {
    'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['accounts#*', 'key#*'] },
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

/** Puts entries into mailboxes, each once. */
export function fillMailboxes(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem', 'dynamodb:PutItem'], [tables.mailboxes.tableArn]);
}

/** Reads mailboxes, and takes places for requests that wait. */
export function readMailboxes(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:UpdateItem'], [tables.mailboxes.tableArn]);
}

/** Looks whether an intent has gone on. */
export function watchHeads(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.intents.tableArn]);
}

/** Makes an intent a part of another that is open. */
export function joinParents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:ConditionCheckItem'], [tables.intents.tableArn]);
}
