/** Finds many known texts in a lot of bytes, also where they stand encoded. */

/** Every way in which a text can stand in stored bytes. The outer characters of its base64 depend on what is around it. */
export function encodingsOf(text: string): Map<string, string> {
  const escaped = (value: string) => JSON.stringify(value).slice(1, -1);
  const ascii = (value: string) =>
    value.replace(/[^ -~]/g, (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const found = new Map([['as it is', text]]);
  const add = (encoding: string, value: string) => {
    if (![...found.values()].some((known) => value.includes(known))) found.set(encoding, value);
  };
  add('JSON', escaped(text));
  add('JSON in JSON', escaped(escaped(text)));
  add('JSON in JSON in JSON', escaped(escaped(escaped(text))));
  // As Python writes JSON: the state that the local AWS saves.
  add('ASCII JSON', ascii(escaped(text)));
  add('ASCII JSON in JSON', ascii(escaped(escaped(text))));
  add('JSON in ASCII JSON', escaped(ascii(escaped(text))));
  add('JSON in JSON in ASCII JSON', escaped(ascii(escaped(escaped(text)))));
  add('URL', encodeURIComponent(text));
  add('form', new URLSearchParams([['', text]]).toString().slice(1));
  add('hex', Buffer.from(text).toString('hex'));
  for (const shift of [0, 1, 2]) {
    const shifted = Buffer.concat([Buffer.alloc(shift), Buffer.from(text)]);
    const inner = Math.ceil((shift * 4) / 3);
    const whole = Math.floor((shifted.length * 4) / 3);
    for (const encoding of ['base64', 'base64url'] as const) {
      add(`${encoding} after ${shift}`, shifted.toString(encoding).slice(inner, whole - 1));
    }
  }
  return found;
}

/** Bytes that a needle has at least: shorter texts would be found by chance. */
const shortest = 10;

interface Needle<Label> {
  label: Label;
  bytes: Buffer;
}

/** A set of texts to look for, each under a label. */
export class Needles<Label> {
  readonly #mayBegin = new Uint8Array(1 << 20);
  readonly #byBeginning = new Map<number, Needle<Label>[]>();

  add(label: Label, text: string): void {
    const bytes = Buffer.from(text);
    if (bytes.length < shortest) throw new Error(`too short to look for: ${text}`);
    const beginning = bytes.readUInt32LE(0);
    this.#mayBegin[placeOf(beginning)] = 1;
    const same = this.#byBeginning.get(beginning) ?? [];
    if (!same.some((needle) => needle.label === label && needle.bytes.equals(bytes))) same.push({ label, bytes });
    this.#byBeginning.set(beginning, same);
  }

  /** The labels of all that stand in the bytes. */
  in(bytes: Buffer): Set<Label> {
    const found = new Set<Label>();
    for (let at = 0; at + shortest <= bytes.length; at += 1) {
      const beginning = bytes.readUInt32LE(at);
      if (this.#mayBegin[placeOf(beginning)] !== 1) continue;
      for (const needle of this.#byBeginning.get(beginning) ?? []) {
        const end = at + needle.bytes.length;
        if (end <= bytes.length && bytes.compare(needle.bytes, 0, needle.bytes.length, at, end) === 0)
          found.add(needle.label);
      }
    }
    return found;
  }
}

/** Spreads four bytes over the table of possible beginnings (Knuth's multiplicative hash). */
const placeOf = (beginning: number): number => Math.imul(beginning, 2654435761) >>> 12;
