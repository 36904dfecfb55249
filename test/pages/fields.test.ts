import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataOf, errorsIn } from '../../core/form.ts';
import type { FormGroup, FormPart } from '../../core/form-schema.ts';
import { fields } from '../../pages/fields.ts';
import { page } from '../../pages/frame.ts';
import { anyText, filledWith, formAndData } from '../core/forms.ts';

const tagsOf = (page: string): string[] => page.match(/<[a-z/!][^>]*>/gi) ?? [];
const attribute = (tag: string, name: string): string | undefined => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
const named: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' };
const unescaped = (text: string): string =>
  text.replace(/&(?:#(\d+)|(lt|gt|quot|amp));/g, (_, code, name) =>
    code ? String.fromCodePoint(Number(code)) : (named[name] ?? ''),
  );

/** The same form with every word of the agent's replaced. */
function calm(part: FormPart): FormPart {
  const { title, description } = part;
  const shown = { ...(title ? { title: 'calm' } : {}), ...(description ? { description: 'calm' } : {}) };
  const renamed = (given: unknown[] | undefined) => given && { enum: given.map((_, i) => `calm${i}`) };
  if (part.type === 'object') {
    const properties = Object.fromEntries(Object.entries(part.properties).map(([key, one]) => [key, calm(one)]));
    return { ...part, ...shown, properties };
  }
  if (part.type === 'array')
    return { ...part, ...shown, items: { ...part.items, ...renamed(part.items.enum) } } as FormPart;
  return { ...part, ...shown, ...('enum' in part ? renamed(part.enum) : {}) } as FormPart;
}

describe('the fields of any form', () => {
  it('are empty at first and say nothing of notes: nobody is led to an answer', () => {
    const notes = { $comment: 'a note', default: 'a note', examples: ['a note'] };
    const form: FormGroup = {
      type: 'object',
      $comment: 'a note',
      properties: {
        text: { type: 'string', ...notes },
        one: { type: 'string', enum: ['x', 'y'], ...notes },
        many: { type: 'array', items: { type: 'string', ...notes }, $comment: 'a note', default: ['a note'] },
        sure: { type: 'boolean', $comment: 'a note', default: true },
      },
    };
    const shown = String(fields(form, undefined));
    const bare: FormGroup = {
      type: 'object',
      properties: {
        text: { type: 'string' },
        one: { type: 'string', enum: ['x', 'y'] },
        many: { type: 'array', items: { type: 'string' } },
        sure: { type: 'boolean' },
      },
    };
    expect(shown).toBe(String(fields(bare, undefined)));
  });

  it('are all there under their places, each with a label of its own', () =>
    fc.assert(
      fc.property(formAndData, ({ form, data }) => {
        const page = String(fields(form, undefined));
        const controls = tagsOf(page).filter((tag) => /^<(input|textarea)/.test(tag));
        const names = new Set(controls.map((tag) => attribute(tag, 'name')));
        expect([...names].sort()).toEqual([...filledWith(form, data).keys()].sort());
        const ids = controls.flatMap((tag) => attribute(tag, 'id') ?? []);
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(page).toContain(`for="${id}"`);
        expect(controls.some((tag) => tag.includes('checked'))).toBe(false);
        const opened = tagsOf(page).filter((tag) => /^<(fieldset|label|textarea|legend)/.test(tag)).length;
        expect(tagsOf(page).filter((tag) => /^<\/(fieldset|label|textarea|legend)/.test(tag))).toHaveLength(opened);
      }),
    ));

  it('whatever an agent writes, it is text: no tag of its own', () =>
    fc.assert(
      fc.property(formAndData, ({ form }) => {
        const bare = (page: string) => tagsOf(page).map((tag) => tag.replace(/ value="[^"]*"/, ''));
        expect(bare(String(fields(form, undefined)))).toEqual(bare(String(fields(calm(form) as FormGroup, undefined))));
      }),
    ));

  it('keep what was filled in, and say at its field what is wrong', () =>
    fc.assert(
      fc.property(formAndData, fc.infiniteStream(anyText), ({ form, data }, texts) => {
        const sent = filledWith(form, data);
        // Some fields are filled in with anything.
        for (const [at, given] of sent)
          if (given.length === 1 && at.length % 2 === 0) sent.set(at, [texts.next().value]);
        const read = (name: string) => sent.get(name) ?? [];
        const errors = errorsIn(form, dataOf(form, read));
        const page = String(fields(form, { texts: read, errors }));
        for (const [at, sentence] of Object.entries(errors)) {
          if (at === '') continue;
          expect(page).toContain(`id="f${at.replaceAll('/', ':')}:error" role="alert">${sentence}`);
        }
        expect(tagsOf(page).filter((tag) => tag.includes('autofocus')).length).toBe(
          Object.keys(errors).some((at) => at !== '') ? 1 : 0,
        );
        for (const tag of tagsOf(page).filter((one) => one.startsWith('<input type="text"')))
          expect(unescaped(attribute(tag, 'value') ?? '?')).toBe(read(attribute(tag, 'name') ?? '')[0]);
      }),
    ));
});

describe('what a browser sends back', () => {
  const tricky = [
    '5 μm',
    '\u202eabc',
    'a\u200bb',
    'раураl',
    '<b>&amp;"\'',
    '👩‍👩‍👧',
    'Z\u0335\u0321\u0353\u0335\u0321',
  ];

  it('is the choice exactly, whose words on the page name what hides or turns', () => {
    const form = { type: 'object' as const, properties: { a: { type: 'string' as const, enum: tricky } } };
    const shown = page(fields(form, undefined));
    const values = tagsOf(shown)
      .filter((tag) => tag.includes('type="radio"'))
      .map((tag) => unescaped(attribute(tag, 'value') ?? ''));
    expect(values).toEqual(tricky);
    expect(shown).toContain('[U+202E]abc</span>');
    for (const value of values)
      expect(
        errorsIn(
          form,
          dataOf(form, () => [value]),
        ),
      ).toEqual({});
  });

  it('is what a person had written before it was refused', () => {
    const properties = { a: { type: 'string' as const, maxLength: 20 }, b: { type: 'string' as const } };
    const form = { type: 'object' as const, properties };
    for (const text of tricky) {
      const shown = page(fields(form, { texts: () => [text], errors: {} }));
      expect(unescaped(attribute(shown, 'value') ?? '')).toBe(text);
      expect(unescaped(/<textarea[^>]*>([^<]*)/.exec(shown)?.[1] ?? '')).toBe(text);
    }
  });
});
