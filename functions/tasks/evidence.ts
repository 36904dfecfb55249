/** Evidence that comes with a decision by API: words, an address, a file by its id. */

import { type EvidenceOf, type MediaRows, mediaOf } from '../../adapters/media-rows.ts';
import { InvalidInput } from '../../core/errors.ts';
import type { GivenEvidence } from '../../core/evidence.ts';
import type { IntentRef } from '../../core/model.ts';
import type { GivenEvidenceBody } from '../../wire/tasks.ts';

/**
 * What is given, once it is known by whom and for which task. A file of the tenant that was put away; one that a person attached
 * counts for them and their task alone: then, and where there is none, it throws InvalidInput.
 */
export async function evidenceOf(
  files: Pick<MediaRows, 'findMedia'>,
  { tenant }: IntentRef,
  given: GivenEvidenceBody | undefined,
): Promise<(by: EvidenceOf) => GivenEvidence | undefined> {
  if (!given?.media_id) return () => given;
  const { media_id: id, ...words } = given;
  const found = await files.findMedia(tenant, id);
  return ({ taskId, personId }) => {
    const counts = !found?.for || (found.for.taskId === taskId && found.for.personId === personId);
    if (!found || !counts) throw new InvalidInput('There is no such file.', { field: 'evidence.media_id' });
    return { ...words, media: mediaOf(found) };
  };
}
