/** People whom an identity provider pushes decide, and don't once it says so: against the deployed stack. */

import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { revokeKey } from '../../adapters/keys.ts';
import { newProvider } from './provider.ts';
import { approvalIntent, decide, dynamo, linkOf, mailsFor, newAgent, tables } from './world.ts';

const unique = (name: string) => `${name}-${randomUUID().slice(0, 8)}`;

/** What a test pushed; others of this stack ask the same roles. */
const pushed: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const remove of pushed.splice(0)) await remove();
});

async function pushedPerson(name: string, role?: string) {
  const scim = await newProvider();
  const id = await scim.createUser(name);
  pushed.push(() => scim.remove('Users', id));
  if (role) {
    const group = await scim.createGroup(role, [id]);
    pushed.push(() => scim.remove('Groups', group));
  }
  return { scim, id };
}

describe('an identity provider', () => {
  it('pushes somebody, who is asked by name, and decides', async () => {
    const name = unique('nia');
    const { id } = await pushedPerson(name);
    const agent = await newAgent();
    const intent = await agent.submit({
      ...approvalIntent(),
      human_task: { title: 'Look', assignees: [`${name}@example.com`] },
    });
    const [mail] = await mailsFor(agent, intent, 1);
    expect(mail?.to).toEqual([`${name}@example.com`]);
    expect((await decide(linkOf(mail as never))).page).toContain('Decided: approved');
    expect((await agent.reaches(intent, 'COMPLETED')).result.task_result).toMatchObject({ decided_by: id });
  });

  it('pushes a group: its members hold the role, and are asked for it', async () => {
    const name = unique('olu');
    const { id } = await pushedPerson(name, 'approvers');
    const agent = await newAgent();
    const intent = await agent.submit(approvalIntent());
    await mailsFor(agent, intent, 3);
    expect((await agent.get(intent)).human_task.assignees).toContain(id);
  });

  it('deactivates somebody: refused at once, by the link that they have, and not shown what is asked', async () => {
    const name = unique('pia');
    const { scim, id } = await pushedPerson(name);
    const agent = await newAgent();
    const intent = await agent.submit({ ...approvalIntent(), human_task: { title: 'Secret plan', assignees: [id] } });
    const [mail] = await mailsFor(agent, intent, 1);
    const link = linkOf(mail as never);
    const open = await (await fetch(link)).text();
    expect(open).toContain('Secret plan');
    expect((await scim.patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'False' })).body).toMatchObject({
      active: false,
    });
    const shown = await (await fetch(link)).text();
    expect(shown).toContain('You are no longer asked');
    expect(shown).not.toContain('Secret plan');
    const form = new URLSearchParams({
      outcome: 'approved',
      subject_hash: /name="subject_hash" value="(\w+)"/.exec(open)?.[1] ?? '',
    });
    expect((await fetch(link, { method: 'POST', body: form })).status).toBe(403);
    // Taken in again, what they held stays dead.
    await scim.patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: 'True' });
    expect(await (await fetch(link)).text()).toContain('This link was revoked');
    expect((await fetch(link, { method: 'POST', body: form })).status).toBe(409);
    expect((await agent.get(intent)).status).toBe('WAITING');
  });

  it('has one person for one user name, also of two requests at once', async () => {
    const scim = await newProvider();
    const user = { userName: unique('q'), emails: [{ value: `${unique('q')}@example.com` }] };
    const answers = await Promise.all([scim.call('POST', '/Users', user), scim.call('POST', '/Users', user)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const { body } = await scim.call(
      'GET',
      `/Users?filter=${encodeURIComponent(`userName eq "${user.userName.toUpperCase()}"`)}`,
    );
    expect(body.totalResults).toBe(1);
    expect(await scim.remove('Users', body.Resources[0].id)).toBe(204);
    // The name is free again.
    const again = await scim.call('POST', '/Users', user);
    expect(again.status).toBe(201);
    expect(await scim.remove('Users', again.body.id)).toBe(204);
  });

  it.each<[string, (mail: string) => { userName: string; emails?: { value: string }[] }]>([
    ['one mail address', (mail) => ({ userName: unique('q'), emails: [{ value: mail }] })],
    ['a user name that is the other’s address', (mail) => ({ userName: mail })],
  ])('has one person for %s, also of two requests at once', async (_, second) => {
    const scim = await newProvider();
    const mail = `${unique('q')}@example.com`;
    const users = [{ userName: unique('q'), emails: [{ value: mail }] }, second(mail)];
    const answers = await Promise.all(users.map((user) => scim.call('POST', '/Users', user)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    const made = answers.find(({ status }) => status === 201)?.body.id;
    expect(await scim.remove('Users', made)).toBe(204);
    // Both names are free again.
    for (const user of users) {
      const again = await scim.call('POST', '/Users', user);
      expect(again.status).toBe(201);
      expect(await scim.remove('Users', again.body.id)).toBe(204);
    }
  });

  it('is nobody without its token, and with an agent’s key', async () => {
    const scim = await newProvider();
    const { key } = await newAgent();
    expect((await scim.call('GET', '/Users')).headers.get('content-type')).toContain('application/scim+json');
    for (const bearer of ['', key, 'hp_scim_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'])
      expect((await scim.call('GET', '/Users', undefined, bearer)).status).toBe(401);
    await revokeKey(dynamo, tables.control, scim.keyId, new Date().toISOString());
    expect((await scim.call('GET', '/Users')).status).toBe(401);
  });
});
