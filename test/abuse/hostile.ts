/** Values that break programs which trust their input. */

import fc from 'fast-check';

const floods = ['a', 'é', '🙂', 'e\u0301', '\u0301', '\u200b', '\n', '"', '<', '\u0000'];

/** Tricks with Unicode: what is hidden, turned round, drawn over its neighbours or taken for another letter. */
export const tricks = [
  'refund \u202e005\u202c EUR',
  '\u2066x\u2069\u200f\u200e\u061c',
  'A-1\u200b042',
  'A-1\u00ad0\u206042',
  '\ufeffA-1042',
  'A-1\ufe0f042',
  'p\u0430ypal',
  '\u0391pprove \u0412en',
  `z${'\u0335\u0321\u0489'.repeat(40)}`,
  'A-\uff11\uff10\uff14\uff12',
  '\u3164\u115f\u2800',
  '\u{e0041}\u{e0042}tag',
  'line\u2028para\u2029next\u0085',
  'bell\u0007 esc\u001b[31m del\u007f c1\u009b31m',
  'null\u0000byte',
  '👩‍👩‍👧 ❤️ 🇪🇺',
  'می‌خواهم',
  '\ufffd\ufffe\uffff',
];

const injections = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  '</textarea></form><form action="https://evil.example">',
  "' OR '1'='1",
  "x' OR metadata['order_id']:'A-1042",
  '{{7*7}}<%= 7*7 %>#{7*7}',
  '{% $states.input %}',
  '../../../etc/passwd',
  'acme/shop#other',
  'link#0',
  'a\r\nBcc: eve@evil.example\r\n\r\n<b>',
  'agent://evil/evil/evil',
  'https://evil.example/a www.evil.example evil.example',
  '$ref',
  '%00%0d%0a%2e%2e%2f',
  'undefined',
  'null',
  'NaN',
  '__proto__',
];

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...tricks) },
  { weight: 3, arbitrary: fc.constantFrom(...injections) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '\t', '\ud800', 'a\udfffb') },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom(...floods), fc.constantFrom(100, 256, 384, 2001, 20_000))
      .map(([unit, times]) => unit.repeat(times)),
  },
);

export const hostileName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', 'then', 'length'],
    ...['pk', 'sk', 'tenant', 'status', 'auditSeq', 'generation', 'intent_id', 'answer', 'task_result', 'plan', ''],
    ...['PAYLOAD', 'intent\u200b_type', 'intent_typе', 'payload.task', 'payload[task]', '$ref', ':pk', '#state'],
  ),
  hostileText,
);

const hostileNumber: fc.Arbitrary<number> = fc.oneof(
  fc.constantFrom(
    ...[0, -0, -1, 1, 0.5, 1e-7, -1e-7, 5e-324, 1e20, 1e21, 1e22, 1.7976931348623157e308, -1.7976931348623157e308],
    ...[2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, -(2 ** 53), 2 ** 63, 8.64e15, 8.64e15 + 1, 4999, 5001],
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

/** Anything that JSON can say. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  hostileText,
  hostileNumber,
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { '': '' }),
  fc.dictionary(hostileName, hostileText, { maxKeys: 4 }),
  fc.array(hostileNumber, { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 4 }),
);
