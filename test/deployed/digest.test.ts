/** Daily digests on the deployed stack: what waits, what is listed, what its links do, and what comes back. */

import { randomUUID } from 'node:crypto';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { Temporal } from 'temporal-polyfill';
import { beforeAll, describe, expect, it } from 'vitest';
import { liftStop, setStop } from '../../adapters/stops.ts';
import type { Mail } from '../../local/mailbox.ts';
import { call, keyFor, signedIn } from './people.ts';
import {
  type Agent,
  approvalIntent,
  breakCalls,
  collected,
  decide,
  dynamo,
  expectChain,
  lifting,
  mails,
  makeDigestDue,
  makeOverdue,
  mendCalls,
  newAgent,
  owed,
  readRecords,
  settled,
  sweep,
  tables,
  until,
  waitFor,
} from './world.ts';

/** People whom no other test asks. */
const mark = randomUUID().slice(0, 8);
const idOf = (name: string) => `${name}-${mark}`;
const addressOf = (name: string) => `${idOf(name)}@digest.example`;
async function employ(name: string, more: object, mail = addressOf(name)) {
  const Item = { pk: 'directory', sk: `person#${idOf(name)}`, name: `${name} ${mark}`, mail, roles: [], ...more };
  await dynamo.send(new PutCommand({ TableName: tables.people, Item }));
}
const zone = 'Asia/Kathmandu';
const clockIn = (seconds: number) =>
  Temporal.Now.instant().add({ seconds }).toZonedDateTimeISO(zone).toPlainTime().toString().slice(0, 5);
/** Not before anything below is over. */
const tomorrow = () => ({ timeZone: zone, digest: { at: clockIn(-120) } });

const low = (name: string, title: string, more: object = {}) => ({
  ...approvalIntent({ task: title }),
  human_task: { title, priority: 'low', assignees: [idOf(name)], ...more },
});
const mailsTo = async (mail: string): Promise<Mail[]> => (await mails()).filter(({ to }) => to.includes(mail));
const linksIn = ({ text }: Mail): string[] => text.match(/https?:\S+\/a\/[A-Za-z0-9_-]{43}/g) ?? [];
const notified = async (agent: Agent, id: string) =>
  (await readRecords(agent, id)).filter(({ action }) => action === 'approver.notified');

let agent: Agent;
beforeAll(async () => {
  agent = await newAgent();
});

// The first of these waits for its hour; all others go on meanwhile.
describe.concurrent('somebody who wants one mail a day', () => {
  it('has it at their hour: a link for each task that is still open, which opens it and decides it', async () => {
    // Two minutes from now, where they are.
    const at = clockIn(120);
    await employ('dina', { timeZone: zone, digest: { at } });
    const other = await newAgent();
    const first = await agent.submit(low('dina', 'Rename the shop?'));
    const second = await other.submit(low('dina', 'Archive the old orders?'));
    const gone = await agent.submit(low('dina', 'Decided before?'));
    const urgent = await agent.submit(low('dina', 'At once?', { priority: 'normal' }));
    const times: string[] = [];
    for (const [asks, id] of [
      [agent, first],
      [other, second],
      [agent, gone],
    ] as const) {
      const { dueAt, body, ...row } = await collected(asks, id);
      expect(dueAt).toBe(body.digest);
      expect(new Date(dueAt).toISOString()).toBe(row.place);
      times.push(row.place);
    }
    const [due = ''] = times;
    expect(new Set(times)).toEqual(new Set([due]));
    expect(Temporal.Instant.from(due).toZonedDateTimeISO(zone).toPlainTime().toString().slice(0, 5)).toBe(at);
    const headers = { ...(await keyFor(agent.tenant)), ...(await signedIn(idOf('dina'))) };
    expect((await call('POST', `/v1/approvals/${gone}/decision`, headers, { decision: 'approve' })).status).toBe(200);
    const [atOnce] = await waitFor('the other mail', async () => {
      const found = await mailsTo(addressOf('dina'));
      return found.length > 0 ? found : undefined;
    });
    expect(atOnce?.subject).toBe('At once?: decision needed');

    const digest = await until('the digest', 300, async () => {
      await sweep();
      return (await mailsTo(addressOf('dina'))).find(({ subject }) => subject.startsWith('Daily digest'));
    });
    expect(digest.subject).toBe('Daily digest: 2 tasks wait for you');
    expect(digest.at >= due).toBe(true);
    expect(digest.text).not.toContain('Decided before?');
    const links = linksIn(digest);
    expect(new Set(links).size).toBe(2);
    for (const [asks, id, title] of [
      [agent, first, 'Rename the shop?'],
      [other, second, 'Archive the old orders?'],
    ] as const) {
      expect(digest.text).toContain(title);
      const pages = await Promise.all(links.map(async (link) => ({ link, page: await (await fetch(link)).text() })));
      const [mine, ...more] = pages.filter(({ page }) => page.includes(title));
      expect(more).toEqual([]);
      const link = mine?.link ?? '';
      const [record, ...others] = await notified(asks, id);
      expect(others).toEqual([]);
      expect(record?.data).toMatchObject({
        person: idOf('dina'),
        sent_to: [addressOf('dina')],
        why: 'assigned',
        message_id: digest.messageId,
        digest: expect.any(String),
      });
      expect(mine?.page).toContain('in a daily digest');
      const stored = (await readRecords(asks, id)).map((one) => JSON.stringify(one)).join();
      expect(stored).not.toContain(link.split('/a/')[1]);
      expect((await decide(link)).status).toBe(200);
      expect((await asks.reaches(id, 'COMPLETED')).result.task_result).toMatchObject({ decided_by: idOf('dina') });
      await settled(asks, id);
      await expectChain(asks, id);
    }
    await settled(agent, gone);
    expect(await notified(agent, gone)).toEqual([]);
    expect((await notified(agent, urgent))[0]?.data).not.toHaveProperty('digest');
    expect(await mailsTo(addressOf('dina'))).toHaveLength(2);
  }, 400_000);

  it('is mailed at once what would be escalated, or over, before it', async () => {
    await employ('rosa', tomorrow());
    const soon = { expire: { after_seconds: 3600 } };
    await agent.submit(low('rosa', 'Soon over?', { ladder: soon }));
    const [mail] = await waitFor('a mail', async () => {
      const found = await mailsTo(addressOf('rosa'));
      return found.length > 0 ? found : undefined;
    });
    expect(mail?.subject).toBe('Soon over?: decision needed');
  });

  it('loses nothing where SES fails in the middle, and has no mail twice where all rows come at once', async () => {
    await employ('nora', tomorrow());
    const ids = await Promise.all([1, 2, 3, 4].map((n) => agent.submit(low('nora', `Task ${n}?`))));
    const broken = await breakCalls({
      match: { app: 'mail', action: 'SendEmail' },
      body: idOf('nora'),
      do: { error: 'ThrottlingException', status: 400 },
      times: 100,
    });
    await makeDigestDue(agent, ...ids);
    await sweep();
    await broken.hit();
    for (const id of ids) expect(await owed(agent, id)).toHaveLength(1);
    // The message that failed comes again by itself, and pays for all; what had failed too often meanwhile, the sweep finds.
    await mendCalls();
    await waitFor('all are mailed', async () => {
      const left = await Promise.all(ids.map(async (id) => (await owed(agent, id)).map(({ sk }) => ({ id, sk }))));
      await Promise.all(left.flat().map(({ id, sk }) => makeOverdue(agent, id, sk)));
      await sweep();
      return left.flat().length === 0;
    });
    const [digest, ...more] = await mailsTo(addressOf('nora'));
    expect(more).toEqual([]);
    expect(linksIn(digest as Mail)).toHaveLength(4);
  });
});

describe.concurrent('a digest', () => {
  it('does not list what a stop keeps from being decided, but once it is lifted', async () => {
    await employ('stina', tomorrow());
    const stopped = await newAgent();
    const id = await stopped.submit(low('stina', 'Under a stop?'));
    const target = { kind: 'agent', id: stopped.address } as const;
    await collected(stopped, id);
    await setStop(dynamo, tables, target, { by: 'test', reason: 'test', at: new Date().toISOString() });
    await makeDigestDue(stopped, id);
    await sweep();
    await waitFor('it waits for the next digest', async () => (await collected(stopped, id)).body.digest > Date.now());
    expect(await mailsTo(addressOf('stina'))).toEqual([]);
    await liftStop(dynamo, tables, target, lifting());
    await makeDigestDue(stopped, id);
    await sweep();
    await settled(stopped, id);
    expect((await mailsTo(addressOf('stina'))).map(({ subject }) => subject)).toEqual([
      'Daily digest: one task waits for you',
    ]);
  });

  it('that comes back escalates each task that it lists', async () => {
    const mail = `bounce+${mark}@simulator.amazonses.com`;
    await employ('mona', {});
    await employ('bea', { ...tomorrow(), manager: idOf('mona') }, mail);
    const ids = await Promise.all([1, 2].map((n) => agent.submit(low('bea', `Bounces ${n}?`))));
    await makeDigestDue(agent, ...ids);
    await sweep();
    const escalated = await waitFor('the manager is asked for both', async () => {
      const found = await mailsTo(addressOf('mona'));
      return found.length === 2 ? found : undefined;
    });
    expect(escalated.map(({ subject }) => subject).sort()).toEqual([
      'Escalated to you: Bounces 1?: decision needed',
      'Escalated to you: Bounces 2?: decision needed',
    ]);
    const [digest, ...more] = await mailsTo(mail);
    expect(more).toEqual([]);
    for (const id of ids) {
      const unreachable = (await readRecords(agent, id)).filter(({ action }) => action === 'approver.unreachable');
      expect(unreachable.map(({ data }) => data)).toMatchObject([{ why: 'bounced', message_id: digest?.messageId }]);
      await settled(agent, id);
      await expectChain(agent, id);
    }
  });
});
