/** Chats are asked once and briefly: mail is there where they don't answer. */
const timeoutMs = 4_000;

/** POSTs JSON and gives the answer's text. Throws for every status but 2xx, and never follows a redirect; no address in its words. */
export async function post(url: string, body: object, headers: Record<string, string> = {}): Promise<string> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((error: Error) => {
    throw new Error(`not reached: ${error.name}`);
  });
  if (!answer.ok) throw new Error(`answered ${answer.status}`);
  return answer.text();
}
