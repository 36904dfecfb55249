/** What a key may do beside being its agent; none by default. */

/** `accounts:manage`: makes and ends the tenant's service accounts and their keys. */
export const scopes = ['accounts:manage'] as const;
export type Scope = (typeof scopes)[number];
