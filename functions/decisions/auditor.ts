/** Who may read every decision of a tenant: a key that was made for it, or an auditor or administrator who has signed in. */

import { hasScope } from '../../adapters/keys.ts';
import type { Directory } from '../../core/directory.ts';
import { mayAudit } from '../../core/eligible.ts';
import { InvalidInput, PolicyDenied } from '../../core/errors.ts';
import type { Caller } from '../tasks/caller.ts';

/** The tenant whose decisions the caller may read. Throws PolicyDenied `not_an_auditor`, InvalidInput (`tenant`). */
export function tenantRead({ key, person }: Caller, asked: string | undefined, directory: Directory): string {
  const auditor = person?.signedIn ? directory.everybody.find(({ id }) => id === person.id) : undefined;
  const byKey = key !== undefined && hasScope(key, 'decisions:read');
  if (!byKey && !auditor) throw denied();
  const tenant = key?.tenant ?? asked;
  if (tenant === undefined) throw new InvalidInput('Say whose decisions: tenant=org/workspace.', { field: 'tenant' });
  if (asked !== undefined && asked !== tenant)
    throw new InvalidInput('The key is of another tenant.', { field: 'tenant' });
  if (byKey || (auditor && mayAudit(auditor, tenant, directory))) return tenant;
  throw denied();
}

const denied = () =>
  new PolicyDenied('Only auditors and administrators read all decisions, or a key that may.', {
    reason: 'not_an_auditor',
  });
