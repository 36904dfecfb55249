import { describe, expect, it } from 'vitest';
import { entryFrame, eventFrame } from '../../functions/streams/frames.ts';
import { timeoutFrame } from '../../wire/streams.ts';
import { faultsOfAnswer } from './contract.ts';
import { schemasAreHere } from './schemas.ts';

const id = '01a200a8-09fc-72e3-aa26-2587e329c757';
const at = '2026-11-20T09:00:00.000Z';
const waiting = { waitingReason: 'WAITING_FOR_HUMAN' } as const;
const event = eventFrame(id, {
  ...{ seq: 3, type: 'intent.waiting', status: 'WAITING', at, actor: 'run', command: 'c', details: {}, ...waiting },
});
const [from, to] = ['agent://acme/shop/a', 'agent://acme/shop/b'];
const entry = entryFrame({
  ...{ seq: 7, deliveryId: 'i.d1', intentId: id, type: 'parcels.pack.v1', why: 'completed', status: 'COMPLETED' },
  ...{ from, to, at, attempt: 1, outcome: { result: {} } },
});

const ofIntent = `/v1/intents/${id}/events/stream?since=0`;
const ofAgent = '/v1/agents/b/intents/stream';
const faults = (path: string, text: string) =>
  faultsOfAnswer({ method: 'GET', path, status: 200, type: 'text/event-stream; charset=utf-8', text });

describe('a stream', () => {
  it.each([
    ['of an intent', ofIntent, event + event],
    ['of an agent', ofAgent, entry],
    ['that is idle', ofAgent, timeoutFrame(4)],
  ])('%s has no faults', (_, path, text) => {
    expect(faults(path, text)).toEqual([]);
  });

  it.each([
    ['nothing', ofIntent, ''],
    ['what is no frame', ofIntent, 'data: {}\n\n'],
    ['a frame without its end', ofIntent, event.trimEnd()],
    ['an event without its number', ofIntent, event.replace('"seq":3,', '')],
    ['an event without its id line', ofIntent, event.replace('id: 3\n', '')],
    ['another number in its id line', ofIntent, event.replace('id: 3\n', 'id: 4\n')],
    ['another name', ofIntent, event.replace('event: intent.waiting', 'event: intent.failed')],
    ['an entry with an id line', ofAgent, `id: 7\n${entry}`],
    ['a status that is none', ofAgent, entry.replace('"status":"COMPLETED"', '"status":"DONE"')],
    ['a timeout that says nothing', ofAgent, timeoutFrame(4).replace('"next_seq":4', '"next":4')],
  ])('with %s has', (_, path, text) => {
    expect(faults(path, text)).not.toEqual([]);
  });

  it.skipIf(!schemasAreHere).each([
    ['a waiting event without its reason', ofIntent, event.replace('"waiting_reason"', '"details"')],
    ['a type of event that AXP lacks', ofIntent, event.replaceAll('intent.waiting', 'intent.dozing')],
    ['something beside it that we never tell', ofAgent, entry.replace('"attempt"', '"colour"')],
  ])('with %s has, by AXP’s schema', (_, path, text) => {
    expect(faults(path, text)).not.toEqual([]);
  });
});
