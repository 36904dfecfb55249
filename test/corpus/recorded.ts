/** The corpus as it lies in the folders beside this file, one for each version. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scene } from './house.ts';
import { shapesOf } from './shape.ts';

export const folder = import.meta.dirname;

/** Oldest first. */
export const versions = (): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));

/** One scene a line. */
export const scenesOf = (version: string): Scene[] =>
  readdirSync(join(folder, version)).flatMap((file) =>
    readFileSync(join(folder, version, file), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Scene),
  );

export const newest = (): Scene[] => scenesOf(versions().at(-1) ?? '');

/** Those of them that the newest folder does not have. */
export function unknownOf(shapes: readonly string[]): string[] {
  const known = new Set(newest().flatMap(shapesOf));
  return [...new Set(shapes)].filter((shape) => !known.has(shape));
}
