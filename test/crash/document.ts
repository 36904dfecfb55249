/** What a run of all cases showed, as docs/reliability.md. */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { table } from '../../price/text.ts';
import { type CrashCase, faults, repeats } from './cases.ts';
import { paths } from './paths.ts';

const root = join(import.meta.dirname, '..', '..');
const file = join(root, 'docs', 'reliability.md');
const begin = '<!-- from here on made by npm run test:crash -->';
const end = '<!-- up to here made by npm run test:crash -->';

/** How a case came to its end, in a few words; nothing where it failed. */
export type Outcomes = Map<string, string[]>;

/** Replaces the sections of the paths that were taken; the others stay as they are. */
export function writeDocument(cases: readonly CrashCase[], outcomes: Outcomes): void {
  const [before, rest] = readFileSync(file, 'utf8').split(begin);
  const [made, after] = rest?.split(end) ?? [];
  if (before === undefined || made === undefined || after === undefined)
    throw new Error(`${file} has lost its markers`);
  const taken = new Set(cases.map(({ path }) => path.name));
  const kept = made.split(/^(?=### )/m).map((text) => text.trim());
  const sections = paths.flatMap(({ name }) => {
    if (taken.has(name)) return [section(name, cases, outcomes)];
    const heading = `${headingOf(name)}\n`;
    return kept.filter((text) => text.startsWith(heading));
  });
  writeFileSync(file, `${before}${begin}\n\n${[summary(sections), ...sections].join('\n\n')}\n\n${end}${after}`);
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
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GB, ${platform()} ${arch()}`;
  const date = new Date().toISOString().slice(0, 10);
  return `**${own.length} cases, ${verdict}.** ${date}, commit ${commit()}; ${versions()}; ${machine}.`;
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

const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/** The commit, and whether anything but this document differs from it. */
function commit(): string {
  const changed = git('status', '--porcelain', '--', '.', ':!docs/reliability.md') === '' ? '' : ', with changes';
  return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
}

function versions(): string {
  const installed = (name: string) =>
    JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version as string;
  const requirements = readFileSync(join(root, 'local', 'emulator', 'requirements.txt'), 'utf8');
  const emulator = /^ministack==(.+)$/m.exec(requirements)?.[1];
  return [
    `Holdpoint ${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}`,
    `Node ${installed('node')}`,
    `MiniStack ${emulator}`,
    `CDK ${installed('aws-cdk-lib')}`,
    `AWS SDK ${installed('@aws-sdk/client-dynamodb')}`,
    `Stripe ${installed('stripe')}`,
  ].join(', ');
}
