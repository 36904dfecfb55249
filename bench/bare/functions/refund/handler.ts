/** Pays a refund: one call to the provider, with the run's id as its key. */

import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

interface Refund {
  charge_id: string;
  amount_cents: number;
}

const { PROVIDER_URL, PROVIDER_SECRET_ARN } = process.env;
const secrets = new SecretsManagerClient({});
let key: Promise<string> | undefined;

async function readKey(): Promise<string> {
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: PROVIDER_SECRET_ARN }));
  return SecretString ?? '';
}

export async function handler({ id, request }: { id: string; request: Refund }) {
  key ??= readKey();
  const answer = await fetch(`${PROVIDER_URL}/v1/refunds`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await key}`, 'idempotency-key': id },
    body: new URLSearchParams({ charge: request.charge_id, amount: String(request.amount_cents) }),
  });
  if (!answer.ok) throw new Error(`The provider answered ${answer.status}.`);
  const { id: refundId, status } = (await answer.json()) as { id: string; status: string };
  console.log(JSON.stringify({ message: 'refunded', id, refundId }));
  return { refundId, status };
}
