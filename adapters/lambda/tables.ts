import * as z from 'zod';
import { dynamo } from '../dynamo.ts';
import type { Tables } from '../rows.ts';
import { dynamoStore } from '../store.ts';
import { measureCommit } from './log.ts';

/** Environment of every function that reads or writes intents. */
export const tablesEnv = z.object({
  INTENTS_TABLE: z.string(),
  EFFECTS_TABLE: z.string(),
  AUDIT_TABLE: z.string(),
  CONTROL_TABLE: z.string(),
  PEOPLE_TABLE: z.string(),
  METERS_TABLE: z.string(),
});

/** Their names, of a function's environment. */
export const tablesOf = (env: z.infer<typeof tablesEnv>): Tables => ({
  intents: env.INTENTS_TABLE,
  effects: env.EFFECTS_TABLE,
  audit: env.AUDIT_TABLE,
  control: env.CONTROL_TABLE,
  people: env.PEOPLE_TABLE,
  meters: env.METERS_TABLE,
});

/** Client and store of a function, made once at its start. */
export function openStore(env: z.infer<typeof tablesEnv>) {
  const client = dynamo();
  const tables = tablesOf(env);
  return { client, tables, store: dynamoStore({ client, tables, committed: measureCommit }) };
}
