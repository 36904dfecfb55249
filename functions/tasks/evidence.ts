/** Evidence that comes with a decision by API: words, an address, a file by its id. */

import { type EvidenceOf, type MediaRows, mediaOf } from '../../adapters/media-rows.ts';
import { InvalidInput } from '../../core/errors.ts';
import type { GivenEvidence } from '../../core/evidence.ts';
import type { IntentRef } from '../../core/model.ts';
import { type GivenEvidenceBody, isEvidence, type TaskResult } from '../../wire/tasks.ts';

/**
 * What a task's result shows: ours in `evidence`; AXP's clients put it into `data`, as whatever they like, or as a text beside
 * the outcome. What has no shape of ours is kept as the text that it is.
 */
export function evidenceIn({ evidence, data }: TaskResult): GivenEvidenceBody | undefined {
  const given: unknown = evidence ?? data?.evidence ?? undefined;
  if (given === undefined || isEvidence(given)) return given;
  if (typeof given !== 'string')
    return Object.keys(given as object).length === 0 ? undefined : { text: JSON.stringify(given) };
  return /^https?:\/\/\S+$/i.test(given.trim()) ? { url: given } : { text: given };
}

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
