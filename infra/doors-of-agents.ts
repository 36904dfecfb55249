import { env as apiEnv } from '../functions/api/env.ts';
import { env as bindingsEnv } from '../functions/bindings/env.ts';
import { env as eventDoorEnv } from '../functions/event-door/env.ts';
import { env as mcpEnv } from '../functions/mcp/env.ts';
import { env as meshEnv } from '../functions/mesh/env.ts';
import { env as registryEnv } from '../functions/registry/env.ts';
import { env as scenariosEnv } from '../functions/scenarios/env.ts';
import { env as streamsEnv } from '../functions/streams/env.ts';
import { env as webhooksEnv } from '../functions/webhooks/env.ts';
import { EventDoors } from './constructs/event-bus.ts';
import {
  bearIntents,
  commitIntents,
  countRequests,
  fillMailboxes,
  findAnswers,
  heedStops,
  hurryPushes,
  joinParents,
  keepAccounts,
  keepBindings,
  keepMesh,
  keepSubscriptions,
  knowKeys,
  knowListeners,
  knowSessions,
  listAccounts,
  listIntents,
  listOwnIntents,
  makeAccounts,
  readDirectory,
  readIntents,
  readMailboxes,
  settleOwed,
  spendBudgets,
  submitIntents,
  takePlaces,
  watchHeads,
} from './constructs/table-rights.ts';
import type { Foundation } from './foundation.ts';

/** Where agents ask, wait, and say how they are reached. */
export function doorsOfAgents(base: Foundation) {
  return {
    api: api(base),
    streams: streams(base),
    mcp: mcp(base),
    registry: registry(base),
    bindings: bindings(base),
    scenarios: scenarios(base),
    mesh: mesh(base),
    webhooks: webhooks(base),
  };
}

/** Takes intents in, tells of them, and takes what agents answer. */
function api(base: Foundation) {
  const { tables, environment } = base;
  const door = base.make('api', apiEnv, {
    ...environment.tables,
    ...environment.mailboxes,
    ...environment.rateLimit,
    ...environment.baseUrl,
  });
  commitIntents(door, tables);
  heedStops(door, tables);
  knowKeys(door, tables);
  countRequests(door, tables);
  findAnswers(door, tables);
  joinParents(door, tables);
  settleOwed(door, tables);
  spendBudgets(door, tables);
  listIntents(door, tables);
  fillMailboxes(door, tables);
  readDirectory(door, tables);
  knowSessions(door, tables);
  return door;
}

/** Holds the requests of those who wait. */
function streams(base: Foundation) {
  const { tables, environment } = base;
  const { INTENTS_TABLE, CONTROL_TABLE, METERS_TABLE } = environment.tables;
  const door = base.make('streams', streamsEnv, {
    INTENTS_TABLE,
    CONTROL_TABLE,
    METERS_TABLE,
    ...environment.rateLimit,
    ...environment.mailboxes,
    ...environment.held,
  });
  knowKeys(door, tables);
  countRequests(door, tables);
  listAccounts(door, tables);
  readIntents(door, tables);
  watchHeads(door, tables);
  readMailboxes(door, tables);
  takePlaces(door, tables);
  return door;
}

/** The same for clients of MCP. */
function mcp(base: Foundation) {
  const { tables, environment } = base;
  const door = base.make('mcp', mcpEnv, {
    ...environment.tables,
    ...environment.mailboxes,
    ...environment.baseUrl,
    ...environment.rateLimit,
    ...environment.held,
  });
  commitIntents(door, tables);
  heedStops(door, tables);
  spendBudgets(door, tables);
  knowKeys(door, tables);
  countRequests(door, tables);
  findAnswers(door, tables);
  settleOwed(door, tables);
  listOwnIntents(door, tables);
  watchHeads(door, tables);
  takePlaces(door, tables);
  return door;
}

/** Who there is: agents, accounts, keys, users, invites, schemas; and what this deployment can. */
function registry(base: Foundation) {
  const { tables, environment } = base;
  const { CONTROL_TABLE, METERS_TABLE } = environment.tables;
  const door = base.make('registry', registryEnv, {
    CONTROL_TABLE,
    METERS_TABLE,
    ...environment.baseUrl,
    ...environment.rateLimit,
  });
  knowKeys(door, tables);
  countRequests(door, tables);
  keepAccounts(door, tables);
  return door;
}

/** How agents are reached. */
function bindings(base: Foundation) {
  const { tables, environment } = base;
  const door = base.make('bindings', bindingsEnv, {
    ...environment.tables,
    ...environment.mailboxes,
    ...environment.receivers,
    ...environment.rateLimit,
    INTERNAL_TARGETS: base.declared.config.internalTargets.join(','),
  });
  knowKeys(door, tables);
  countRequests(door, tables);
  readDirectory(door, tables);
  readIntents(door, tables);
  keepBindings(door, tables);
  hurryPushes(door, tables);
  base.webhookKey.sealedBy(door);
  return door;
}

/** Takes bundles of agents and their procedure. */
function scenarios(base: Foundation) {
  const { tables, environment } = base;
  const door = base.make('scenarios', scenariosEnv, { ...environment.tables, ...environment.rateLimit });
  bearIntents(door, tables);
  heedStops(door, tables);
  spendBudgets(door, tables);
  findAnswers(door, tables);
  knowKeys(door, tables);
  countRequests(door, tables);
  readDirectory(door, tables);
  makeAccounts(door, tables);
  return door;
}

/** How agents do, their budgets, and their stop. */
function mesh(base: Foundation) {
  const { tables, environment } = base;
  const { CONTROL_TABLE, METERS_TABLE } = environment.tables;
  const door = base.make('mesh', meshEnv, { CONTROL_TABLE, METERS_TABLE, ...environment.rateLimit });
  knowKeys(door, tables);
  countRequests(door, tables);
  keepMesh(door, tables);
  return door;
}

/** Subscriptions to events. */
function webhooks(base: Foundation) {
  const { tables, environment } = base;
  const { CONTROL_TABLE, METERS_TABLE } = environment.tables;
  const door = base.make('webhooks', webhooksEnv, {
    CONTROL_TABLE,
    METERS_TABLE,
    ...environment.rateLimit,
    ...environment.webhooks,
    ...environment.receivers,
    ...environment.callbacksQueue,
  });
  knowKeys(door, tables);
  countRequests(door, tables);
  keepSubscriptions(door, tables);
  base.webhookKey.sealedBy(door);
  base.queues.callbacks.filledBy(door);
  return door;
}

/** Submits what events ask for, where a deployment declares doors for them. */
export function doorForEvents(base: Foundation): void {
  const { tables, environment, parked } = base;
  const { doors } = base.declared.config.events;
  if (doors.length === 0) return;
  const door = base.make('event-door', eventDoorEnv, { ...environment.tables, ...environment.parkedQueue });
  submitIntents(door, tables);
  heedStops(door, tables);
  spendBudgets(door, tables);
  knowListeners(door, tables);
  findAnswers(door, tables);
  joinParents(door, tables);
  new EventDoors(base.stack, 'EventDoors', { doors, own: base.bus.bus, door, parked });
}
