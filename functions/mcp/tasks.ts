/**
 * MCP's tasks extension (`io.modelcontextprotocol/tasks`): the task that a tool's call began is the intent, under its own
 * id. Nothing is stored for it.
 */

import {
  type CallToolResult,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
} from '@modelcontextprotocol/server';
import * as z from 'zod';
import { NotFound } from '../../core/errors.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { IntentState } from '../../core/model.ts';
import { intentId } from '../../wire/intents.ts';
import { load, withdraw } from './intents.ts';
import type { Caller, Ports } from './ports.ts';
import { protocolError, submitted } from './results.ts';

export const tasksExtension = 'io.modelcontextprotocol/tasks';

/** Between two looks of a client, milliseconds: people take minutes. */
const pollIntervalMs = 5000;

export const takesTasks = (server: Server): boolean =>
  server.getClientCapabilities()?.extensions?.[tasksExtension] !== undefined;

function statusOf({ head }: IntentState): 'working' | 'completed' | 'cancelled' {
  if (head.status === 'CANCELED') return 'cancelled';
  return isTerminal(head.status) ? 'completed' : 'working';
}

const taskOf = (state: IntentState) => ({
  taskId: state.head.intentId,
  status: statusOf(state),
  statusMessage: state.head.waitingReason ?? state.head.status,
  createdAt: state.head.createdAt,
  lastUpdatedAt: state.head.updatedAt,
  ttlMs: null,
  pollIntervalMs,
});

/** In place of a tool's result. The SDK's types know no results of extensions. */
export const begunTask = (state: IntentState): CallToolResult =>
  ({ resultType: 'task', ...taskOf(state) }) as unknown as CallToolResult;

const named = z.looseObject({ taskId: z.string() });

/** An intent of the caller's own. Throws ProtocolError. */
async function find(ports: Ports, { key }: Caller, taskId: string): Promise<IntentState> {
  const unknown = new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such task.');
  const id = intentId.safeParse(taskId);
  if (!id.success) throw unknown;
  const state = await load(ports, { tenant: key.tenant, intentId: id.data }).catch((error) => {
    throw error instanceof NotFound ? unknown : error;
  });
  if (state.head.from !== key.agent && !key.ownToo) throw unknown;
  return state;
}

export function serveTasks(server: Server, ports: Ports, caller: Caller): void {
  /** For clients that declare the extension; throws what JSON-RPC may say. */
  const serve = (method: string, work: (state: IntentState) => Promise<Record<string, unknown>>) =>
    server.setRequestHandler(method, { params: named }, async ({ taskId }) => {
      if (!takesTasks(server))
        throw new MissingRequiredClientCapabilityError({
          requiredCapabilities: { extensions: { [tasksExtension]: {} } },
        });
      try {
        return await work(await find(ports, caller, taskId));
      } catch (error) {
        throw protocolError(caller, error);
      }
    });
  serve('tasks/get', async (state) => {
    const task = taskOf(state);
    return task.status === 'completed' ? { ...task, result: submitted(ports, caller, state) } : task;
  });
  // A task asks nothing of the client: what it sends answers no request of ours.
  serve('tasks/update', async () => ({}));
  serve('tasks/cancel', async ({ head }) => {
    if (!isTerminal(head.status)) await withdraw(ports, caller, head, 'The client canceled its task.');
    return {};
  });
}
