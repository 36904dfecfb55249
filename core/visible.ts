/** What an agent wrote, so that a person sees what is there: nothing hidden, nothing that turns or covers other text. */

/** Scripts whose letters are joined or kept apart by U+200C and U+200D; and pictures that one joins. */
const joining =
  '[\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Mongolian}]';
const picture = '\\p{Extended_Pictographic}';

/** Hidden characters where writing needs them. */
const meant = [
  `(?<=${joining})[\\u200c\\u200d](?=${joining})`,
  `(?<=${picture}[\\ufe0f\\u{1f3fb}-\\u{1f3ff}]?)\\u200d(?=${picture})`,
  `(?<=${picture})[\\ufe0e\\ufe0f]`,
].join('|');

const hidden =
  '(?![\\t\\n\\r])[\\p{Default_Ignorable_Code_Point}\\p{Bidi_Control}\\p{Cc}\\p{Zl}\\p{Zp}\\p{Co}\\u2800\\ufff9-\\ufffb]';

const hiddenUnlessMeant = new RegExp(`(${meant})|${hidden}`, 'gu');

/** More marks on one letter than any language has: they would be drawn over the lines around. */
const flood = /(\p{M}{4})(\p{M}+)/gu;

const word = /[\p{L}\p{M}\p{N}_]+/gu;
const latin = /\p{Script=Latin}/u;
/** Scripts with letters that look like Latin ones. */
const lookalikes =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Coptic}\p{Script=Lisu}]/gu;

const nameOf = (character: string): string =>
  `[U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`;

/**
 * Names hidden and turning characters (`[U+202E]`), letters of another script within a Latin word (`а[U+0430]`), and
 * counts marks beyond four on a letter. Tabs and line ends stay.
 */
export const visible = (text: string): string =>
  text
    .replace(hiddenUnlessMeant, (found, keep?: string) => keep ?? nameOf(found))
    .replace(flood, (_, kept: string, rest: string) => `${kept}[+${[...rest].length} marks]`)
    .replace(word, (one) =>
      latin.test(one) ? one.replace(lookalikes, (letter) => `${letter}${nameOf(letter)}`) : one,
    );
