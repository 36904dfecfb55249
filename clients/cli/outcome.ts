/** What a command leaves behind: an answer on stdout, a sentence on stderr, an exit code. */

import { styleText } from 'node:util';
import { CommanderError } from 'commander';

export const exitCodes = {
  ok: 0,
  /** Understood, and refused or failed. */
  failed: 1,
  /** The arguments make no sense. */
  usage: 2,
  /** An audit chain does not verify. */
  unverified: 3,
} as const;

/** Something that the person at the keyboard can put right; the message is a sentence that says how. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Prints the answer: one JSON value with `--json`, else the text. */
export function answer(json: boolean | undefined, value: object, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text}\n`);
}

export const strong = (text: string): string => styleText('bold', text, { stream: process.stdout });

/** Rows under their titles, each column as wide as its widest cell. */
export function columns(titles: string[], rows: string[][]): string {
  const widths = titles.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return [line(titles), ...rows.map(line)].map((row) => row.trimEnd()).join('\n');
}

const byName: Record<string, string> = {
  CredentialsProviderError:
    'No AWS credentials were found: set AWS_PROFILE, log in with aws sso login, or use --local.',
  ExpiredTokenException: 'The AWS credentials have expired: log in again.',
  ExpiredToken: 'The AWS credentials have expired: log in again.',
};

/** Any error as one sentence that says what to do. */
export function sentenceOf(error: unknown): string {
  if (error instanceof CommanderError) {
    const said = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
    const sentence = said.charAt(0).toUpperCase() + said.slice(1);
    return `${/[.?)]$/.test(sentence) ? sentence : `${sentence}.`} --help shows how.`;
  }
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Refused) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return `AWS could not be reached (${code}): check --region and the network; with --local, start it with npm start.`;
  if (/region is missing/i.test(error.message)) return 'No AWS region is set: add --region or set AWS_REGION.';
  return byName[error.name] ?? `${error.name}: ${error.message.replace(/\s*\n\s*/g, ' ')}`;
}
