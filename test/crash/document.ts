/** What a run of all cases showed, as docs/reliability.md. */

import { table } from '../../price/text.ts';
import { commit, machine, rewrite, today, versionsText } from '../documents.ts';
import { type CrashCase, faults, repeats } from './cases.ts';
import { paths } from './paths.ts';

const page = 'docs/reliability.md';
const markers = [
  '<!-- from here on made by npm run test:crash -->',
  '<!-- up to here made by npm run test:crash -->',
] as const;

/** How a case came to its end, in a few words; nothing where it failed. */
export type Outcomes = Map<string, string[]>;

/** Replaces the generated part of the document. */
export function writeDocument(cases: readonly CrashCase[], outcomes: Outcomes, seconds: number): void {
  const made = [summary(cases, outcomes, seconds), ...paths.map((path) => section(path.name, cases, outcomes))];
  rewrite(page, markers, () => made.join('\n\n'));
}

function summary(cases: readonly CrashCase[], outcomes: Outcomes, seconds: number): string {
  const failed = cases.filter(({ name }) => !outcomes.has(name));
  const count = (how: string) => cases.filter((each) => each.how === how).length;
  const verdict = failed.length === 0 ? 'all ended well' : `${failed.length} failed`;
  return [
    `**${cases.length} cases, ${verdict}**, in ${Math.round(seconds / 60)} minutes.`,
    table(
      ['', ''],
      [
        ['date', today()],
        ['commit', commit(page)],
        ['versions', versionsText()],
        ['machine', machine()],
        ...[...Object.keys(faults), ...Object.keys(repeats)].map((how) => [how, `${count(how)} cases`]),
      ],
    ),
  ].join('\n\n');
}

function section(name: string, cases: readonly CrashCase[], outcomes: Outcomes): string {
  const own = cases.filter(({ path }) => path.name === name);
  const cell = (what: string, how: string) => {
    const given = own.find((each) => each.what === what && each.how === how);
    if (!given) return '';
    const outcome = outcomes.get(given.name);
    return outcome ? outcome.join(', ') || '·' : '**failed**';
  };
  const rows = (hows: string[]) =>
    [...new Set(own.filter(({ how }) => hows.includes(how)).map(({ what }) => what))].map((what) => [
      what,
      ...hows.map((how) => cell(what, how)),
    ]);
  const tableOf = (first: string, hows: string[]) => table([first, ...hows], rows(hows));
  return [
    `### ${name[0]?.toUpperCase()}${name.slice(1)}`,
    tableOf('call', Object.keys(faults)),
    tableOf('event', Object.keys(repeats)),
  ].join('\n\n');
}
