/** Who uploads by API: an agent by its key, or a person, by their session or a key that speaks for them, for a task that asks them. */

import type { EvidenceOf, Upload } from '../../adapters/media-rows.ts';
import type { Directory } from '../../core/directory.ts';
import { InvalidInput, Unauthorized } from '../../core/errors.ts';
import type { Store } from '../../core/ports.ts';
import { wholeAddress } from '../../wire/addresses.ts';
import { type Caller, personOf } from '../tasks/caller.ts';
import { taskAsked } from './places.ts';

export interface Uploader {
  tenant: string;
  /** They have a key of the tenant. */
  byKey: boolean;
  personId?: string | undefined;
  /** What the file is for, where a person uploads it. */
  of?: EvidenceOf;
}

/** Without a key, the address of an agent says which tenant is meant. Throws Unauthorized, InvalidInput (`owner_agent`). */
export function uploaderOf({ key, person }: Caller, owner: string | undefined): Uploader {
  if (key) return { tenant: key.tenant, byKey: true, personId: person?.id };
  if (!person) throw new Unauthorized('missing_platform_api_key', 'Send your key as x-api-key.');
  if (owner === undefined)
    throw new InvalidInput('Say by owner_agent, whole, in which tenant it is.', { field: 'owner_agent' });
  const [, tenant = ''] = /^agent:\/\/([^/]+\/[^/]+)\//.exec(wholeAddress(owner, '', 'owner_agent')) ?? [];
  if (tenant === '')
    throw new InvalidInput('Say by owner_agent, whole, in which tenant it is.', { field: 'owner_agent' });
  return { tenant, byKey: false, personId: person.id };
}

interface Known {
  store: Store;
  directory: Directory;
  now: string;
}

/**
 * Of a new file. Throws Unauthorized where a file for a task comes without a person, or another without a key; NotFound
 * for a task that takes no file of theirs.
 */
export async function newUploader(
  caller: Caller,
  { owner_agent, task_id }: { owner_agent: string; task_id?: string | undefined },
  { store, directory, now }: Known,
): Promise<Uploader> {
  const uploader = uploaderOf(caller, owner_agent);
  if (task_id === undefined) {
    if (!uploader.byKey) throw new InvalidInput('Say which task it is for.', { field: 'task_id' });
    return uploader;
  }
  const { id: personId } = personOf(caller);
  await taskAsked(store, uploader.tenant, task_id, personId, directory, now);
  return { ...uploader, of: { taskId: task_id, personId } };
}

/** A person's file is theirs alone until it is put away. */
export const mayFinish = ({ for: of }: Pick<Upload, 'for'>, { byKey, personId }: Uploader): boolean =>
  of ? of.personId === personId : byKey;

/** Agents of the tenant read what people show them. */
export const mayRead = (upload: Pick<Upload, 'for'>, uploader: Uploader): boolean =>
  uploader.byKey || mayFinish(upload, uploader);
