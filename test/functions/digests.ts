/** Ports of the mail queue's consumer where nothing is collected. */

import type { DigestPorts } from '../../functions/mail/digest.ts';

const never = () => Promise.reject(new Error('nothing here is collected'));

export const noDigests: DigestPorts = {
  digests: { collect: never, due: never, claim: never, release: never, keep: never, listed: never },
  stopped: never,
  listing: () => {
    throw new Error('nothing here is listed');
  },
  mailDigest: never,
};
