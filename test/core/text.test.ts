import fc from 'fast-check';
import { expect, it } from 'vitest';
import { firstOf, lastOf, shortened } from '../../core/text.ts';

const text = fc.string({
  unit: fc.oneof(fc.constant('😀'), fc.constant('é'), fc.string({ minLength: 1, maxLength: 1 })),
});
const length = fc.integer({ min: 0, max: 12 });

it.each([
  ['the first', firstOf, (whole: string, part: string) => whole.startsWith(part)],
  ['the last', lastOf, (whole: string, part: string) => whole.endsWith(part)],
] as const)('%s of a text is as long as may be, and never half a character', (_, cut, isPart) => {
  fc.assert(
    fc.property(text, length, (whole, most) => {
      const part = cut(whole, most);
      expect(part.isWellFormed()).toBe(true);
      expect(isPart(whole, part)).toBe(true);
      expect(part.length).toBeLessThanOrEqual(most);
      expect(part.length).toBeGreaterThanOrEqual(Math.min(whole.length, most - 1));
    }),
  );
});

it('a text that is shortened says so, within its length', () => {
  fc.assert(
    fc.property(text, length, (whole, most) => {
      const short = shortened(whole, most);
      expect(short.isWellFormed()).toBe(true);
      if (whole.length <= most) expect(short).toBe(whole);
      else expect(short.endsWith('…')).toBe(true);
      if (most > 0) expect(short.length).toBeLessThanOrEqual(most);
    }),
  );
});
