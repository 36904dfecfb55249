/** The functions that answer HTTP, found in the code, and their routes. */

import { readdirSync, readFileSync } from 'node:fs';
import type { HttpEvent, HttpResult, Route } from '../../adapters/lambda/http.ts';

// Thousands of requests would fill the screen; what is logged is not the matter here.
Object.assign(process.env, { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true' });
Object.assign(process.env, { POWERTOOLS_METRICS_NAMESPACE: 'Test', POWERTOOLS_SERVICE_NAME: 'test' });

export interface Door {
  name: string;
  routes: Route[];
  handler: (event: HttpEvent, context: object) => Promise<HttpResult>;
}

const functions = new URL('../../functions/', import.meta.url);

/** Names of the functions whose handler is one for HTTP. */
export const doorNames: string[] = readdirSync(functions, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('handler.ts'))
  .filter((file) => readFileSync(new URL(file, functions), 'utf8').includes('httpHandler('))
  .map((file) => file.slice(0, -'/handler.ts'.length));

/** Whether a door answers with pages. */
export const showsPages = (name: string): boolean =>
  readFileSync(new URL(`${name}/handler.ts`, functions), 'utf8').includes('pageAnswer(');

/** Loads a door; its environment is made of its own schema, its directory of `people`. */
export async function openDoor(name: string, people: object[]): Promise<Door> {
  const { env } = (await import(new URL(`${name}/env.ts`, functions).href)) as { env: { shape: object } };
  process.env.RATE_LIMIT ??= '1000000';
  for (const variable of Object.keys(env.shape)) process.env[variable] ??= variable.toLowerCase();
  Object.assign(globalThis, { HOLDPOINT_DIRECTORY: JSON.stringify({ people }), HOLDPOINT_DOORS: '[]' });
  const { handler } = (await import(new URL(`${name}/handler.ts`, functions).href)) as {
    handler: Door['handler'] & { routes: Route[] };
  };
  return { name, routes: handler.routes, handler };
}
