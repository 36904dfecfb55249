/** `holdpoint listen`: what is delivered to an agent, posted to a program on this machine as a signed webhook would be. */

import { randomBytes } from 'node:crypto';
import { type Command, InvalidArgumentError } from 'commander';
import type { Webhook } from '../../adapters/webhook.ts';
import { isTerminal } from '../../core/lifecycle.ts';
import { bytesOfSecret, retryPauseMs, secretBytes, secretOf, type Verdict } from '../../core/webhook.ts';
import type { Source } from '../sdk/follow.ts';
import type { Entry, HoldpointClient } from '../sdk/index.ts';
import type { TransportOptions } from '../sdk/transport.ts';
import { asAgent, byApi } from './api.ts';
import type { At } from './contexts.ts';
import { cursorAt, keepCursor } from './cursors.ts';
import { untilInterrupted } from './interrupt.ts';
import { bad, good, note, plain, soft, tell } from './outcome.ts';
import { progress } from './progress.ts';

/** Hosts that this command posts to: this machine. */
const thisMachine = ['localhost', '127.0.0.1', '::1'];

/** What the program does not take is tried so often, then left to be given out again. */
const tries = 3;

export function addListen(program: Command): void {
  byApi(program.command('listen'))
    .description("read an agent's stream, and post each delivery to a program on this machine")
    .argument('<agent>', "the agent's name or address; the key is its own")
    .requiredOption('--forward-to <url>', 'where the program listens, such as http://localhost:3000/intents', localUrl)
    .option(
      '--secret <secret>',
      'whsec_…: what deliveries are signed with (default: a new one, which is shown)',
      secretIn,
    )
    .option('--since <n>', 'begin after this number (default: where the last listen ended)', countOf)
    .addHelpText(
      'after',
      `
An answer of 2xx acknowledges the intent; the program then says by API how it ends. Any other answer is tried again
twice, then left: the intent is given out again later. Ctrl-C ends it.`,
    )
    .action(listen);
}

function localUrl(given: string): string {
  if (URL.canParse(given) && thisMachine.includes(new URL(given).hostname.replace(/^\[(.*)\]$/, '$1'))) return given;
  throw new InvalidArgumentError('It posts to this machine only: http://localhost:PORT/PATH.');
}

function secretIn(given: string): string {
  if (bytesOfSecret(given)) return given;
  throw new InvalidArgumentError('A secret is whsec_ and 24 to 64 bytes in base64.');
}

function countOf(given: string): number {
  const count = Number(given);
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new InvalidArgumentError('A whole number is meant.');
}

type Options = At & { forwardTo: string; secret?: string; since?: number };

async function listen(agent: string, options: Options) {
  const { client, context, apiKey } = await asAgent(options);
  const secret = options.secret ?? secretOf(randomBytes(secretBytes.made));
  if (options.secret === undefined) note(`Signed with ${secret}`);
  const { webhookSender } = await import('../../adapters/webhook.ts');
  const place = { url: context.url, agent };
  const since = options.since ?? cursorAt(place);
  await untilInterrupted(async (signal) => {
    const shown = progress(`Waits for deliveries to ${agent}`);
    const send = webhookSender(thisMachine);
    const forward = forwarder(client, { ...options, secret, send, above: shown.above }, signal);
    try {
      for await (const entry of deliveries({ baseUrl: context.url, apiKey }, agent, since, signal)) {
        await forward(entry);
        keepCursor(place, entry.seq);
      }
    } finally {
      shown.stop();
    }
  });
}

/** As many as one page of the API has. */
const pageSize = 100;

/** What is delivered to an agent, each entry once and in order, over whatever breaks. */
async function* deliveries(
  at: TransportOptions,
  agent: string,
  since: number,
  signal: AbortSignal,
): AsyncGenerator<Entry> {
  const { Transport } = await import('../sdk/transport.ts');
  const { follow } = await import('../sdk/follow.ts');
  const { HoldpointClient } = await import('../sdk/index.ts');
  const { agentPath } = await import('../sdk/agents.ts');
  const client = new HoldpointClient(at);
  const source: Source<Entry> = {
    stream: { path: `${agentPath(agent)}/intents/stream` },
    async page(after, called) {
      const { intents, next_seq } = await client.agents.mailbox(agent, { since: after, limit: pageSize }, called);
      return { items: intents, next: next_seq };
    },
  };
  const following = { since, until: Number.POSITIVE_INFINITY, signal };
  for await (const entry of follow(new Transport(at), source, following)) if (entry) yield entry;
}

/** What the program is sent: as a binding of an agent to a webhook sends it. */
const bodyOf = (entry: Entry): string => JSON.stringify({ type: entry.event_type, timestamp: entry.at, data: entry });

interface Forwarding extends Options {
  secret: string;
  send: (webhook: Webhook) => Promise<Verdict>;
  above: (write: () => void) => void;
}

function forwarder(
  client: HoldpointClient,
  { forwardTo, secret, json, send, above }: Forwarding,
  signal: AbortSignal,
): (entry: Entry) => Promise<void> {
  const said = (entry: Entry, verdict: Verdict | undefined, attempt: number) =>
    above(() => tell(json, { ...entry, attempt, answer: verdict ?? null }, lineOf(entry, verdict)));
  return async (entry) => {
    const { intent_id: id, delivery_id } = entry;
    const intent = await heard(() => client.get(id, { signal }), signal);
    // What has ended meanwhile needs nobody any more.
    if (isTerminal(intent.status)) return said(entry, undefined, 0);
    const webhook = {
      url: forwardTo,
      id: delivery_id.replaceAll('.', '_'),
      body: bodyOf(entry),
      secrets: [secret],
    };
    for (let attempt = 1; attempt <= tries; attempt += 1) {
      const verdict = await send(webhook);
      said(entry, verdict, attempt);
      if (verdict.is === 'taken') return acknowledge(client, id, delivery_id, signal);
      if (verdict.is === 'gone' || attempt === tries) return;
      await pause(retryPauseMs(attempt, Math.random(), verdict.retryAfterSeconds), signal);
    }
  };
}

/** The program may have answered by API before this: then there is nothing to say. */
async function acknowledge(client: HoldpointClient, id: string, key: string, signal: AbortSignal): Promise<void> {
  const { ConflictError } = await import('../sdk/index.ts');
  const options = { idempotencyKey: `ack-${key}`, signal };
  await heard(() => client.resume(id, { action: 'acknowledge' }, options), signal).catch((error: unknown) => {
    if (!(error instanceof ConflictError)) throw error;
  });
}

/** An outage is waited out, as the stream waits it out. */
async function heard<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const { realTime, untilHeard } = await import('../sdk/retry.ts');
  return untilHeard(call, { time: realTime, signal });
}

const pause = async (ms: number, signal: AbortSignal): Promise<void> => {
  const { realTime } = await import('../sdk/retry.ts');
  await realTime.sleep(ms, signal);
};

function answerWord(verdict: Verdict | undefined): string {
  if (verdict === undefined) return soft('ended already');
  if (verdict.is === 'taken') return good(String(verdict.status));
  return bad(verdict.is === 'gone' ? '410' : String(verdict.status ?? verdict.why));
}

const lineOf = ({ at, seq, intent_id, intent_type }: Entry, verdict: Verdict | undefined): string =>
  `${soft(at.slice(11, 19))}  ${String(seq).padStart(5)}  ${intent_id}  ${plain(intent_type)}  ${answerWord(verdict)}`;
