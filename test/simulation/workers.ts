/** Agents that work on what is delivered to them: they read their mailboxes, claim, answer, pass on, and ask others for a part. */

import type { ApiKey } from '../../adapters/keys.ts';
import { perform } from '../../core/commit.ts';
import type { Entry } from '../../core/mailbox.ts';
import type { Store } from '../../core/ports.ts';
import { handOn, reply } from '../../core/rules/thread.ts';
import { answerByResume, claim, resolve } from '../../functions/api/answer.ts';
import { functionSettings } from '../../infra/settings.ts';
import type { Agents } from './agents.ts';
import { colleagues, workers } from './firm.ts';
import type { Mailroom } from './mailroom.ts';
import type { Process } from './process.ts';
import type { Sim } from './sim.ts';

/** What an agent knows. */
interface Desk {
  key: ApiKey;
  /** The last number that it has read. */
  cursor: number;
  /** What it was given to work on, by intent. */
  work: Map<string, Entry>;
  /** Every fencing token that it was ever granted, by intent. */
  tokens: Map<string, number[]>;
}

/** What a worker does with something that it has, against the others. */
const moves = {
  claim: 9,
  beat: 6,
  acknowledge: 2,
  start: 2,
  wait: 1,
  complete: 1.2,
  fail: 0.6,
  cancel: 0.3,
  resolve: 0.6,
  reply: 1,
  handOn: 1,
  ask: 1,
} as const;
type Move = keyof typeof moves;

const pageOf = 10;
/** Seconds of a lease: a few, so that some run out. */
const leases = [5, 30, 300, 3600] as const;

interface Ports {
  storeOf: (process: Process) => Store;
  mailroom: Mailroom;
  agents: Agents;
}

export class Workers {
  readonly desks: Desk[] = workers.map((key) => ({ key, cursor: 0, work: new Map(), tokens: new Map() }));
  readonly #sim: Sim;
  readonly #ports: Ports;

  constructor(sim: Sim, ports: Ports) {
    this.#sim = sim;
    this.#ports = ports;
  }

  /** One of them reads what is new, or does something. */
  work(): void {
    const { random } = this.#sim;
    const busy = this.desks.filter(({ key, cursor, work }) => work.size > 0 || this.#entries(key).length > cursor);
    const desk = random.pick(busy);
    if (!desk) return;
    const entry = random.pick([...desk.work.values()]);
    const move = entry && random.chance(0.7) ? random.weighted<Move>(moves) : undefined;
    if (!entry || move === undefined) this.poll(desk);
    else if (move === 'ask') this.#ports.agents.askForPart(desk.key, entry.intentId);
    else if (move === 'reply' || move === 'handOn') this.#tell(desk, entry.intentId, move);
    else this.#post(random.chance(0.05) ? (random.pick(this.#beside(desk)) ?? desk) : desk, entry.intentId, move);
  }

  /** Those of the same tenant, who may have nothing to do with it. */
  #beside = ({ key: { tenant } }: Desk): Desk[] => this.desks.filter(({ key }) => key.tenant === tenant);

  #entries = ({ tenant, agent }: ApiKey): Entry[] => this.#ports.mailroom.all({ tenant, address: agent });

  /** By cursor, as a stream or a poll gives it; several reads may overlap. */
  poll(desk: Desk): void {
    const { tenant, agent: address } = desk.key;
    this.#spawn('agent reads', undefined, async (process) => {
      const since = desk.cursor;
      const entries = await this.#ports.mailroom.rowsOf(process).after({ tenant, address }, since, pageOf);
      for (const [i, entry] of entries.entries()) {
        if (entry.seq !== since + i + 1)
          this.#sim.broke('readsInOrder', entry.intentId, `${address} reads ${entry.seq} after ${since + i}`);
        if (entry.seq <= desk.cursor) continue;
        desk.cursor = entry.seq;
        if (entry.why !== 'thread' && entry.why !== 'completed') desk.work.set(entry.intentId, entry);
      }
    });
  }

  /** By the API, now and then under an older token, or none. */
  #post(desk: Desk, intentId: string, move: Posted): void {
    const { random } = this.#sim;
    const tokens = desk.tokens.get(intentId) ?? [];
    const newest = random.chance(0.8) ? tokens.at(-1) : random.pick(tokens);
    const token = move === 'claim' ? undefined : random.chance(0.9) ? newest : undefined;
    if (move === 'beat' && token === undefined) return;
    const body = bodies[move](random.pick(leases));
    const ref = { tenant: desk.key.tenant, intentId };
    const idempotencyKey = random.chance(0.4) ? `${move}-${random.below(3)}` : undefined;
    const door = doors[move];
    this.#spawn(`agent ${move}${token === undefined ? '' : ` under ${token}`}`, intentId, async (process) => {
      process.fence = token;
      const answer = await this.#unlessOver(
        desk,
        intentId,
        door(this.#ports.storeOf(process), desk.key, ref, {
          body,
          idempotencyKey,
          fencingToken: token === undefined ? undefined : String(token),
          context: this.#sim.contextOf(process),
          answered: this.#ports.mailroom.answeredOf(process),
        }),
      );
      if ('fencing_token' in answer) desk.tokens.set(intentId, [...tokens, Number(answer.fencing_token)]);
    });
  }

  /** Who hears that it has ended mostly lets it lie. */
  async #unlessOver(desk: Desk, intentId: string, answer: Promise<object>): Promise<object> {
    try {
      return await answer;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === 'intent_terminal' && this.#sim.random.chance(0.8)) desk.work.delete(intentId);
      throw error;
    }
  }

  #tell({ key }: Desk, intentId: string, move: 'reply' | 'handOn'): void {
    const to = this.#sim.random.pick(colleagues(key.tenant));
    this.#spawn(`agent ${move === 'reply' ? 'writes' : `hands on to ${to}`}`, intentId, async (process) => {
      const context = this.#sim.contextOf(process);
      const by = { agent: key.agent, requestId: context().newId() };
      await perform(
        this.#ports.storeOf(process),
        { tenant: key.tenant, intentId },
        { request: true },
        context,
        (state, now) =>
          move === 'reply' ? reply(state, by, 'How far is it?', now) : handOn(state, by, { to, note: '' }, now),
      );
    });
  }

  #spawn(name: string, about: string | undefined, work: (process: Process) => Promise<unknown>): void {
    this.#sim.spawn({ name, about, timeoutSeconds: functionSettings.api.timeoutSeconds, work });
  }
}

type Posted = Exclude<Move, 'ask' | 'reply' | 'handOn'>;

const leaseOf = (lease_seconds: number) => ({ claimant: 'worker', lease_seconds });
const bodies: Record<Posted, (leaseSeconds: number) => object> = {
  claim: leaseOf,
  beat: leaseOf,
  acknowledge: () => ({ action: 'acknowledge' }),
  start: () => ({ action: 'start', details: { step: 'packing' } }),
  wait: () => ({ action: 'wait' }),
  complete: () => ({ action: 'complete', result: { parcel: 'P-1' } }),
  fail: () => ({ action: 'fail', error: { code: 'no_stock', message: 'Nothing is left.' } }),
  cancel: () => ({ status: 'CANCELED', reason: 'Not ours.' }),
  resolve: () => ({ status: 'COMPLETED', result: { parcel: 'P-2' } }),
};
const doors: Record<Posted, typeof claim> = {
  claim,
  beat: claim,
  acknowledge: answerByResume,
  start: answerByResume,
  wait: answerByResume,
  complete: answerByResume,
  fail: answerByResume,
  cancel: resolve,
  resolve,
};
