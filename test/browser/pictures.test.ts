/** Makes the documents' pictures, where it is asked to: `npm run pictures`. That they are there is what test/docs checks. */

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { decide, linkFor, linkOf, mailsFor, newAgent, newCharge } from '../deployed/world.ts';
import { height, openContext, withBrowser } from './pages.ts';
import { maxPictureBytes, type Picture, pictures } from './pictures.ts';
import { smallPng } from './small-png.ts';

const world = withBrowser();
const images = resolve(import.meta.dirname, '../../docs/images');

/** The page's address, after those who decide before have done so. */
async function addressOf({ intent, after = [], of, mails: count = 2 }: Picture): Promise<string> {
  const { order_id, amount_cents } = intent.payload;
  if (order_id) await newCharge(Math.round(Number(amount_cents) * 1.5), 'eur', String(order_id));
  const agent = await newAgent('acme/shop', 'support-bot');
  const id = await agent.submit(intent);
  for (const person of after) await decide(await linkFor(agent, id, person), 'approved', 'Photos checked.');
  if (after.length > 0 && of !== 'cleo') await agent.reaches(id, 'COMPLETED');
  if (of === 'requester') return (await agent.get(id)).view_url;
  const mails = await mailsFor(agent, id, count);
  const mail = mails.find((one) => one.to.some((to) => to.startsWith(of ?? 'ada')));
  if (!mail) throw new Error('nobody was mailed');
  return linkOf(mail);
}

it.runIf(process.env.HOLDPOINT_PICTURES).each(pictures)('$name', async ({ name, ...picture }) => {
  const { context } = await openContext(world, { viewport: { width: 720, height }, colorScheme: 'light' });
  const page = await context.newPage();
  await page.goto(await addressOf({ name, ...picture }));
  const small = smallPng(await page.screenshot({ fullPage: true }));
  expect(small.length).toBeLessThan(maxPictureBytes);
  writeFileSync(resolve(images, `${name}.png`), small);
  await context.close();
});
