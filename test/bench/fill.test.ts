import { expect, it } from 'vitest';
import { copyOf } from '../../bench/fill.ts';

const id = '019a0000-0000-7000-8000-000000000001';
const hash = 'a'.repeat(64);
const rows = [
  JSON.stringify({
    pk: { S: `bench/main#${id}` },
    sk: { S: 's#head' },
    shard: { S: 'due#7' },
    taskId: { S: `${id}.1` },
  }),
  JSON.stringify({ pk: { S: `link#${hash}` }, sk: { S: 'link' }, intentId: { S: id }, tenant: { S: 'bench/main' } }),
];

it('a copy has ids of its own, the same in all its rows, and nothing else of another size', () => {
  const [head, link] = copyOf(rows, 'bench/main', 5).map((row) => JSON.parse(row));
  const copied = link.intentId.S;
  expect(copied).toMatch(/^[0-9a-f-]{36}$/);
  expect(copied).not.toBe(id);
  expect(head).toEqual({
    pk: { S: `org-5/main#${copied}` },
    sk: { S: 's#head' },
    shard: { S: 'due#5' },
    taskId: { S: `${copied}.1` },
  });
  expect(link).toMatchObject({ sk: { S: 'link' }, tenant: { S: 'org-5/main' } });
  expect(link.pk.S).toMatch(/^link#[0-9a-f]{64}$/);
  expect(link.pk.S).not.toContain(hash);
});

it('no two copies share an id, and they spread over the index', () => {
  const copies = Array.from({ length: 100 }, (_, number) => copyOf(rows, 'bench/main', number)).map(([head = '']) =>
    JSON.parse(head),
  );
  expect(new Set(copies.map(({ pk }) => pk.S)).size).toBe(100);
  expect(new Set(copies.map(({ shard }) => shard.S)).size).toBe(16);
});
