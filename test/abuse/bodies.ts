/** Bodies: from what is right, over what is nearly right, to bytes that are nothing. */

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type * as z from 'zod';
import { intentTypes } from '../../intents/index.ts';
import { bulkCancel, setControlsBody, setPolicyBody } from '../../wire/controls.ts';
import { claimIntent, createIntent, releaseIntent, resolveIntent, resumeIntent } from '../../wire/intents.ts';
import { hostileName, hostileText, hostileValue } from './hostile.ts';
import { valuesOf } from './schema.ts';

/** A body, and what it must not be answered with. */
export interface Body {
  bytes: Buffer;
  /** Whoever takes this takes something else than was sent. */
  mustBeRefused: boolean;
}

const plainly = (text: string): Body => ({ bytes: Buffer.from(text), mustBeRefused: false });
const refusedly = (bytes: string | Buffer): Body => ({ bytes: Buffer.from(bytes as string), mustBeRefused: true });

/** The fields of a request that only some values make sense of, so that enough requests are taken. */
const sensible: Record<string, fc.Arbitrary<unknown>> = {
  to_agent: fc.constantFrom('approver', 'agent://acme/shop/bot', 'other/place'),
  task_type: fc.constant('approval'),
  allowed_outcomes: fc.constant(['approved', 'rejected']),
  required_comment: fc.constantFrom(true, false, ['rejected']),
  rounds: fc.constant(undefined),
  assignees: fc.constantFrom(['ada'], ['ben@example.com', 'nobody'], ['eve@evil.example']),
  deadline_at: fc.constantFrom('2999-01-01T00:00:00Z', '2999-12-31T23:59:59.999999+14:00'),
};

const withSense = (value: unknown, picked: Record<string, unknown>): unknown =>
  value && typeof value === 'object' && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [
          key,
          key in picked ? picked[key] : key === 'human_task' ? withSense(inner, picked) : inner,
        ]),
      )
    : value;

/** Intents of every declared type, by its name or an alias, as its schema wants them. */
const intents: fc.Arbitrary<object> = fc.oneof(
  ...intentTypes.map((type) =>
    fc
      .record({
        envelope: valuesOf(createIntent as z.ZodType) as fc.Arbitrary<object>,
        intent_type: fc.constantFrom(type.type, ...type.aliases),
        payload: valuesOf(type.payload),
        picked: fc.record(sensible),
        bare: fc.boolean(),
        makesSense: fc.boolean(),
      })
      .map(({ envelope, intent_type, payload, picked, bare, makesSense }) => ({
        ...(bare ? {} : ((makesSense ? withSense(envelope, picked) : envelope) as object)),
        intent_type,
        payload,
      })),
  ),
);

/** Bodies that the routes' schemas take; a route with a body that is not here is not tried, and a test says so. */
export const valuesFor: Record<string, fc.Arbitrary<object>> = {
  'POST /v1/intents': intents,
  'POST /v1/intents/{id}/resume': valuesOf(resumeIntent as z.ZodType) as fc.Arbitrary<object>,
  'POST /v1/intents/{id}/resolve': valuesOf(resolveIntent as z.ZodType) as fc.Arbitrary<object>,
  'POST /v1/intents/{id}/claim': valuesOf(claimIntent as z.ZodType) as fc.Arbitrary<object>,
  'POST /v1/intents/{id}/release': valuesOf(releaseIntent as z.ZodType) as fc.Arbitrary<object>,
  'POST /v1/intents/{id}/controls': valuesOf(setControlsBody as z.ZodType) as fc.Arbitrary<object>,
  'POST /v1/intents/{id}/policy': valuesOf(setPolicyBody as z.ZodType) as fc.Arbitrary<object>,
  'POST /v1/intents/bulk-cancel': valuesOf(bulkCancel as z.ZodType) as fc.Arbitrary<object>,
};

// ── nearly right ────────────────────────────────────────────────────────────

interface Place {
  holder: Record<string, unknown>;
  key: string;
}

const places = (value: unknown): Place[] =>
  value && typeof value === 'object'
    ? Object.keys(value).flatMap((key) => [
        { holder: value as Record<string, unknown>, key },
        ...places((value as Record<string, unknown>)[key]),
      ])
    : [];

type Mutation = (place: Place, name: string, other: unknown) => void;

const set = (holder: Record<string, unknown>, key: string, value: unknown): void => {
  if (Array.isArray(holder) && key === 'length') return;
  // As JSON.parse does, also for `__proto__`.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
};

const mutations: Record<string, Mutation> = {
  drop: ({ holder, key }) => {
    delete holder[key];
  },
  rename: ({ holder, key }, name) => {
    const value = holder[key];
    delete holder[key];
    set(holder, name, value);
  },
  add: ({ holder }, name, other) => set(holder, name, other),
  replace: ({ holder, key }, _name, other) => set(holder, key, other),
  asText: ({ holder, key }) => set(holder, key, JSON.stringify(holder[key])),
  asList: ({ holder, key }) => set(holder, key, [holder[key]]),
  asObject: ({ holder, key }, name) => set(holder, key, { [name === '__proto__' ? 'x' : name]: holder[key] }),
  asNull: ({ holder, key }) => set(holder, key, null),
};

const mutated = (of: fc.Arbitrary<object>): fc.Arbitrary<Body> =>
  fc
    .tuple(
      of,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(...Object.values(mutations)), hostileName, hostileValue), {
        minLength: 1,
        maxLength: 3,
      }),
    )
    .map(([value, list]) => {
      const copy = structuredClone(value);
      for (const [at, mutate, name, other] of list) {
        const all = places(copy);
        const place = all[at % Math.max(1, all.length)];
        if (place) mutate(place, name, other);
      }
      return plainly(JSON.stringify(copy));
    });

// ── right as a value, wrong as a text ───────────────────────────────────────

const after = (text: string, part: string, insert: string): string => {
  const at = text.indexOf(part) + part.length;
  return text.slice(0, at) + insert + text.slice(at);
};

const escaped = (name: string): string =>
  `"${[...name].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')}"`;

const inPayload = (literal: string) => (text: string) => after(text, '"payload":{', `"n":${literal},`);

/** Each makes a text that is either no JSON, or JSON that is read in more than one way. */
const spoilings: ((text: string, other: string) => string | Buffer)[] = [
  (text, other) => after(text, '{', `"intent_type":${JSON.stringify(other.toWellFormed())},`),
  (text) => after(text, '{', `${escaped('intent_type')}:"human_approval",`),
  (text) => after(text, '"payload":{', '"twice":1,"twice":1,'),
  (text) => after(text, '"payload":{', '"list":[{"a":1,"\\u0061":2}],'),
  (text) => after(text, '"payload":{', '"deep":{"__proto__":{"admin":true}},'),
  (text) => `\ufeff${text}`,
  (text, other) => `${text}${other.trim() === '' ? 'x' : other}`,
  (text) => `${text}${text}`,
  (text) => text.slice(0, -1),
  (text) => `${text.slice(0, -1)},}`,
  (text) => text.replaceAll('"', "'"),
  (text) => `/* comment */ ${text}`,
  (text) => `${text.slice(0, -1)},unquoted:1}`,
  (text) => after(text, '"payload":{', '"tab":"\t",'),
  (text) => Buffer.from(text, 'utf16le'),
  (text) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]),
  (text) => gzipSync(text),
  ...['9007199254740993', '-9223372036854775807', '1e999', '-1E999', '9'.repeat(400), '01', '+1', '.5', '1.'].map(
    inPayload,
  ),
  ...['NaN', 'Infinity', '0x10', '1_000', '1n', '１', 'undefined'].map(inPayload),
  ...['"\\ud800"', '"\\udc00\\ud800"', '"\\x41"', '"\\u00"', "'a'", '{"a":1,}', '[1,]'].map(inPayload),
  ...[33, 1000, 10_000].map((depth) => inPayload(`${'['.repeat(depth)}${']'.repeat(depth)}`)),
  ...[33, 10_000].map((depth) => inPayload(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)),
  inPayload(`"${'x'.repeat(131_072)}"`),
  inPayload(`[${'1e20,'.repeat(26_000)}1]`),
  inPayload(`"${'"'.repeat(3)}`),
];

const spoiled = (of: fc.Arbitrary<object>): fc.Arbitrary<Body> =>
  fc
    .tuple(of, fc.constantFrom(...spoilings), hostileText)
    // With a plain payload, so that what is put in is the only reason to refuse.
    .map(([value, spoil, other]) => refusedly(spoil(JSON.stringify({ ...value, payload: { task: 'x' } }), other)));

// ── anything ────────────────────────────────────────────────────────────────

const raw: fc.Arbitrary<Body> = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => refusedly(Buffer.from(bytes))),
  hostileValue.map((value) => refusedly(JSON.stringify(value))),
  hostileText.map((text) => refusedly(text)),
  fc.constantFrom('{}', '[]', 'null', '""', '0', ' ', '{"intent_type":null}', '[{}]').map(refusedly),
  fc.constantFrom(131_072, 131_073, 1_000_000).map((size) => refusedly(Buffer.alloc(size, '['))),
  fc.constant(refusedly(`{${Array.from({ length: 10_000 }, (_, i) => `"f${i}":1`).join(',')}}`)),
);

const saysNothing = ({ bytes }: Body): boolean => ['', '{}'].includes(bytes.toString().trim());

/** Bodies for a route whose right ones are `of`. `needsNothing`: no body, and an empty one, are right. */
export const bodiesLike = (of: fc.Arbitrary<object>, needsNothing: boolean): fc.Arbitrary<Body> =>
  fc.oneof(
    { weight: 4, arbitrary: of.map((value) => plainly(JSON.stringify(value))) },
    { weight: 4, arbitrary: mutated(of) },
    { weight: 4, arbitrary: spoiled(of) },
    {
      weight: 2,
      arbitrary: raw.map((one) => (needsNothing && saysNothing(one) ? { ...one, mustBeRefused: false } : one)),
    },
  );

// ── forms ───────────────────────────────────────────────────────────────────

const form = (fields: [string, string][]): string =>
  fields.map(([name, value]) => `${name}=${encodeURIComponent(value.toWellFormed())}`).join('&');

/** Forms of a decision on `hash`. Only the first kind may decide. */
export const formsOn = (hash: string): fc.Arbitrary<Body> => {
  const outcome = fc.constantFrom('approved', 'rejected');
  const right = fc.tuple(outcome, hostileText).map(([chosen, comment]) =>
    plainly(
      form([
        ['subject_hash', hash],
        ['outcome', chosen],
        ['comment', comment],
      ]),
    ),
  );
  const wrong = fc.oneof(
    fc.tuple(outcome, outcome).map(([a, b]) =>
      form([
        ['subject_hash', hash],
        ['outcome', a],
        ['outcome', b],
        ['comment', 'x'],
      ]),
    ),
    outcome.map((a) =>
      form([
        ['subject_hash', hash],
        ['subject_hash', '0'.repeat(64)],
        ['outcome', a],
        ['comment', 'x'],
      ]),
    ),
    fc.tuple(hostileText, hostileText).map(([a, b]) =>
      form([
        ['subject_hash', hash],
        ['outcome', `${a}!`],
        ['comment', b],
      ]),
    ),
    outcome.map((a) =>
      form([
        ['subject_hash', hash.toUpperCase()],
        ['outcome', a],
        ['comment', 'x'],
      ]).replace(/[A-F]/, '0'),
    ),
    outcome.map((a) => JSON.stringify({ subject_hash: hash, outcome: a, comment: 'x' })),
    outcome.map((a) => `--b\r\ncontent-disposition: form-data; name="outcome"\r\n\r\n${a}\r\n--b--\r\n`),
    outcome.map((a) =>
      form([
        ['subject_hash', hash],
        ['outcome', a],
        ['comment', 'x'.repeat(30_000)],
      ]),
    ),
    outcome.map((a) =>
      form([
        ['subject_hash', hash],
        ['Outcome', a],
        ['outcome[]', a],
        ['comment', 'x'],
      ]),
    ),
    hostileText,
  );
  const bytes = fc.uint8Array({ maxLength: 100 }).map((one) => Buffer.from(one));
  return fc.oneof(
    { weight: 1, arbitrary: right },
    { weight: 4, arbitrary: wrong.map(refusedly) },
    bytes.map(refusedly),
  );
};
