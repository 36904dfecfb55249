/** Payload schemas by API: kept with their hash, for those who agree on payloads. No intent is checked by them. */

import type { ApiKey } from '../../adapters/keys.ts';
import { hasScope } from '../../adapters/keys.ts';
import { findSchema, type PayloadSchema, putSchema } from '../../adapters/payload-schemas.ts';
import { NotFound, PolicyDenied, RetryableError } from '../../core/errors.ts';
import { hashOf } from '../../core/hash.ts';
import type { JsonObject } from '../../core/json.ts';
import type { upsertSchema } from '../../wire/users.ts';
import type { Ports } from './accounts.ts';

const schemaOut = (schema: PayloadSchema) => ({
  semantic_type: schema.semanticType,
  schema_ref: schema.ref,
  schema_hash: schema.hash,
  compatibility_mode: schema.mode,
  scope: 'tenant',
  owner_agent: schema.ownerAgent,
  active: schema.active,
  created_at: schema.createdAt,
  updated_at: schema.updatedAt,
});

/** Stores it, in place of the one before. Throws PolicyDenied where it is another agent's, or is to be everybody's. */
export async function upsert(
  { client, table, now }: Ports,
  caller: ApiKey,
  body: ReturnType<typeof upsertSchema.parse>,
) {
  const { tenant, agent } = caller;
  if (body.scope === 'core')
    throw new PolicyDenied('A deployment keeps schemas of its tenants only.', { reason: 'scope', field: 'scope' });
  const was = await findSchema(client, table, tenant, body.semantic_type);
  const mayChange = was?.ownerAgent === agent || caller.ownToo === true || hasScope(caller, 'accounts:manage');
  if (was && !mayChange) throw new PolicyDenied('Only whoever stored it may change it.', { reason: 'not_yours' });
  const schema: PayloadSchema = {
    tenant,
    semanticType: body.semantic_type,
    ref: body.schema_ref ?? `/v1/schemas/${body.semantic_type}`,
    hash: hashOf(body.schema_json),
    mode: body.compatibility_mode,
    ownerAgent: was?.ownerAgent ?? agent,
    active: body.active,
    json: body.schema_json as JsonObject,
    createdAt: was?.createdAt ?? now,
    updatedAt: now,
    version: (was?.version ?? 0) + 1,
  };
  if ((await putSchema(client, table, schema, was)) !== 'done') throw new RetryableError('It was changed just now.');
  return { schema: schemaOut(schema) };
}

/** Throws NotFound. */
export async function show({ client, table }: Ports, { tenant }: ApiKey, semanticType: string) {
  const found = await findSchema(client, table, tenant, semanticType);
  if (!found) throw new NotFound('schema');
  return { schema: { ...schemaOut(found), schema_json: found.json } };
}
