/** The agents of a bundle: which of them are there, and those that are made. */

import { accountIdOf, findAccount } from '../../adapters/accounts.ts';
import { type ApiKey, checkScope } from '../../adapters/keys.ts';
import { Conflict } from '../../core/errors.ts';
import { createAccount } from '../../wire/accounts.ts';
import { create, type Ports } from '../registry/accounts.ts';

export interface Accounts {
  /** Whether an agent of the tenant is there, by its whole address. */
  isThere(address: string): Promise<boolean>;
  /** Makes its service account, without a key. False where somebody was faster. Throws PolicyDenied for a key that may not. */
  make(name: string, displayName: string | undefined): Promise<boolean>;
}

export const accountsOf = (ports: Ports, caller: ApiKey): Accounts => ({
  async isThere(address) {
    const found = await findAccount(ports.client, ports.table, caller.tenant, accountIdOf(address));
    return found?.status === 'active';
  },
  async make(name, displayName) {
    checkScope(caller, 'accounts:manage');
    try {
      await create(ports, caller, createAccount.parse({ name, display_name: displayName }), undefined);
      return true;
    } catch (error) {
      if (error instanceof Conflict) return false;
      throw error;
    }
  },
});
