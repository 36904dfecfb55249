import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { statusWord } from '../../clients/cli/outcome.ts';
import { timelineWriter } from '../../clients/cli/timeline.ts';
import type { IntentEvent } from '../../clients/sdk/index.ts';

const event = (given: object = {}) =>
  ({
    intent_id: 'i',
    seq: 1,
    event_type: 'intent.waiting',
    status: 'WAITING',
    at: '2026-11-30T09:00:01.000Z',
    details: {},
    ...given,
  }) as IntentEvent;

function lines(...events: IntentEvent[]): string[] {
  const written: string[] = [];
  const write = timelineWriter((line) => written.push(line));
  for (const one of events) write(one);
  return written;
}

afterEach(() => vi.unstubAllEnvs());

describe('a timeline', () => {
  beforeEach(() => void vi.stubEnv('FORCE_COLOR', '0'));

  it('has a line for each event, under the day that it is of', () => {
    const assigned = {
      event_type: 'intent.human_task_assigned',
      pending_with: { type: 'human', ref: 'ada', name: 'Ada Example' },
      waiting_reason: 'WAITING_FOR_HUMAN',
    };
    const told = { event_type: 'intent.reminder', at: '2026-12-01T00:00:00.000Z', details: { rung: 1, to: ['ada'] } };
    const end = { event_type: 'intent.timed_out', status: 'TIMED_OUT', at: '2026-12-01T10:00:00.000Z' };
    expect(lines(event(), event(assigned), event(told), event(end))).toEqual([
      '2026-11-30 (UTC)',
      '09:00:01  WAITING      waits',
      '09:00:01  WAITING      a person is asked: Ada Example (WAITING_FOR_HUMAN)',
      '2026-12-01 (UTC)',
      '00:00:00  WAITING      reminded  rung 1, to ["ada"]',
      '10:00:00  TIMED_OUT    out of time',
    ]);
  });

  it('names a kind of event that it has no words for', () => {
    expect(lines(event({ event_type: 'intent.moved' }))[1]).toContain('intent.moved');
  });

  it('lets nothing that somebody wrote reach the terminal', () => {
    const name = 'Ada\u001b[2J\nExample\u202e';
    const [, line = ''] = lines(
      event({ pending_with: { type: 'human', ref: 'a', name }, details: { said: '\u0007' } }),
    );
    expect(line).toContain('waits: Ada[U+001B][2J Example[U+202E]');
    expect(line).toContain('said [U+0007]');
  });

  it('cuts what is long, of the words and of the details alike', () => {
    const name = 'x'.repeat(500);
    const [, line = ''] = lines(event({ pending_with: { type: 'human', ref: 'a', name }, details: { said: name } }));
    expect(line).toBe(`09:00:01  WAITING      ${`waits: ${name}`.slice(0, 159)}…  ${`said ${name}`.slice(0, 159)}…`);
  });
});

describe('colour', () => {
  const esc = '\u001b[';

  it.each([
    ['COMPLETED', 32],
    ['FAILED', 31],
    ['TIMED_OUT', 31],
    ['WAITING', 33],
  ])('%s has its own', (status, code) => {
    vi.stubEnv('FORCE_COLOR', '1');
    expect(statusWord(status)).toBe(`${esc}${code}m${status}${esc}39m`);
    expect(lines(event({ status }))[0]).toBe(`${esc}2m2026-11-30 (UTC)${esc}22m`);
  });

  it('is not where nobody looks, or nobody wants it', () => {
    vi.stubEnv('FORCE_COLOR', undefined);
    expect(statusWord('FAILED')).toBe('FAILED');
    vi.stubEnv('FORCE_COLOR', '0');
    expect(statusWord('FAILED')).toBe('FAILED');
  });
});
