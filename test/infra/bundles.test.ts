/** What is deployed as code: small, and whole. */

import { isBuiltin } from 'node:module';
import { beforeAll, expect, it } from 'vitest';
import { bundles } from './synth.ts';

/** What a bundle may weigh. */
const maxBytes = 600 * 1024;
/**
 * Stripe's package alone is 240 KB, and gives no part of itself; zod, DynamoDB's client and what all clients share are 240 more. A tool has
 * nothing else of that size, but the store with its budgets. `inbox` has all pages (44 KB), every rule of a task's moves (67), three clients of AWS (68), a
 * validator of forms (22), time zones (23) and an issuer's client (34). The SDK of MCP is 190 KB, with the schemas of two revisions of its protocol.
 */
const heavier: Record<string, number> = {
  issue_refund: 614 * 1024,
  inbox: 617 * 1024,
  mcp: 619 * 1024,
};

let texts: Record<string, string>;
beforeAll(async () => {
  texts = await bundles();
  expect(Object.keys(texts)).toContain('issue_refund');
});

it('weigh at most 600 KB each, but three: 614 with Stripe’s package, 617 with all pages and an issuer’s client, 619 with the SDK of MCP', () => {
  const limitOf = (name: string) => heavier[name] ?? maxBytes;
  const heavy = Object.entries(texts).filter(([name, text]) => Buffer.byteLength(text) > limitOf(name));
  expect(heavy.map(([name, text]) => `${name}: ${Buffer.byteLength(text)} bytes`)).toEqual([]);
});

it('require nothing that is left out of them (infra/constructs/bundle.ts, `externalModules` and `neverLoads`)', () => {
  for (const [name, text] of Object.entries(texts)) {
    // Not where an error's words tell somebody to.
    const required = [...text.matchAll(/(?<!\[)\brequire\("([^"]+)"\)/g)].map(([, module]) => module ?? '');
    expect(required.length, name).toBeGreaterThan(0);
    expect(
      required.filter((module) => !isBuiltin(module)),
      name,
    ).toEqual([]);
  }
});

it('hold the directory only where a function reads it', () => {
  const holds = Object.entries(texts).filter(([, text]) => text.includes('@example.com'));
  expect(holds.map(([name]) => name).sort()).toEqual([
    'api',
    'approvals',
    'bindings',
    'decisions',
    'inbox',
    'mail',
    'mail-events',
    'media',
    'push',
    'scenarios',
    'scim',
    'steps',
    'tasks',
  ]);
});
