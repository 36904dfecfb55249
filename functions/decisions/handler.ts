/** The auditors' door: every decision of a period, page by page. It reads the audit table and writes nowhere. */

import { decisionsOf } from '../../adapters/decisions.ts';
import { openDirectory } from '../../adapters/directory.ts';
import { dynamo } from '../../adapters/dynamo.ts';
import { readEnv } from '../../adapters/env.ts';
import { countRequests } from '../../adapters/lambda/callers.ts';
import { context } from '../../adapters/lambda/context.ts';
import { type HttpEvent, type HttpResult, httpHandler, json, queryAs } from '../../adapters/lambda/http.ts';
import { log } from '../../adapters/lambda/log.ts';
import { csvHeader, csvOf, settledBy } from '../../core/decisions.ts';
import { InvalidInput } from '../../core/errors.ts';
import { decisionsQuery } from '../../wire/decisions.ts';
import { callerOf } from '../tasks/caller.ts';
import { tenantRead } from './auditor.ts';
import { env as schema } from './env.ts';

const env = readEnv(schema);
const client = dynamo();
const count = countRequests(client, env);
const tables = { control: env.CONTROL_TABLE, people: env.PEOPLE_TABLE };
const people = openDirectory(client, tables.people);

async function list(event: HttpEvent): Promise<HttpResult> {
  const [directory, { now }] = [await people(), context()];
  const caller = await callerOf(event, { client, tables, directory, now, count });
  const { tenant: asked, to = now, from, format, ...rest } = queryAs(decisionsQuery, event);
  const tenant = tenantRead(caller, asked, directory);
  if (from >= to) throw new InvalidInput('The period ends before it begins.', { field: 'to' });
  const began = performance.now();
  const elapsedMs = () => performance.now() - began;
  const page = await decisionsOf(client, env.AUDIT_TABLE, { ...rest, tenant, from, to }, elapsedMs);
  const settled = [to, settledBy(now)].sort()[0] as string;
  log.info('decisions read', { tenant, from, to, decisions: page.rows.length, keyId: caller.key?.keyId });
  if (format === 'csv') return csv(page, settled, rest.cursor === undefined);
  return json(200, { ok: true, decisions: page.rows, next_cursor: page.cursor ?? null, settled_until: settled });
}

/** Pages one after the other are one file: only the first names the columns. */
const csv = (
  { rows, cursor }: Awaited<ReturnType<typeof decisionsOf>>,
  settled: string,
  isFirst: boolean,
): HttpResult => ({
  statusCode: 200,
  headers: {
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="decisions.csv"',
    'x-settled-until': settled,
    ...(cursor === undefined ? {} : { 'x-next-cursor': cursor }),
  },
  body: [...(isFirst ? [csvHeader] : []), ...rows.map(csvOf)].join(''),
});

export const handler = httpHandler([{ method: 'GET', path: '/v1/decisions', handler: list }]);
