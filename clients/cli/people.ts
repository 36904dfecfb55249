/** `holdpoint people`: the directory as it is now, and what an administrator does to one person at once. */

import type { Command } from 'commander';
import { atDeployment, type Where } from './arguments.ts';
import { addErase } from './erase.ts';
import { answer, columns, Refused, strong } from './outcome.ts';
import { directoryOf, type Here, here, personOf } from './person.ts';
import { addPersonExport } from './person-export.ts';
import { addTold } from './told.ts';

export function addPeople(program: Command): void {
  const people = program
    .command('people')
    .description('those who decide: listed, revoked, away, told, exported, erased');
  here(people.command('list'))
    .description('list everybody who may decide, with their roles')
    .option('--role <role>', 'only who holds this role')
    .action(list);
  here(people.command('show')).description('show one person').argument('<person>', 'id or mail address').action(show);
  here(people.command('revoke'))
    .description('kill all open links and sessions of a person, at once')
    .argument('<person>', 'id or mail address')
    .option('--mail-again', 'what they were asked before may be mailed to them again, with the next reminder')
    .action(revoke);
  here(people.command('away'))
    .description('out of office: who is asked in their place, from when until when')
    .argument('<person>', 'id or mail address')
    .option('--from <time>', 'ISO 8601; default: now')
    .option('--until <time>', 'ISO 8601')
    .option('--delegate <person>', 'who is asked instead; default: their backup')
    .option('--back', 'they are back')
    .action(away);
  addTold(people);
  atDeployment(people.command('scim-token'))
    .description("make an identity provider's bearer token; it is shown this once")
    .option('--name <text>', 'what the token is for', '')
    .action(scimToken);
  addErase(people);
  addPersonExport(people);
}

async function list(options: Here & { role?: string }) {
  const { withTarget } = await import('./target.ts');
  const directory = await withTarget(options, (target) => directoryOf(options, target));
  const people = options.role === undefined ? [...directory.everybody] : directory.withRole(options.role);
  people.sort((a, b) => a.name.localeCompare(b.name));
  const rows = people.map((one) => [one.id, one.name, one.mail, one.roles.join(', ') || '-', one.away?.until ?? '-']);
  answer(
    options.json,
    { people },
    rows.length === 0 ? 'There is nobody.' : columns(['PERSON', 'NAME', 'MAIL', 'ROLES', 'AWAY UNTIL'], rows),
  );
}

async function show(given: string, options: Here) {
  const { withTarget } = await import('./target.ts');
  const person = await withTarget(options, (target) => personOf(given, options, target));
  const rows = Object.entries(person).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  answer(options.json, person, columns(['FIELD', 'VALUE'], rows));
}

async function revoke(given: string, options: Here & { mailAgain?: true }) {
  const { withTarget } = await import('./target.ts');
  const { patchPerson } = await import('../../adapters/people.ts');
  const revokedAt = new Date().toISOString();
  const { listKeys } = await import('../../adapters/keys.ts');
  const { id, keys } = await withTarget(options, async (target) => {
    const person = await personOf(given, options, target);
    await patchPerson(target.client, target.tables.people, person.id, { revokedAt, mailAgain: options.mailAgain });
    const all = await listKeys(target.client, target.tables.control);
    // As a door finds the person: a key may name them by their address.
    const theirs = all.filter((key) => key.mayDecideAs === person.id || key.mayDecideAs === person.mail);
    return { id: person.id, keys: theirs.filter((key) => key.revokedAt === undefined).map(({ keyId }) => keyId) };
  });
  const next = options.mailAgain
    ? 'The next reminder of what they were asked brings a new link.'
    : 'What they were asked so far is not mailed to them again; --mail-again lets reminders do so.';
  answer(
    options.json,
    { person: id, revokedAt, mailAgain: options.mailAgain === true, keys },
    `All links and sessions of ${id} made until ${revokedAt} are dead.\n${keys.length === 0 ? '' : `Keys that decide as ${id} no more: ${keys.join(', ')}.\n`}${next}\nThey hold their roles still: what is asked from now on reaches them.`,
  );
}

const epoch = new Date(0).toISOString();

const timeOf = (given: string, command: Command): string => {
  const at = Date.parse(given);
  return Number.isNaN(at)
    ? command.error(`${given} is no time, such as 2026-12-24T17:00:00Z.`)
    : new Date(at).toISOString();
};

async function away(
  given: string,
  options: Here & { from?: string; until?: string; delegate?: string; back?: true },
  command: Command,
) {
  if (!options.back && options.until === undefined) command.error('Say until when, with --until; or --back.');
  const from = timeOf(options.from ?? new Date().toISOString(), command);
  const until = options.back ? from : timeOf(options.until as string, command);
  if (!options.back && until <= from) command.error('--until is after --from.');
  const { withTarget } = await import('./target.ts');
  const { patchPerson } = await import('../../adapters/people.ts');
  const { person, delegate } = await withTarget(options, async (target) => {
    const person = await personOf(given, options, target);
    const delegate = options.delegate === undefined ? undefined : await personOf(options.delegate, options, target);
    if (delegate?.id === person.id) throw new Refused(`${person.id} can't stand in for themselves.`);
    // An absence of the configuration is overlaid by one that is over.
    const over = person.away && { ...person.away, from: epoch, until: from };
    const absence = { from, until, ...(delegate ? { delegate: delegate.id } : {}) };
    await patchPerson(target.client, target.tables.people, person.id, { away: options.back ? over : absence });
    return { person, delegate };
  });
  answer(
    options.json,
    { person: person.id, from, until, delegate: delegate?.id ?? null, back: options.back === true },
    options.back
      ? `${person.id} is back. What was asked of others meanwhile stays with them.`
      : `${person.id} is out of office from ${from} until ${until}; ${delegate?.id ?? person.backup ?? 'nobody'} is asked instead, where they may decide.`,
  );
}

async function scimToken(options: Where & { name: string }) {
  const { withTarget } = await import('./target.ts');
  const { createProviderKey } = await import('../../adapters/keys.ts');
  const { key, token } = await withTarget(options, ({ client, tables }) =>
    createProviderKey(client, tables.control, { name: options.name, now: new Date().toISOString() }),
  );
  answer(
    options.json,
    { ...key, token },
    `Token ${key.keyId} for the identity provider:\n\n  ${strong(token)}\n\nIt is shown this once; only its hash is stored. holdpoint keys revoke ${key.keyId} revokes it.`,
  );
}
