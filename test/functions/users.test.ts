/** Nicks, invites and payload schemas, over rows in memory. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiKey } from '../../adapters/keys.ts';
import { sha256 } from '../../core/hash.ts';
import * as schemas from '../../functions/registry/schemas.ts';
import * as users from '../../functions/registry/users.ts';
import * as answers from '../../wire/user-answers.ts';
import { createInvite, upsertSchema } from '../../wire/users.ts';
import { later, start, tenant } from '../core/builders.ts';
import { memoryClient } from './memory-client.ts';

const keyOf = (name: string, more: Partial<ApiKey> = {}): ApiKey => ({
  keyId: name,
  tenant,
  agent: `agent://${tenant}/${name}`,
  name,
  createdAt: start,
  ...more,
});
const bot = keyOf('bot');
const other = keyOf('other');
const manager = keyOf('manager', { scopes: ['accounts:manage'] });
const known = (key: string, hash = 'h') => ({ key, requestHash: hash });

let memory: ReturnType<typeof memoryClient>;
let now: string;
const ports = () => ({ client: memory.client, table: 'Control', now, baseUrl: 'https://holdpoint.example' });
beforeEach(() => {
  memory = memoryClient();
  now = start;
});

const register = (nick = '@Parcel.Bot', key = bot, repeat?: ReturnType<typeof known>) =>
  users.register(ports(), key, { nick, display_name: 'Parcels', phone: '+49 1', email: 'p@example.com' }, repeat);
const registered = async (nick?: string, key?: ApiKey) =>
  answers.registeredNick.parse({ ok: true, ...(await register(nick, key)) });

describe('a nick', () => {
  it('is echoed as it was sent, and taken whatever its case and sign', async () => {
    const user = await registered();
    expect(user).toMatchObject({ nick: '@Parcel.Bot', public_address: 'parcel.bot@ax', phone: '+49 1' });
    expect(user.owner_agent).toBe(`agent://${tenant}/user-${user.user_id}`);
    for (const nick of ['@Parcel.Bot', 'parcel.bot', '@PARCEL.BOT']) {
      await expect(register(nick, other)).rejects.toMatchObject({ code: 'nick_taken' });
      const checked = answers.checkedNick.parse({ ok: true, ...(await users.check(ports(), other, nick)) });
      expect(checked).toMatchObject({ normalized_nick: 'parcel.bot', available: false });
      expect(checked.nick.replace('@', '')).toBe(nick.replace('@', ''));
    }
    expect(await users.check(ports(), bot, 'free_one')).toMatchObject({ nick: '@free_one', available: true });
  });

  it('is one of its tenant: another has it too', async () => {
    await registered();
    const elsewhere = { ...bot, tenant: 'other/main', agent: 'agent://other/main/bot' };
    const theirs = answers.registeredNick.parse({ ok: true, ...(await register('@Parcel.Bot', elsewhere)) });
    await expect(users.profile(ports(), bot, theirs.owner_agent)).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each(['ab', '@ab', 'a b c', 'a/b/c', 'ünicode', `@${'a'.repeat(33)}`, '@@abc', ''])('is not %j', async (nick) => {
    await expect(register(nick)).rejects.toMatchObject({ details: { field: 'nick' } });
    expect(memory.rows.size).toBe(0);
  });

  it('of two who take it at once is one’s', async () => {
    const both = await Promise.allSettled([register('@one.two'), register('@One.Two', other)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('repeated with its Idempotency-Key is the same user, and with another body a conflict', async () => {
    const first = await register('@again', bot, known('k'));
    expect(await register('@again', bot, known('k'))).toEqual(first);
    await expect(register('@again', bot, known('k', 'other'))).rejects.toMatchObject({ code: 'idempotency_conflict' });
  });
});

describe('a user', () => {
  it('is renamed: the new nick is taken, and the old one free', async () => {
    const { owner_agent } = await registered();
    now = later(start, 60);
    const renamed = await users.rename(ports(), bot, { owner_agent, nick: '@New.Name' }, undefined);
    expect(answers.renamedNick.parse({ ok: true, ...renamed })).toMatchObject({ nick: '@New.Name', renamed_at: now });
    expect(await users.check(ports(), bot, 'parcel.bot')).toMatchObject({ available: true });
    await registered('@parcel.bot', other);
    await expect(users.rename(ports(), bot, { owner_agent, nick: 'Parcel.Bot' }, undefined)).rejects.toMatchObject({
      code: 'nick_taken',
    });
    // Only its case.
    expect(await users.rename(ports(), bot, { owner_agent, nick: '@NEW.name' }, undefined)).toMatchObject({
      nick: '@NEW.name',
    });
  });

  it('is changed by whoever registered it, a manager, and the key that plays all parts; nobody else reads where it is reached', async () => {
    const { owner_agent } = await registered();
    const change = (key: ApiKey) => users.update(ports(), key, { owner_agent, display_name: key.name }, undefined);
    await expect(change(other)).rejects.toMatchObject({ name: 'PolicyDenied' });
    for (const key of [bot, manager, keyOf('all', { ownToo: true })])
      expect(answers.gotProfile.parse({ ok: true, ...(await change(key)) })).toMatchObject({
        display_name: key.name,
        phone: '+49 1',
      });
    const seen = answers.gotProfile.parse({ ok: true, ...(await users.profile(ports(), other, owner_agent)) });
    expect(seen).toMatchObject({ display_name: 'all', phone: null, email: null });
  });

  it('that is not there is not found', async () => {
    await expect(users.profile(ports(), bot, bot.agent)).rejects.toMatchObject({ code: 'not_found' });
    await expect(users.update(ports(), bot, { owner_agent: bot.agent }, undefined)).rejects.toMatchObject({
      code: 'not_found',
    });
    await expect(users.profile(ports(), bot, 'a b')).rejects.toMatchObject({ details: { field: 'owner_agent' } });
  });
});

describe('an invite', () => {
  const invite = (more: object = {}, key = bot, repeat?: ReturnType<typeof known>, token = `hp_sa_${key.name}`) => {
    const body = createInvite.parse({ owner_agent: key.agent, recipient_hint: 'Ben', ...more });
    return users.invite(ports(), { ...key, token }, body, repeat);
  };
  const accept = (token: string, nick = '@Invited', key = other, repeat?: ReturnType<typeof known>) =>
    users.accept(ports(), key, token, { nick }, repeat);
  const show = async (token: string) =>
    answers.gotInvite.parse({ ok: true, ...(await users.showInvite(ports(), other, token)) });

  it('is made with a token of which only the hash is kept, and accepted once', async () => {
    const made = answers.createdInvite.parse({ ok: true, ...(await invite()) });
    expect(made.invite_url).toBe(`https://holdpoint.example/v1/invites/${made.token}`);
    expect(JSON.stringify([...memory.rows])).not.toContain(made.token);
    expect(JSON.stringify([...memory.rows])).toContain(sha256(made.token));
    expect(await show(made.token)).toMatchObject({ status: 'pending', recipient_hint: 'Ben', nick: null });
    const accepted = answers.acceptedInvite.parse({ ok: true, ...(await accept(made.token)) });
    expect(accepted).toMatchObject({ invite_owner_agent: bot.agent, nick: '@Invited', public_address: 'invited@ax' });
    expect(await show(made.token)).toMatchObject({
      status: 'accepted',
      accepted_owner_agent: accepted.owner_agent,
      nick: '@Invited',
    });
    expect(await users.profile(ports(), other, accepted.owner_agent)).toMatchObject({ nick: '@Invited' });
    await expect(accept(made.token, '@Second')).rejects.toMatchObject({ code: 'invite_accepted' });
  });

  it('is accepted with a nick that the caller has already, and not with somebody else’s', async () => {
    const mine = await registered('@mine', other);
    const { token } = await invite();
    expect(await accept(token, '@Mine')).toMatchObject({ user_id: mine.user_id });
    const { token: second } = await invite();
    await expect(accept(second, '@mine', bot)).rejects.toMatchObject({ code: 'nick_taken' });
    expect(await show(second)).toMatchObject({ status: 'pending' });
  });

  it('of two who accept it at once is one’s', async () => {
    const { token } = await invite();
    const both = await Promise.allSettled([accept(token, '@one'), accept(token, '@two')]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('accepted again with the same Idempotency-Key says the same, also once it is over', async () => {
    const { token } = await invite({ ttl_seconds: 60 });
    const first = await accept(token, '@Invited', other, known('k'));
    now = later(start, 61);
    expect(await accept(token, '@Invited', other, known('k'))).toEqual(first);
    await expect(accept(token, '@Invited', other, known('k', 'other'))).rejects.toMatchObject({
      code: 'idempotency_conflict',
    });
  });

  it('made again with the same Idempotency-Key is the same one, and told as it was at first', async () => {
    const first = answers.createdInvite.parse({ ok: true, ...(await invite({}, bot, known('k'))) });
    await accept(first.token);
    now = later(start, 60);
    expect(await invite({}, bot, known('k'))).toEqual({ ...first, ok: undefined });
    expect([...memory.rows.values()].filter(({ sk }) => String(sk).startsWith('invite#'))).toHaveLength(1);
    expect(JSON.stringify([...memory.rows])).not.toContain(first.token);
    const conflict = { code: 'idempotency_conflict' };
    await expect(invite({}, bot, known('k', 'other'))).rejects.toMatchObject(conflict);
    // The agent's, by another of its API keys.
    await expect(invite({}, bot, known('k'), 'hp_sa_second')).rejects.toMatchObject(conflict);
  });

  it('of two made at once with one Idempotency-Key is one', async () => {
    const [one, other] = await Promise.all([1, 2].map(() => invite({}, bot, known('k'))));
    expect(one).toEqual(other);
  });

  it('is over after its time, and never accepted then', async () => {
    const { token } = await invite({ ttl_seconds: 60 });
    now = later(start, 60);
    expect(await show(token)).toMatchObject({ status: 'expired' });
    for (const repeat of [undefined, known('k')])
      await expect(accept(token, '@Invited', other, repeat)).rejects.toMatchObject({ code: 'invite_expired' });
    expect(await users.check(ports(), bot, 'Invited')).toMatchObject({ available: true });
  });

  it('is made in one’s own name, or that of a user of one’s own', async () => {
    const { owner_agent } = await registered();
    await expect(invite({ owner_agent: other.agent })).rejects.toMatchObject({ name: 'PolicyDenied' });
    await expect(invite({ owner_agent }, other)).rejects.toMatchObject({ name: 'PolicyDenied' });
    expect(await invite({ owner_agent })).toMatchObject({ owner_agent });
    await expect(users.showInvite(ports(), bot, 'unknown-token')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a payload schema', () => {
  const json = { type: 'object', required: ['date'] };
  const upsert = (more: object = {}, key = bot) =>
    schemas.upsert(
      ports(),
      key,
      upsertSchema.parse({ semantic_type: 'a.b.c.v1', schema_json: json, compatibility_mode: 'strict', ...more }),
    );

  it('is kept with the hash of its canonical JSON, and replaced by whoever stored it', async () => {
    const first = answers.upsertedSchema.parse({ ok: true, ...(await upsert()) }).schema;
    expect(first).toMatchObject({ schema_ref: '/v1/schemas/a.b.c.v1', owner_agent: bot.agent, active: true });
    now = later(start, 60);
    const same = (await upsert({ schema_json: { required: ['date'], type: 'object' } })).schema;
    expect(same).toMatchObject({ schema_hash: first.schema_hash, created_at: start, updated_at: now });
    const third = (await upsert({ schema_json: {}, active: false }, manager)).schema;
    expect(third.schema_hash).not.toBe(first.schema_hash);
    const shown = answers.gotSchema.parse({ ok: true, ...(await schemas.show(ports(), other, 'a.b.c.v1')) });
    expect(shown.schema).toMatchObject({ schema_json: {}, active: false, owner_agent: bot.agent });
  });

  it('of another agent is not changed, none is everybody’s, and what is not there is not found', async () => {
    await upsert();
    await expect(upsert({}, other)).rejects.toMatchObject({ name: 'PolicyDenied' });
    await expect(upsert({ scope: 'core' })).rejects.toMatchObject({ details: { field: 'scope' } });
    await expect(schemas.show({ ...ports() }, { ...bot, tenant: 'other/main' }, 'a.b.c.v1')).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('that was changed meanwhile is to be sent again', async () => {
    await upsert();
    const both = await Promise.allSettled([upsert({ active: false }), upsert({ active: true })]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
