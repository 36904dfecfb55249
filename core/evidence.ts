/** What a person shows to have done: words, an address, a file. */

import { InvalidInput } from './errors.ts';
import { exceeds } from './text.ts';

/** A file that was uploaded whole, checked and put away by its hash; never changed afterwards. */
export interface Media {
  /** What it is read by: `/v1/media/{id}`. */
  id: string;
  /** Of its bytes, hex. */
  sha256: string;
  name: string;
  bytes: number;
  contentType: string;
}

export interface GivenEvidence {
  text?: string | undefined;
  url?: string | undefined;
  media?: Media | undefined;
}

/** Largest file, bytes. */
export const maxMediaBytes = 10 * 1024 * 1024;

export const maxEvidenceTextLength = 2000;
const maxUrlLength = 2000;

/**
 * The evidence, cleaned; nothing where none is given and none is needed.
 * Throws InvalidInput with the field's path.
 */
export function checkEvidence(given: GivenEvidence = {}, needed: boolean): GivenEvidence | undefined {
  const text = (given.text ?? '').trim();
  const url = (given.url ?? '').trim();
  if (exceeds(text, maxEvidenceTextLength))
    throw new InvalidInput(`This text has at most ${maxEvidenceTextLength} characters.`, { field: 'evidence.text' });
  if (url !== '' && !isWebAddress(url))
    throw new InvalidInput('Give an address that begins with https:// or http://.', { field: 'evidence.url' });
  if (text === '' && url === '' && !given.media) {
    if (needed) throw new InvalidInput('Show what was done: a text, an address or a file.', { field: 'evidence' });
    return undefined;
  }
  return {
    ...(text === '' ? {} : { text }),
    ...(url === '' ? {} : { url }),
    ...(given.media ? { media: given.media } : {}),
  };
}

/** Only what opens as a page: never a script, a file of the reader's, or an address with a password. */
function isWebAddress(text: string): boolean {
  if (exceeds(text, maxUrlLength) || !/^https?:\/\/[^\s\p{Cc}]+$/iu.test(text)) return false;
  const url = URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
}
