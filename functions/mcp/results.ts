/** What a tool's call gives: MCP's result, with `tool` and `status` beside it, as AXP says. */

import { type CallToolResult, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import type { JsonObject } from '../../core/json.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { IntentState } from '../../core/model.ts';
import { typeOfIntent } from '../../intents/index.ts';
import { errorAnswer } from '../../wire/errors.ts';
import { resultOf } from './intents.ts';
import type { Caller, Ports } from './ports.ts';

const textOf = (value: object) => [{ type: 'text' as const, text: JSON.stringify(value) }];

export const answered = (structured: JsonObject, tool?: string): CallToolResult => ({
  content: textOf(structured),
  structuredContent: structured,
  ...(tool === undefined ? {} : { tool }),
  status: 'completed',
});

/** Of what was to be done and is not: to a model that is an error, whoever refused it. */
const isUndone = ({ head }: IntentState): boolean =>
  typeOfIntent(head)?.shape === 'action' && isTerminal(head.status) && head.status !== 'COMPLETED';

/** How far the intent is that a tool submitted. */
export function submitted(ports: Ports, caller: Caller, state: IntentState, tool?: string): CallToolResult {
  const result = answered(resultOf(ports, caller, state), tool);
  return isUndone(state) ? { ...result, isError: true, status: 'failed' } : result;
}

/** AXP's error, as the API answers it; of what is our own fault nothing but that it is. */
function errorOf({ failed }: Caller, thrown: unknown) {
  const { status, body } = errorAnswer(thrown, new Date().toISOString(), false);
  if (status >= 500) failed(thrown);
  return body.error as { code: string; message: string };
}

/** A model reads what was wrong, and may do better. Without structured content, which would have to fit the tool's schema. */
export function refused(caller: Caller, thrown: unknown, tool: string): CallToolResult {
  const error = errorOf(caller, thrown);
  return { content: textOf({ error }), isError: true, tool, status: 'failed', error };
}

/** The same outside of a tool's call. */
export function protocolError(caller: Caller, thrown: unknown): ProtocolError {
  if (thrown instanceof ProtocolError) return thrown;
  const { code, message } = errorOf(caller, thrown);
  return new ProtocolError(ProtocolErrorCode.InvalidParams, message, { code });
}
