/** Sign-in by an issuer of the deployment's choice (OpenID Connect): code flow with PKCE, state and nonce. */

import * as oidc from 'openid-client';
import { fromSecret } from './secret.ts';

export interface Issuer {
  issuer: string;
  clientId: string;
  /** Where the client's secret is; empty for a client that has none. */
  secretArn: string;
  /** Where the issuer sends people back to. */
  redirectUri: string;
}

/** What the browser keeps between leaving and coming back. */
export interface Pending {
  state: string;
  nonce: string;
  verifier: string;
}

/** The issuer's addresses and keys, and the client's secret, are read anew after this long. */
const keptMs = 10 * 60_000;

export function openIssuer({ issuer, clientId, secretArn, redirectUri }: Issuer) {
  const secretOf =
    secretArn === '' ? async () => undefined : fromSecret(secretArn, "The issuer's client secret", (secret) => secret);
  let known: { config: Promise<oidc.Configuration>; until: number } | undefined;

  async function discover(): Promise<oidc.Configuration> {
    const secret = await secretOf();
    // The configuration takes such an address on this machine only.
    const isPlain = issuer.startsWith('http:');
    return oidc.discovery(new URL(issuer), clientId, secret, secret === undefined ? oidc.None() : undefined, {
      // The ID token's signature is checked too, not only where it comes from.
      execute: [oidc.enableNonRepudiationChecks, ...(isPlain ? [oidc.allowInsecureRequests] : [])],
      timeout: 5,
    });
  }

  /** Of those who ask at once one asks the issuer; a failure is not kept. */
  function configuration(): Promise<oidc.Configuration> {
    if (known && Date.now() < known.until) return known.config;
    const config = discover();
    known = { config, until: Date.now() + keptMs };
    config.catch(() => {
      known = undefined;
    });
    return config;
  }

  return {
    /** Where to send the browser, and what it is to keep meanwhile. */
    async begin(): Promise<{ url: string; pending: Pending }> {
      const config = await configuration();
      const pending = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
      };
      const url = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email',
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, pending };
    },

    /**
     * Whom the issuer vouches for: a mail address that it has verified; undefined where it says none.
     * Throws where the answer is not one to what was asked: state, nonce, audience, issuer, signature or time are wrong.
     */
    async finish(query: string, { state, nonce, verifier }: Pending): Promise<string | undefined> {
      const config = await configuration();
      const answer = await oidc.authorizationCodeGrant(config, new URL(`${redirectUri}?${query}`), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = answer.claims();
      if (!claims) return undefined;
      // Many issuers tell the address only where it is asked for with the access token.
      const said =
        claims.email === undefined ? await oidc.fetchUserInfo(config, answer.access_token, claims.sub) : claims;
      return said.email_verified === true && typeof said.email === 'string' ? said.email : undefined;
    },
  };
}
