/** Files that hold keys and sessions: readable by their owner alone, and never half written. */

import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type * as z from 'zod';
import { Refused } from './outcome.ts';

const ownersOnly = 0o600;

/** What the file holds, undefined where there is none. Throws Refused where it is not what was written, or open to others. */
export function readPrivate<T>(file: string, schema: z.ZodType<T>): T | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new Refused(`${file} can't be read (${code}).`);
  }
  // Windows has no such bits.
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0)
    throw new Refused(`${file} holds keys and others may read it: chmod 600 ${file}, and think of making new keys.`);
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new Refused(
      `${file} is not what this command wrote: put it right, or remove it and add your contexts again.`,
    );
  }
}

/** Puts the file in place whole, with mode 0600, in a folder that is its owner's alone where it is made here. */
export function writePrivate(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}`;
  try {
    writeFileSync(beside, text, { mode: ownersOnly, flag: 'wx' });
    chmodSync(beside, ownersOnly);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new Refused(`${file} can't be written (${(error as NodeJS.ErrnoException).code}).`);
  }
}
