/** The key that signs checkpoints. It never leaves KMS; its public half is for whoever verifies. */

import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { type Checkpoint, checkpointHash, type SignedCheckpoint } from '../core/checkpoint.ts';

export const signCheckpoint =
  (kms: KMSClient, keyId: string) =>
  async (checkpoint: Checkpoint): Promise<SignedCheckpoint> => {
    const { Signature } = await kms.send(
      new SignCommand({
        KeyId: keyId,
        SigningAlgorithm: 'ECDSA_SHA_256',
        MessageType: 'DIGEST',
        Message: Buffer.from(checkpointHash(checkpoint), 'hex'),
      }),
    );
    if (!Signature) throw new Error('KMS gave no signature');
    return { checkpoint, signature: Buffer.from(Signature).toString('base64') };
  };

/** PEM (SPKI). */
export async function publicKey(kms: KMSClient, keyId: string): Promise<string> {
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: keyId }));
  if (!PublicKey) throw new Error('KMS gave no public key');
  const lines =
    Buffer.from(PublicKey)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN PUBLIC KEY-----\n${lines.join('\n')}\n-----END PUBLIC KEY-----\n`;
}
