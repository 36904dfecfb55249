import { describe, expect, it } from 'vitest';
import { visible } from '../../core/visible.ts';

describe('what a person reads of an agent’s text', () => {
  it.each([
    ['A-1\u200b042', 'A-1[U+200B]042'],
    ['pay \u202e005\u202c', 'pay [U+202E]005[U+202C]'],
    ['\u200f\u061c\u2066x', '[U+200F][U+061C][U+2066]x'],
    ['1\ufe0f2', '1[U+FE0F]2'],
    ['\u3164\u2800\u00ad', '[U+3164][U+2800][U+00AD]'],
    ['a\u0000b\u001b[31m', 'a[U+0000]b[U+001B][31m'],
    ['x\u2028y', 'x[U+2028]y'],
    ['\u{e0041}', '[U+E0041]'],
    ['a\u200cb', 'a[U+200C]b'],
  ])('%j names what hides or turns', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it.each([
    ['p\u0430ypal', 'p\u0430[U+0430]ypal'],
    ['\u0391pprove', '\u0391[U+0391]pprove'],
    ['\u0410-1042 Ada', '\u0410-1042 Ada'],
  ])('%j: letters of another script within a Latin word are named', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('counts marks that would be drawn over other lines', () => {
    expect(visible(`a${'\u0301'.repeat(50)}b`)).toBe(`a${'\u0301'.repeat(4)}[+46 marks]b`);
  });

  it.each([
    'Grüße, naïve façade, Tiếng Việt, e\u0301',
    'Привет, мир. Ελλάδα',
    '日本語テキスト 한국어 ไทย',
    'می\u200cخواهم क\u094d\u200dष',
    '👩\u200d👩\u200d👧 ❤\ufe0f 🏳\ufe0f\u200d🌈 👍🏽 🇪🇺',
    'one\ttwo\nthree\r\n',
    'e̊ q̃̄ שָׁלוֹם',
  ])('%j is as it was', (text) => {
    expect(visible(text)).toBe(text);
  });
});
