/** What a key may do beside being its agent; none by default. */

/**
 * `accounts:manage`: makes and ends the tenant's service accounts and their keys. `decisions:read`: reads every decision of
 * the tenant, with who was notified at which address. `mesh:control`: stops the tenant's agents and lets them go on, and
 * says what each may use up.
 */
export const scopes = ['accounts:manage', 'decisions:read', 'mesh:control'] as const;
export type Scope = (typeof scopes)[number];
