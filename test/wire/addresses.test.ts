import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../core/errors.ts';
import { ownAddress, wholeAddress } from '../../wire/addresses.ts';

const tenant = 'acme/shop';

describe('an address', () => {
  it.each([
    ['agent://acme/shop/bot', 'agent://acme/shop/bot'],
    ['acme/shop/bot', 'agent://acme/shop/bot'],
    ['bot', 'agent://acme/shop/bot'],
    ['agent://bot', 'agent://acme/shop/bot'],
    ['agent://acme/bot', 'agent://acme/bot'],
    // Another tenant's name: a mailbox within ours, nothing crosses.
    ['agent://other/place/bot', 'agent://other/place/bot'],
    ['B.o_t-1', 'agent://acme/shop/B.o_t-1'],
  ])('%s means %s', (given, whole) => {
    expect(wholeAddress(given, tenant, 'to_agent')).toBe(whole);
  });

  it.each([
    '',
    'agent://',
    'a/b/c/d',
    'agent://acme//bot',
    '/bot',
    'bot/',
    'bot name',
    'bot\n',
    'https://acme/shop',
    'agent://agent://bot',
    '.bot',
    'böt',
    'a'.repeat(128),
    'bot#1',
  ])('%j is none, and the field is named', (given) => {
    expect(() => wholeAddress(given, tenant, 'to_agent')).toThrow(InvalidInput);
    expect(() => wholeAddress(given, tenant, 'to_agent')).toThrow(
      expect.objectContaining({ details: { field: 'to_agent' } }),
    );
  });

  it('of the deployment is an address within the tenant', () => {
    expect(wholeAddress(ownAddress(tenant), tenant, 'x')).toBe(ownAddress(tenant));
  });
});
