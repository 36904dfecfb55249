/** What a step of a procedure costs, counted as the paths of docs/cost.md are; the page says the same. */

import { expect, it } from 'vitest';
import { countingStore } from '../../price/counting-store.ts';
import { textOf } from '../docs/markdown.ts';
import { house } from '../functions/procedures.ts';

const agent = { role: 'bot', address: 'bot' };
const kinds = {
  agent: { assigned_to: 'bot' },
  delay: { runtime_type: 'delay', runtime_config: { seconds: 60 } },
  notification: { runtime_type: 'notification' },
};

/** Of a procedure with so many steps of a kind: what its tables take, parts included. */
async function counted(kind: keyof typeof kinds, count: number) {
  const { store, ledger } = countingStore(
    () => {},
    () => {},
  );
  const h = house(undefined, store);
  const steps = Array.from({ length: count }, (_, i) => ({ step_id: `s${i}`, ...kinds[kind] }));
  const id = await h.apply({
    agents: [agent],
    workflow: { steps },
    intent: { type: 'task.v1', payload: { parcel: 'P-1' } },
  });
  for (let i = 0; i < count; i += 1) {
    if (kind === 'agent') await h.partWaits(id);
    if (kind === 'agent') await h.answers(id, { do: 'complete', result: { packed: true } });
    if (kind === 'delay') await h.pass(61);
  }
  expect((await h.state(id)).head.status).toBe('COMPLETED');
  const { write, index, read } = ledger.units;
  return { transitions: h.entered(id), transactions: ledger.transactions.length, write, index, read };
}

it.each(Object.keys(kinds) as (keyof typeof kinds)[])('a step of kind %s', async (kind) => {
  const [two, three] = [await counted(kind, 2), await counted(kind, 3)];
  const more = (name: keyof typeof two) => three[name] - two[name];
  const row = `| ${kind} | ${more('transitions')} | ${more('transactions')} | ${more('write')} | ${more('index')} | ${more('read')} |`;
  expect(textOf('docs/cost.md')).toContain(row);
});
