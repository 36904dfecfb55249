export { tablesEnv as env } from '../../adapters/lambda/tables.ts';
