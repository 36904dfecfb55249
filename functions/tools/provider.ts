/** The payment provider (Stripe) as both tools reach it: key from Secrets Manager, address a parameter, no retries of its own. */

import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import Stripe from 'stripe';
import * as z from 'zod';

export const providerEnv = z.object({
  PROVIDER_SECRET_ARN: z.string(),
  /** e.g. `https://api.stripe.com` */
  PROVIDER_URL: z.string(),
});

/** A new key in the secret is taken up after this long at the latest. */
const keyLifetimeMs = 5 * 60_000;

/** Gives a client; the key is read at first use and again when it is old. Our attempts are counted, so Stripe's own retries are off. */
export function stripeClient(env: z.infer<typeof providerEnv>, timeoutSeconds: number): () => Promise<Stripe> {
  const secrets = new SecretsManagerClient({});
  const url = new URL(env.PROVIDER_URL);
  let made: { client: Stripe; at: number } | undefined;
  return async () => {
    if (made && Date.now() - made.at < keyLifetimeMs) return made.client;
    const secret = await secrets.send(new GetSecretValueCommand({ SecretId: env.PROVIDER_SECRET_ARN }));
    const client = new Stripe(secret.SecretString ?? '', {
      host: url.hostname,
      protocol: url.protocol === 'http:' ? 'http' : 'https',
      ...(url.port === '' ? {} : { port: Number(url.port) }),
      timeout: timeoutSeconds * 1000,
      maxNetworkRetries: 0,
      telemetry: false,
    });
    made = { client, at: Date.now() };
    return client;
  };
}
