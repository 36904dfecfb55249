/** One-time codes: eight digits, mailed on their own, good once, for one person and one purpose. */

import { scryptSync, timingSafeEqual } from 'node:crypto';
import { InvalidInput } from './errors.ts';
import type { Context } from './ports.ts';

/** What a code is good for, and nothing else: deciding by one link, or one sign-in; the hash of the secret that it takes besides. */
type Purpose = `link#${string}` | `sign-in#${string}`;

/** The newest code of a purpose. */
export interface Code {
  purpose: Purpose;
  /** Random; the digits are derived from it where they are mailed. */
  codeId: string;
  /** Absent where somebody asked whom the directory doesn't know: such a code is never mailed. */
  personId?: string | undefined;
  /** What the mail says that it is for. */
  about: string;
  createdAt: string;
  expiresAt: string;
  /** How often something else was entered. */
  wrong: number;
  /** Set when it is mailed: the hash of its digits, and the address. */
  hash?: string;
  mail?: string;
  /** When it was entered, and the hash of what was sent with it. */
  used?: { at: string; with: string };
  version: number;
}

/** How many codes somebody asked for, since when. */
export interface Asks {
  since: string;
  count: number;
  version: number;
}

export const codeSeconds = 10 * 60;
export const maxWrong = 5;

/** More than one person needs in the time; whoever guesses gets fifty tries at a hundred million numbers. */
export const maxAsks = 10;
export const askSeconds = 15 * 60;

/** The same form sent again with its code is taken for this long: its answer may have been lost. */
export const repeatSeconds = 2 * 60;

const after = (iso: string, seconds: number): string => new Date(Date.parse(iso) + seconds * 1000).toISOString();

const isOver = (end: string, now: string): boolean => Date.parse(end) <= Date.parse(now);

const wrongCode = (message: string) => new InvalidInput(message, { field: 'code' }, 'code_wrong');

/** A new code; it replaces the one before. */
export const newCode = (
  before: Code | undefined,
  asked: Pick<Code, 'purpose' | 'personId' | 'about'>,
  { now, newId }: Context,
): Code => ({
  ...asked,
  codeId: newId(),
  createdAt: now,
  expiresAt: after(now, codeSeconds),
  wrong: 0,
  version: (before?.version ?? 0) + 1,
});

/** One more code asked for. Throws InvalidInput `too_many_codes`. */
export function oneMore(before: Asks | undefined, now: string): Asks {
  const version = (before?.version ?? 0) + 1;
  const end = before && after(before.since, askSeconds);
  if (!before || !end || isOver(end, now)) return { since: now, count: 1, version };
  if (before.count >= maxAsks) {
    const seconds = Math.ceil((Date.parse(end) - Date.parse(now)) / 1000);
    const minutes = Math.ceil(seconds / 60);
    throw new InvalidInput(
      `Too many codes were asked for. Ask again in ${minutes} minutes.`,
      { field: 'code', retry_after_seconds: seconds },
      'too_many_codes',
    );
  }
  return { ...before, count: before.count + 1, version };
}

/** Eight digits of a MAC. */
export const digitsOf = (mac: Uint8Array): string =>
  String(Buffer.from(mac).readBigUInt64BE() % 100_000_000n).padStart(8, '0');

/** Slow on purpose: a hundred million numbers are soon tried with a fast one. The code's id is its salt. */
export const codeHash = (digits: string, codeId: string): string =>
  scryptSync(digits, codeId, 32, { N: 16_384, r: 8, p: 1 }).toString('hex');

/** The code, once its digits are on their way; undefined where it is not to be mailed any more. */
export function mailed(code: Code | undefined, codeId: string, digits: string, mail: string, now: string) {
  if (!code || code.codeId !== codeId || code.used || isOver(code.expiresAt, now)) return undefined;
  return { ...code, hash: codeHash(digits, codeId), mail, version: code.version + 1 };
}

export interface Entry {
  /** As somebody typed it. */
  digits: string;
  /** Who must have been mailed it, where that is known. */
  personId?: string;
  /** Hash of what is sent with it: only the same may be sent again. */
  with: string;
}

export type Trial =
  /** `keep`: what must be stored before it counts. */
  { right: true; code: Code; keep?: Code } | { right: false; says: InvalidInput; keep?: Code };

/** What an entry is worth. A wrong one takes as long as a right one, and as one for a code that nobody was mailed. */
export function tried(code: Code | undefined, entry: Entry, now: string, hash = codeHash): Trial {
  if (!code || isOver(code.expiresAt, now))
    return { right: false, says: wrongCode('This code is not good any more. Ask for a new one.') };
  if (code.wrong >= maxWrong)
    return { right: false, says: wrongCode('This code was entered wrong too often. Ask for a new one.') };
  const entered = Buffer.from(hash(entry.digits.replace(/[\s-]/g, ''), code.codeId));
  const ofPerson = entry.personId === undefined || entry.personId === code.personId;
  if (!code.hash || !ofPerson || !timingSafeEqual(entered, Buffer.from(code.hash))) return wrongTrial(code);
  if (!code.used) {
    const keep = { ...code, used: { at: now, with: entry.with }, version: code.version + 1 };
    return { right: true, code: keep, keep };
  }
  if (code.used.with === entry.with && !isOver(after(code.used.at, repeatSeconds), now)) return { right: true, code };
  return { right: false, says: wrongCode('This code was used. Ask for a new one.') };
}

function wrongTrial(code: Code): Trial {
  const keep = { ...code, wrong: code.wrong + 1, version: code.version + 1 };
  const left = maxWrong - keep.wrong;
  const more = left === 0 ? 'Ask for a new one.' : `${left} ${left === 1 ? 'try is' : 'tries are'} left.`;
  return { right: false, says: wrongCode(`This is not the code. ${more}`), keep };
}
