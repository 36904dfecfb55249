import { tablesEnv } from '../../adapters/lambda/tables.ts';

export const env = tablesEnv.pick({ INTENTS_TABLE: true });
