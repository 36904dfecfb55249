/** What a run of `npm run test:iam` showed, as docs/least-privilege.md: each file of tests writes its own part. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { table, whole } from '../../price/text.ts';
import { commit, machine, rewrite, today, versionsText } from '../documents.ts';
import type { NameOf } from './names.ts';
import { needs } from './needs.ts';
import { onlyOnAws } from './only-on-aws.ts';
import type { Place } from './places.ts';
import type { Right } from './rights.ts';
import { filesBefore } from './rights-last.ts';
import { type Finding, permissionFor, permitted, type Secret, secretKinds } from './secrets.ts';

const page = 'docs/least-privilege.md';

/** Replaces what stands between the part's markers. */
const write = (part: string, text: string): void =>
  rewrite(page, [`<!-- ${part}: made by npm run test:iam -->`, `<!-- ${part}: end -->`], () => text);

const deployedFiles = (): number =>
  ['deployed', 'browser']
    .flatMap((kind) => readdirSync(join(import.meta.dirname, '..', kind)))
    .filter((name) => name.endsWith('.test.ts')).length;

const circumstances = (): string =>
  [
    `${today()}, commit ${commit(page)}`,
    versionsText(),
    `after ${process.env[filesBefore]} of ${deployedFiles()} files of tests of the deployed stack`,
    machine(),
  ].join('; ');

const keysOf = ({ keys = [] }: Right): string =>
  keys.length === 0 ? '' : `, keys ${keys.map((key) => `\`${key}\``).join(', ')}`;

/** `shown`: texts of the rights without which the probe has failed, and with which it passed again. */
export function writeRights(given: {
  granted: readonly Right[];
  seen: ReadonlySet<string>;
  shown: ReadonlySet<string>;
  textOf: (right: Right) => string;
  nameOf: NameOf;
}): void {
  const { granted, seen, shown, textOf, nameOf } = given;
  const used = granted.flatMap((right) => {
    const need = needs[right.function]?.find(([action, on]) => action === right.action && on === nameOf(right.arn));
    if (!need) return [];
    const [action, on, probe, why] = need;
    const trail = seen.has(textOf(right)) ? 'seen' : '**not seen**';
    return [
      [
        right.function,
        `\`${action}\``,
        on + keysOf(right),
        why,
        trail,
        shown.has(textOf(right)) ? probe : `**failed**: ${probe}`,
      ],
    ];
  });
  const services = onlyOnAws.flatMap(({ actions, resource, reason }) =>
    actions.map((action) => {
      const holders = granted.filter((right) => right.action === action && resource.test(nameOf(right.arn)));
      const on = [...new Set(holders.map(({ arn }) => nameOf(arn)))].join(', ');
      return [[...new Set(holders.map((right) => right.function))].join(', '), `\`${action}\``, on, reason];
    }),
  );
  const failed = used.filter((row) => row.some((cell) => cell.startsWith('**'))).length;
  write(
    'rights',
    [
      `${circumstances()}.`,
      `**${used.length} rights that functions use, ${failed === 0 ? 'each seen in the trail and each missed by its probe' : `${failed} failed`}.**`,
      table(['function', 'action', 'on', 'what for', 'trail', 'fails without it'], used),
      `### ${services.length} more actions that only AWS uses`,
      table(['functions', 'action', 'on', 'why it is granted'], services),
    ].join('\n\n'),
  );
}

/** `planted`: what was put where it must not be, and was found. */
export function writeSecrets(given: {
  secrets: readonly Secret[];
  places: readonly Place[];
  found: readonly Finding[];
  planted: readonly string[];
}): void {
  const { secrets, places, found, planted } = given;
  const rows = secretKinds.map((kind) => {
    const wrong = found.filter((one) => one.kind === kind && !permissionFor(one)).map(({ place }) => place);
    const count = secrets.filter((secret) => secret.kind === kind).length;
    return [kind, whole(count), wrong.length === 0 ? 'nowhere' : `**failed**: ${[...new Set(wrong)].join('; ')}`];
  });
  const bytes = places.reduce((sum, place) => sum + place.bytes.length, 0);
  write(
    'secrets',
    [
      `${circumstances()}. ${whole(places.length)} places, ${whole(bytes / 1e6)} MB.`,
      table(['what', 'known', 'found where it must not be'], rows),
      '### Where each has to be',
      table(
        ['what', 'where', 'why'],
        permitted.map(({ kind, places: where, reason }) => [
          kind,
          [...new Set(found.filter((one) => one.kind === kind && where.test(one.place)).map(({ place }) => place))]
            .map((place) => place.replace(/(disk: aws\/(?:s3|tmp))\/.*/, '$1'))
            .filter((place, at, all) => all.indexOf(place) === at)
            .join('; '),
          reason,
        ]),
      ),
      '### Planted afterwards, and found',
      planted.length === 0 ? '**failed**' : planted.map((one) => `- ${one}`).join('\n'),
    ].join('\n\n'),
  );
}
