/** PATCH of a resource, as RFC 7644 has it and as Entra ID and Okta write it. */

import { type ScimPatchOperation, type ScimResource, scimPatch } from 'scim-patch';
import { firstOf } from '../../core/text.ts';
import { type PatchOperation, ScimError } from '../../wire/scim.ts';

/** Names that reach beyond an object's own fields. */
const reserved = new Set(['__proto__', 'constructor', 'prototype']);

const reaches = (path: string): boolean => path.split(/[^\w]+/).some((name) => reserved.has(name));

const reachesIn = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.entries(value).some(([key, inner]) => reaches(key) || reachesIn(inner));

/** The resource after the operations, whose order counts; the given one is left as it is. Throws ScimError. */
export function patched(resource: object, operations: readonly PatchOperation[]): object {
  for (const { path, value } of operations)
    if (reaches(path ?? '') || reachesIn(value)) throw new ScimError(400, 'There is no such attribute.', 'invalidPath');
  try {
    const options = { mutateDocument: false, treatMissingAsAdd: true };
    return scimPatch(resource as ScimResource, operations.map(plain) as ScimPatchOperation[], options);
  } catch (error) {
    const { scimCode } = error as { scimCode?: string };
    const message = error instanceof Error ? error.message : String(error);
    throw new ScimError(400, firstOf(message, 500), scimCode === 'noTarget' ? 'noTarget' : 'invalidPath');
  }
}

/** A member is its id: its name and address are not its own here, and no two spellings of it are told apart. */
function plain({ op, path, value }: PatchOperation): PatchOperation {
  if (path !== 'members')
    return { op, ...(path === undefined ? {} : { path }), ...(value === undefined ? {} : { value }) };
  const members = (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]).map((one) =>
    typeof one === 'object' && one !== null && !Array.isArray(one) ? { value: one.value ?? null } : { value: one },
  );
  return op === 'remove' && members.length === 0 ? { op, path } : { op, path, value: members };
}
