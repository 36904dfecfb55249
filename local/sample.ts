/** The sample of `npm start`: a refund that an agent asks for and that needs a person. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Api, isTerminal, read, submit } from './intents.ts';
import { linkIn, type Mail } from './mailbox.ts';
import type { Charge } from './provider/types.ts';
import type { LocalStack } from './stack.ts';
import { until } from './until.ts';

export type Sample = { intentId: string; orderId: string; resumed: boolean };

const firstOrder = 'A-1042';
const amountCents = 180_00;

/** A refund of `amount` cents, as an agent would ask for it. */
export const sampleIntent = (orderId: string, amount = amountCents) => ({
  intent_type: 'intent.refund.v1',
  payload: { order_id: orderId, amount_cents: amount, currency: 'EUR', reason: 'The parcel arrived damaged.' },
});

/** The sample that still waits from an earlier start, or a new one. */
export async function openSample(stack: LocalStack, api: Api, dir: string): Promise<Sample> {
  const file = join(dir, 'sample.json');
  if (existsSync(file)) {
    const earlier = JSON.parse(readFileSync(file, 'utf8')) as { intentId: string; orderId: string };
    const intent = await read(api, earlier.intentId);
    if (intent && !isTerminal(intent.status)) return { ...earlier, resumed: true };
  }
  const orderId = await refundableOrder(stack.providerUrl);
  const sample = { intentId: await submit(api, sampleIntent(orderId)), orderId };
  writeFileSync(file, JSON.stringify(sample));
  return { ...sample, resumed: false };
}

/** The newest mail about the sample to whoever was mailed first, and its link. Waits for it. */
export async function sampleMail(stack: LocalStack, orderId: string): Promise<{ mail: Mail; link: string }> {
  // Stream, queue and two functions that start for the first time; a sweep if the first record was lost.
  const patienceSeconds = 90;
  const about = new RegExp(`\\b${orderId}\\b`);
  return until('the mail with the approval link arrives', patienceSeconds, async () => {
    const mails = (await stack.mailbox.refresh()).filter(({ text }) => about.test(text));
    const mail = mails.findLast(({ to }) => String(to) === String(mails[0]?.to));
    const link = mail && linkIn(mail, stack.baseUrl);
    return mail && link ? { mail, link } : undefined;
  });
}

/** A-1042 as long as it can be refunded, later an order that is made for it. */
async function refundableOrder(providerUrl: string): Promise<string> {
  const charges = (await (await fetch(`${providerUrl}/_sandbox/charges`)).json()) as Charge[];
  const order = charges.find(({ metadata }) => metadata.order_id === firstOrder);
  if (order && order.amount - order.amount_refunded >= amountCents) return firstOrder;
  const orderId = `B-${1000 + charges.length}`;
  await fetch(`${providerUrl}/_sandbox/charges`, {
    method: 'POST',
    body: JSON.stringify({ orderId, amount: amountCents, currency: 'eur' }),
  });
  return orderId;
}
