import { describe, expect, it } from 'vitest';
import { listPage } from '../../pages/inbox.ts';
import * as given from '../core/builders.ts';

const row = {
  is: 'open' as const,
  tenant: given.tenant,
  intentId: 'i',
  personId: 'ada',
  taskId: 'i.1',
  taskType: 'approval' as const,
  type: 'intent.approval.v1',
  from: given.agent,
  title: 'Deploy?',
  about: '',
  risk: 'low' as const,
  deadline: given.start,
  overdue: false,
};
const listed = (timeZone?: string) =>
  listPage(
    { id: 'ada', name: 'Ada', mail: 'a@example.com', roles: [], timeZone },
    { is: 'open', rows: [row], filter: {} },
  );

describe('the list of an inbox', () => {
  it('names the zone of its times, where that is not UTC', () => {
    expect(listed('Europe/Berlin')).toContain('Times are those of Europe/Berlin.');
    expect(listed()).not.toContain('Times are those of');
    expect(listed()).toContain('UTC');
  });
});
