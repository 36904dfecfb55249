/** What somebody may write who means harm, or who only writes: for every field that is shown. */

const long = 100_000;

export const hostile: Record<string, string> = {
  script: '<script>alert(1)</script>',
  attribute: '"><img src=x onerror=alert(1)>',
  quote: "' onmouseover='alert(1)",
  form: '</textarea></form><form action="https://evil.example">',
  link: '<a href="https://evil.example">approve here</a> https://evil.example javascript:alert(1)',
  refresh: '</title><meta http-equiv="refresh" content="0;url=https://evil.example">',
  style: '</style><style>*{display:none}</style>',
  comment: '<!-- --><![CDATA[ ]]>',
  entities: '&lt;script&gt; &#x202e; &amp;amp;',
  bidi: '\u202eevorppa\u202c \u2066x\u2069 \u200fabc\u200e ＜script＞',
  hidden: 'a\u200bb\u2060c\ufeffd\u00ade\u{e0041}\u0000\u0007\u2028\u2029',
  marks: `Z${'\u0335\u0321\u0353'.repeat(40)}algo`,
  emoji: '👩‍👩‍👧‍👦🏳️‍🌈🇩🇪👍🏽'.repeat(40),
  rtl: 'هذا نص عربي طويل ‏12345‏ שלום עולם',
  lookalike: 'раураl.com аpprove',
  word: 'W'.repeat(long),
  tags: '<b>'.repeat(long / 3),
  lines: 'line\n'.repeat(long / 5),
};
