import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { stack } from '../deployed/world.ts';

it('keeps a trail', () => {
  expect(existsSync(stack.trail ?? '')).toBe(true);
});
