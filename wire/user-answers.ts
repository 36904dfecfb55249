/** The HTTP contract of nicks, invites and payload schemas: what goes out, in AXP's strict shapes. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { inviteToken, normalNick, semanticType } from './users.ts';

const ok = z.literal(true);
const time = z.iso.datetime();
const address = z.string().startsWith('agent://').max(255);
const nick = z.string().regex(/^@[A-Za-z0-9_.-]{3,32}$/);
const publicAddress = z.string().regex(/^[a-z0-9_.-]{3,32}@ax$/);
const text = (most: number) => characters(0, most).nullable();

const named = { owner_agent: address, nick, public_address: publicAddress };
const details = { display_name: text(120), phone: text(32), email: text(255) };

export const checkedNick = z.strictObject({
  ok,
  nick,
  normalized_nick: normalNick,
  public_address: publicAddress,
  available: z.boolean(),
});
export const registeredNick = z.strictObject({ ok, user_id: z.uuid(), ...named, ...details, created_at: time });
export const renamedNick = z.strictObject({ ok, user_id: z.uuid(), ...named, ...details, renamed_at: time });
/** `phone` and `email` are null to all but whoever registered the nick. */
export const gotProfile = z.strictObject({
  ok,
  user_id: z.uuid(),
  ...named,
  normalized_nick: normalNick,
  ...details,
  updated_at: time,
});

const status = z.enum(['pending', 'accepted', 'expired']);
const invite = { token: inviteToken, owner_agent: address, recipient_hint: text(255), status };
export const createdInvite = z.strictObject({
  ok,
  ...invite,
  invite_url: z.url(),
  created_at: time,
  expires_at: time,
});
export const gotInvite = z.strictObject({
  ok,
  ...invite,
  created_at: time,
  expires_at: time,
  accepted_at: time.nullable(),
  accepted_owner_agent: address.nullable(),
  nick: nick.nullable(),
  public_address: publicAddress.nullable(),
});
export const acceptedInvite = z.strictObject({
  ok,
  token: inviteToken,
  status: z.literal('accepted'),
  invite_owner_agent: address,
  user_id: z.uuid(),
  ...named,
  display_name: text(120),
  accepted_at: time,
  /** No registry outside the deployment is told. */
  registry_bind_status: z.literal('disabled'),
});

const payloadSchema = z.strictObject({
  semantic_type: semanticType,
  schema_ref: characters(0, 512),
  schema_hash: z.string().regex(/^[0-9a-f]{64}$/),
  compatibility_mode: z.enum(['strict', 'backward', 'warn']),
  scope: z.literal('tenant'),
  owner_agent: address,
  active: z.boolean(),
  created_at: time,
  updated_at: time,
});
export const upsertedSchema = z.strictObject({ ok, schema: payloadSchema });
export const gotSchema = z.strictObject({
  ok,
  schema: payloadSchema.extend({ schema_json: z.record(z.string(), z.json()) }),
});
