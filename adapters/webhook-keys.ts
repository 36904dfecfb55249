/**
 * Secrets of webhooks: encrypted by KMS where they are kept, so that a table's reader can sign nothing. Each is bound to whose
 * it is: it can't be read in another's place.
 */

import { DecryptCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { RetryableError } from '../core/errors.ts';

/** Whose: e.g. `{ tenant, address }`. */
export type Owner = Record<string, string>;

export const sealer =
  (keyId: string, kms = new KMSClient({})) =>
  async (secret: string, owner: Owner): Promise<string> => {
    const made = await kms.send(
      new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from(secret), EncryptionContext: owner }),
    );
    if (!made.CiphertextBlob) throw new Error('KMS gave no ciphertext');
    return Buffer.from(made.CiphertextBlob).toString('base64');
  };

/** More of them are not kept: a function that lives long would hold those of all agents. */
const maxKept = 500;

/** Throws RetryableError where KMS doesn't answer, also where it refuses: a right that is missing may come. */
export function opener(keyId: string, kms = new KMSClient({})) {
  const kept = new Map<string, string>();
  return async (sealed: string, owner: Owner): Promise<string> => {
    const name = JSON.stringify([sealed, owner]);
    const known = kept.get(name);
    if (known !== undefined) return known;
    const CiphertextBlob = Buffer.from(sealed, 'base64');
    const read = await kms
      .send(new DecryptCommand({ KeyId: keyId, CiphertextBlob, EncryptionContext: owner }))
      .catch((error: unknown) => {
        throw new RetryableError("A webhook's secret could not be read.", error);
      });
    const secret = Buffer.from(read.Plaintext ?? []).toString();
    if (kept.size >= maxKept) kept.clear();
    kept.set(name, secret);
    return secret;
  };
}
