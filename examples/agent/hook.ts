import { verifyWebhook } from '@holdpoint/sdk';

/** For any server that has `Request` and `Response`. `secrets`: one, or two while one replaces the other. */
export async function hook(request: Request, secrets: string[]): Promise<Response> {
  try {
    const body = await request.text();
    const { id, payload } = await verifyWebhook({ body, headers: request.headers }, { secrets });
    console.log(`delivery ${id}`, payload);
    return new Response(null, { status: 204 });
  } catch {
    return new Response(null, { status: 401 });
  }
}
