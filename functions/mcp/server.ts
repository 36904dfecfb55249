/** The MCP server of one request: what it can do, and for whom. */

import { inputRequired, ProtocolError, ProtocolErrorCode, Server } from '@modelcontextprotocol/server';
import * as z from 'zod';
import type { JsonObject } from '../../core/json.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import type { IntentState } from '../../core/model.ts';
import { intentTypes } from '../../intents/index.ts';
import { invalidBody } from '../../wire/errors.ts';
import { intentId } from '../../wire/intents.ts';
import { apiVersion } from '../../wire/version.ts';
import { actionTools } from './actions.ts';
import { isSettled, load, submit, viewUrl, waitFor } from './intents.ts';
import type { Caller, Ports } from './ports.ts';
import { answered, refused, submitted } from './results.ts';
import { begunTask, serveTasks, takesTasks, tasksExtension } from './tasks.ts';
import { ownTools, type Submitting, type Tool } from './tools.ts';

const tools: readonly Tool[] = [...ownTools, ...actionTools(intentTypes)];

/** How long a tool that acts is waited for, seconds: what policy allows is mostly done by then. */
const actionSeconds = 5;

const instructions =
  'Holdpoint does what needs a check or a person: you submit an intent, policy and people decide, and it is carried out once. Submitting tools answer with an intent_id. People may take hours or days: keep the id, call wait_for_intent until `ended`, and never submit the same thing twice. `view_url` is for the person you work for.';

const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => ({
  type: 'object' as const,
  ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }),
});

/** Made when it is first asked for, and the same for everybody. */
let listed: object[] | undefined;
const listTools = () =>
  tools.map(({ name, title, description, annotations, input, output }) => ({
    name,
    title,
    description,
    inputSchema: schemaOf(input, 'input'),
    outputSchema: schemaOf(output, 'output'),
    annotations: { title, ...annotations },
  }));

export function mcpServer(ports: Ports, caller: Caller, era: 'modern' | 'legacy'): Server {
  const server = new Server(
    { name: 'holdpoint', title: 'Holdpoint', version: apiVersion },
    {
      capabilities: { tools: {}, ...(era === 'modern' ? { extensions: { [tasksExtension]: {} } } : {}) },
      instructions,
    },
  );
  if (era === 'modern') serveTasks(server, ports, caller);

  /** Only a client that says so is sent to a page, and only where its answer can come back. */
  const takesPages = () => era === 'modern' && server.getClientCapabilities()?.elicitation?.url !== undefined;

  /** Asks the client once to show the person it works for what it submitted, where other people must look at it. */
  function page(tool: Submitting, state: IntentState) {
    const url = viewUrl(ports, caller, state);
    if (url === undefined || !takesPages() || (tool.acts && state.head.waitingReason !== 'WAITING_FOR_HUMAN'))
      return undefined;
    const message = 'A person was asked. This page shows how far it is; it decides nothing.';
    return inputRequired({
      inputRequests: { view: inputRequired.elicitUrl({ message, url }) },
      requestState: state.head.intentId,
    });
  }

  /** The intent that an earlier round of this call submitted. It may have been written by anybody: it opens nothing. */
  async function earlier(given: unknown): Promise<IntentState | undefined> {
    const id = intentId.safeParse(given);
    return id.success ? load(ports, { tenant: caller.key.tenant, intentId: id.data }) : undefined;
  }

  async function submitBy(tool: Submitting, args: JsonObject, given: unknown) {
    const before = await earlier(given);
    let state = before ?? (await submit(ports, caller, tool.submits(args)));
    if (tool.acts && !before) ({ state } = await waitFor(ports, state.head, actionSeconds, isSettled));
    const asks = before ? undefined : page(tool, state);
    if (asks) return asks;
    return takesTasks(server) && !isTerminal(state.head.status)
      ? begunTask(state)
      : submitted(ports, caller, state, tool.name);
  }

  server.setRequestHandler('tools/list', () => {
    listed ??= listTools();
    return { tools: listed } as never;
  });
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no tool of this name.');
    const args = (params.arguments ?? {}) as JsonObject;
    try {
      const parsed = tool.input.safeParse(args);
      if (!parsed.success) throw invalidBody(parsed.error);
      if ('submits' in tool) return await submitBy(tool, args, mcpReq.requestState());
      return answered(await tool.answers(ports, caller, args), tool.name);
    } catch (error) {
      return refused(caller, error, tool.name);
    }
  });
  return server;
}
