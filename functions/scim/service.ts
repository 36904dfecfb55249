/** Users and groups of an identity provider: each use case reads the directory, and writes under the condition that it is still so. */

import type * as z from 'zod';
import type { DirectoryRows, GroupRow, PersonRow } from '../../adapters/directory.ts';
import type { DirectoryConfig } from '../../adapters/directory-schema.ts';
import type { Patch, Written } from '../../adapters/people.ts';
import type { Context } from '../../core/ports.ts';
import { firstOf } from '../../core/text.ts';
import { groupBody, type ListQuery, patchBody, ScimError, schemaIds, userBody } from '../../wire/scim.ts';
import { filterOf } from './filter.ts';
import { patched } from './patch.ts';
import { isProvisioned, rowOf, userOf, userOut } from './users.ts';

export interface Ports {
  config: DirectoryConfig;
  context: () => Context;
  rows: () => Promise<DirectoryRows>;
  provision: (id: string, patch: Patch & { userName: string }, before?: PersonRow) => Promise<Written>;
  removePerson: (before: PersonRow) => Promise<Written>;
  putGroup: (group: Omit<GroupRow, 'version'>, before?: GroupRow) => Promise<Written>;
  removeGroup: (before: GroupRow) => Promise<Written>;
  /** Where resources are, without a slash at the end. */
  base: string;
}

/** A decision reads the whole directory: about a megabyte of it at the most. */
const maxPeople = 2000;
const maxGroups = 500;

/** How often a write is tried anew after somebody else wrote first. */
const maxRounds = 8;

export function scimService(ports: Ports) {
  const { base, config } = ports;

  /** Reads, writes, and reads again where the row has changed meanwhile. */
  async function write<R>(round: (rows: DirectoryRows) => Promise<{ written: Written; answer: R }>): Promise<R> {
    for (let i = 0; i < maxRounds; i += 1) {
      const { written, answer } = await round(await ports.rows());
      if (written === 'done') return answer;
      if (written === 'taken')
        throw new ScimError(409, 'Another user has this userName or mail address.', 'uniqueness');
    }
    throw new ScimError(503, 'This is being changed by many at once.');
  }

  const person = ({ people }: DirectoryRows, id: string): PersonRow =>
    people.find((one) => one.id === id && isProvisioned(one)) ?? notFound();
  const group = ({ groups }: DirectoryRows, id: string): GroupRow => groups.find((one) => one.id === id) ?? notFound();

  /** One mail address or user name is one person: whoever were two could decide twice. */
  function requireOwn(rows: DirectoryRows, id: string, patch: Patch & { userName: string }): void {
    const mine = names(patch);
    if (config.people.some((one) => mine.has(one.mail.toLowerCase())))
      throw new ScimError(409, 'This person is of the configuration file: take them out there first.', 'uniqueness');
    const other = rows.people.find(
      (one) => one.id !== id && isProvisioned(one) && [...names(one)].some((name) => mine.has(name)),
    );
    if (other) throw new ScimError(409, 'Another user has this userName or mail address.', 'uniqueness');
  }

  const store = (given: (before: PersonRow) => unknown, find?: string) =>
    write(async (rows) => {
      const { now, newId } = ports.context();
      const before = find === undefined ? undefined : person(rows, find);
      const user = parsed(userBody, given(before as PersonRow));
      const id = before?.id ?? newId();
      if (!before && rows.people.length >= maxPeople)
        throw new ScimError(507, `The directory holds at most ${maxPeople} people.`);
      const patch = rowOf(user, now, before);
      requireOwn(rows, id, patch);
      const written = await ports.provision(id, patch, before);
      return { written, answer: userOut({ ...before, ...patch, id }, rows, base) };
    });

  const storeGroup = (given: (rows: DirectoryRows, before: GroupRow) => unknown, find?: string) =>
    write(async (rows) => {
      const { now, newId } = ports.context();
      const before = find === undefined ? undefined : group(rows, find);
      if (!before && rows.groups.length >= maxGroups)
        throw new ScimError(507, `There are at most ${maxGroups} groups.`);
      const { displayName, externalId, members } = parsed(groupBody, given(rows, before as GroupRow));
      if (rows.groups.some((one) => one.id !== before?.id && one.displayName === displayName))
        throw new ScimError(409, 'Another group has this displayName.', 'uniqueness');
      const stored = {
        id: before?.id ?? newId(),
        displayName,
        ...(externalId === undefined ? {} : { externalId }),
        members: [...new Set(members.map(({ value }) => value))],
        createdAt: before?.createdAt ?? now,
        updatedAt: now,
      };
      const unknown = stored.members.find((id) => !rows.people.some((one) => one.id === id && isProvisioned(one)));
      if (unknown !== undefined) throw new ScimError(400, 'A member is not a user of this directory.', 'invalidValue');
      return { written: await ports.putGroup(stored, before), answer: groupOut(stored, rows, base) };
    });

  const users = {
    create: (body: unknown) => store(() => body),
    replace: (id: string, body: unknown) => store(() => body, id),
    patch(id: string, body: unknown) {
      const { Operations } = parsed(patchBody, body);
      return store((before) => patched(userOf(before), Operations), id);
    },
    async get(id: string) {
      const rows = await ports.rows();
      return userOut(person(rows, id), rows, base);
    },
    async list(query: ListQuery) {
      const rows = await ports.rows();
      const all = rows.people.filter(isProvisioned).map((one) => userOut(one, rows, base));
      return listed(all, query);
    },
    remove: (id: string) =>
      write(async (rows) => ({ written: await ports.removePerson(person(rows, id)), answer: undefined })),
  };

  const groups = {
    create: (body: unknown) => storeGroup(() => body),
    replace: (id: string, body: unknown) => storeGroup(() => body, id),
    patch(id: string, body: unknown) {
      const { Operations } = parsed(patchBody, body);
      return storeGroup((rows, before) => patched(groupResource(before, rows), Operations), id);
    },
    async get(id: string) {
      const rows = await ports.rows();
      return groupOut(group(rows, id), rows, base);
    },
    async list(query: ListQuery) {
      const rows = await ports.rows();
      const all = rows.groups.map((one) => groupOut(one, rows, base));
      return listed(all, query);
    },
    remove: (id: string) =>
      write(async (rows) => ({ written: await ports.removeGroup(group(rows, id)), answer: undefined })),
  };
  return { users, groups };
}

function notFound(): never {
  throw new ScimError(404, 'There is no such resource.');
}

const names = ({ userName, mail }: Patch): Set<string> =>
  new Set([userName, mail].flatMap((one) => one?.toLowerCase() ?? []));

/** Throws ScimError that names the first wrong attribute. */
function parsed<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const detail = `${issue?.path.join('.') || '(body)'}: ${issue?.message}`;
  throw new ScimError(400, firstOf(detail, 500), 'invalidValue');
}

/** Whoever was removed is no member any more. */
const membersOf = ({ members }: Pick<GroupRow, 'members'>, { people }: DirectoryRows): PersonRow[] =>
  members.flatMap((id) => people.find((one) => one.id === id && isProvisioned(one)) ?? []);

const groupResource = (row: GroupRow, rows: DirectoryRows) => ({
  displayName: row.displayName,
  ...(row.externalId === undefined ? {} : { externalId: row.externalId }),
  members: membersOf(row, rows).map(({ id }) => ({ value: id })),
});

const groupOut = (row: Omit<GroupRow, 'version'>, rows: DirectoryRows, base: string) => ({
  schemas: [schemaIds.group],
  id: row.id,
  displayName: row.displayName,
  ...(row.externalId === undefined ? {} : { externalId: row.externalId }),
  members: membersOf(row, rows).map(({ id, name }) => ({ value: id, display: name, $ref: `${base}/Users/${id}` })),
  meta: {
    resourceType: 'Group',
    created: row.createdAt,
    lastModified: row.updatedAt,
    location: `${base}/Groups/${row.id}`,
  },
});

/** A page of those meant, in the order of their ids. */
function listed(resources: { id: string }[], { filter, startIndex, count, ...chosen }: ListQuery) {
  const meant = resources.filter(filterOf(filter)).sort((a, b) => (a.id < b.id ? -1 : 1));
  const page = meant.slice(startIndex - 1, startIndex - 1 + count).map((one) => shown(one, chosen));
  return {
    schemas: [schemaIds.list],
    totalResults: meant.length,
    startIndex,
    itemsPerPage: page.length,
    Resources: page,
  };
}

/** Only the attributes that were asked for; `id` and `schemas` always. */
export function shown(
  resource: object,
  { attributes, excludedAttributes }: Pick<ListQuery, 'attributes' | 'excludedAttributes'>,
) {
  const has = (names: string[], key: string) =>
    names.some((name) => (name.split('.')[0] ?? '').toLowerCase() === key.toLowerCase());
  const kept = Object.entries(resource).filter(
    ([key]) =>
      ['id', 'schemas'].includes(key) ||
      ((!attributes || has(attributes, key)) && !(excludedAttributes && has(excludedAttributes, key))),
  );
  return Object.fromEntries(kept);
}
