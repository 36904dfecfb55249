/** A small OpenID Connect issuer for tests: it signs in whoever it is told to, at once, and errs as it is told to. */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** What the next ID token says; fields of `claims` stand in place of its own. */
interface Wish {
  claims: Record<string, unknown>;
  /** Signs with a key that it does not show. */
  foreignKey: boolean;
  /** Tells claims of this only where they are asked for with the access token. */
  userInfo?: Record<string, unknown>;
}

const bodyOf = async (request: IncomingMessage): Promise<URLSearchParams> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
};

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/** `host`: where browsers find it; `localhost` is another site than `127.0.0.1`. */
export async function startIssuer({ host, clientId }: { host: string; clientId: string }) {
  const [shown, hidden] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const jwk = { ...(await exportJWK(shown.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const granted = new Map<string, { nonce: string; challenge: string; redirectUri: string }>();
  let wish: Wish = { claims: {}, foreignKey: false };
  let issuer = '';

  function grant(asked: URLSearchParams): string {
    const code = `code-${granted.size}`;
    granted.set(code, {
      nonce: asked.get('nonce') ?? '',
      challenge: asked.get('code_challenge') ?? '',
      redirectUri: asked.get('redirect_uri') ?? '',
    });
    return `${asked.get('redirect_uri')}?${new URLSearchParams({ code, state: asked.get('state') ?? '', iss: issuer })}`;
  }

  async function token(form: URLSearchParams): Promise<object | undefined> {
    const code = form.get('code') ?? '';
    const grantOf = granted.get(code);
    granted.delete(code);
    const isRight =
      grantOf?.challenge === sha256(form.get('code_verifier') ?? '') &&
      grantOf.redirectUri === form.get('redirect_uri');
    if (!isRight) return undefined;
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, aud: clientId, sub: 'u1', iat: now, exp: now + 300, nonce: grantOf.nonce };
    const signed = new SignJWT({ ...claims, ...wish.claims }).setProtectedHeader({ alg: 'RS256', kid: 'k1' });
    const idToken = await signed.sign(wish.foreignKey ? hidden.privateKey : shown.privateKey);
    return { access_token: 'at', token_type: 'Bearer', expires_in: 300, id_token: idToken };
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    const json = (body: object | undefined) =>
      response
        .writeHead(body ? 200 : 400, { 'content-type': 'application/json' })
        .end(JSON.stringify(body ?? { error: 'invalid_grant' }));
    if (url.pathname === '/authorize') response.writeHead(302, { location: grant(url.searchParams) }).end();
    else if (url.pathname === '/token') json(await token(await bodyOf(request)));
    else if (url.pathname === '/jwks') json({ keys: [jwk] });
    else if (url.pathname === '/userinfo') json({ sub: 'u1', ...wish.userInfo });
    else if (url.pathname === '/.well-known/openid-configuration')
      json({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        userinfo_endpoint: `${issuer}/userinfo`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        code_challenge_methods_supported: ['S256'],
        authorization_response_iss_parameter_supported: true,
      });
    else response.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  issuer = `http://${host}:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    /** The next token is a good one but for this. */
    wish: (over: Partial<Wish>) => {
      wish = { claims: {}, foreignKey: false, ...over };
    },
    close: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    },
  };
}
