/** Server-sent events as clients read them, and whether they are what the wire lets be: our own schema, and AXP's where it is here. */

import * as z from 'zod';
import { entryView, eventView } from '../../wire/answers.ts';
import type { RouteSpec } from '../../wire/routes.ts';
import { maxFrameBytes } from '../../wire/streams.ts';
import { faultsBy, schemasAreHere } from './schemas.ts';

export interface Frame {
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert on it
  data: any;
  id: string | undefined;
}

/** Lines `name: value`, one space after the colon, an empty line after each frame. */
export const framesIn = (text: string): Frame[] =>
  text
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => {
      const lines = new Map(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]));
      return { event: lines.get('event') ?? '', data: JSON.parse(lines.get('data') ?? 'null'), id: lines.get('id') };
    });

/** How a stream looks to whoever reads it line by line. */
const shape = /^((id: \d+\n)?event: [a-z_.]+\ndata: \{.*\}\n\n)+$/;

const timeoutView = z.strictObject({ ok: z.literal(true), next_seq: z.int().min(0) });

/** What is told beside AXP's event object: of an event, and of an entry of a mailbox. */
const beside = {
  streamEvents: ['details', 'pending_with', 'human_task', 'data'],
  streamMailbox: [
    ...['intent_type', 'delivery_id', 'reason', 'attempt', 'from_agent', 'to_agent', 'thread_id', 'outcome'],
  ],
} as const;
const viewOf = { streamEvents: eventView, streamMailbox: entryView } as const;
type Operation = keyof typeof viewOf;

/** Complaints about a stream's answer. */
export function faultsOfFrames({ operation }: Pick<RouteSpec, 'operation'>, text: string): string[] {
  if (!shape.test(text)) return ['it is no stream of frames'];
  return framesIn(text).flatMap((frame) => faultsOfFrame(operation as Operation, frame));
}

function faultsOfFrame(operation: Operation, { event, data, id }: Frame): string[] {
  if (event === 'stream.timeout') return id === undefined ? faultsOf(timeoutView, data) : ['a timeout has no id'];
  const faults = faultsOf(viewOf[operation], data);
  if (event !== data.event_type) faults.push(`an event ${event} that says ${data.event_type}`);
  // An agent's number is not the intent's: clients would take it for that.
  if (id !== (operation === 'streamEvents' ? String(data.seq) : undefined)) faults.push(`an id ${id}`);
  if (Buffer.byteLength(JSON.stringify(data)) >= maxFrameBytes) faults.push('a line that is too long');
  return schemasAreHere ? [...faults, ...faultsOfAxp(operation, data)] : faults;
}

function faultsOfAxp(operation: Operation, data: object): string[] {
  const left = Object.entries(data).filter(([name]) => !(beside[operation] as readonly string[]).includes(name));
  return faultsBy('protocol/intent.event.v1.json', Object.fromEntries(left));
}

const faultsOf = (schema: z.ZodType, value: unknown): string[] =>
  schema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
