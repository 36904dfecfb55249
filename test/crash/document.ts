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

/** Replaces the sections of the paths that were taken; the others stay as they are. */
export function writeDocument(cases: readonly CrashCase[], outcomes: Outcomes): void {
  const taken = new Set(cases.map(({ path }) => path.name));
  rewrite(page, markers, (now) => {
    const kept = now.split(/^(?=### )/m).map((text) => text.trim());
    const sections = paths.flatMap(({ name }) => {
      if (taken.has(name)) return [section(name, cases, outcomes)];
      const heading = `${headingOf(name)}\n`;
      return kept.filter((text) => text.startsWith(heading));
    });
    return [summary(sections), ...sections].join('\n\n');
  });
}

const headingOf = (name: string): string => `### ${name[0]?.toUpperCase()}${name.slice(1)}`;

/** What a section says first: how many cases, how they ended, and when and of what that was. */
const verdictShape = /^### (.+)\n\n\*\*(\d+) cases, (.+?)\.\*\* (\S+), commit (.+?);/;

function summary(sections: readonly string[]): string {
  const rows = sections.map((text) => {
    const [, name = '', count = '', verdict = '', date = '', commit = ''] = verdictShape.exec(text) ?? [];
    return [name, count, verdict, date, commit];
  });
  const all = rows.reduce((sum, [, count]) => sum + Number(count), 0);
  return `**${all} cases.**\n\n${table(['path', 'cases', '', 'date', 'commit'], rows)}`;
}

function verdictOf(own: readonly CrashCase[], outcomes: Outcomes): string {
  const failed = own.filter(({ name }) => !outcomes.has(name));
  const verdict = failed.length === 0 ? 'all ended well' : `${failed.length} failed`;
  return `**${own.length} cases, ${verdict}.** ${today()}, commit ${commit(page)}; ${versionsText()}; ${machine()}.`;
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
    headingOf(name),
    verdictOf(own, outcomes),
    tableOf('call', Object.keys(faults)),
    tableOf('event', Object.keys(repeats)),
  ].join('\n\n');
}
