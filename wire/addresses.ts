/** Agent addresses: `agent://<org>/<workspace>/<name>`, and the shorter forms clients use. */

import { InvalidInput } from '../core/errors.ts';

/**
 * Longest organisation, workspace and agent that keys are made for: they stand in every head of theirs, which stays
 * under 1 KB.
 */
export const maxKeyPart = 48;

/**
 * Longest name of an agent (AXP). It is longer than `maxKeyPart` only where organisation and workspace are as much shorter:
 * what a head holds of all three is bounded together.
 */
export const maxAgentName = 120;
export const agentNameFits = (tenant: string, name: string): boolean =>
  name.length <= maxAgentName && tenant.length - 1 + name.length <= 3 * maxKeyPart;

/** One part of an address. */
export const addressPart = /^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$/;

/** The address of the deployment itself within a tenant: where intents of declared types go. */
export const ownAddress = (tenant: string): string => `agent://${tenant}/holdpoint`;

/** The whole address of what was given, where it is one. */
export function knownAddress(given: string, tenant: string): string | undefined {
  const parts = given.replace(/^agent:\/\//, '').split('/');
  if (parts.length > 3 || !parts.every((p) => addressPart.test(p))) return undefined;
  return parts.length === 1 ? `agent://${tenant}/${parts[0]}` : `agent://${parts.join('/')}`;
}

/**
 * Whose inbox or intent a request is about (AXP), whole: by its query, by its header, or not at all.
 * Throws InvalidInput (`owner_agent`; `owner_mismatch` where they name two).
 */
export function ownerOf(
  { query, header }: { query: string | null | undefined; header: string | null | undefined },
  tenant: string,
): string | undefined {
  const [asked, sent] = [query, header].map((one) => (one ? wholeAddress(one, tenant, 'owner_agent') : undefined));
  if (asked !== undefined && sent !== undefined && asked !== sent)
    throw new InvalidInput('Query and header name two owners.', { field: 'owner_agent' }, 'owner_mismatch');
  return asked ?? sent;
}

/**
 * The whole address of what was given: with or without scheme; a bare name means the caller's own tenant.
 * Throws InvalidInput naming the field.
 */
export function wholeAddress(given: string, tenant: string, field: string): string {
  const known = knownAddress(given, tenant);
  if (known === undefined) throw new InvalidInput('An address is agent://<org>/<workspace>/<name>.', { field });
  return known;
}
