/** Lengths of texts, and texts cut to one. Never through a character: half of one (a lone surrogate) is no text, and JSON and tables refuse it. */

/** Whether a text has more characters (code points) than these. */
export function exceeds(text: string, most: number): boolean {
  if (text.length <= most) return false;
  // A character has one or two units.
  if (text.length > 2 * most) return true;
  return [...text].length > most;
}

/** The first of a text: at most so many UTF-16 units, as `length` counts. */
export const firstOf = (text: string, length: number): string => withoutHalf(text.slice(0, length), /[\ud800-\udbff]$/);

/** The last of a text, likewise. */
export const lastOf = (text: string, length: number): string =>
  length === 0 ? '' : withoutHalf(text.slice(-length), /^[\udc00-\udfff]/);

/** A text, or its first with `…` in the place of the rest: at most so many units in all. */
export const shortened = (text: string, length: number): string =>
  text.length > length ? `${firstOf(text, Math.max(length - 1, 0))}…` : text;

const withoutHalf = (text: string, half: RegExp): string => text.replace(half, '');
