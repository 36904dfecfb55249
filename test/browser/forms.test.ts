/** Other kinds of task than approvals, in a real browser: filled in without JavaScript, checked by the server, given to the agent. */

import { AxeBuilder } from '@axe-core/playwright';
import { describe, expect, it } from 'vitest';
import { approvalIntent, linkFor } from '../deployed/world.ts';
import { asked } from './asked.ts';
import { expectNoSidewaysScroll, keep, openContext, send, withBrowser } from './pages.ts';

const world = withBrowser();

const open = async (humanTask: object, javaScriptEnabled = false) => {
  const id = await world.agent.submit({ ...approvalIntent({ parcel: 'P-1' }), human_task: humanTask });
  const { context, expectQuiet } = await openContext(world, { javaScriptEnabled });
  const page = await context.newPage();
  await page.goto(await linkFor(world.agent, id));
  const done = async () => {
    expectQuiet();
    await context.close();
  };
  return { id, page, done };
};

describe('a form', () => {
  it('says at the field what is wrong, keeps what was entered, and gives the agent the data', async () => {
    const { id, page, done } = await open(asked.form);
    await keep(page, 'form-empty');
    await expectNoSidewaysScroll(page);
    // The browser's own checks would say less.
    await page.getByLabel('When may it come?').fill('2026-12-24');
    await page.getByLabel('Parcels').fill('12');
    await page.getByRole('radio', { name: 'Yes' }).check();
    await page.getByLabel('Street').fill('Main Street 1 & 2');
    await page.getByRole('radio', { name: 'FR' }).check();
    await page.getByRole('checkbox', { name: 'photo' }).check();
    await page.getByLabel('Notes').fill('Ring twice.\nNo dogs.');
    await send(page, 'Send form');
    expect(await page.getByRole('alert').allInnerTexts()).toEqual(['Look at the marked fields.', 'Not more than 9.']);
    expect(await page.getByLabel('Street').inputValue()).toBe('Main Street 1 & 2');
    expect(await page.getByRole('radio', { name: 'FR' }).isChecked()).toBe(true);
    expect(await page.getByRole('checkbox', { name: 'photo' }).isChecked()).toBe(true);
    await keep(page, 'form-refused');
    expect((await world.agent.get(id)).status).toBe('WAITING');

    await page.getByLabel('Parcels').fill('2');
    await send(page, 'Send form');
    await page.getByRole('heading', { name: 'Decided: submitted' }).waitFor();
    await keep(page, 'form-decided');
    const { result } = await world.agent.reaches(id, 'COMPLETED');
    expect(result.task_result).toMatchObject({
      outcome: 'submitted',
      decided_by: 'ada',
      data: {
        when: '2026-12-24',
        parcels: 2,
        fragile: true,
        address: { street: 'Main Street 1 & 2', country: 'FR' },
        extras: ['photo'],
        notes: ['Ring twice.', 'No dogs.'],
      },
    });
    await done();
  });

  it.each(['light', 'dark'] as const)('is accessible in %s, empty and refused', async (colorScheme) => {
    const { page, done } = await open(asked.form, true);
    await page.emulateMedia({ colorScheme });
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await page.evaluate("document.querySelector('form').noValidate = true");
    await send(page, 'Send form');
    await page.getByRole('alert').first().waitFor();
    expect(await page.evaluate('document.activeElement.name')).toBe('/when');
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await done();
  });
});

describe('a clarification', () => {
  it('is answered in words', async () => {
    const { id, page, done } = await open(asked.clarification);
    await page.getByRole('textbox', { name: 'Answer' }).fill('Blue, please.');
    await send(page, 'Send answer');
    await page.getByRole('heading', { name: 'Decided: provided' }).waitFor();
    const { result } = await world.agent.reaches(id, 'COMPLETED');
    expect(result).toMatchObject({ task_result: { outcome: 'provided', data: { answer: 'Blue, please.' } } });
    expect(result).not.toHaveProperty('approved');
    await done();
  });

  it('or by one of the choices', async () => {
    const { id, page, done } = await open(asked.choices);
    expect(await page.getByRole('radio', { checked: true }).count()).toBe(0);
    await page.getByRole('radio', { name: 'red' }).check();
    await keep(page, 'clarification');
    await send(page, 'Send answer');
    const { result } = await world.agent.reaches(id, 'COMPLETED');
    expect(result.task_result.data).toEqual({ answer: 'red' });
    await done();
  });
});

it('a confirmation is confirmed or denied', async () => {
  const { id, page, done } = await open(asked.confirmation);
  await page.getByRole('radio', { name: 'Deny' }).check();
  await keep(page, 'confirmation');
  await send(page);
  await page.getByRole('heading', { name: 'Decided: denied' }).waitFor();
  expect((await world.agent.reaches(id, 'COMPLETED')).result).toMatchObject({ approved: false });
  await done();
});
