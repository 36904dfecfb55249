/** What a command leaves behind: an answer on stdout, a sentence on stderr, an exit code. */

import { stripVTControlCharacters, styleText } from 'node:util';
import { CommanderError } from 'commander';
import { visible } from '../../core/visible.ts';
import { ApiError, ConnectionError } from '../sdk/errors.ts';

export const exitCodes = {
  ok: 0,
  /** Understood, and refused or failed. */
  failed: 1,
  /** The arguments make no sense. */
  usage: 2,
  /** An audit chain does not verify. */
  unverified: 3,
  /** There is no key or session, or it may not do this. */
  denied: 4,
  /** There is no such thing, or not for this tenant. */
  notFound: 5,
  /** The deployment can't be reached, or asks to come again later. */
  unavailable: 6,
  /** What was waited for has ended, but not as COMPLETED. */
  ended: 7,
  /** Ctrl-C. */
  interrupted: 130,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The exit codes, for the end of the help. */
export const exitCodesInWords = `0 done, 1 refused or failed, 2 not understood, 3 an audit chain does not verify,
  4 not allowed, 5 not found, 6 not reachable now, 7 an intent ended other than completed, 130 interrupted`;

/** Something that the person at the keyboard can put right; the message is a sentence that says how. */
export class Refused extends Error {
  override readonly name = 'Refused';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode = exitCodes.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Prints the answer: one JSON value with `--json`, else the text. */
export function answer(json: boolean | undefined, value: object, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value, null, 2) : text}\n`);
}

/** Prints one of many as it comes: a line of JSON with `--json`, else the text. */
export function tell(json: boolean | undefined, value: object, text: string): void {
  process.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
}

/** Says something beside the answer, for whoever watches: on stderr. */
export const note = (text: string): void => void process.stderr.write(`${text}\n`);

type Style = Parameters<typeof styleText>[0];

/** Styled where stdout is a terminal that takes colours; NO_COLOR, FORCE_COLOR and pipes are heeded. */
const styled =
  (style: Style) =>
  (text: string): string =>
    styleText(style, text, { stream: process.stdout });

export const strong = styled('bold');
export const soft = styled('dim');
export const good = styled('green');
export const bad = styled('red');
export const waits = styled('yellow');

/** An intent's or task's status in its colour. */
export function statusWord(status: string): string {
  if (['COMPLETED', 'decided', 'active'].includes(status)) return good(status);
  if (['FAILED', 'CANCELED', 'TIMED_OUT', 'expired', 'revoked'].includes(status)) return bad(status);
  return ['WAITING', 'open'].includes(status) ? waits(status) : status;
}

/** What an agent or another person wrote, on one line: nothing in it reaches the terminal as a command. */
export const plain = (text: string): string => visible(text.replaceAll(/\s+/g, ' '));

const widthOf = (text: string): number => stripVTControlCharacters(text).length;

/** Rows under their titles, each column as wide as its widest cell. */
export function columns(titles: string[], rows: string[][]): string {
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => widthOf(row[column] ?? ''))),
  );
  const line = (cells: string[]) =>
    cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell))).join('  ');
  const [head = '', ...lines] = [titles, ...rows].map((cells) => line(cells).trimEnd());
  return [strong(head), ...lines].join('\n');
}

/** Name and value, one under the other. Values that are undefined are left out. */
export function facts(rows: (readonly [string, string | undefined])[]): string {
  const shown = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${soft(name.padEnd(width))}  ${value}`).join('\n');
}

const byName: Record<string, string> = {
  CredentialsProviderError:
    'No AWS credentials were found: set AWS_PROFILE, log in with aws sso login, or use --local.',
  ExpiredTokenException: 'The AWS credentials have expired: log in again.',
  ExpiredToken: 'The AWS credentials have expired: log in again.',
};

/** What can be done about a refusal of the API, by its status. */
function adviceFor({ status, code, retryAfterSeconds }: ApiError): string {
  if (code === 'missing_actor_token' || code === 'invalid_actor_token')
    return ' holdpoint login signs you in; a key needs --may-decide-as.';
  if (status === 401) return ' Is the key right, and of this deployment? holdpoint context list shows which is meant.';
  if (status === 429 || status >= 500)
    return ` Try again ${retryAfterSeconds === undefined ? 'later' : `in ${retryAfterSeconds} s`}.`;
  return '';
}

function exitCodeOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.denied;
  if (status === 404) return exitCodes.notFound;
  return status === 429 || status >= 500 ? exitCodes.unavailable : exitCodes.failed;
}

/** Any error as one sentence that says what to do. */
export function sentenceOf(error: unknown): string {
  if (error instanceof CommanderError) {
    const said = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
    const sentence = said.charAt(0).toUpperCase() + said.slice(1);
    return `${/[.?)]$/.test(sentence) ? sentence : `${sentence}.`} --help shows how.`;
  }
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Refused) return error.message;
  if (error instanceof ApiError)
    return `${plain(error.message).replace(/[^.?!]$/, '$&.')} (${plain(error.code)})${adviceFor(error)}`;
  if (error instanceof ConnectionError)
    return `${error.message} Is its address right, and does it run? holdpoint doctor looks.`;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND')
    return `AWS could not be reached (${code}): check --region and the network; with --local, start it with npm start.`;
  if (/region is missing/i.test(error.message)) return 'No AWS region is set: add --region or set AWS_REGION.';
  return byName[error.name] ?? `${error.name}: ${error.message.replace(/\s*\n\s*/g, ' ')}`;
}

/** An error as one line of JSON: with AXP's code and details where the API refused. */
export const errorLine = (error: unknown): string =>
  JSON.stringify({
    error: sentenceOf(error),
    exit_code: exitCodeOf(error),
    ...(error instanceof ApiError ? { code: error.code, status: error.status, details: error.details } : {}),
  });

/** The exit code that an error leaves. */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof Refused) return error.exitCode;
  if (error instanceof ApiError) return exitCodeOfStatus(error.status);
  return error instanceof ConnectionError ? exitCodes.unavailable : exitCodes.failed;
}
