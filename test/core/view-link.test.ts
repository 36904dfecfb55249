import { describe, expect, it } from 'vitest';
import { sha256 } from '../../core/hash.ts';
import { opens, viewHash, viewOf, viewToken } from '../../core/view-link.ts';
import * as given from './builders.ts';
import { type Story, story, waitingApproval } from './story.ts';

const apiKey = `hp_sa_0123456789abcdef_${'k'.repeat(43)}`;

const submitted = async () => {
  const told = await story({ viewHashOf: (id) => viewHash(apiKey, id) });
  return { told, token: viewToken(apiKey, await told.state()) as string };
};
const at = async (told: Story, token: string, now = given.start) => {
  const view = viewOf(token);
  return view !== undefined && opens(view.hash, await told.state(), now);
};

describe('the requester’s link', () => {
  it('leads to its intent, and is the same each time', async () => {
    const { told, token } = await submitted();
    expect(token).toMatch(/^[A-Za-z0-9_-]{70,}$/);
    expect(viewOf(token)?.ref).toEqual(told.ref);
    expect(await at(told, token)).toBe(true);
    expect(viewToken(apiKey, await told.state())).toBe(token);
  });

  it('only the key that submitted makes it, and only its hash is stored', async () => {
    const { told, token } = await submitted();
    const state = await told.state();
    expect(viewToken(`${apiKey.slice(0, -1)}x`, state)).toBeUndefined();
    const { told: before } = await waitingApproval();
    expect(viewToken(apiKey, await before.state())).toBeUndefined();
    const secret = Buffer.from(token, 'base64url').subarray(0, 32).toString('base64url');
    const stored = JSON.stringify([state, told.store.records(told.ref), await told.store.events(told.ref, 0, 100)]);
    expect(stored).toContain(sha256(secret));
    for (const raw of [secret, token, apiKey]) expect(stored).not.toContain(raw);
  });

  it('opens nothing once a bit of its secret is another, for another intent, or for one without', async () => {
    const { told, token } = await submitted();
    for (let bit = 0; bit < 256; bit += 1) {
      const bytes = Buffer.from(token, 'base64url');
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await at(told, bytes.toString('base64url'))).toBe(false);
    }
    const { told: other } = await submitted();
    const { told: without } = await waitingApproval();
    expect(
      opens(viewOf(token)?.hash ?? '', { ...(await other.state()), request: undefined } as never, given.start),
    ).toBe(false);
    expect(opens(viewOf(token)?.hash ?? '', await without.state(), given.start)).toBe(false);
  });

  it.each([
    '',
    'x',
    'A'.repeat(43),
    'A'.repeat(69),
    'A'.repeat(513),
    `${'A'.repeat(80)}=`,
    'ä'.repeat(80),
    `${'A'.repeat(80)}/`,
  ])('is none: %s', (token) => expect(viewOf(token)).toBeUndefined());

  it('shows an intent while it is open, and 30 days after its end', async () => {
    const { told, token } = await submitted();
    await told.escalate();
    const { ada } = await told.mail();
    expect(await at(told, token, given.later(given.start, 3000 * 86_400))).toBe(true);
    await told.decide(ada as string);
    const days = (n: number) => given.later(told.now(), n * 86_400);
    expect(await at(told, token, days(29.99))).toBe(true);
    expect(await at(told, token, days(30))).toBe(false);
  });
});
