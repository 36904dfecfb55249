/** What a key may do beside being its agent; none by default. */

/**
 * `accounts:manage`: makes and ends the tenant's service accounts and their keys. `decisions:read`: reads every decision of
 * the tenant, with who was notified at which address.
 */
export const scopes = ['accounts:manage', 'decisions:read'] as const;
export type Scope = (typeof scopes)[number];
