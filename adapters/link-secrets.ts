import { GenerateMacCommand, KMSClient } from '@aws-sdk/client-kms';

/**
 * A link's secret: HMAC-SHA-256 of its random id under a KMS key, base64url, 43 characters. The same id gives the same
 * secret, so a message that is delivered again makes the same link, and no secret needs to be kept.
 */
export function linkSecrets(keyId: string, kms = new KMSClient({})) {
  return async (linkId: string): Promise<string> => {
    const made = await kms.send(
      new GenerateMacCommand({ KeyId: keyId, MacAlgorithm: 'HMAC_SHA_256', Message: new TextEncoder().encode(linkId) }),
    );
    if (!made.Mac) throw new Error('KMS gave no MAC');
    return Buffer.from(made.Mac).toString('base64url');
  };
}
