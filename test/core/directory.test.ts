import { describe, expect, it } from 'vitest';
import { approversFor } from '../../core/directory.ts';
import { directory } from './builders.ts';
import { story, waitingRefund } from './story.ts';

const ids = (wish: Omit<Parameters<typeof approversFor>[1], 'role'> & { role?: string }) => {
  const { approvers, ignored } = approversFor(directory, { role: 'approvers', ...wish });
  return { asked: approvers.map((a) => `${a.id} ${a.as}`), ignored };
};

describe('who is asked', () => {
  it.each([
    ['nobody named: the role', {}, ['ada role', 'ben role'], []],
    [
      'by id and by address, whatever its case',
      { assignees: ['ben', 'CLEO@example.com'] },
      ['ben named', 'cleo named'],
      [],
    ],
    ['an address to notify', { notifyEmail: 'cleo@example.com' }, ['cleo named'], []],
    ['the same person twice: once', { assignees: ['ben', 'ben@example.com'] }, ['ben named'], []],
    [
      'somebody unknown beside a known one',
      { assignees: ['ben', 'eve@evil.example'] },
      ['ben named'],
      ['eve@evil.example'],
    ],
    ['never whoever is acted for, by id', { onBehalfOf: 'ada' }, ['ben role'], []],
    [
      'never whoever is acted for, by address',
      { onBehalfOf: 'Ada@Example.com', assignees: ['ada', 'ben'] },
      ['ben named'],
      [],
    ],
    ['a stranger acted for changes nothing', { onBehalfOf: 'customer-7' }, ['ada role', 'ben role'], []],
    ['a role nobody has', { role: 'kings' }, [], []],
  ])('%s', (_, wish, asked, ignored) => {
    expect(ids(wish)).toEqual({ asked, ignored });
  });

  it('rule 26: an address that only the agent knows is recorded, never mailed; the role is asked', async () => {
    const humanTask = { title: 'Look', assignees: ['eve@evil.example'], notify_email: 'mallory@evil.example' };
    const told = await story({ humanTask });
    await told.escalate();
    const { task } = await told.state();
    expect(task?.approvers.map((a) => a.id)).toEqual(['ada', 'ben']);
    expect(task?.ignored).toEqual(['eve@evil.example', 'mallory@evil.example']);
    expect(told.read().at(-1)?.data.ignored).toEqual(task?.ignored);
    expect(JSON.stringify(told.store.outbox(told.ref))).not.toContain('evil.example');
  });

  describe('where a policy asks for a role', () => {
    it('naming narrows it', () => {
      const wish = { role: 'refunds', roleNeeded: true, assignees: ['ben'] };
      expect(ids(wish)).toEqual({ asked: ['ben role'], ignored: [] });
    });

    it('naming never widens it: who lacks the role is not asked', () => {
      const wish = { role: 'refunds', roleNeeded: true, assignees: ['cleo', 'ben'] };
      expect(ids(wish)).toEqual({ asked: ['ben role'], ignored: ['cleo'] });
      const nobodyLeft = { role: 'refunds', roleNeeded: true, assignees: ['cleo'], notifyEmail: 'cleo@example.com' };
      expect(ids(nobodyLeft)).toEqual({ asked: ['ada role', 'ben role'], ignored: ['cleo', 'cleo@example.com'] });
    });

    it('so a refund goes to its role, whomever the agent names', async () => {
      const { links } = await waitingRefund({ humanTask: { title: 'Refund', assignees: ['cleo'] } });
      expect(Object.keys(links)).toEqual(['ada', 'ben']);
    });
  });
});
