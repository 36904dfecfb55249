import { describe, expect, it } from 'vitest';
import { takeoverIdOf, taskIdOf } from '../../core/revision.ts';
import { taskId } from '../../wire/tasks.ts';

const intentId = '01a200a8-09fc-72e3-aa26-2587e329c757';

describe('a task’s id in a path', () => {
  it('is every id that the house gives', () => {
    for (const id of [...[1, 2, 9, 20].map((n) => taskIdOf(intentId, n)), takeoverIdOf(intentId)])
      expect(taskId.safeParse(id).success, id).toBe(true);
  });

  it.each([
    '',
    intentId,
    `${intentId}.`,
    `${intentId}.0`,
    `${intentId}.overrides`,
    `${intentId}.1#x`,
    `x${intentId}.1`,
  ])('is not %j', (id) => expect(taskId.safeParse(id).success).toBe(false));
});
