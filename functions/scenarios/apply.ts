/** A bundle is held against its rules; or becomes a procedure: its agents are there then, and its first step is under way. */

import type { z } from 'zod';
import type { ApiKey } from '../../adapters/keys.ts';
import { type Compiled, compile } from '../../core/bundle.ts';
import { quotaExceeded, stopped } from '../../core/commit.ts';
import { carried } from '../../core/delegation.ts';
import type { Directory } from '../../core/directory.ts';
import { InvalidInput, RetryableError } from '../../core/errors.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Context, Store } from '../../core/ports.ts';
import { compileIdOf, type ProcedurePlan } from '../../core/procedure.ts';
import { type Submission, submit } from '../../core/rules/submit.ts';
import { intentTypeOf } from '../../intents/index.ts';
import { createAccount } from '../../wire/accounts.ts';
import { agentNameFits, knownAddress, ownAddress, wholeAddress } from '../../wire/addresses.ts';
import { invalidBody } from '../../wire/errors.ts';
import { bundle as schema } from '../../wire/scenarios.ts';
import { bodyHashOf, firstAnswer, idempotency } from '../api/idempotency.ts';
import type { Accounts } from './agents.ts';

type Bundle = z.infer<typeof schema>;

export interface Ports {
  store: Store;
  directory: Directory;
  accounts: Accounts;
}

interface Request {
  body: unknown;
  idempotencyKey: string | undefined;
  traceId: string;
  context: Context;
  /** What is kept of the requester's link. */
  viewHashOf?: (intentId: string) => string;
}

/** Changes nothing. What is wrong with the bundle is its answer, each as `path: words`. */
export async function validate(ports: Ports, caller: ApiKey, body: unknown, now: string) {
  const parsed = schema.safeParse(body);
  if (!parsed.success) {
    const { errors } = invalidBody(parsed.error).details as unknown as { errors: { field: string; message: string }[] };
    return { valid: false, errors: errors.map(({ field, message }) => `${field}: ${message}`), warnings: [] };
  }
  const { plan, errors, warnings } = compiled(ports, caller, parsed.data, now);
  const agents = await agentsIn(ports, caller, parsed.data);
  const all = [...errors, ...agents.errors];
  return {
    valid: all.length === 0,
    errors: all,
    warnings: [...warnings, ...agents.warnings],
    ...(plan && all.length === 0 ? { compile_id: compileIdOf(plan) } : {}),
  };
}

/**
 * Makes the agents that are missing and starts the procedure. The same Idempotency-Key (or the bundle's own) with the same body gives
 * the first answer again. Throws InvalidInput with all that `validate` says, PolicyDenied where a stop stands or the key may
 * make no agents, QuotaExceeded, Conflict.
 */
export async function apply(
  ports: Ports,
  caller: ApiKey,
  { body, idempotencyKey, traceId, context, viewHashOf }: Request,
) {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw invalidBody(parsed.error);
  const bundle = parsed.data;
  const bodyHash = bodyHashOf(body);
  const key = idempotencyKey ?? (bundle.idempotency_key || undefined);
  const known = idempotency(key, caller, 'POST /v1/scenarios/apply', bodyHash);
  const [before, agents, announced] = await Promise.all([
    known.idempotency && ports.store.findAnswer(caller.tenant, known.idempotency.key),
    agentsIn(ports, caller, bundle),
    ports.store.announces(caller.tenant),
  ]);
  if (before) return firstAnswer(before, bodyHash);
  const { plan, errors } = compiled(ports, caller, bundle, context.now);
  if (!plan || errors.length + agents.errors.length > 0) throw refused([...errors, ...agents.errors]);
  const made = await makeMissing(ports, agents.all);
  const beside: JsonObject = {
    scenario_id: bundle.scenario_id,
    compile_id: compileIdOf(plan),
    agents_provisioned: made,
    agents: agents.all.map(({ role, address }) => ({ role, address, created: made.includes(address) })),
  };
  const submission: Submission = {
    ...submissionOf(bundle, plan, caller, context),
    traceId,
    announced,
    ...known,
    ...(viewHashOf ? { viewHashOf } : {}),
  };
  const { commit, accepted } = submit(submission, context);
  const answer = { ...accepted, ...beside };
  const { idempotency: kept } = commit.writes;
  const writes = kept ? { ...commit.writes, idempotency: { ...kept, answer } } : commit.writes;
  const outcome = await ports.store.commit({ ...commit, writes });
  if (outcome.ok) return answer;
  if (outcome.because === 'stopped') throw stopped(outcome.target);
  if (outcome.because === 'budget') throw quotaExceeded(outcome.breach);
  if (outcome.because === 'repeated') return firstAnswer(outcome, bodyHash);
  throw new RetryableError('The procedure could not be stored.');
}

function refused(errors: readonly string[]): InvalidInput {
  const all = errors.map((one) => {
    const at = one.indexOf(': ');
    return { field: one.slice(0, at), message: one.slice(at + 2) };
  });
  return new InvalidInput(errors[0] ?? '', { field: all[0]?.field ?? '', errors: all });
}

function compiled({ directory }: Ports, { tenant, agent }: ApiKey, bundle: Bundle, now: string): Compiled {
  const { type: name, on_behalf_of: onBehalfOf } = bundle.intent;
  const found = compile(bundle as Parameters<typeof compile>[0], {
    addressOf: (given) => knownAddress(given, tenant),
    type: carried(name),
    directory,
    agent,
    onBehalfOf,
    now,
  });
  // What its own machine governs is not to be had by a bundle of that name.
  if (intentTypeOf(name)?.shape !== 'action') return found;
  return {
    ...found,
    errors: [`intent.type: ${name} is declared here, and is asked for by an intent.`, ...found.errors],
  };
}

interface BundleAgent {
  role: string;
  address: string;
  displayName: string | undefined;
  /** Its account's name, where one is to be made. */
  missing?: string;
}

async function agentsIn({ accounts }: Ports, { tenant }: ApiKey, { agents }: Bundle) {
  const errors: string[] = [];
  const warnings: string[] = [];
  const known = agents.flatMap(({ role, address: given, create_if_missing: wanted, display_name: displayName }, i) => {
    const address = knownAddress(given, tenant);
    return address === undefined ? [] : [{ i, wanted, role: role ?? given, address, displayName }];
  });
  const there = await Promise.all(
    known.map(({ address }) => address === ownAddress(tenant) || accounts.isThere(address)),
  );
  const all = known.map(({ i, wanted, ...found }, n): BundleAgent => {
    if (there[n]) return found;
    if (!wanted) {
      warnings.push(`agents.${i}.address: There is no agent ${found.address} yet; what it gets waits for it.`);
      return found;
    }
    const own = `agent://${tenant}/`;
    const name = found.address.slice(own.length);
    const fits = agentNameFits(tenant, name) && createAccount.safeParse({ name }).success;
    if (found.address.startsWith(own) && fits) return { ...found, missing: name };
    errors.push(`agents.${i}.address: No agent of this name can be made here.`);
    return found;
  });
  return { all, errors, warnings };
}

async function makeMissing({ accounts }: Ports, agents: readonly BundleAgent[]): Promise<string[]> {
  const made: string[] = [];
  for (const { address, displayName, missing } of agents)
    if (missing !== undefined && (await accounts.make(missing, displayName))) made.push(address);
  return made;
}

function submissionOf(
  { intent }: Bundle,
  plan: ProcedurePlan,
  { tenant, agent }: ApiKey,
  context: Context,
): Omit<Submission, 'traceId'> {
  const { deadline_at, on_behalf_of, reply_to, correlation_id } = intent;
  return {
    tenant,
    from: agent,
    to: ownAddress(tenant),
    type: carried(intent.type),
    delegated: true,
    procedure: plan,
    payload: intent.payload as JsonObject,
    correlationId: correlation_id ?? context.newId(),
    ...(deadline_at === undefined ? {} : { deadlineAt: new Date(deadline_at).toISOString() }),
    ...(on_behalf_of === undefined ? {} : { onBehalfOf: on_behalf_of }),
    ...(reply_to === undefined ? {} : { replyTo: wholeAddress(reply_to, tenant, 'intent.reply_to') }),
  };
}
