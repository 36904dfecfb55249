/** The stream's fast path and the queues: at least once, in no order, late, and not at all where the sweep has to help. */

import type { OutboxMessage } from '../../adapters/messages.ts';
import { functionSettings } from '../../infra/settings.ts';
import type { Process } from './process.ts';
import type { Sim } from './sim.ts';

interface Message {
  body: OutboxMessage;
  visibleAt: number;
}

export type Consume = (message: OutboxMessage, process: Process) => Promise<void>;

/** Seconds that the consumer of each kind has. */
const timeouts: Partial<Record<OutboxMessage['kind'], number>> = {
  mail: functionSettings.mail.timeoutSeconds,
  deliver: functionSettings.deliver.timeoutSeconds,
  push: functionSettings.push.timeoutSeconds,
};
const timeoutOf = ({ kind }: OutboxMessage): number => timeouts[kind] ?? functionSettings.runs.timeoutSeconds;
/** As the template has it: six times the consumer's timeout. */
const visibilityMs = (message: OutboxMessage): number => 6 * timeoutOf(message) * 1000;
const hourMs = 3_600_000;
/** The longest that SQS holds a message back. */
const maxDelayMs = 900_000;

export class Queues {
  messages: Message[] = [];
  readonly #sim: Sim;
  readonly #consume: Consume;

  constructor(sim: Sim, consume: Consume) {
    this.#sim = sim;
    this.#consume = consume;
  }

  /** The stream's record of a new outbox row. */
  record(body: OutboxMessage): void {
    const lost = this.#sim.faults.happens('recordLost');
    this.#sim.tell(
      body.intentId,
      () => `stream: ${body.key.split('#')[0]} row ${lost ? 'is lost' : 'goes to its queue'}`,
    );
    if (!lost) this.enqueue(body);
  }

  /** `delayMs`: held back so long; what says itself when it is wanted is held back until then. */
  enqueue(body: OutboxMessage, delayMs = 0): void {
    const { faults, random, now } = this.#sim;
    const late = faults.happens('messageLate') ? random.below(4 * hourMs) : random.below(200);
    const wanted = typeof body.body.notBefore === 'string' ? Date.parse(body.body.notBefore) - now : delayMs;
    const held = Math.max(0, Math.min(wanted, maxDelayMs));
    this.messages.push({ body: structuredClone(body), visibleAt: now + held + late });
  }

  visible = (): Message[] => this.messages.filter((message) => message.visibleAt <= this.#sim.now);

  /** Hands a message to its consumer; it stays invisible until that has ended well, or its time is over. */
  deliver(message: Message): void {
    message.visibleAt = this.#sim.now + visibilityMs(message.body);
    this.#sim.spawn({
      name: `${message.body.kind} consumer`,
      about: message.body.intentId,
      timeoutSeconds: timeoutOf(message.body),
      work: (process) => this.#consume(message.body, process),
      ended: (ending) => this.#ended(message, 'value' in ending),
    });
  }

  #ended(message: Message, well: boolean): void {
    const { faults, random, now } = this.#sim;
    if (well ? !faults.happens('messageTwice') : faults.happens('messageParked'))
      this.messages = this.messages.filter((one) => one !== message);
    else if (well) message.visibleAt = now + random.below(2 * visibilityMs(message.body));
  }
}
