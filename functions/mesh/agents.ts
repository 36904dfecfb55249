/** How a tenant's agents are, and what is done about them: doors to the one stop, and to the one budget. */

import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { type Account, accountIdOf, findAccount, listAccounts } from '../../adapters/accounts.ts';
import { cellsOf } from '../../adapters/budgets.ts';
import { type ApiKey, checkScope } from '../../adapters/keys.ts';
import type { Beat, Hour, openMesh } from '../../adapters/mesh.ts';
import type { Tables } from '../../adapters/rows.ts';
import { liftStop, type Row, rowsOf, setCaps, setStop } from '../../adapters/stops.ts';
import { meteredOf, standing } from '../../core/budget.ts';
import { NotFound, PolicyDenied } from '../../core/errors.ts';
import type { Metrics } from '../../core/health.ts';
import type { JsonObject } from '../../core/json.ts';
import { type StopTarget, stopKey } from '../../core/stops.ts';
import { accountId } from '../../wire/accounts.ts';
import { knownAddress } from '../../wire/addresses.ts';
import { capsIn, type costPolicy, type meshQuery } from '../../wire/mesh.ts';
import { firstAnswer } from '../api/idempotency.ts';
import { agentOut, eventOut, healthIn, type Known, policyOut, summaryOf, usedOut } from './views.ts';

export interface Ports {
  client: DynamoDBDocumentClient;
  tables: Pick<Tables, 'control' | 'meters'>;
  mesh: ReturnType<typeof openMesh>;
  clock: () => string;
}

/** Of accounts, more than a tenant is thought to have. */
const mostAgents = 1000;

const target = (address: string) => ({ kind: 'agent', id: address }) as const;
const above = (tenant: string): StopTarget[] => [{ kind: 'everything' }, { kind: 'tenant', id: tenant }];
const hoursBefore = (now: string, hours: number): string =>
  new Date(Date.parse(now) - (hours - 1) * 3_600_000).toISOString();

/** The key's agent shows that it is there. Throws Conflict for an Idempotency-Key of another body. */
export async function heartbeat(
  { client, tables, mesh, clock }: Ports,
  { tenant, agent }: ApiKey,
  metrics?: Partial<Metrics>,
  known?: { key: string; requestHash: string },
): Promise<JsonObject> {
  const stood = [...(await rowsOf(client, tables, [target(agent), ...above(tenant)])).values()];
  const told = { address: agent, ...(metrics ? { metrics } : {}) };
  const answerAt = (at: string) => ({
    address_id: accountIdOf(agent),
    address: agent,
    health_status: healthIn({ beat: { ...told, at }, rows: stood }, at),
    last_heartbeat_at: at,
  });
  const kept = await mesh.beat(tenant, told, { clock, answerAt }, known);
  return firstAnswer(kept, known?.requestHash ?? '');
}

export async function list(
  { client, tables, mesh, clock }: Ports,
  { tenant }: ApiKey,
  { limit, health, window }: ReturnType<typeof meshQuery.parse>,
) {
  const now = clock();
  const accounts = await listAccounts(client, tables.control, tenant, mostAgents, () => true);
  const [beats, hours, rows] = await Promise.all([
    mesh.beats(tenant),
    mesh.hours(tenant, hoursBefore(now, window)),
    rowsOf(client, tables, [...accounts.map(({ agent }) => target(agent)), ...above(tenant)]),
  ]);
  const byAgent = new Map(beats.map((beat) => [beat.address, beat]));
  const all = accounts.map((account) =>
    agentOut(account, knownOf(account, { beat: byAgent.get(account.agent), hours, rows }), now),
  );
  const fitting = all.filter(({ health_status }) => health === undefined || health_status === health);
  return { agents: fitting.slice(0, limit), summary: summaryOf(all) };
}

function knownOf(
  { agent, tenant }: Account,
  { beat, hours, rows }: { beat: Beat | undefined; hours: readonly Hour[]; rows: ReadonlyMap<string, Row> },
): Known {
  const mine = hours.filter(({ address }) => address === agent);
  return {
    beat,
    rows: [target(agent), ...above(tenant)].map((one) => rows.get(stopKey(one))),
    intents: mine.reduce((sum, { intents }) => sum + intents, 0),
    cost: mine.reduce((sum, { cost }) => sum + cost, 0),
  };
}

/** By address_id, or by address: of the caller's tenant alone. Throws NotFound. */
async function accountOf({ client, tables }: Ports, { tenant }: ApiKey, given: string): Promise<Account> {
  // A path may have lost one of the slashes.
  const address = knownAddress(given.replace(/^agent:\/+/, ''), tenant);
  const id = accountId.safeParse(given).data ?? (address && accountIdOf(address));
  const account = id === undefined ? undefined : await findAccount(client, tables.control, tenant, id);
  if (account?.status !== 'active') throw new NotFound('agent');
  return account;
}

async function shown({ client, tables, mesh, clock }: Ports, account: Account, window: number) {
  const now = clock();
  const { tenant, agent } = account;
  const [beat, hours, rows] = await Promise.all([
    mesh.lastBeat(tenant, agent),
    mesh.hours(tenant, hoursBefore(now, window)),
    rowsOf(client, tables, [target(agent), ...above(tenant)]),
  ]);
  return { out: agentOut(account, knownOf(account, { beat, hours, rows }), now), rows, now };
}

/** Throws NotFound. */
export async function show(ports: Ports, caller: ApiKey, given: string, window: number) {
  const account = await accountOf(ports, caller, given);
  const { out, rows, now } = await shown(ports, account, window);
  const metered = meteredOf(target(account.agent), { ...rows.get(stopKey(target(account.agent))) });
  if (!metered) return { agent: { ...out, cost_policy: null, cost_policy_used: {} } };
  const cells = await cellsOf(ports.client, ports.tables, account.tenant, metered, now);
  const used = usedOut(standing(metered, cells, now));
  const policy = policyOut(account, metered.caps, metered.onBreach);
  return { agent: { ...out, cost_policy: policy, cost_policy_used: used } };
}

/** The last hour is what is shown of whoever was just stopped. */
const justNow = 1;

/** Throws PolicyDenied without the scope, or where an agent would lift its own stop; NotFound. */
export async function stop(ports: Ports, caller: ApiKey, given: string, verb: 'kill' | 'resume') {
  checkScope(caller, 'mesh:control');
  const account = await accountOf(ports, caller, given);
  const by = caller.agent;
  const at = ports.clock();
  if (verb === 'kill') {
    const reason = `Stopped by API, with the key ${caller.keyId}.`;
    await setStop(ports.client, ports.tables, target(account.agent), { by, reason, at });
  } else {
    if (account.agent === caller.agent && !caller.ownToo)
      throw new PolicyDenied('Nobody lifts the stop on themselves.', { reason: 'own_stop' });
    await liftStop(ports.client, ports.tables, target(account.agent), { by, at });
  }
  const { out } = await shown(ports, account, justNow);
  return { address_id: out.address_id, address: out.address, health_status: out.health_status, agent: out };
}

/** Throws PolicyDenied without the scope, NotFound. */
export async function setPolicy(
  ports: Ports,
  caller: ApiKey,
  given: string,
  body: ReturnType<typeof costPolicy.parse>,
) {
  checkScope(caller, 'mesh:control');
  const account = await accountOf(ports, caller, given);
  const [caps, onBreach, at] = [capsIn(body), body.action_on_breach, ports.clock()];
  await setCaps(ports.client, ports.tables, target(account.agent), { caps, onBreach, by: caller.agent, at });
  return { policy: { ...policyOut(account, caps, onBreach), updated_at: at } };
}

export const events = async ({ mesh }: Ports, { tenant }: ApiKey, limit: number) => ({
  events: (await mesh.events(tenant, limit)).map(eventOut),
});
