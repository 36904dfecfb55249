/** What happened to an intent, one line for each event. */

import { shortened } from '../../core/text.ts';
import type { IntentEvent } from '../sdk/index.ts';
import { plain, soft, statusWord } from './outcome.ts';

/** Longest that the words of one event get, characters. */
const maxWords = 160;
const statusWidth = 11;

const wordsOf: Record<string, string> = {
  'intent.created': 'asked for',
  'intent.submitted': 'taken in',
  'intent.delivered': 'delivered',
  'intent.acknowledged': 'acknowledged',
  'intent.in_progress': 'goes on',
  'intent.waiting': 'waits',
  'intent.completed': 'completed',
  'intent.failed': 'failed',
  'intent.canceled': 'withdrawn',
  'intent.timed_out': 'out of time',
  'intent.reminder': 'reminded',
  'intent.escalated': 'escalated',
  'intent.delivery_failed': 'could not be delivered',
  'intent.human_task_assigned': 'a person is asked',
};

const kept = (text: string): string => shortened(text, maxWords);

/** An object's fields as words: scalars as they are, the rest as JSON. */
const fields = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, one]) => `${name} ${typeof one === 'string' ? one : JSON.stringify(one)}`)
        .join(', ')
    : '';

/** `12:00:01  WAITING      a person is asked: Ada Example (WAITING_FOR_HUMAN)` */
function eventLine(event: IntentEvent): string {
  const { at, status, event_type, pending_with, waiting_reason, details } = event;
  const who = pending_with ? `: ${pending_with.name}` : '';
  const why = typeof waiting_reason === 'string' ? ` (${waiting_reason})` : '';
  const said = fields(details);
  const words = plain(kept(`${wordsOf[event_type] ?? event_type}${who}${why}`));
  const more = said === '' ? '' : `  ${soft(plain(kept(said)))}`;
  const pad = ' '.repeat(Math.max(0, statusWidth - status.length));
  return `${soft(at.slice(11, 19))}  ${statusWord(status)}${pad}  ${words}${more}`;
}

/** Writes events under the day that they are of (UTC). */
export function timelineWriter(write: (line: string) => void): (event: IntentEvent) => void {
  let day = '';
  return (event) => {
    const its = event.at.slice(0, 10);
    if (its !== day) write(soft(`${its} (UTC)`));
    day = its;
    write(eventLine(event));
  };
}
