/** What an agent leaves with an intent, sealed: AES-256-GCM under a key that only the agent has. */

const ivBytes = 12;

/** 32 random bytes, made once, and kept where the agent keeps its secrets. */
const keyOf = (secret: Uint8Array<ArrayBuffer>) =>
  crypto.subtle.importKey('raw', secret, 'AES-GCM', false, ['encrypt', 'decrypt']);

/** For which intent it is: it opens for no other. */
const boundTo = (intentId: string) => new TextEncoder().encode(intentId);

/** Any JSON value as `resume_state`. */
export async function seal(secret: Uint8Array<ArrayBuffer>, intentId: string, value: unknown): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(ivBytes));
  const plain = new TextEncoder().encode(JSON.stringify(value));
  const how = { name: 'AES-GCM', iv, additionalData: boundTo(intentId) };
  const sealed = await crypto.subtle.encrypt(how, await keyOf(secret), plain);
  return Buffer.concat([iv, new Uint8Array(sealed)]).toString('base64');
}

/** The value again. Throws where it was changed, is another intent's, or was sealed under another key. */
export async function open(secret: Uint8Array<ArrayBuffer>, intentId: string, sealed: string): Promise<unknown> {
  const bytes = Buffer.from(sealed, 'base64');
  const how = { name: 'AES-GCM', iv: bytes.subarray(0, ivBytes), additionalData: boundTo(intentId) };
  const plain = await crypto.subtle.decrypt(how, await keyOf(secret), bytes.subarray(ivBytes));
  return JSON.parse(new TextDecoder().decode(plain));
}
