/** W3C trace context (https://www.w3.org/TR/trace-context/): who calls is known by the same trace everywhere. */

const shape = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const none = /^0+$/;

const hex = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/** The trace of a `traceparent`; undefined for what is none. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  const [, trace, span] = shape.exec(traceparent ?? '') ?? [];
  return trace && span && !none.test(trace) && !none.test(span) ? trace : undefined;
}

/** A new span of a trace; without one, of a new trace. */
export const newTraceparent = (traceId: string = hex(16)): string => `00-${traceId}-${hex(8)}-01`;

/** The trace that an intent was submitted in, as whoever works on it goes on; a new one where its id is of another kind. */
export function traceparentOf(traceId: unknown): string {
  const isTrace = typeof traceId === 'string' && /^[0-9a-f]{32}$/.test(traceId) && !none.test(traceId);
  return newTraceparent(isTrace ? traceId : undefined);
}
