/** Approvers: their mailbox, the forms they post, and their coming and going in the directory. */

import { perform } from '../../core/commit.ts';
import { Directory, type Directory as People, type Person } from '../../core/directory.ts';
import { NotFound } from '../../core/errors.ts';
import { sha256 } from '../../core/hash.ts';
import type { IntentType } from '../../core/intent-type.ts';
import type { Head, Link, Task } from '../../core/model.ts';
import type { Digests, Listed, Store } from '../../core/ports.ts';
import { type Decided, type DecisionGiven, type Door, decide } from '../../core/rules/decide.ts';
import { reassign } from '../../core/rules/delegate.ts';
import { markOf, undeliverable } from '../../core/rules/undeliverable.ts';
import { outcomesOf } from '../../core/tasks.ts';
import type { Ports as MailPorts } from '../../functions/mail/pay.ts';
import { functionSettings } from '../../infra/settings.ts';
import { moments } from './moments.ts';
import { AwsError, type Process } from './process.ts';
import type { Random } from './random.ts';
import type { Sim } from './sim.ts';

const everybody: Person[] = [
  { id: 'ada', name: 'Ada Example', mail: 'ada@example.com', roles: ['refunds', 'approvers'] },
  { id: 'ben', name: 'Ben Example', mail: 'ben@example.com', roles: ['refunds', 'approvers'], manager: 'eve' },
  {
    id: 'cleo',
    name: 'Cleo Example',
    mail: 'cleo@example.com',
    roles: ['approvers', 'finance'],
    backup: 'dan',
    digest: { at: '09:00' },
  },
  { id: 'dan', name: 'Dan Example', mail: 'dan@example.com', roles: ['refunds', 'finance'] },
  { id: 'eve', name: 'Eve Example', mail: 'eve@example.com', roles: ['managers'] },
  { id: 'olga', name: 'Olga Example', mail: 'olga@example.com', roles: ['operators'] },
  { id: 'otto', name: 'Otto Example', mail: 'otto@example.com', roles: ['operators'] },
];

export const digested = new Set(everybody.flatMap(({ id, digest }) => (digest ? [id] : [])));

/** What somebody wants to say to whatever they are asked. */
type Wish = 'for' | 'against' | 'changes';

/** What that is, to each kind of task; changes are asked for also where nobody may. */
export function answerTo(task: Task | undefined, wish: Wish, random: Random): Omit<DecisionGiven, 'subjectHash'> {
  const type = task?.type ?? 'approval';
  if (wish === 'changes') return { outcome: 'changes_requested' };
  if (type === 'assignment' && wish === 'for') return { outcome: 'assigned', assignee: random.pick(everybody)?.id };
  if (type === 'override' && wish === 'for') {
    const data = { how: random.chance(0.5) ? 'completed' : 'canceled', done: 'Paid by hand.' };
    return { outcome: 'override_approved', comment: 'Enough.', data };
  }
  const choice = outcomesOf(type).find((one) => one.for === (wish === 'for') && !one.returns);
  return { outcome: choice?.name ?? '', evidence: { text: 'Seen.' } };
}

export interface Mail {
  link: Link;
  subjectHash: string;
}

interface Ports {
  storeOf: (process: Process) => Store;
  digests: Digests;
  isStopped: (head: Head) => boolean;
  typeOf: (head: Head) => IntentType | undefined;
}

export class Approvers {
  readonly mails: Mail[] = [];
  somebodyLeft = false;
  /** What people were told: that their own decision counts. */
  readonly told: { link: Link; decided: Decided }[] = [];
  directory: People = new Directory(everybody);
  readonly #sim: Sim;
  readonly #ports: Ports;

  constructor(sim: Sim, ports: Ports) {
    this.#sim = sim;
    this.#ports = ports;
  }

  mailPortsOf = (process: Process): Omit<MailPorts, 'store' | 'context'> => ({
    people: async () => this.directory,
    secretOf: async (linkId) => `secret of ${linkId}`,
    asking: () => words,
    telling: () => words,
    tell: (to, _words, link) =>
      this.#sim.call(process, {
        what: `mail to ${to.id}`,
        act: () => {
          if (this.#sim.faults.happens('mailRefused')) throw new AwsError('MessageRejected');
          if (link) this.mails.push({ link, subjectHash: link.subjectHash });
          if (link && this.#sim.faults.happens('mailBounces')) this.#bounce(link, link, `mail-${this.mails.length}`);
          if (this.#sim.faults.happens('mailUnmarked')) throw new AwsError('TimeoutError');
          return { messageId: `mail-${this.mails.length}` };
        },
      }),
    digests: moments(this.#sim, process, this.#ports.digests, 'digest'),
    stopped: (head) => this.#sim.call(process, { what: 'check stops', act: () => this.#ports.isStopped(head) }),
    listing: (_state, secret) => ({ title: '', facts: [], link: secret }),
    mailDigest: async (to, entries, digestId) => {
      // What its reader sees: links that are stored already.
      const links = await Promise.all(
        entries.map(async ({ link }) => (await this.#ports.storeOf(process).findLink(sha256(link))) as Link),
      );
      const listed = await this.#ports.digests.listed(digestId);
      return this.#sim.call(process, {
        what: `digest to ${to.id}`,
        act: () => {
          if (this.#sim.faults.happens('mailRefused')) throw new AwsError('MessageRejected');
          this.mails.push(...links.map((link) => ({ link, subjectHash: link.subjectHash })));
          const messageId = `mail-${this.mails.length}`;
          const comesBack = this.#sim.faults.happens('mailBounces');
          for (const task of comesBack ? listed : []) this.#bounce(task, { personId: to.id, mail: to.mail }, messageId);
          if (this.#sim.faults.happens('mailUnmarked')) throw new AwsError('TimeoutError');
          return messageId;
        },
      });
    },
  });

  /** The mail provider's event: soon, late, or twice. */
  #bounce({ taskId, ...ref }: Listed, { personId, mail }: Pick<Link, 'personId' | 'mail'>, messageId: string): void {
    const failed = { taskId, mark: markOf(personId), why: 'bounced' as const, mail, messageId };
    for (let times = this.#sim.random.between(1, 2); times > 0; times -= 1)
      this.#sim.spawn({
        name: `mail to ${personId} comes back`,
        about: ref.intentId,
        timeoutSeconds: functionSettings['mail-events'].timeoutSeconds,
        work: (process) =>
          perform(this.#ports.storeOf(process), ref, {}, this.#sim.contextOf(process), (state, at) =>
            undeliverable(state, failed, this.directory, at),
          ),
      });
  }

  /** Somebody opens a mail, this one or an old one, and posts its form. */
  post(mail: Mail, wish: Wish): void {
    const { faults, random } = this.#sim;
    const { link } = mail;
    // Most enter the code that the page asks for.
    const withCode = !random.chance(0.1);
    const comment = wish !== 'for' || random.chance(0.5) ? 'Because.' : '';
    const subjectHash = faults.happens('formStale') ? sha256('another plan') : mail.subjectHash;
    this.#sim.spawn({
      name: `${link.personId} decides: ${wish}`,
      about: link.intentId,
      timeoutSeconds: functionSettings.approvals.timeoutSeconds,
      work: async (process) => {
        const store = this.#ports.storeOf(process);
        const found = await store.findLink(link.hash);
        if (!found) throw new NotFound('link');
        const decided = await perform(
          store,
          found,
          { request: true, linkHash: link.hash },
          this.#sim.contextOf(process),
          (state, at) => {
            const type = state && this.#ports.typeOf(state.head);
            if (!type) throw new NotFound('link');
            const asks = withCode && state.task?.risk !== 'low';
            const door: Door = { by: 'link', ...(asks ? { and: `with a code sent to ${link.mail}` } : {}) };
            // As the page that shows it asks.
            const answer = answerTo(state.task, wish, random);
            return decide(state, door, { comment, ...answer, subjectHash }, type, this.directory, at);
          },
        );
        this.told.push({ link, decided });
      },
    });
  }

  /** Somebody opens a mail, this one or an old one, and asks somebody else in their place. */
  handOver({ link }: Mail): void {
    const to = this.#sim.random.pick(everybody as [Person, ...Person[]]).id;
    this.#sim.spawn({
      name: `${link.personId} hands over to ${to}`,
      about: link.intentId,
      timeoutSeconds: functionSettings.approvals.timeoutSeconds,
      work: async (process) => {
        const found = { linkHash: link.hash };
        await perform(this.#ports.storeOf(process), link, found, this.#sim.contextOf(process), (state, at) =>
          reassign(state, { by: 'link' }, { to, note: '' }, this.directory, at),
        );
      },
    });
  }

  /** The directory is deployed anew without somebody, or without a role. */
  leave(): void {
    const { random } = this.#sim;
    const gone = random.pick(everybody as [Person, ...Person[]]);
    const people = everybody.flatMap((one) =>
      one !== gone ? [one] : random.chance(0.5) ? [{ ...one, roles: [] }] : [],
    );
    this.directory = new Directory(people);
    this.somebodyLeft = true;
    this.#sim.tell(undefined, () => `directory: ${gone.id} is gone`);
  }

  comeBack(): void {
    this.directory = new Directory(everybody);
  }
}

/** What a message says is shown elsewhere. */
const words = { subject: '', lead: '', facts: [], closing: '' };
