/** Who has keys: agents that ask, and agents that work for them, in each tenant. */

import type { ApiKey } from '../../adapters/keys.ts';
import { maxKeyPart } from '../../wire/addresses.ts';

/** The longest that an address may be; heads must be small all the same. */
const longest = 'x'.repeat(maxKeyPart);
const longTenant = `${longest}/${longest}`;

const keyOf = (tenant: string, name: string): ApiKey => ({
  keyId: 'key',
  tenant,
  agent: `agent://${tenant}/${name}`,
  name: 'simulated',
  createdAt: '2026-11-01T00:00:00.000Z',
});

/** Those who ask, as often as they stand here. */
export const callers: [ApiKey, ...ApiKey[]] = [
  keyOf('acme/shop', 'support-bot'),
  keyOf('acme/shop', 'support-bot'),
  keyOf('acme/lab', 'support-bot'),
  keyOf(longTenant, longest),
];

/** Names of the agents that work, in every tenant. */
const workerNames: [string, ...string[]] = ['packer', 'checker', 'y'.repeat(maxKeyPart)];

export const colleagues = (tenant: string): [string, ...string[]] =>
  workerNames.map((name) => `agent://${tenant}/${name}`) as [string, ...string[]];

/** Who has a mailbox to read: those who work, and those who ask for answers. */
export const workers: ApiKey[] = [...new Set(callers.map(({ tenant }) => tenant))].flatMap((tenant) => [
  ...workerNames.map((name) => keyOf(tenant, name)),
  ...callers.filter((key, i) => key.tenant === tenant && callers.findIndex(({ agent }) => agent === key.agent) === i),
]);
