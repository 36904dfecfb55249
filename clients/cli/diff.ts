/** How one text became another, where they differ in one place. */

export interface DiffLine {
  sign: '+' | '-' | ' ';
  line: string;
}

/** Lines around a change that are shown too. */
const around = 3;

/** What is between the lines that both begin with and those that both end with, with some lines around it. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [old, now] = [before, after].map((text) => (text === '' ? [] : text.replace(/\n$/, '').split('\n')));
  if (!old || !now) return [];
  const shorter = Math.min(old.length, now.length);
  let first = 0;
  while (first < shorter && old[first] === now[first]) first += 1;
  let last = 0;
  while (last < shorter - first && old.at(-1 - last) === now.at(-1 - last)) last += 1;
  const as = (sign: DiffLine['sign'], lines: string[]): DiffLine[] => lines.map((line) => ({ sign, line }));
  return [
    ...as(' ', now.slice(Math.max(0, first - around), first)),
    ...as('-', old.slice(first, old.length - last)),
    ...as('+', now.slice(first, now.length - last)),
    ...as(' ', now.slice(now.length - last, now.length - last + around)),
  ];
}
