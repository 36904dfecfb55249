/** Evidence that comes with a decision by API: words, an address, a file by its id. */

import type { MediaRows } from '../../adapters/media-rows.ts';
import { mediaOf } from '../../adapters/media-rows.ts';
import { InvalidInput } from '../../core/errors.ts';
import type { GivenEvidence } from '../../core/evidence.ts';
import type { IntentRef } from '../../core/model.ts';
import type { GivenEvidenceBody } from '../../wire/tasks.ts';

/** A file of the tenant that was put away; one that was attached on a page counts there alone. Throws InvalidInput. */
export async function evidenceOf(
  files: Pick<MediaRows, 'findMedia'>,
  { tenant }: IntentRef,
  given: GivenEvidenceBody | undefined,
): Promise<GivenEvidence | undefined> {
  if (!given?.media_id) return given;
  const { media_id: id, ...words } = given;
  const found = await files.findMedia(tenant, id);
  if (!found || found.for) throw new InvalidInput('There is no such file.', { field: 'evidence.media_id' });
  return { ...words, media: mediaOf(found) };
}
