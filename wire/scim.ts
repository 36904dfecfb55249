/** SCIM 2.0 as identity providers speak it (RFC 7643, RFC 7644): what is taken of a body, and what an answer looks like. */

import * as z from 'zod';
import { characters } from '../core/characters.ts';

export const schemaIds = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  enterprise: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  list: 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  error: 'urn:ietf:params:scim:api:messages:2.0:Error',
} as const;

type ScimType =
  | 'invalidFilter'
  | 'uniqueness'
  | 'invalidSyntax'
  | 'invalidPath'
  | 'noTarget'
  | 'invalidValue'
  | 'mutability';

/** A refusal in SCIM's words. */
export class ScimError extends Error {
  override readonly name = 'ScimError';
  readonly status: number;
  readonly scimType: ScimType | undefined;
  constructor(status: number, detail: string, scimType?: ScimType) {
    super(detail);
    this.status = status;
    this.scimType = scimType;
  }
}

const text = characters(1, 256, z.string().trim());
/** Providers send `null` and empty texts for what they have no value for. */
const optionalText = z.preprocess((value) => (value === null || value === '' ? undefined : value), text.optional());

/** Entra ID sends `"False"`. */
const flag = z.preprocess((value) => {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  return word === 'true' ? true : word === 'false' ? false : value;
}, z.boolean());

/** One of several values; a bare text stands for its value. */
const valued = z.preprocess(
  (value) => (typeof value === 'string' ? { value } : value),
  z.object({ value: optionalText, type: optionalText, primary: flag.optional() }),
);

/** Of what is sent only what is used is kept; the rest is not anybody's business here. */
export const userBody = z.object({
  userName: text,
  externalId: optionalText,
  active: z.preprocess((value) => value ?? true, flag),
  displayName: optionalText,
  name: z
    .object({ formatted: optionalText, givenName: optionalText, familyName: optionalText })
    .nullish()
    .transform((name) => name ?? undefined),
  emails: z.array(valued).max(20).optional(),
  addresses: z
    .array(z.object({ type: optionalText, region: optionalText, country: optionalText }))
    .max(10)
    .optional(),
  timezone: optionalText,
  [schemaIds.enterprise]: z
    .object({
      manager: z.preprocess((value) => {
        const one = Array.isArray(value) ? value[0] : value;
        return typeof one === 'string' ? { value: one } : (one ?? undefined);
      }, z.object({ value: optionalText }).optional()),
    })
    .optional(),
});
export type UserBody = z.output<typeof userBody>;

/** More people than this are no group that decides something. */
const maxMembers = 1000;

export const groupBody = z.object({
  displayName: text,
  externalId: optionalText,
  members: z
    .array(z.object({ value: text }))
    .max(maxMembers)
    .nullish()
    .transform((members) => members ?? []),
});

export const patchBody = z.object({
  schemas: z.array(z.string()).refine((all) => all.includes(schemaIds.patch), 'a PatchOp'),
  Operations: z
    .array(
      z.object({
        /** Entra ID writes `Add`, `Replace`, `Remove`. */
        op: z
          .string()
          .toLowerCase()
          .pipe(z.enum(['add', 'replace', 'remove'])),
        path: characters(0, 512).optional(),
        value: z.json().optional(),
      }),
    )
    .min(1)
    .max(100),
});
export type PatchOperation = z.output<typeof patchBody>['Operations'][number];

/** Largest page of a list, and the usual one. */
export const maxPage = 200;
const usualPage = 100;

const attributes = z
  .string()
  .max(1000)
  .transform((list) => list.split(',').map((name) => name.trim()))
  .optional();

/** A start below the first, or a count below nothing, means the first and nothing (RFC 7644, 3.4.2.4). */
export const listQuery = z.object({
  filter: characters(0, 1000).optional(),
  startIndex: z.coerce
    .number()
    .int()
    .default(1)
    .transform((start) => Math.max(1, start)),
  count: z.coerce
    .number()
    .int()
    .default(usualPage)
    .transform((count) => Math.min(maxPage, Math.max(0, count))),
  attributes,
  excludedAttributes: attributes,
});
export type ListQuery = z.output<typeof listQuery>;
