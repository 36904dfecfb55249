/** Put in by the bundler from the deployment's configuration, as JSON: whose intents are told, or whether all are. */
declare const HOLDPOINT_BUS: string;

const told: boolean | string[] = typeof HOLDPOINT_BUS === 'undefined' ? false : JSON.parse(HOLDPOINT_BUS);

/** Whether what happens to a tenant's intents goes onto the bus. */
export const isOnBus = (tenant: string): boolean => (Array.isArray(told) ? told.includes(tenant) : told);
