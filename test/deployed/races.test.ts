/** Two moves of one task at once, through pages and API: one wins whole, the other is told, and the record holds together. */

import { beforeAll, describe, expect, it } from 'vitest';
import { call, keyFor, newPerson, signedIn } from './people.ts';
import { signIn, type Visitor, visitor } from './person.ts';
import { type Agent, approvalIntent, expectChain, inGroups, newAgent, records } from './world.ts';

/** For each kind; in the full run more: `RACES=1000`. */
const races = Math.ceil(Number(process.env.RACES ?? 200) / 20);

const kim = { id: 'kim-of-races' };

let agent: Agent;
let pages: Record<string, Visitor>;
let headers: Record<string, Record<string, string>>;

beforeAll(async () => {
  await newPerson(kim.id, ['admins']);
  agent = await newAgent();
  const who = ['ada', 'ben', kim.id];
  const key = await keyFor(agent.tenant);
  pages = Object.fromEntries(await Promise.all(who.map(async (id) => [id, visitor(await signIn(id))] as const)));
  headers = Object.fromEntries(
    await Promise.all(who.map(async (id) => [id, { ...key, ...(await signedIn(id)) }] as const)),
  );
});

async function asked(assignees: string[]): Promise<string> {
  const id = await agent.submit({ ...approvalIntent(), human_task: { title: 'Deploy v2?', assignees } });
  await agent.reaches(id, 'WAITING');
  return id;
}

const hashOf = async (id: string, who: string): Promise<string> =>
  (await call('GET', `/v1/tasks/${id}.1`, headers[who] ?? {})).body.task.plan_hash;

/** Each gives whether it counted: the others were told why not. */
const api = async (id: string, who: string, what: string, body: object): Promise<boolean> => {
  const answer = await call('POST', `/v1/tasks/${id}.1/${what}`, headers[who] ?? {}, body);
  expect([200, 403, 409, 422], `${what}: ${JSON.stringify(answer.body)}`).toContain(answer.status);
  return answer.status === 200 && answer.body.fresh === true;
};
const decision = (id: string, who: string, plan_hash: string) =>
  api(id, who, 'decision', { outcome: 'approved', reason_code: 'other', plan_hash });
const form = async (id: string, who: string, planHash: string): Promise<boolean> => {
  const answer = await pages[who]?.post(`/inbox/tasks/${agent.tenant}/${id}.1`, [
    ['subject_hash', planHash],
    ['outcome', 'rejected'],
    ['comment', 'Not now.'],
  ]);
  expect([200, 403, 404, 409]).toContain(answer?.status);
  return answer?.status === 200 && answer.page.includes('(you)');
};
const batch = async (id: string, who: string, planHash: string): Promise<boolean> => {
  const path = `${agent.tenant}/${id}.1`;
  const answer = await pages[who]?.post('/inbox/batch', [
    ['task', path],
    [`hash:${path}`, planHash],
    ['outcome', 'approved'],
  ]);
  expect(answer?.status).toBe(200);
  return answer?.page.includes('Recorded: approved.') ?? false;
};

const decidedIn = async (id: string) =>
  (await records(agent, id)).filter(({ action }) => action === 'task.decided').length;

describe('rule 13: two decisions at once', () => {
  it.each([
    ['the inbox’s form and the API', form, decision],
    ['a batch and the inbox’s form', batch, form],
    ['a batch and the API', batch, decision],
    ['two batches', batch, batch],
  ] as const)(`%s, ${races} times: one counts`, { timeout: 600_000 }, async (_, one, other) => {
    await inGroups(
      Array.from({ length: races }, (_value, n) => n),
      async () => {
        const id = await asked(['ada', 'ben']);
        const planHash = await hashOf(id, 'ada');
        const counted = await Promise.all([one(id, 'ada', planHash), other(id, 'ben', planHash)]);
        expect(counted.filter(Boolean)).toHaveLength(1);
        await agent.reaches(id, 'COMPLETED');
        expect(await decidedIn(id)).toBe(1);
        await expectChain(agent, id);
      },
      8,
    );
  });
});

describe('a decision while the task changes hands', () => {
  it.each([
    ['handed over by who decides', 'ada', 'reassign', { to: 'ben' }],
    ['taken over by an administrator', kim.id, 'take-over', {}],
  ] as const)(`%s, ${races} times: it counts, or the other does`, { timeout: 600_000 }, async (_, who, what, body) => {
    await inGroups(
      Array.from({ length: races }, (_value, n) => n),
      async (n) => {
        const id = await asked(['ada']);
        const planHash = await hashOf(id, 'ada');
        const decide = n % 2 === 0 ? decision : form;
        const [moved, decided] = await Promise.all([api(id, who, what, body), decide(id, 'ada', planHash)]);
        expect([moved, decided].filter(Boolean)).toHaveLength(1);
        expect(await decidedIn(id)).toBe(decided ? 1 : 0);
        expect((await agent.get(id)).status).toBe(decided ? 'COMPLETED' : 'WAITING');
        // Whoever has it now decides it.
        if (moved) {
          const heir = what === 'reassign' ? 'ben' : kim.id;
          expect(await decision(id, heir, planHash)).toBe(true);
          expect((await agent.reaches(id, 'COMPLETED')).result.task_result.decided_by).toBe(heir);
        }
        await expectChain(agent, id);
      },
      8,
    );
  });
});
