import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { RetryableError } from '../core/errors.ts';

/** A new value is taken up after this long at the latest. */
const lifetimeMs = 5 * 60_000;

/**
 * What is made of a secret: read at first use and again when it is old. `what` names it for the log.
 * Throws RetryableError where it can't be read, and what `make` throws.
 */
export function fromSecret<T>(arn: string, what: string, make: (secret: string) => T): () => Promise<T> {
  const secrets = new SecretsManagerClient({});
  let made: { value: T; at: number } | undefined;
  return async () => {
    if (made && Date.now() - made.at < lifetimeMs) return made.value;
    const secret = await secrets.send(new GetSecretValueCommand({ SecretId: arn })).catch((error: unknown) => {
      throw new RetryableError(`${what} could not be read.`, error);
    });
    made = { value: make(secret.SecretString ?? ''), at: Date.now() };
    return made.value;
  };
}
