import type { Grantee } from './node-function.ts';
import type { Tables } from './tables.ts';

/** Reads intents (state, events, links), API keys and stops. */
function readIntents(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem', 'dynamodb:Query'], [tables.intents.tableArn]);
  to.allow(['dynamodb:GetItem'], [tables.control.tableArn]);
}

/**
 * Commits: head, events, rows and one audit record in one transaction, which checks that no stop stands.
 * A transaction needs the single action of each of its parts. Nobody may
 * update or delete an audit record (that none is put over another is the commit's condition), or write `Control`.
 */
export function commitIntents(to: Grantee, tables: Tables): void {
  readIntents(to, tables);
  to.allow(['dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:ConditionCheckItem'], [tables.intents.tableArn]);
  to.allow(['dynamodb:PutItem'], [tables.audit.tableArn]);
  to.allow(['dynamodb:ConditionCheckItem'], [tables.control.tableArn]);
}

/** Removes what is no longer owed: outbox rows. */
export function settleOwed(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:DeleteItem'], [tables.intents.tableArn]);
}

/** Reads the records of tool calls. */
export function readEffects(to: Grantee, tables: Tables): void {
  to.allow(['dynamodb:GetItem'], [tables.effects.tableArn]);
}

/** Starts and settles tool calls. */
export function commitEffects(to: Grantee, tables: Tables): void {
  readEffects(to, tables);
  to.allow(['dynamodb:PutItem', 'dynamodb:UpdateItem'], [tables.effects.tableArn]);
}
