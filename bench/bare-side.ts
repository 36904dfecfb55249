/** The bare sample, as its agent and its approver use it. */

import { randomUUID } from 'node:crypto';
import { runArn } from '../local/runs.ts';
import type { Side } from './side.ts';
import { amountCents, type Surroundings, taskWith } from './surroundings.ts';

export function bareSide(
  { apiOf, request, nextMail, endOf, charge }: Surroundings,
  outputs: Record<string, string>,
): Side {
  const api = apiOf(outputs);
  const submit = async (path: string, body: object) => {
    const answer = await request(`${api}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { ...answer, id: String(JSON.parse(answer.body).id) };
  };

  return {
    async ask() {
      const word = randomUUID();
      const mailed = await nextMail();
      const { id, sentAt, milliseconds } = await submit('/approvals', { task: taskWith(word) });
      const mail = await mailed(word);
      const run = runArn(outputs.ApprovalMachine ?? '', id);
      return {
        times: { submit: milliseconds, mail: Date.parse(mail.at) - sentAt },
        run,
        async decide(ready) {
          ready?.();
          const answer = await request(`${api}/approvals/${id}`, {
            method: 'POST',
            body: new URLSearchParams({ outcome: 'approved', comment: '' }),
          });
          return { decide: answer.milliseconds, decided: (await endOf(run)) - answer.sentAt };
        },
      };
    },

    async refund() {
      const { charge: charge_id } = await charge();
      const { id, sentAt } = await submit('/refunds', { charge_id, amount_cents: amountCents });
      const run = runArn(outputs.RefundMachine ?? '', id);
      return { refund: (await endOf(run)) - sentAt, run };
    },
  };
}
