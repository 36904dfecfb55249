/** The API key of this machine's own tenant, made once and kept beside the state it belongs to. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createKey } from '../adapters/keys.ts';
import type { Scope } from '../wire/scopes.ts';
import type { AwsConfig } from './aws.ts';

export type LocalKey = { apiKey: string; orgId: string; workspaceId: string };

const tenant = { orgId: 'local', workspaceId: 'main' };

/** Makes a key in the control table, for the agent `agent` of the tenant. The key is shown here and nowhere again. */
export async function makeKey(
  aws: AwsConfig,
  controlTable: string,
  given: {
    orgId: string;
    workspaceId: string;
    agent: string;
    name: string;
    mayDecideAs?: string;
    ownToo?: true;
    scopes?: Scope[];
    limitPerMinute?: number;
  },
): Promise<LocalKey> {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(aws));
  const { orgId, workspaceId, agent, ...rest } = given;
  const { token } = await createKey(client, controlTable, {
    tenant: `${orgId}/${workspaceId}`,
    agent: `agent://${orgId}/${workspaceId}/${agent}`,
    ...rest,
    now: new Date().toISOString(),
  });
  return { apiKey: token, orgId, workspaceId };
}

/** The key kept in `file` (mode 0600), made at the first time. */
export async function localKey(aws: AwsConfig, controlTable: string, file: string): Promise<LocalKey> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as LocalKey;
  const key = await makeKey(aws, controlTable, {
    ...tenant,
    agent: 'support',
    name: 'npm start',
    mayDecideAs: 'ada',
    ownToo: true,
    scopes: ['accounts:manage', 'mesh:control'],
  });
  writeFileSync(file, JSON.stringify(key), { mode: 0o600 });
  return key;
}
