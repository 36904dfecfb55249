/** The HTTP contract of nicks, invites and payload schemas (AXP): what comes in. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';
import { address } from './intents.ts';

const nick = characters(1, 64);
const details = {
  display_name: characters(1, 120).optional(),
  phone: characters(3, 32).optional(),
  email: characters(3, 255).optional(),
};

/** What is left of a nick once its sign and its case are gone. */
export const normalNick = z.string().regex(/^[a-z0-9_.-]{3,32}$/, '3 to 32 letters, digits, dots, dashes, underscores');

/** Query of `GET /v1/users/check-nick`. */
export const nickQuery = z.strictObject({ nick });
/** `POST /v1/users/register-nick`. */
export const registerNick = z.strictObject({ nick, ...details });
/** `POST /v1/users/rename-nick`. */
export const renameNick = z.strictObject({ owner_agent: address, nick, ...details });
/** Query of `GET /v1/users/profile`. */
export const profileQuery = z.strictObject({ owner_agent: address.optional() });
/** `POST /v1/users/profile/update`. */
export const updateProfile = z.strictObject({ owner_agent: address, nick: nick.optional(), ...details });

const day = 86_400;

/** `POST /v1/invites/create`. */
export const createInvite = z.strictObject({
  owner_agent: address,
  recipient_hint: characters(1, 255).optional(),
  ttl_seconds: z
    .int()
    .min(60)
    .max(14 * day)
    .default(7 * day),
});
/** What a path must hold to name an invite. */
export const inviteToken = z.string().regex(/^[A-Za-z0-9_-]{12,64}$/);
/** `POST /v1/invites/{token}/accept`. */
export const acceptInvite = z.strictObject({ nick, display_name: details.display_name });

/** What a path must hold to name a payload schema. */
export const semanticType = z
  .string()
  .max(200)
  .regex(/^[a-z0-9_]+(?:\.[a-z0-9_]+){2,}\.v[0-9]+$/);
/** `POST /v1/schemas`. */
export const upsertSchema = z.strictObject({
  semantic_type: semanticType,
  schema_json: z.record(z.string(), z.json()),
  schema_ref: characters(0, 512).optional(),
  compatibility_mode: z.enum(['strict', 'backward', 'warn']),
  scope: z.enum(['tenant', 'core']).default('tenant'),
  active: z.boolean().default(true),
});
