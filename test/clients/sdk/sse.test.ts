/** Server-sent events: the same, however the bytes were cut. */

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { EventParser, eventsOf, type ServerEvent } from '../../../clients/sdk/sse.ts';

const line = fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, ' '));
const name = line.map((text) => `e${text}`);
const event = fc.record({
  event: fc.option(name, { nil: 'message' }),
  data: fc.array(line, { minLength: 1, maxLength: 3 }),
});
const ending = fc.constantFrom('\n', '\r\n', '\r');

const textOf = (given: { event: string; data: string[] }, end: string, space: string): string =>
  [
    ': a remark',
    'id: 7',
    ...(given.event === 'message' ? [] : [`event:${space}${given.event}`]),
    ...given.data.map((text) => `data: ${text}`),
    '',
    '',
  ].join(end);

/** A text's bytes, cut in these places. */
function cut(text: string, places: number[]): Uint8Array[] {
  const bytes = new TextEncoder().encode(text);
  const at = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, i) => bytes.slice(at[i], end));
}

async function read(parts: readonly Uint8Array[]): Promise<ServerEvent[]> {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(sink) {
      for (const part of parts) sink.enqueue(part as Uint8Array<ArrayBuffer>);
      sink.close();
    },
  });
  const events: ServerEvent[] = [];
  for await (const one of eventsOf(body)) events.push(one);
  return events;
}

it('are read whole from any pieces, with any line endings', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event),
      ending,
      fc.constantFrom('', ' '),
      fc.array(fc.nat()),
      async (given, end, space, places) => {
        const text = given.map((one) => textOf(one, end, space)).join('');
        // A CR at the very end may be half of a line's ending: the next text says.
        const closed = end === '\r' ? `${text}:` : text;
        const told = given.map((one) => ({ event: one.event, data: one.data.join('\n') }));
        expect(await read(cut(closed, places))).toEqual(told);
      },
    ),
  );
});

it('are none where their empty line has not come', async () => {
  await fc.assert(
    fc.asyncProperty(event, fc.nat(), async (given, place) => {
      const text = textOf(given, '\n', ' ');
      const bytes = new TextEncoder().encode(text);
      expect(await read([bytes.slice(0, place % bytes.length)])).toEqual([]);
    }),
  );
});

it('begin after a byte order mark, and hold no line that is another’s', () => {
  const parser = new EventParser();
  expect(parser.push('\uFEFFdata: a\n\n')).toEqual([{ event: 'message', data: 'a' }]);
  expect(parser.push('event: x\n\ndata\n\nretry: 5\ndata:b\n\n')).toEqual([
    { event: 'message', data: '' },
    { event: 'message', data: 'b' },
  ]);
});
