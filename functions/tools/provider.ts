/** The payment provider (Stripe) as both tools reach it: key from Secrets Manager, address a parameter, no retries of its own. */

import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import Stripe from 'stripe';
import * as z from 'zod';
import { fromSecret } from '../../adapters/secret.ts';

export const providerEnv = z.object({
  PROVIDER_SECRET_ARN: z.string(),
  /** e.g. `https://api.stripe.com` */
  PROVIDER_URL: z.string(),
});

type HttpClient = ReturnType<typeof Stripe.createNodeHttpClient>;

/**
 * The package's HTTP client, but with connection errors that don't say ECONNRESET or EPIPE: on these the package repeats a
 * call by itself, whatever `maxNetworkRetries` says (RequestSender._shouldRetry). A provider that has lost its key memory
 * would then pay twice. Connections are not kept, so that a thawed function never meets a stale one.
 */
function singleAttemptClient(secure: boolean): HttpClient {
  const agent = secure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false });
  const client = Stripe.createNodeHttpClient(agent);
  const makeRequest = client.makeRequest.bind(client);
  client.makeRequest = async (...args) => {
    try {
      return await makeRequest(...args);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      // The package tells a timeout by its code, and nothing else by any.
      if (code === 'ETIMEDOUT') throw error;
      throw new Error(`connection lost: ${message}`, { cause: error });
    }
  };
  return client;
}

/** Gives a client with the key as it is now (else RetryableError). Our attempts are counted, so Stripe's own retries are off. */
export function stripeClient(env: z.infer<typeof providerEnv>, timeoutSeconds: number): () => Promise<Stripe> {
  const url = new URL(env.PROVIDER_URL);
  return fromSecret(
    env.PROVIDER_SECRET_ARN,
    "The provider's key",
    (key) =>
      new Stripe(key, {
        host: url.hostname,
        protocol: url.protocol === 'http:' ? 'http' : 'https',
        ...(url.port === '' ? {} : { port: Number(url.port) }),
        timeout: timeoutSeconds * 1000,
        maxNetworkRetries: 0,
        telemetry: false,
        httpClient: singleAttemptClient(url.protocol !== 'http:'),
      }),
  );
}
